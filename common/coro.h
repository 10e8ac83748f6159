/* coro.h - stackful coroutines: a function that can stop in its midst and go on later.
 *
 * A switch saves the registers that the calling convention keeps, and swaps the stack
 * pointer: a dozen instructions, no system call. There is no scheduler in here; who
 * resumes whom, and when, is the model's business. */
#ifndef CORO_H
#define CORO_H

#include <stddef.h>

struct co;

enum { CO_STACK = 64 * 1024 };  /* bytes reserved a stack; memory is used a page at a time */

/* A coroutine that will run fn(arg), not started. NULL: no memory for a stack. Below the
 * stack lies a guard page: running over the end is a SIGSEGV, not a corrupted neighbour. */
struct co *co_new(void (*fn)(void *), void *arg);

/* Runs it until it yields or returns. True: it yielded, resume it again some time.
 * False: it has returned, and is freed (its stack is kept for the next). */
int co_resume(struct co *);

/* Inside a coroutine: stops here, until somebody resumes it. */
void co_yield(void);

/* The running coroutine, or NULL on the main stack. */
struct co *co_self(void);

#endif
