/* coro.h - stackful coroutines: a function that can stop in its midst and go on later.
 *
 * A switch saves the registers that a call must preserve and swaps the stack pointer: a
 * dozen instructions, no system call. There is no scheduler in here; who resumes whom,
 * and when, is the model's business. */
#ifndef CORO_H
#define CORO_H

#include <stdbool.h>

struct co;

enum { CO_STACK = 64 * 1024 };  /* bytes of address space; memory is taken page by page */

/* A coroutine that will run fn(arg), not started. NULL: no memory for a stack. Below the
 * stack lies a guard page: who runs over its end dies of SIGSEGV and harms nobody. */
struct co *co_new(void (*fn)(void *), void *arg);

/* How many there can be at a time, as far as the kernel counts a process' mappings: two
 * each, and some for all else. */
long co_most(void);

/* Runs it until it yields: true, or returns: false, and it is freed. */
bool co_resume(struct co *);

/* Inside a coroutine: stops here until somebody resumes it. */
void co_yield(void);

/* The coroutine that runs; NULL outside of any. */
struct co *co_self(void);

#endif
