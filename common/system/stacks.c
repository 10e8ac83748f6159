#include "stacks.h"
#include "coro.h"
#include "die.h"
#include "hub.h"

void stacks_expect(int most)
{
    if (most > co_most())
        die("vm.max_map_count leaves room for %ld stacks, not %d: raise it with sysctl, "
            "or lower --max-connections or --max-stacks", co_most(), most);
}

static bool resume(void *co) { return co_resume(co); }

struct task *stacks_spawn(void (*fn)(void *), void *arg)
{
    struct co *co = co_new(fn, arg);

    return co ? hub_spawn(resume, co) : NULL;
}

struct awaited {
    void (*fn)(void *);
    void *arg;
    struct task *caller;
    bool done;
};

static void run(void *arg)
{
    struct awaited *a = arg;

    a->fn(a->arg);
    a->done = true;
    hub_wake(a->caller);
}

bool stacks_await(void (*fn)(void *), void *arg)
{
    struct awaited a = { fn, arg, hub_self(), false };

    if (!stacks_spawn(run, &a))
        return false;
    while (!a.done)             /* somebody else may have woken us */
        co_yield();
    return true;
}
