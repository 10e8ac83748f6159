/* calls.h - fib(n) with every call a struct of its own, and awaited: await.h without its
 * stacks.
 *
 * Others run between any two calls, so it keeps nobody waiting. As many calls are in
 * progress as fib(n) is deep, and each is 80 bytes on the heap: a few KiB for a job. So
 * nothing is set aside for it, and --max-connections and --max-fib bound all of them. */
#ifndef CALLS_H
#define CALLS_H

#include <stdbool.h>

struct job;
struct task;

struct calls {
    struct job *job;
    struct task *caller;        /* woken when it is done */
    bool done;
    bool unwanted;              /* set by the caller: it is called off, and soon done */
};

/* Begins it beside the running task, which leaves the struct and the job where they are
 * until it is done. */
void calls_begin(struct calls *, struct job *);

#endif
