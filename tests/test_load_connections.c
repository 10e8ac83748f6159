/* test_load_connections.c - the load client's connections come and go as they are
 * told to, and nothing is lost on the way. */
#include "loading.h"

#include <limits.h>

static void connections_are_begun_at_a_rate(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 21 --rooms 3 --connect-rate 100 -n 42 --json - " URL, port);
    went_well(&r);
    double opening = json_number(r.out, "opening_s", NULL);
    check(opening >= 0.19, "21 connections, 100 a second, in %g s", opening);
    assert_int_equal(json_number(r.out, "connect_ns", "count"), 21);
    check(json_number(r.out, "connect_ns", "min") > 1e3
          && json_number(r.out, "connect_ns", "max") < opening * 1e9,
          "a connection takes a while, and less than all: %s", r.out);
}

static void stages_follow_each_other(void **state)
{
    struct result r;

    (void)state;
    load(&r, "--stage 300ms:4 --stage 300ms:12 --stage 300ms:2 --stage 300ms:8 --rooms 2 "
         "--rate 300 --json - " URL, port);
    went_well(&r);
    assert_int_equal(json_number(r.out, "connections_opened", NULL), 12 + 6);
    assert_int_equal(json_number(r.out, "messages", NULL), 360);
}

/* Who is still to have an answer when a stage wants fewer stays, if the next wants it. */
static void a_stage_keeps_who_has_not_left(void **state)
{
    struct result r;

    (void)state;
    load(&r, "--stage 200ms:6 --stage 100ms:1 --stage 900ms:6 --rate 40 --json - "
         "ws://127.0.0.1:%d/job/sleep:200", port);
    ended_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 48);
    assert_int_equal(json_number(r.out, "connections_at_once", NULL), 6);
}

/* And who is just leaving comes back, and sends: each as often as the others. */
static void a_stage_calls_back_who_was_leaving(void **state)
{
    static const struct { int connections; const char *stages; } runs[] = {
        { 20, "--stage 20ms:20 --stage 100us:1 --stage 200ms:20" },
        { 20, "--stage 20ms:20 --stage 100us:1 --stage 200ms:20" },
        { 2, "--stage 150ms:2 --stage 50ms:1 --stage 1s:2 --think 100ms" },
    };
    struct row row;
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(runs); i++) {
        int count[20] = { 0 }, least = INT_MAX, most = 0;
        struct output timeline = output_open();
        load(&r, "%s --rooms %d --timeline %s --json - " URL, runs[i].stages,
             runs[i].connections, timeline.path, port);
        went_well(&r);
        while (next_row(timeline.file, &row))
            count[row.connection]++;
        for (int c = 0; c < runs[i].connections; c++) {
            least = count[c] < least ? count[c] : least;
            most = count[c] > most ? count[c] : most;
        }
        check(least > most / 2, "%s: one sent %d messages, another %d", runs[i].stages,
              most, least);
    }
}

static void connections_can_be_renewed(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 4 -n 200 --churn 5 --json - " URL, port);
    went_well(&r);
    double opened = json_number(r.out, "connections_opened", NULL);
    check(opened >= 40 && opened <= 44, "%g connections for 200 messages", opened);
    check(r.seconds < 5, "it took %.1f s", r.seconds);
    load(&r, "-c 20 --rooms 4 -d 300ms --churn 3 --json - " URL, port);
    went_well(&r);
    assert_int_equal(json_number(r.out, "unsent", NULL), 0);
    check(r.seconds < 5, "it took %.1f s", r.seconds);
    load(&r, "-c 4 -n 200 --churn 1 --json - http://127.0.0.1:%d/job/cpu:1", port);
    went_well(&r);
    opened = json_number(r.out, "connections_opened", NULL);
    check(opened >= 200 && opened <= 204, "%g connections for 200 requests", opened);
}

/* The server closes after it, as we have asked; others are still to be answered. */
static void the_last_of_a_connection_is_no_failure(void **state)
{
    static const char *const models[] = { "epoll", "thread", "fork" };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(models); i++) {
        load_model(&r, models[i], "", "-c 8 --churn 1 --rate 100 -d 300ms --json - "
                   "http://127.0.0.1:%d/job/sleep:60");
        went_well(&r);
        tells(r.out, "\"errors\": { }");
    }
}

static void many_shapes_lose_nothing(void **state)
{
    static const char *const shapes[] = {
        "-c 6 --rooms 2 --size 24-70000 --burst 3 -n 60", "-c 1 --size 0-10 -n 50",
        "-c 6 --rooms 3 --senders 1 --text -n 90", "-c 8 --rooms 8 --threads 2 -n 81",
        "-c 8 --rooms 4 --threads 4 --rate 400 -d 300ms --arrival poisson",
        "-c 4 --think 3ms -d 200ms --churn 7", "-c 4 --rooms 4 --threads 4 -n 2",
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        load(&r, "%s --json - " URL, shapes[i], port);
        went_well(&r);
    }
}

static void http_and_job_are_measured_alike(void **state)
{
    static const char *const urls[] = {
        "http://127.0.0.1:%d/job/cpu:15", "ws://127.0.0.1:%d/job/cpu:15",
        "http://127.0.0.1:%d/healthz",
    };
    char url[80];
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        snprintf(url, sizeof url, urls[i], port);
        load(&r, "-c 4 -n 100 --json - %s", url);
        went_well(&r);
        assert_int_equal(json_number(r.out, "messages", NULL), 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_are_begun_at_a_rate),
        cmocka_unit_test(stages_follow_each_other),
        cmocka_unit_test(a_stage_keeps_who_has_not_left),
        cmocka_unit_test(a_stage_calls_back_who_was_leaving),
        cmocka_unit_test(connections_can_be_renewed),
        cmocka_unit_test(the_last_of_a_connection_is_no_failure),
        cmocka_unit_test(many_shapes_lose_nothing),
        cmocka_unit_test(http_and_job_are_measured_alike),
    };

    return cmocka_run_group_tests(tests, start_epoll, stop_epoll);
}
