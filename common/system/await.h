/* await.h - fib(n) with every call a task of its own, and awaited.
 *
 * Others run between any two calls, so it keeps nobody waiting. But as many calls are in
 * progress as fib(n) is deep, and each has a stack. So stacks are set aside before it
 * begins: a job that has begun can end, and one that gets none fails at once. */
#ifndef AWAIT_H
#define AWAIT_H

#include <stdbool.h>

struct job;
struct task;

struct await {
    struct job *job;
    struct task *caller;        /* woken when it is done */
    bool done;
    bool unwanted;
};

/* Begins it beside the running task, which leaves the struct where it is until
 * await_end(). False: all such jobs together would take more than max_stacks, or there is
 * no memory; then the job has failed. */
bool await_begin(struct await *, struct job *, int max_stacks);

/* If it is not done it is called off, and the running task waits until no call is in
 * progress any more. */
void await_end(struct await *);

#endif
