/* test_load_patience.c - users who do not wait for ever: the load client gives requests
 * up, asks again, and tells what came in time. */
#include "loading.h"

#include <stdlib.h>
#include <string.h>

#define PAGE "http://127.0.0.1:%d/page"
#define SILENT ""
#define NOWHERE "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"
#define OK HTTP_OK("ok")
#define BUSY "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nfull\n"
#define REFUSALS "--max-refused 1000000"
#define ALLOWED "--max-given-up 1000000 " REFUSALS

static double number(const struct result *r, const char *key)
{
    return json_number(r->out, key, NULL);
}

/* What came in time in each second, from the report's list; returns how many seconds. */
static int goodput(const struct result *r, double each[100])
{
    char *at = strstr(r->out, "\"goodput\": [");
    int n = 0;

    check(at, "there is no goodput in %s", r->out);
    for (at += strlen("\"goodput\": ["); *at != ']' && n < 100; n++) {
        each[n] = strtod(at, &at);
        at += strspn(at, ", ");
    }
    return n;
}

/* Every message has one end, and what came in time is all in some second. */
static void adds_up(const struct result *r, int all)
{
    double each[100], sum = 0, ends = number(r, "messages") + number(r, "refused")
                                    + number(r, "gave_up") - number(r, "retried");
    int n = goodput(r, each);

    check(ends == all, "%g of %d messages have an end: %s", ends, all, r->out);
    for (int i = 0; i < n; i++)
        sum += each[i];
    check(sum == number(r, "messages"), "%g in all seconds: %s", sum, r->out);
    assert_int_equal(number(r, "lost"), 0);
    tells(r->out, "\"errors\": { }");
}

/* ---- giving up ---- */

/* Each connection is answered once. So every other request is given up, and the next one
 * needs a new connection. That is no failure, nothing is lost, and no server closed. */
static void what_is_not_answered_in_time_is_given_up(void **state)
{
    struct liar liar = recite(.answers = { OK, SILENT });
    struct result r;

    (void)state;
    load(&r, "-n 6 --patience 60ms --json - " PAGE, liar.port);
    check(r.status == 3, "exit status %d: %s", r.status, r.out);
    adds_up(&r, 6);
    assert_int_equal(number(&r, "gave_up"), 3);
    assert_int_equal(number(&r, "messages"), 3);
    assert_int_equal(number(&r, "deliveries_expected"), 3);
    assert_int_equal(number(&r, "connections_opened"), 3);
    assert_int_equal(number(&r, "reopened"), 0);
    assert_int_equal(number(&r, "unsent"), 0);
    check(r.seconds > 0.18, "%g s for three times the patience", r.seconds);
    load(&r, "-n 6 --patience 60ms --max-given-up 3 " PAGE, liar.port);
    liar_stop(&liar);
    ended_well(&r);
    tells(r.out, "3 requests after 0.06 s");
    tells(r.out, "3 in time");
}

static void a_server_that_never_answers_is_a_failure(void **state)
{
    struct result r;

    (void)state;
    load_liar(&r, recite(.answers = { SILENT }), "-c 8 --rate 50 -d 300ms "
              "--patience 60ms " ALLOWED " --json - " PAGE);
    check(r.status == 1, "exit status %d: %s", r.status, r.out);
    adds_up(&r, 15);
    assert_int_equal(number(&r, "gave_up"), 15);
}

/* It was read after the client's patience, so it is too late, whatever the server did. */
static void an_answer_that_comes_too_late_does_not_count(void **state)
{
    struct program p = load_sending(port, "-c 4 -d 1s --patience 100ms " ALLOWED
                                    " --json - http://127.0.0.1:%d/job/sleep:5", port);
    struct result r;

    (void)state;
    halt(p.pid, 300);
    program_end(&p, &r);
    check(number(&r, "gave_up") >= 1, "nothing was given up: %s", r.out);
    check(json_number(r.out, "response_ns", "max") <= 100e6, "too late: %s", r.out);
    assert_int_equal(number(&r, "lost"), 0);
}

/* ---- a schedule ---- */

/* Half of what is asked for is answered. No message waits for the one that was given up:
 * all are sent when they are due, as long as there are connections enough. */
static void a_schedule_is_kept_while_requests_are_given_up(void **state)
{
    struct result r;

    (void)state;
    load_liar(&r, recite(.answers = { OK, SILENT }), "-c 40 --rate 100 -d 1s "
              "--patience 150ms " ALLOWED " --json - " PAGE);
    went_well(&r);
    adds_up(&r, 100);
    assert_true(number(&r, "gave_up") >= 20);
    assert_true(json_number(r.out, "rate", "sent") > 99);
    check(json_number(r.out, "service_ns", "max") < 150e6, "%s", r.out);
}

/* A request may be under way for 150 ms, and 100 are due a second: one connection is not
 * enough, and what it never sent is its own fault. */
static void too_few_connections_are_told(void **state)
{
    struct result r;

    (void)state;
    load_liar(&r, recite(.answers = { OK, SILENT }), "-c 1 --rate 100 -d 1s "
              "--patience 150ms " ALLOWED " --json - " PAGE);
    invalid(&r, "unsent");
    adds_up(&r, 100);
}

static bool held_against_the_client(const struct result *r)
{
    return strstr(r->out, "\"rule\": \"rate\"") || strstr(r->out, "\"rule\": \"unsent\"");
}

/* Twice as much is asked for as can be done (a nap holds up all of epoll). Those who wait
 * leave, so no time is longer than their patience, and the run is as valid as another. On
 * a busy machine the client itself may fall behind: one run of three is enough. */
static void a_queue_that_is_left_is_no_invalid_run(void **state)
{
    struct result r;

    (void)state;
    int tries = 3;
    do {
        load_model(&r, "epoll", "", "-c 40 --rate 100 -d 1s --patience 200ms " ALLOWED
                   " --json - http://127.0.0.1:%d/job/nap:20");
        ended_well(&r);
        adds_up(&r, 100);
        assert_true(number(&r, "gave_up") > 10);
    } while (held_against_the_client(&r) && --tries > 0);
    check(!held_against_the_client(&r), "it is held against the client: %s", r.out);
    check(json_number(r.out, "response_ns", "max") <= 200e6, "too late: %s", r.out);
}

/* ---- asking again ---- */

/* The response time is the user's, who waits through all attempts. */
static void a_request_that_is_given_up_is_asked_again(void **state)
{
    struct result r;

    (void)state;
    load_liar(&r, recite(.answers = { OK, SILENT }), "-n 5 --patience 60ms "
              "--retries 1 " ALLOWED " --json - " PAGE);
    went_well(&r);
    adds_up(&r, 5);
    assert_int_equal(number(&r, "messages"), 5);
    assert_int_equal(number(&r, "gave_up"), 4);
    assert_int_equal(number(&r, "retried"), 4);
    check(json_number(r.out, "response_ns", "max") >= 60e6, "%s", r.out);
    check(json_number(r.out, "service_ns", "max") < 60e6, "%s", r.out);
}

static void a_refusal_of_5xx_is_asked_again(void **state)
{
    static const struct {
        const char *options;
        struct script script;
        int messages, refused, retried;
    } cases[] = {
        { "-n 2 --retries 2", { .answers = { BUSY, OK } }, 2, 1, 1 },
        { "-n 2 --retries 0", { .answers = { BUSY, OK } }, 1, 1, 0 },
        { "-n 3 --retries 2", { .answers = { BUSY, BUSY, BUSY, OK } }, 2, 3, 2 },
        { "-n 3 --retries 2", { .answers = { NOWHERE, OK } }, 2, 1, 0 },
        { "-c 3 --rate 100 -n 9 --retries 1", { .answers = { OK, BUSY, OK } }, 9, 3, 3 },
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        load_liar(&r, liar_recite(cases[i].script), "%s " REFUSALS " --json - " PAGE,
                  cases[i].options);
        ended_well(&r);
        adds_up(&r, cases[i].messages + cases[i].refused - cases[i].retried);
        check(number(&r, "messages") == cases[i].messages
              && number(&r, "refused") == cases[i].refused
              && number(&r, "retried") == cases[i].retried, "case %zu: %s", i, r.out);
    }
}

/* Nothing else is sent in the pause of a closed loop, and an open one goes on. */
static void a_pause_comes_before_asking_again(void **state)
{
    static const char *const loops[] = { "-n 2", "-c 4 --rate 100 -n 20" };
    struct result r;

    (void)state;
    for (int i = 0; i < 2; i++) {
        load_liar(&r, recite(.answers = { BUSY, OK }), "%s --retries 1 "
                  "--retry-after 150ms " REFUSALS " --json - " PAGE, loops[i]);
        went_well(&r);
        adds_up(&r, i ? 20 : 2);
        assert_int_equal(number(&r, "messages"), i ? 20 : 2);
        check(json_number(r.out, "response_ns", "max") >= 150e6, "%s", r.out);
        check(r.seconds > 0.15, "%g s", r.seconds);
    }
    load_liar(&r, recite(.answers = { BUSY, OK }),
              "-n 2 --retries 1 --retry-after 100ms " REFUSALS " " PAGE);
    ended_well(&r);
    tells(r.out, "1 requests, after 0.1 s");
}

/* What still pauses when the time is over is not asked again, and nobody waits for it. */
static void nobody_asks_again_when_the_time_is_over(void **state)
{
    struct result r;

    (void)state;
    load_liar(&r, recite(.answers = { OK, BUSY }), "-c 2 --rate 40 -d 500ms "
              "--retries 5 --retry-after 5s " REFUSALS " --json - " PAGE);
    went_well(&r);
    adds_up(&r, 20);
    assert_int_equal(number(&r, "retried"), 0);
    check(r.seconds < 3, "%g s", r.seconds);
}

/* ---- second by second ---- */

static void a_stall_shows_in_its_second(void **state)
{
    double each[100];
    struct result r;

    (void)state;
    struct program p = load_sending(port, "-c 60 --rate 200 -d 3s --patience 200ms "
                                    ALLOWED " --json - http://127.0.0.1:%d/job/sleep:1",
                                    port);
    halt(epoll.pid, 1000);
    program_end(&p, &r);
    ended_well(&r);
    adds_up(&r, 600);
    int n = goodput(&r, each);
    check(n == 3 || n == 4, "%d seconds: %s", n, r.out);    /* 4: the last was late */
    check(each[0] <= 120 || each[1] <= 120 || each[2] <= 120, "%g, %g and %g came in "
          "time, and half of a second was a stall", each[0], each[1], each[2]);
    check(number(&r, "gave_up") > 100, "%s", r.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_answered_in_time_is_given_up),
        cmocka_unit_test(a_server_that_never_answers_is_a_failure),
        cmocka_unit_test(an_answer_that_comes_too_late_does_not_count),
        cmocka_unit_test(a_schedule_is_kept_while_requests_are_given_up),
        cmocka_unit_test(too_few_connections_are_told),
        cmocka_unit_test(a_queue_that_is_left_is_no_invalid_run),
        cmocka_unit_test(a_request_that_is_given_up_is_asked_again),
        cmocka_unit_test(a_refusal_of_5xx_is_asked_again),
        cmocka_unit_test(a_pause_comes_before_asking_again),
        cmocka_unit_test(nobody_asks_again_when_the_time_is_over),
        cmocka_unit_test(a_stall_shows_in_its_second),
    };

    return cmocka_run_group_tests(tests, start_epoll, stop_epoll);
}
