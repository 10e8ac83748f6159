/* test_peer_ends.c - how a peer's life ends early: its line breaks, or the server
 * stops. */
#include "line.h"

/* ---- lines that break ---- */

#define LIFE \
    HEALTH UPGRADE("/relay/x?job=nap:0") "\1\x81" Z "a\x89\x81" Z "p\x80\x81" Z "b"

/* After so many bytes of a life. Nothing is written to a broken line. */
static void break_after(size_t n, ssize_t how)
{
    struct line l;

    line_open(&l, usual());
    line_run(&l);
    if (n)
        line_say(&l, LIFE, n);
    peer_feed(l.peer, NULL, how);
    check(line_run(&l) == CLOSE, "after %zu bytes, %zd: no CLOSE", n, how);
    check(line_run(&l) == CLOSE, "after %zu bytes, %zd: CLOSE does not stay", n, how);
    line_close(&l);
}

static void test_broken_anywhere(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof LIFE; n++) {
        break_after(n, 0);
        break_after(n, -1);
    }
}

static void test_broken_while_writing(void **state)
{
    struct line l;
    struct ask ask;

    (void)state;
    line_open(&l, usual());
    line_feed(&l, HEALTH, sizeof HEALTH - 1);
    assert_int_equal(peer_next(l.peer, &ask), WRITE);
    peer_sent(l.peer, -1);
    assert_int_equal(peer_next(l.peer, &ask), CLOSE);
    line_close(&l);
}

/* An end of file is no reason to keep the answer back. */
static void test_answers_after_the_end(void **state)
{
    struct line l;

    (void)state;
    line_upgrade(&l, usual(), RELAY_X);
    line_feed(&l, "\x89\x80" Z, 6);
    peer_feed(l.peer, NULL, 0);
    assert_int_equal(line_run(&l), CLOSE);
    assert_true(line_wrote(&l, "\x8A\0"));
    line_close(&l);
}

/* ---- the server goes away ---- */

static void test_stop_a_websocket(void **state)
{
    struct line l;

    (void)state;
    line_upgrade(&l, hasty(), RELAY_X);
    peer_stop(l.peer);
    assert_int_equal(line_run(&l), READ);
    assert_true(line_closed(&l, 1001, 0));
    assert_int_equal(SAY(&l, "\x88\x82" Z "\3\xE9"), CLOSE);
    line_close(&l);

    line_upgrade(&l, hasty(), RELAY_X);
    peer_stop(l.peer);
    assert_int_equal(line_run(&l), READ);
    assert_int_equal(line_late(&l), CLOSE);
    line_close(&l);

    line_upgrade(&l, usual(), UPGRADE("/job/nap:0"));
    l.slow = true;
    assert_int_equal(SAY(&l, "\x81\x80" Z), WORK);
    peer_stop(l.peer);
    assert_int_equal(line_run(&l), READ);
    assert_true(line_closed(&l, 1001, 0));
    size_t size = utstring_len(&l.out);
    line_done(&l);
    assert_int_equal(line_run(&l), READ);
    assert_int_equal(utstring_len(&l.out), size);
    line_close(&l);
}

static void test_stop_before_that(void **state)
{
    struct line l;

    (void)state;
    line_open(&l, usual());
    peer_stop(l.peer);
    assert_int_equal(line_run(&l), CLOSE);
    line_close(&l);

    line_open(&l, usual());
    line_feed(&l, HEALTH, sizeof HEALTH - 1);
    struct ask ask;
    assert_int_equal(peer_next(l.peer, &ask), WRITE);
    peer_stop(l.peer);                          /* the answer may leave */
    assert_int_equal(line_run(&l), CLOSE);
    assert_memory_equal(utstring_body(&l.out), "HTTP/1.1 200 ", 13);
    line_close(&l);

    line_open(&l, usual());
    l.slow = true;
    assert_int_equal(SAY(&l, "GET /job/nap:0 HTTP/1.1\r\nHost: x\r\n\r\n"), WORK);
    peer_stop(l.peer);
    assert_int_equal(line_run(&l), CLOSE);
    line_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken_anywhere),
        cmocka_unit_test(test_broken_while_writing),
        cmocka_unit_test(test_answers_after_the_end),
        cmocka_unit_test(test_stop_a_websocket),
        cmocka_unit_test(test_stop_before_that),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
