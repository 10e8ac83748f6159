#include "stackless.h"
#include "die.h"
#include "hub.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct call *call_new(struct call *(*fn)(struct call *), const void *locals, size_t size)
{
    struct { struct call call; max_align_t locals[]; } *new;

    new = must_alloc(sizeof *new + size);
    new->call = (struct call){ .fn = fn, .locals = memcpy(new->locals, locals, size) };
    return &new->call;
}

struct chain { struct call *last; };    /* a task: of these calls each awaits the next */

/* DOC: stackless-trampoline. Runs the last of the chain, until one of them waits. */
static bool bounce(void *what)
{
    struct chain *chain = what;
    struct call *call, *next;

    while ((call = chain->last)) {
        next = call->fn(call);
        if (next == call)
            return true;        /* it waits, and has said for what */
        if (next) {
            next->caller = call;
        } else {
            next = call->caller;
            free(call);
        }
        chain->last = next;
    }
    free(chain);
    return false;
}

struct task *call_spawn(struct call *call)
{
    struct chain *chain = must_alloc(sizeof *chain);

    chain->last = call;
    return hub_spawn(bounce, chain);
}
