/* test_peer_say.c - a peer that posts: what it says is a message like any other. */
#include "clock.h"
#include "history.h"
#include "metrics.h"
#include "visits.h"

#include <string.h>

static void what_is_posted_is_relayed(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    line_open(&l, &o);
    unsigned long long before = atomic_load(&metrics->received);
    assert_int_equal(SAY(&l, HELLO), READ);
    answered(&l, 204, NULL);
    assert_string_equal(utstring_body(&l.wants), "JR");
    assert_true(same_bytes(&l.relayed, "\x81\5hello", 7));
    assert_int_equal(atomic_load(&metrics->received), before + 1);
    clear(&l);
    SAY(&l, POST("Content-Type: application/octet-stream\r\n", 2, "\xff\0"));
    answered(&l, 204, NULL);
    assert_true(same_bytes(&l.relayed, "\x81\5hello\x82\2\xff\0", 11));
    SAY(&l, POST("", 0, ""));
    answered(&l, 204, NULL);
    assert_true(same_bytes(&l.relayed, "\x81\5hello\x82\2\xff\0\x81\0", 13));
    line_close(&l);
}

static void it_may_come_in_pieces_and_others_behind_it(void **state)
{
    static const char all[] = HELLO POST("", 3, "bye") POLL("0");
    struct options o = opened();
    struct line l;

    (void)state;
    line_open(&l, &o);
    for (size_t i = 0; i < sizeof all - 1; i++)
        line_say(&l, all + i, 1);
    assert_true(same_bytes(&l.relayed, "\x81\5hello\x81\3bye", 12));
    line_close(&l);
    line_open(&l, &o);
    SAY(&l, HELLO POST("", 3, "bye") POLL("0"));
    assert_true(same_bytes(&l.relayed, "\x81\5hello\x81\3bye", 12));
    const char *out = utstring_body(&l.out);
    for (int i = 0; i < 3; i++)
        assert_non_null(out = strstr(out + 1, i ? "\r\n\r\nHTTP/1.1 204" : "TP/1.1 204"));
    line_close(&l);
}

static void a_text_is_utf8(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    line_open(&l, &o);
    SAY(&l, POST("", 2, "a\xff"));
    answered(&l, 400, NULL);
    SAY(&l, POST("Content-Type: text/plain\r\n", 1, "\xc3"));
    answered(&l, 400, NULL);
    assert_true(same_bytes(&l.relayed, "", 0));
    SAY(&l, POST("", 2, "\xc3\xbc"));           /* and the line is as good as before */
    answered(&l, 204, NULL);
    assert_true(same_bytes(&l.relayed, "\x81\2\xc3\xbc", 4));
    line_close(&l);
}

static void who_waits_for_a_100_gets_one(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    line_open(&l, &o);
    SAY(&l, POST("Expect: 100-continue\r\n", 5, ""));
    assert_true(line_wrote(&l, "HTTP/1.1 100 Continue\r\n\r\n"));
    clear(&l);
    SAY(&l, "hello");
    answered(&l, 204, NULL);
    line_close(&l);
}

static void a_body_has_its_time(void **state)
{
    struct options o = *hasty();
    struct line l;

    (void)state;
    o.frame_within = 5 * MS;
    o.min_rate = 1000000;
    history_open(&o);
    line_open(&l, &o);
    SAY(&l, POST("", 5, "hell"));
    assert_int_equal(line_late(&l), CLOSE);
    answered(&l, 408, NULL);
    line_close(&l);
}

/* What is announced is not what has come: it gives no more time. */
static void a_body_that_does_not_come_is_not_waited_for(void **state)
{
    struct options o = *usual();
    struct line l;

    (void)state;
    o.frame_within = 5 * MS;
    history_open(&o);
    line_open(&l, &o);
    SAY(&l, POST("", 1000000, "half"));
    assert_int_equal(line_late(&l), CLOSE);
    answered(&l, 408, NULL);
    line_close(&l);
}

/* Half of the least rate more than it must, and for longer than --frame-timeout. */
static void a_slow_body_may_take_its_time(void **state)
{
    enum { PIECES = 30, PIECE = 100 };
    static const char piece[PIECE];
    struct options o = *usual();
    struct line l;

    (void)state;
    o.frame_within = 100 * MS;
    o.min_rate = 2000;          /* a piece in 50 ms */
    history_open(&o);
    line_open(&l, &o);
    SAY(&l, POST("", 3000, ""));
    for (int i = 0; i < PIECES; i++) {
        pause_for(10 * MS);
        peer_late(l.peer);
        line_say(&l, piece, PIECE);
    }
    answered(&l, 204, NULL);
    line_close(&l);
}

static void a_job_comes_first(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    line_open(&l, &o);
    l.slow = true;
    SAY(&l, HTTP_X("POST", "?job=cpu:5", "Content-Length: 5\r\n") "hello");
    assert_true(l.working);
    assert_true(same_bytes(&l.relayed, "", 0));
    line_done(&l);
    assert_int_equal(line_run(&l), READ);
    answered(&l, 204, NULL);
    assert_true(same_bytes(&l.relayed, "\x81\5hello", 7));

    SAY(&l, HTTP_X("POST", "?job=cpu:5", "Content-Length: 5\r\n") "hello");
    l.working = false;
    l.job->status = 503;
    l.job->why = "no";
    peer_done(l.peer);
    assert_int_equal(line_run(&l), READ);
    answered(&l, 503, "503 no\n");
    assert_true(same_bytes(&l.relayed, "\x81\5hello", 7));
    line_close(&l);
}

/* However long it takes: the room's patience is counted from its end. */
static void a_job_costs_the_room_no_time(void **state)
{
    struct options o = *hasty();
    struct line l;
    struct ask ask;

    (void)state;
    o.handshake = 1000 * MS;
    history_open(&o);
    line_open(&l, &o);
    l.slow = true;
    SAY(&l, HTTP_X("POST", "?job=cpu:5", "Content-Length: 5\r\n") "hello");
    assert_true(l.working);
    pause_for(500 * MS);
    line_done(&l);
    assert_int_equal(peer_next(l.peer, &ask), RELAY);
    assert_true(peer_deadline(l.peer) > clock_now() + 700 * MS);
    line_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_posted_is_relayed),
        cmocka_unit_test(it_may_come_in_pieces_and_others_behind_it),
        cmocka_unit_test(a_text_is_utf8),
        cmocka_unit_test(who_waits_for_a_100_gets_one),
        cmocka_unit_test(a_body_has_its_time),
        cmocka_unit_test(a_body_that_does_not_come_is_not_waited_for),
        cmocka_unit_test(a_slow_body_may_take_its_time),
        cmocka_unit_test(a_job_comes_first),
        cmocka_unit_test(a_job_costs_the_room_no_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
