/* test_peer_sending.c - a write that is under way: an order that the kernel carries out
 * while the peer goes on. What a peer asks meanwhile, and what it must not touch. */
#include "clock.h"
#include "line.h"

#include <string.h>

static const struct options *narrow(void)
{
    static struct options o;

    options_default(&o);
    o.max_output = 1024;
    o.close_within = 5 * MS;
    return &o;
}

/* A member of the room x whose writes are orders. */
static void open_line(struct line *l, const struct options *o)
{
    line_upgrade(l, o, RELAY_X);
    l->orders = true;
}

static void push(struct line *l, const char *data, size_t size)
{
    struct frame *f = frame_copy(data, size);

    peer_push(l->peer, f);
    frame_unref(f);
}

/* Pushes more than may wait. */
static void push_too_much(struct line *l)
{
    char body[100] = "\x81\x62";

    for (int i = 0; i < 20; i++)
        push(l, body, sizeof body);
}

/* Where another would wait in order to write, it waits for the order's end: the deadline
 * is a write's, and it reads meanwhile. */
static void test_read_in_place_of_write(void **state)
{
    struct line l;
    struct ask ask;

    (void)state;
    open_line(&l, usual());
    push(&l, "\x81\1a", 3);
    assert_int_equal(peer_next(l.peer, &ask), WRITE);
    int64_t deadline = ask.deadline;
    peer_sending(l.peer, ask.bytes);
    for (int i = 0; i < 3; i++) {
        push(&l, "\x81\1b", 3);
        assert_int_equal(peer_next(l.peer, &ask), READ);
        assert_true(ask.more && ask.deadline == deadline);
        assert_int_equal(ask.bytes.size, 0);
    }
    peer_sent(l.peer, 3);
    assert_int_equal(peer_next(l.peer, &ask), WRITE);
    assert_int_equal(ask.bytes.size, 3 * 3);
    line_close(&l);
}

/* While a job is out a peer waits for it without a deadline, but not while it sends. */
static void test_a_job_and_an_order(void **state)
{
    struct line l;
    struct ask ask;

    (void)state;
    line_upgrade(&l, usual(), UPGRADE("/relay/x?job=nap:0"));
    l.slow = l.orders = true;
    assert_int_equal(SAY(&l, "\x81\x81" Z "a"), WORK);
    push(&l, "\x81\1z", 3);
    assert_int_equal(line_run(&l), READ);
    assert_int_equal(l.sending.size, 3);
    assert_true(l.deadline != NEVER);
    line_sent(&l);
    assert_int_equal(peer_next(l.peer, &ask), READ);
    assert_true(ask.deadline == NEVER && !ask.more);
    line_close(&l);
}

/* After a job, or 256 messages, there is a look. It comes when what waits is written, and
 * does not keep a loop busy until then. */
static void test_no_look_while_sending(void **state)
{
    struct line l;

    (void)state;
    line_open(&l, usual());
    l.orders = true;
    assert_int_equal(SAY(&l, "GET /job/cpu:1 HTTP/1.1\r\nHost: x\r\n\r\n" HEALTH), READ);
    assert_int_equal(l.looks, 0);
    assert_true(l.deadline != 0);
    line_sent(&l);
    assert_int_equal(line_run(&l), READ);
    assert_int_equal(l.looks, 1);
    line_sent(&l);
    assert_non_null(strstr(utstring_body(&l.out), "ok\n"));
    line_close(&l);
}

/* A client that asks far ahead is answered one by one. If each answer under way were a
 * reason to read, its requests would pile up here, until they are too many. */
static void test_what_is_said_ahead_waits(void **state)
{
    struct line l;
    struct ask ask;

    (void)state;
    line_open(&l, usual());
    l.orders = true;
    SAY(&l, "GET /job/cpu:1 HTTP/1.1\r\nHost: x\r\n\r\n" HEALTH);
    assert_int_equal(peer_next(l.peer, &ask), READ);
    assert_false(ask.more);
    line_sent(&l);
    assert_int_equal(line_run(&l), READ);
    assert_int_equal(peer_next(l.peer, &ask), READ);
    assert_true(ask.more);      /* the last answer is under way, and no request is left */
    line_close(&l);
}

/* The client is let go, and what it reads is whole frames: those under way, then 1013. */
static void overflow(const char *first, size_t size, int frames, size_t taken)
{
    struct line l, other;

    open_line(&l, narrow());
    open_line(&other, usual());
    for (int i = 0; i < frames; i++)
        push(&l, first, size);
    l.gulp = taken;
    assert_int_equal(line_run(&l), READ);
    push_too_much(&l);
    push(&other, "\x81\1x", 3);         /* it is gathered in this thread, too */
    push(&other, "\x81\1x", 3);
    assert_int_equal(line_run(&other), READ);
    line_sent(&l);
    l.gulp = 0;
    while (l.sending.size || line_run(&l) != READ || l.sending.size)
        line_sent(&l);
    size_t begun = (taken + size - 1) / size * size;
    for (size_t i = 0; i < begun; i += size)
        assert_memory_equal(utstring_body(&l.out) + i, first, size);
    check(line_closed(&l, 1013, begun), "%zu of %d x %zu bytes taken: no 1013 behind %zu",
          taken, frames, size, begun);
    line_close(&l);
    line_close(&other);
}

static void test_overflow_while_sending(void **state)
{
    (void)state;
    overflow("\x81\5hello", 7, 1, 7);
    overflow("\x81\5hello", 7, 1, 3);
    overflow("\x81\5hello", 7, 3, 21);
    overflow("\x81\5hello", 7, 3, 14);
    overflow("\x81\5hello", 7, 3, 10);
}

/* The last answer must be gone before the line is closed. */
static void test_close_waits(void **state)
{
    struct line l;

    (void)state;
    line_open(&l, usual());
    l.orders = true;
    assert_int_equal(SAY(&l, "GET /healthz HTTP/1.0\r\n\r\n"), READ);
    peer_feed(l.peer, "", 0);
    assert_int_equal(line_run(&l), READ);
    line_sent(&l);
    assert_int_equal(line_run(&l), CLOSE);
    assert_non_null(strstr(utstring_body(&l.out), "\r\n\r\nok\n"));
    line_close(&l);
}

/* But for a broken line, or one that is late, nothing is waited for. What is under way
 * stays until the peer is freed. */
static void test_close_does_not_wait(void **state)
{
    struct line l;
    char copy[6];

    (void)state;
    for (int late = 0; late < 2; late++) {
        open_line(&l, hasty());
        push(&l, "\x81\1a", 3);
        push(&l, "\x81\1b", 3);
        assert_int_equal(line_run(&l), READ);
        memcpy(copy, l.sending.data, sizeof copy);
        if (!late)
            peer_feed(l.peer, "", -1);
        for (int i = 0; late && i < 2; i++)     /* a ping, a close */
            assert_int_equal(line_late(&l), READ);
        assert_int_equal(late ? line_late(&l) : line_run(&l), CLOSE);
        push_too_much(&l);
        assert_int_equal(peer_next(l.peer, &(struct ask){ 0 }), CLOSE);
        assert_memory_equal(l.sending.data, copy, sizeof copy);
        line_close(&l);
    }
}

/* Called off: nothing of it has left. It is asked for again. */
static void test_an_order_that_comes_to_nothing(void **state)
{
    struct line l;
    struct ask ask;

    (void)state;
    open_line(&l, usual());
    push(&l, "\x81\1a", 3);
    assert_int_equal(line_run(&l), READ);
    peer_sent(l.peer, 0);
    assert_int_equal(peer_next(l.peer, &ask), WRITE);
    assert_int_equal(ask.bytes.size, 3);
    peer_sending(l.peer, ask.bytes);
    peer_sent(l.peer, -1);
    assert_int_equal(peer_next(l.peer, &ask), CLOSE);
    line_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read_in_place_of_write),
        cmocka_unit_test(test_a_job_and_an_order),
        cmocka_unit_test(test_no_look_while_sending),
        cmocka_unit_test(test_what_is_said_ahead_waits),
        cmocka_unit_test(test_overflow_while_sending),
        cmocka_unit_test(test_close_waits),
        cmocka_unit_test(test_close_does_not_wait),
        cmocka_unit_test(test_an_order_that_comes_to_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
