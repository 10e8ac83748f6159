/* test_peer_stream.c - a peer that takes an event stream: all that is said, with numbers,
 * until it reads too slowly. */
#include "clock.h"
#include "history.h"
#include "metrics.h"
#include "visits.h"

#include <inttypes.h>
#include <stdio.h>
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

static void a_slow_reader_loses_its_stream(void **state)
{
    struct options o = *usual();
    struct line l;
    struct ask ask;

    (void)state;
    o.max_output = 4096;
    history_open(&o);
    open_stream(&l, &o, STREAM);
    unsigned long long before = atomic_load(&metrics->overflowed);
    int n = 0;
    do {
        others_say(&l, WS_TEXT, "0123456789ABCDEF0123456789ABCDEF");
        assert_true(++n < 100);
    } while (peer_next(l.peer, &ask) == WRITE);
    assert_true(n > 10);
    assert_int_equal(line_run(&l), CLOSE);
    assert_int_equal(atomic_load(&metrics->overflowed), before + 1);
    line_close(&l);
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
        cmocka_unit_test(a_slow_reader_loses_its_stream),
        cmocka_unit_test(at_the_end_a_stream_is_over),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
