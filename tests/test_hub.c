/* test_hub.c - tasks of both kinds, with a stack and without, learn what has become of
 * their line; what is awaited is bounded, or takes little; and nobody is kept waiting.
 *
 * Nothing is asserted inside a task: cmocka would jump out of a foreign stack. */
#include "await.h"
#include "calls.h"
#include "clock.h"
#include "coro.h"
#include "hub.h"
#include "job.h"
#include "stackless.h"
#include "stacks.h"
#include "unit.h"
#include "work.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MANY = 20 };

static int got[MANY], count;

static void tell(int what) { got[count++ % MANY] = what; }

/* ---- the two kinds ---- */

/* Runs it as the only task there is, and others that it spawns. */
static void run_stack(void (*fn)(void *), void *arg)
{
    count = 0;
    memset(got, -1, sizeof got);
    hub_open();
    assert_non_null(stacks_spawn(fn, arg));
    hub_run();
}

static void run_call(struct call *call)
{
    count = 0;
    memset(got, -1, sizeof got);
    hub_open();
    assert_non_null(call_spawn(call));
    hub_run();
}

static void is_told(const int *right, int n, const char *kind)
{
    check(count == n, "%s: it is told %d times, not %d", kind, count, n);
    for (int i = 0; i < n; i++)
        check(got[i] == right[i], "%s: at %d it is told %d, not %d", kind, i, got[i],
              right[i]);
}

/* ---- the end of a line ---- */

enum { STEPS = 8 };

/* What is done before it waits for the next time, and for what it waits. */
static void step(int i, const int *pair)
{
    int ours = pair[0], theirs = pair[1];
    int64_t soon = clock_now() + 5 * MS;

    switch (i) {
    case 0:                     /* nothing has happened */
        hub_wait(ours, HUB_ENDED, soon);
        break;
    case 1:                     /* nor is that an end */
        if (write(theirs, "text", 4) == 4)
            hub_wait(ours, HUB_ENDED, soon);
        break;
    case 2:                     /* which is not asked for */
        shutdown(theirs, SHUT_WR);
        hub_wait(ours, 0, soon);
        break;
    case 3: case 4:             /* as often as it asks */
        hub_wait(ours, HUB_ENDED, NEVER);
        break;
    case 5:
        hub_wait(-1, 0, soon);
        break;
    case 6:
        close(theirs);
        hub_wait(ours, 0, NEVER);
        break;
    case 7:                     /* and what was said is still there */
        hub_wait(ours, HUB_READ, NEVER);
        break;
    }
}

static void part_with(int fd)
{
    hub_forget();
    close(fd);
}

static void listens_with_a_stack(void *arg)
{
    const int *pair = arg;

    for (int i = 0; i < STEPS; i++) {
        step(i, pair);
        co_yield();
        tell(hub_happened());
    }
    part_with(pair[0]);
}

struct listens { const int *pair; int i; };

static struct call *listens(struct call *self)
{
    struct listens *l = self->locals;

    RESUME(self);
    for (; l->i < STEPS; l->i++) {
        step(l->i, l->pair);
        PARK(self);
        tell(hub_happened());
    }
    part_with(l->pair[0]);
    return NULL;
}

static void test_the_end_of_a_line(void **state)
{
    static const int right[STEPS] = { HUB_LATE, HUB_LATE, HUB_LATE, HUB_ENDED, HUB_ENDED,
                                      HUB_LATE, HUB_BROKEN, HUB_READ };
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    run_stack(listens_with_a_stack, pair);
    is_told(right, STEPS, "a stack");
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    run_call(CALL(listens, .pair = pair));
    is_told(right, STEPS, "a call");
}

/* No descriptor at all: it cannot be watched, so it has to go. It is a function that is
 * called again, and nothing else. */
static bool cannot_be_watched(void *called)
{
    int *times = called;

    if (++*times > 1) {
        tell(hub_happened());
        return false;
    }
    hub_wait(1000000, HUB_ENDED, NEVER);
    return true;
}

static void test_what_cannot_be_watched(void **state)
{
    static const int right[] = { HUB_BROKEN };
    int times = 0;

    (void)state;
    count = 0;
    hub_open();
    hub_spawn(cannot_be_watched, &times);
    hub_run();
    is_told(right, 1, "a function");
}

/* ---- whose turn it is ---- */

struct talks { int name, times; };

static struct call *talks(struct call *self)
{
    struct talks *t = self->locals;

    RESUME(self);
    while (t->times-- > 0) {
        tell(t->name);
        hub_pass();
        PARK(self);
    }
    return NULL;
}

static void talk_with_a_stack(void *arg)
{
    struct talks *t = arg;

    while (t->times-- > 0) {
        tell(t->name);
        hub_pass();
        co_yield();
    }
}

/* Both kinds in one hub: each lets the others go, and comes back after them. */
static void test_each_in_its_turn(void **state)
{
    static const int right[] = { 1, 2, 3, 1, 2, 3, 1, 2, 3 };
    struct talks two = { 2, 3 };

    (void)state;
    count = 0;
    hub_open();
    call_spawn(CALL(talks, .name = 1, .times = 3));
    assert_non_null(stacks_spawn(talk_with_a_stack, &two));
    call_spawn(CALL(talks, .name = 3, .times = 3));
    hub_run();
    is_told(right, COUNT(right), "three");
}

/* ---- without a stack ---- */

enum { PARKED = 10, WOKEN, RETURNED };

static struct task *sleeper;
static bool may_return;

/* It has nothing to keep; a struct has something in it, though. */
struct sleeps { int unused; };

static struct call *sleeps(struct call *self)
{
    RESUME(self);
    while (!may_return) {
        tell(PARKED);
        PARK(self);
        tell(WOKEN);
    }
    return NULL;
}

/* Stops inside a switch inside a loop, which a switch over line numbers could not. */
struct awaits { int i; };

static struct call *awaits(struct call *self)
{
    struct awaits *a = self->locals;

    RESUME(self);
    for (; a->i < 4; a->i++)
        switch (a->i) {
        case 1: case 3:
            may_return = a->i == 3;
            AWAIT(self, CALL(sleeps, 0));
            tell(RETURNED);
            break;
        default:
            tell(a->i);
        }
    return NULL;
}

struct wakes { int times; };

static struct call *wakes(struct call *self)
{
    struct wakes *w = self->locals;

    RESUME(self);
    for (; w->times > 0; w->times--) {
        hub_wait(-1, 0, clock_now() + MS);
        PARK(self);
        may_return = w->times == 1;
        hub_wake(sleeper);
    }
    return NULL;
}

/* Whoever wakes a task wakes the call that waits, and not the one that awaits it. */
static void test_a_chain_goes_on_at_its_end(void **state)
{
    static const int right[] = { 0, PARKED, WOKEN, PARKED, WOKEN, PARKED, WOKEN, RETURNED,
                                 2, RETURNED };

    (void)state;
    count = 0;
    hub_open();
    sleeper = call_spawn(CALL(awaits, 0));
    call_spawn(CALL(wakes, .times = 3));
    hub_run();
    is_told(right, COUNT(right), "a chain");
}

/* ---- what is awaited ---- */

static void awaits_stacks(void *arg)
{
    struct job *job = arg;
    struct await a;

    tell(await_begin(&a, job, 20));
    while (!a.done)
        co_yield();
    await_end(&a);
}

struct awaits_calls { struct job *job; struct calls calls; };

static struct call *awaits_calls(struct call *self)
{
    struct awaits_calls *a = self->locals;

    RESUME(self);
    calls_begin(&a->calls, a->job);
    while (!a->calls.done)
        PARK(self);
    tell(true);
    return NULL;
}

static void test_awaiting(void **state)
{
    static const int depths[] = { 0, 1, 2, 15, 20 };

    (void)state;
    for (size_t i = 0; i < COUNT(depths); i++)
        for (int stackless = 0; stackless < 2; stackless++) {
            struct job job = { .n = depths[i] };

            if (stackless)
                run_call(CALL(awaits_calls, .job = &job));
            else
                run_stack(awaits_stacks, &job);
            assert_int_equal(got[0], true);
            assert_int_equal(job.status, 0);
            assert_int_equal(job.result, job_fib(job.n));
        }
}

/* 20 stacks are 20 and no more, for all together; those given back can be used again. */
static void shares(void *arg)
{
    struct job *jobs = arg;
    struct await a, b;

    tell(await_begin(&a, &jobs[0], 20));        /* 12 */
    tell(await_begin(&b, &jobs[1], 20));        /* 9 */
    tell(jobs[1].status);
    jobs[1] = (struct job){ .n = 8 };
    tell(await_begin(&b, &jobs[1], 20));
    await_end(&b);
    await_end(&a);
    jobs[2] = (struct job){ .n = 20 };
    tell(await_begin(&a, &jobs[2], 20));
    await_end(&a);
    jobs[2] = (struct job){ .n = 21 };
    tell(await_begin(&a, &jobs[2], 20));
}

static void test_stacks_are_shared(void **state)
{
    struct job jobs[3] = { { .n = 12 }, { .n = 9 } };
    static const int right[] = { true, false, 503, true, true, false };

    (void)state;
    run_stack(shares, jobs);
    is_told(right, COUNT(right), "steps");
    assert_int_equal(jobs[2].status, 503);
    check(jobs[2].why && *jobs[2].why && !strchr(jobs[2].why, '\n'), "no reason");
}

static void calls_off_stacks(void *arg)
{
    struct await a;

    await_begin(&a, arg, 90);
    hub_wait(-1, 0, clock_now() + 5 * MS);
    co_yield();
    tell(a.done);
    await_end(&a);
    tell(a.done);
}

struct calls_off { struct job *job; struct calls calls; };

static struct call *calls_off(struct call *self)
{
    struct calls_off *c = self->locals;

    RESUME(self);
    calls_begin(&c->calls, c->job);
    hub_wait(-1, 0, clock_now() + 5 * MS);
    PARK(self);
    tell(c->calls.done);
    c->calls.unwanted = true;
    while (!c->calls.done)
        PARK(self);
    tell(c->calls.done);
    return NULL;
}

/* That the other task goes on after 5 ms shows, too, that nobody is kept waiting. */
static void test_called_off(void **state)
{
    static const int right[] = { false, true };
    struct job job = { .n = 90 };       /* a hundred thousand years */
    int64_t start = clock_now();

    (void)state;
    run_stack(calls_off_stacks, &job);
    is_told(right, 2, "stacks");
    run_call(CALL(calls_off, .job = &job));
    is_told(right, 2, "calls");
    check(clock_now() - start < 2000 * MS, "it goes on after it was called off");
}

/* ---- what the machine has ---- */

static void expect_many(void *arg)
{
    stacks_expect(*(int *)arg);
    printf("there is room");
}

static void test_too_many_stacks(void **state)
{
    int most = (int)co_most(), more = most + 1;

    (void)state;
    if (co_most() > 1 << 30)
        skip();                 /* here nothing is counted */
    assert_string_equal(in_child(expect_many, &most).out, "there is room");
    struct outcome r = in_child(expect_many, &more);
    assert_int_equal(r.status, 2);
    assert_string_equal(r.out, "");
    check(strstr(r.err, "vm.max_map_count") && strchr(r.err, '\n')[1] == '\0',
          "it says: %s", r.err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_end_of_a_line),
        cmocka_unit_test(test_what_cannot_be_watched),
        cmocka_unit_test(test_each_in_its_turn),
        cmocka_unit_test(test_a_chain_goes_on_at_its_end),
        cmocka_unit_test(test_awaiting),
        cmocka_unit_test(test_stacks_are_shared),
        cmocka_unit_test(test_called_off),
        cmocka_unit_test(test_too_many_stacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
