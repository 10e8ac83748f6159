#include "await.h"
#include "coro.h"
#include "hub.h"
#include "job.h"
#include "stacks.h"

struct call {
    struct await *of;
    int64_t n, result;
};

static int stacks;              /* set aside for all that have begun */

static void no_stack(struct job *job)
{
    job->status = 503;
    job->why = "all stacks for awaited calls are in use: try again later";
}

/* DOC: coroutine-await. Since others run in between, each call can ask whether anybody
 * still wants the result. What is left of a computation that nobody wants returns at
 * once. */
static void fib(void *arg)
{
    struct call *call = arg;
    struct call one = { call->of, call->n - 1, 0 }, two = { call->of, call->n - 2, 0 };

    if (call->n < 2)
        call->result = call->n;
    else if (call->of->unwanted || call->of->job->status)
        call->result = 0;       /* nobody will see it */
    else if (stacks_await(fib, &one) && stacks_await(fib, &two))
        call->result = one.result + two.result;
    else
        no_stack(call->of->job);
}

static void begin(void *arg)
{
    struct await *a = arg;
    struct call root = { a, a->job->n, 0 };

    fib(&root);
    a->job->result = root.result;
    a->done = true;
    hub_wake(a->caller);
}

static int depth(const struct job *job) { return job->n > 1 ? (int)job->n : 1; }

bool await_begin(struct await *a, struct job *job, int max_stacks)
{
    *a = (struct await){ .job = job, .caller = hub_self() };
    if (stacks + depth(job) > max_stacks || !stacks_spawn(begin, a)) {
        no_stack(job);
        return false;
    }
    stacks += depth(job);
    return true;
}

void await_end(struct await *a)
{
    a->unwanted = true;
    while (!a->done)
        co_yield();
    stacks -= depth(a->job);
}
