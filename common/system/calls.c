#include "calls.h"
#include "hub.h"
#include "job.h"
#include "stackless.h"

struct fib {                    /* what a stack's frame would hold */
    struct calls *of;
    int64_t n, one, two;
    int64_t *result;            /* where its caller wants it */
};

/* DOC: async-await. Each call first lets others go. What outlives a stop lies in *f. What
 * is left of a computation that nobody wants returns at once. */
static struct call *fib(struct call *self)
{
    struct fib *f = self->locals;

    RESUME(self);
    hub_wake(hub_self());       /* in its turn */
    PARK(self);
    if (f->n < 2) {
        *f->result = f->n;
    } else if (f->of->unwanted) {
        *f->result = 0;         /* nobody will see it */
    } else {
        AWAIT(self, CALL(fib, .of = f->of, .n = f->n - 1, .result = &f->one));
        AWAIT(self, CALL(fib, .of = f->of, .n = f->n - 2, .result = &f->two));
        *f->result = f->one + f->two;
    }
    return NULL;
}

struct begin { struct calls *of; };

static struct call *begin(struct call *self)
{
    struct calls *of = ((struct begin *)self->locals)->of;

    RESUME(self);
    AWAIT(self, CALL(fib, .of = of, .n = of->job->n, .result = &of->job->result));
    of->done = true;
    hub_wake(of->caller);
    return NULL;
}

void calls_begin(struct calls *of, struct job *job)
{
    *of = (struct calls){ .job = job, .caller = hub_self() };
    call_spawn(CALL(begin, .of = of));
}
