/* test_peer_stream.c - a peer that takes an event stream: all that is said, with numbers,
 * and a word where it was too slow. */
#include "clock.h"
#include "history.h"
#include "metrics.h"
#include "visits.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Opens one; what it says first is forgotten. */
static void open_stream(struct line *l, const struct options *o, const char *request)
{
    line_open(l, o);
    assert_int_equal(line_say(l, request, strlen(request)), READ);
    const char *out = utstring_body(&l->out);
    check(strncmp(out, "HTTP/1.1 200 OK\r\n", 17) == 0
          && strstr(out, "\r\nContent-Type: text/event-stream\r\n")
          && strstr(out, "\r\n\r\nretry: 1000\n\n"), "begins with %s", out);
}

static void expect_events(struct line *l, uint64_t first, const char *const *data)
{
    char expected[500] = "";

    for (size_t n = 0; *data; first++, data++)
        n += (size_t)snprintf(expected + n, sizeof expected - n,
                              "id: %" PRIu64 "\n%s\n\n", first, *data);
    check(strcmp(utstring_body(&l->out), expected) == 0, "says '%s', not '%s'",
          utstring_body(&l->out), expected);
    utstring_clear(&l->out);
}

static void a_stream_tells_all_that_comes(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    uint64_t number = last_number(&o);
    open_stream(&l, &o, STREAM);
    assert_string_equal(utstring_body(&l.wants), "J");
    clear(&l);
    others_say(&l, WS_TEXT, "one");
    others_say(&l, WS_BINARY, "two");
    assert_int_equal(line_run(&l), READ);
    expect_events(&l, number + 1, (const char *[]){ "data: one",
                                                    "event: binary\ndata: dHdv", NULL });
    assert_int_equal(l.writes, 2);      /* the head, and both together */
    SAY(&l, "whatever it says now");    /* is not listened to */
    others_say(&l, WS_TEXT, "three");
    line_run(&l);
    expect_events(&l, number + 3, (const char *[]){ "data: three", NULL });
    peer_feed(l.peer, "", 0);
    assert_int_equal(line_run(&l), CLOSE);
    line_close(&l);
}

static void a_stream_goes_on_where_it_was(void **state)
{
    struct options o = opened();
    char request[200];
    struct line l;

    (void)state;
    uint64_t number = last_number(&o);
    line_open(&l, &o);
    others_say(&l, WS_TEXT, "one");
    others_say(&l, WS_TEXT, "two");
    line_close(&l);
    snprintf(request, sizeof request, "GET /relay/x?after=1 HTTP/1.1\r\nHost: x\r\n"
             "Accept: text/event-stream\r\nLast-Event-ID: %" PRIu64 "\r\n\r\n",
             number + 1);
    open_stream(&l, &o, request);
    assert_non_null(strstr(utstring_body(&l.out), "\ndata: two\n\n"));
    assert_null(strstr(utstring_body(&l.out), "one"));
    line_close(&l);
}

static void a_stream_tells_what_is_lost(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    uint64_t number = last_number(&o);
    open_stream(&l, &o, HTTP_X("GET", "?after=1", "Accept: text/event-stream\r\n"));
    clear(&l);
    line_run(&l);
    line_close(&l);
    open_stream(&l, &o, HTTP_X("GET", "?after=1", "Accept: text/event-stream\r\n"));
    char expected[100];
    snprintf(expected, sizeof expected, "\n\nid: %" PRIu64 "\nevent: lost\ndata: \n\n",
             number);
    check(strstr(utstring_body(&l.out), expected), "says %s", utstring_body(&l.out));
    line_close(&l);
}

/* A comment keeps the line alive; a client that takes nothing between two of them is
 * given up. */
static void silence_is_broken_by_a_comment(void **state)
{
    struct options o = *hasty();
    struct line l;
    struct ask ask;

    (void)state;
    history_open(&o);
    open_stream(&l, &o, STREAM);
    assert_int_equal(line_late(&l), READ);
    assert_true(line_wrote(&l, ":\n\n"));
    assert_int_equal(line_late(&l), READ);
    assert_true(line_wrote(&l, ":\n\n"));
    others_say(&l, WS_TEXT, "news");
    assert_int_equal(peer_next(l.peer, &ask), WRITE);
    pause_for(10 * MS);         /* it takes nothing */
    peer_late(l.peer);
    assert_int_equal(peer_next(l.peer, &ask), CLOSE);
    line_close(&l);
}

static void one_that_takes_a_little_is_alive(void **state)
{
    struct options o = *usual();
    struct line l;
    struct ask ask;

    (void)state;
    o.ping_after = 300 * MS;
    history_open(&o);
    open_stream(&l, &o, STREAM);
    others_say(&l, WS_TEXT, "0123456789ABCDEF");
    for (int i = 0; i < 20; i++) {
        assert_int_equal(peer_next(l.peer, &ask), WRITE);
        pause_for(20 * MS);
        peer_sent(l.peer, 1);
        assert_int_equal(peer_next(l.peer, &ask), WRITE);
        peer_late(l.peer);
    }
    line_close(&l);
}

/* So is one that has taken everything lately, though just now something is under way. */
static void one_that_has_taken_all_is_alive(void **state)
{
    struct options o = *usual();
    struct line l;
    struct ask ask;

    (void)state;
    o.ping_after = 300 * MS;
    history_open(&o);
    open_stream(&l, &o, STREAM);
    for (int i = 0; i < 20; i++) {
        others_say(&l, WS_TEXT, "0123456789ABCDEF");
        assert_int_equal(peer_next(l.peer, &ask), WRITE);
        peer_late(l.peer);
        assert_int_equal(line_run(&l), READ);
        pause_for(20 * MS);
    }
    line_close(&l);
}

/* All that it says is events in order, from that number on, each once. Returns the last;
 * what is lost is told, and counted. */
static uint64_t check_events(const char *out, uint64_t first, int *lost)
{
    uint64_t number = first;

    for (const char *at = out; (at = strstr(at, "\nid: ")); at++) {
        uint64_t next = strtoull(at + 5, NULL, 10);
        bool gap = strncmp(strchr(at + 5, '\n'), "\nevent: lost\n", 13) == 0;

        check(gap ? next > number : next == number + 1,
              "after %" PRIu64 " comes %" PRIu64, number, next);
        *lost += gap;
        number = next;
    }
    return number;
}

#define WORDS "0123456789ABCDEF0123456789ABCDEF"

/* However small --max-output is beside the history. */
static void a_stream_gets_all_of_a_long_history(void **state)
{
    enum { MESSAGES = 1000 };
    struct options o = *usual();
    char request[200];
    struct line l;
    int lost = 0;

    (void)state;
    o.max_output = 4096;
    history_open(&o);
    uint64_t number = last_number(&o);
    line_open(&l, &o);
    for (int i = 0; i < MESSAGES; i++)
        others_say(&l, WS_TEXT, i % 9 ? WORDS : WORDS "\n\n\n\n" WORDS);
    line_close(&l);
    snprintf(request, sizeof request, "GET /relay/x?after=%" PRIu64 " HTTP/1.1\r\n"
             "Host: x\r\nAccept: text/event-stream\r\n\r\n", number);
    open_stream(&l, &o, request);
    assert_int_equal(check_events(utstring_body(&l.out), number, &lost),
                     number + MESSAGES);
    assert_int_equal(lost, 0);
    line_close(&l);
}

/* What a slow reader has not taken waits in the history, and not here. */
static void a_slow_reader_falls_behind(void **state)
{
    enum { MESSAGES = 200 };
    struct options o = *usual();
    struct line l;
    struct ask ask;
    int lost = 0;

    (void)state;
    o.max_output = 4096;
    history_open(&o);
    uint64_t number = last_number(&o);
    open_stream(&l, &o, STREAM);
    clear(&l);
    utstring_bincpy(&l.out, "\n", 1);
    unsigned long long before = atomic_load(&metrics->overflowed);
    for (int i = 0; i < MESSAGES; i++) {
        others_say(&l, WS_TEXT, WORDS);
        assert_int_equal(peer_next(l.peer, &ask), WRITE);
    }
    assert_int_equal(line_run(&l), READ);
    assert_int_equal(check_events(utstring_body(&l.out), number, &lost),
                     number + MESSAGES);
    assert_int_equal(lost, 0);
    assert_int_equal(atomic_load(&metrics->overflowed), before);
    line_close(&l);
}

/* Until that has left it, which is told. */
static void a_slow_reader_is_told_what_it_has_lost(void **state)
{
    enum { MESSAGES = 300 };
    struct options o = *usual();
    struct line l;
    struct ask ask;
    int lost = 0;

    (void)state;
    o.max_output = 4096;
    o.history = 2048;
    history_open(&o);
    uint64_t number = last_number(&o);
    open_stream(&l, &o, STREAM);
    clear(&l);
    utstring_bincpy(&l.out, "\n", 1);
    for (int i = 0; i < MESSAGES; i++) {
        others_say(&l, WS_TEXT, WORDS);
        assert_int_equal(peer_next(l.peer, &ask), WRITE);
    }
    assert_int_equal(line_run(&l), READ);
    assert_int_equal(check_events(utstring_body(&l.out), number, &lost),
                     number + MESSAGES);
    assert_int_equal(lost, 1);
    line_close(&l);
}

/* The whole server was stopped for so long that its room was dropped: the stream is told
 * once, and goes on; or, if other rooms have all the places, it is over. */
static void a_stream_whose_room_was_dropped(void **state)
{
    static const char lost[] = "event: lost\ndata: \n\n";
    struct options o = *hasty();
    struct line l;
    uint64_t last;

    (void)state;
    o.histories = 1;
    o.history_time = 100 * MS;
    for (int taken = 0; taken < 2; taken++) {
        history_open(&o);
        open_stream(&l, &o, STREAM);
        clear(&l);
        pause_for(150 * MS);
        if (taken)
            assert_true(history_attend("y", clock_now() + 10000 * MS, &last));
        others_say(&l, WS_TEXT, "to nobody");
        assert_int_equal(line_run(&l), taken ? CLOSE : READ);
        const char *out = utstring_body(&l.out), *told = strstr(out, lost);
        check(told && !strstr(told + 1, lost), "says %.200s", out);
        clear(&l);
        others_say(&l, WS_TEXT, "news");
        line_run(&l);
        assert_true(taken || strstr(utstring_body(&l.out), "data: news\n\n"));
        line_close(&l);
    }
}

static void at_the_end_a_stream_is_over(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    open_stream(&l, &o, STREAM);
    peer_stop(l.peer);
    assert_int_equal(line_run(&l), CLOSE);
    line_close(&l);
    open_stream(&l, &o, STREAM);
    peer_lost(l.peer);          /* it comes back, and finds all in the history */
    assert_int_equal(line_run(&l), CLOSE);
    line_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_tells_all_that_comes),
        cmocka_unit_test(a_stream_goes_on_where_it_was),
        cmocka_unit_test(a_stream_tells_what_is_lost),
        cmocka_unit_test(silence_is_broken_by_a_comment),
        cmocka_unit_test(one_that_takes_a_little_is_alive),
        cmocka_unit_test(one_that_has_taken_all_is_alive),
        cmocka_unit_test(a_stream_gets_all_of_a_long_history),
        cmocka_unit_test(a_slow_reader_falls_behind),
        cmocka_unit_test(a_slow_reader_is_told_what_it_has_lost),
        cmocka_unit_test(a_stream_whose_room_was_dropped),
        cmocka_unit_test(at_the_end_a_stream_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
