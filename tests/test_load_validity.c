/* test_load_validity.c - a measurement that is none says so: the load client has not
 * kept its schedule, or the server its pace. */
#include "loading.h"

static void a_rate_that_is_not_reached_is_invalid(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 1 --rate 200 -d 300ms --json - http://127.0.0.1:%d/job/sleep:20", port);
    invalid(&r, "rate");
    load(&r, "-c 1 --rate 200 -d 500ms --json - ws://127.0.0.1:%d/job/sleep:20", port);
    invalid(&r, "rate");
}

/* 4 % too many, for a second: in the end a message waits for 40 ms, while the first had
 * to wait for none. And what was answered is what was counted. */
static void a_small_overload_is_invalid(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 1 --rate 52 -d 1s --json - ws://127.0.0.1:%d/job/sleep:20", port);
    invalid(&r, "rate");
    tells(r.out, "with each second answers came ");
    double answered = json_number(r.out, "rate", "answered");
    check(answered == json_number(r.out, "messages_per_s", NULL) && answered < 51,
          "%g are said to be answered in %s", answered, r.out);
}

static void sending_late_is_invalid(void **state)
{
    struct program p = load_sending(port, "-c 2 --rate 1000 -d 800ms --json - " URL,
                                    port);
    struct result r;

    (void)state;
    halt(p.pid, 100);
    program_end(&p, &r);
    invalid(&r, "lag");
    tells(r.out, "\"advice\": \"This program did not get the CPU when a message was due");
    assert_int_equal(json_number(r.out, "lag_ns", "count"), 800);   /* none left out */
}

/* A newcomer sees the words, and is told what to do. */
static void what_is_invalid_explains_itself(void **state)
{
    struct program p = load_sending(port, "-c 2 --rate 1000 -d 800ms " URL, port);
    struct result r;

    (void)state;
    halt(p.pid, 100);
    program_end(&p, &r);
    assert_int_equal(r.status, 4);
    tells(r.out, "INVALID, lag: ");
    tells(r.out, "is still true");
    tells(r.out, "--think");
}

static void an_objective_can_be_broken(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 4 -n 40 --slo-p99 5ms http://127.0.0.1:%d/job/sleep:20", port);
    assert_int_equal(r.status, 3);
    tells(r.out, "--slo-p99 is broken");
    load(&r, "-c 4 -n 40 --slo-p99 10s http://127.0.0.1:%d/job/sleep:20", port);
    assert_int_equal(r.status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_that_is_not_reached_is_invalid),
        cmocka_unit_test(a_small_overload_is_invalid),
        cmocka_unit_test(sending_late_is_invalid),
        cmocka_unit_test(what_is_invalid_explains_itself),
        cmocka_unit_test(an_objective_can_be_broken),
    };

    return cmocka_run_group_tests(tests, start_epoll, stop_epoll);
}
