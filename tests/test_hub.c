/* test_hub.c - tasks learn what has become of their line; what is awaited is bounded.
 *
 * Nothing is asserted inside a task: cmocka would jump out of a foreign stack. */
#include "await.h"
#include "clock.h"
#include "coro.h"
#include "hub.h"
#include "job.h"
#include "unit.h"
#include "work.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TASKS = 1000, MANY = 20 };

static int got[MANY], count;

static void tell(int what) { got[count++ % MANY] = what; }

/* Runs it as the only task there is, and others that it spawns. */
static void run(void (*fn)(void *), void *arg)
{
    count = 0;
    memset(got, -1, sizeof got);
    hub_open(TASKS);
    assert_non_null(hub_spawn(fn, arg));
    hub_run();
}

/* ---- the end of a line ---- */

static void listens_to_ends(void *arg)
{
    int *pair = arg, ours = pair[0], theirs = pair[1];
    int64_t soon = clock_now() + 5 * MS;

    tell(hub_park(ours, HUB_ENDED, soon));      /* nothing has happened */
    if (write(theirs, "text", 4) == 4)
        tell(hub_park(ours, HUB_ENDED, clock_now() + 5 * MS));  /* nor is that an end */
    shutdown(theirs, SHUT_WR);
    tell(hub_park(ours, 0, clock_now() + 5 * MS));      /* which was not asked for */
    tell(hub_park(ours, HUB_ENDED, NEVER));
    tell(hub_park(ours, HUB_ENDED, NEVER));     /* as often as it asks */
    tell(hub_park(-1, 0, clock_now() + 5 * MS));
    close(theirs);
    tell(hub_park(ours, 0, NEVER));
    tell(hub_park(ours, HUB_READ, NEVER));      /* and what was said is still there */
    hub_forget();
    close(ours);
}

static void test_the_end_of_a_line(void **state)
{
    static const int right[] = { HUB_LATE, HUB_LATE, HUB_LATE, HUB_ENDED, HUB_ENDED,
                                 HUB_LATE, HUB_BROKEN, HUB_READ };
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    run(listens_to_ends, pair);
    assert_int_equal(count, COUNT(right));
    for (size_t i = 0; i < COUNT(right); i++)
        check(got[i] == right[i], "at %zu it is told %d, not %d", i, got[i], right[i]);
}

/* No descriptor at all: it cannot be watched, so it has to go. */
static void cannot_be_watched(void *arg)
{
    (void)arg;
    tell(hub_park(1000000, HUB_ENDED, NEVER));
    hub_forget();
}

static void test_what_cannot_be_watched(void **state)
{
    (void)state;
    run(cannot_be_watched, NULL);
    assert_int_equal(count, 1);
    assert_int_equal(got[0], HUB_BROKEN);
}

/* ---- what is awaited ---- */

static void awaits(void *arg)
{
    struct job *job = arg;
    struct await a;

    tell(await_begin(&a, job, 20));
    while (!a.done)
        hub_park(-1, 0, NEVER);
    await_end(&a);
}

static void test_awaiting(void **state)
{
    struct job jobs[] = { { .n = 0 }, { .n = 1 }, { .n = 2 }, { .n = 15 }, { .n = 20 } };

    (void)state;
    for (size_t i = 0; i < COUNT(jobs); i++) {
        run(awaits, &jobs[i]);
        assert_int_equal(got[0], true);
        assert_int_equal(jobs[i].status, 0);
        assert_int_equal(jobs[i].result, job_fib(jobs[i].n));
    }
}

/* 20 stacks are 20 and no more, for all together; those given back can be had again. */
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
    run(shares, jobs);
    assert_int_equal(count, COUNT(right));
    for (size_t i = 0; i < COUNT(right); i++)
        check(got[i] == right[i], "step %zu: %d, not %d", i, got[i], right[i]);
    assert_int_equal(jobs[2].status, 503);
    check(jobs[2].why && *jobs[2].why && !strchr(jobs[2].why, '\n'), "no reason");
}

static void is_called_off(void *arg)
{
    struct await a;

    await_begin(&a, arg, 90);
    hub_park(-1, 0, clock_now() + 5 * MS);
    tell(a.done);
    await_end(&a);
    tell(a.done);
}

static void test_called_off(void **state)
{
    struct job job = { .n = 90 };       /* a hundred thousand years */
    int64_t start = clock_now();

    (void)state;
    run(is_called_off, &job);
    assert_int_equal(got[0], false);
    assert_int_equal(got[1], true);
    check(clock_now() - start < 1000 * MS, "it goes on after it was called off");
}

/* ---- what the machine has ---- */

static void open_for_many(void *arg)
{
    hub_open(*(int *)arg);
    printf("open");
}

static void test_too_many_stacks(void **state)
{
    int most = (int)co_most(), more = most + 1;

    (void)state;
    if (co_most() > 1 << 30)
        skip();                 /* here nothing is counted */
    assert_string_equal(in_child(open_for_many, &most).out, "open");
    struct outcome r = in_child(open_for_many, &more);
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
        cmocka_unit_test(test_awaiting),
        cmocka_unit_test(test_stacks_are_shared),
        cmocka_unit_test(test_called_off),
        cmocka_unit_test(test_too_many_stacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
