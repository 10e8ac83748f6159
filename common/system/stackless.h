/* stackless.h - functions that stop in the middle and go on later, without a stack.
 *
 * Where such a function would wait, it returns, and notes where it is to go on. Its local
 * variables are gone then, so what it must still know lies in a struct on the heap: that
 * is all that is left of a stack's frame. Where a language has async and await, its
 * compiler makes this; here it is written by hand.
 *
 *     struct add { struct conn *c; int first, second; };
 *
 *     static struct call *add(struct call *self)
 *     {
 *         struct add *a = self->locals;
 *
 *         RESUME(self);
 *         AWAIT(self, CALL(hear, .c = a->c, .result = &a->first));
 *         AWAIT(self, CALL(hear, .c = a->c, .result = &a->second));
 *         say(a->c, a->first + a->second);
 *         return NULL;
 *     }
 *
 * It is no use to call another such function in the usual way: where that one stops, it
 * returns into the middle of this one, which has not stopped. So this one stops, too, and
 * leaves both to a trampoline. It runs the last of a chain of calls; when that is done,
 * the caller goes on, and nobody else in between. So a function that awaits can itself
 * only be awaited: its signature shows it, and its callers', and so on to the top. */
#ifndef STACKLESS_H
#define STACKLESS_H

#include <stddef.h>

struct task;

struct call {                   /* one in progress */
    struct call *(*fn)(struct call *);
    void *locals;               /* what outlives a stop; freed with the call */
    struct call *caller;        /* goes on when this one is done */
    int at;                     /* where it goes on: so far from its first label */
};

/* What fn returns says why it has stopped: NULL, it is done; itself, it waits, and has
 * told the hub what for (hub_wait, hub_pass, or nothing: for hub_wake); another call, it
 * awaits that one. Only the trampoline runs it, and frees it when it is done. */

/* A call of fn, not begun. Its locals, a struct of the same name, begin with these
 * values: CALL(add, .c = c). */
#define CALL(fn, ...) call_new(fn, &(struct fn){ __VA_ARGS__ }, sizeof(struct fn))
struct call *call_new(struct call *(*fn)(struct call *), const void *locals, size_t);

/* A new task of the hub, which begins with this call and is gone when it is done. Who
 * wakes the task wakes the last of the chain. */
struct task *call_spawn(struct call *);

/* The first statement: goes on where it has stopped. A label is kept as its distance from
 * the first. A switch over line numbers, with which this is often done, could not stop
 * inside a switch of the function's own; the museum shows what happens then. */
#define RESUME(call) goto *(&&stackless_begin + (call)->at); stackless_begin:

/* Waits for the hub. */
#define PARK(call) STOP(call, call)

/* Waits until that call is done. */
#define AWAIT(call, callee) STOP(call, callee)

#define STOP(call, next) STOP_IN(call, next, __LINE__)
#define STOP_IN(call, next, line) STOP_AT(call, next, line)
#define STOP_AT(call, next, line) \
    do { \
        (call)->at = (int)((char *)&&stackless_##line - (char *)&&stackless_begin); \
        return next; \
    stackless_##line:; \
    } while (0)

#endif
