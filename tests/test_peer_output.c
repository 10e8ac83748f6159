/* test_peer_output.c - a client that does not read: how much a peer keeps for it, and how
 * it parts from it. */
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

/* Pushes more than may wait, in frames of 100 bytes. */
static void push_too_much(struct line *l)
{
    char body[98];
    UT_string s;

    utstring_init(&s);
    memset(body, 'a', sizeof body);
    put_frame(&s, 0x81, body, sizeof body, NULL);
    struct frame *f = frame_copy(utstring_body(&s), utstring_len(&s));
    for (int i = 0; i < 20; i++)
        peer_push(l->peer, f);
    assert_int_equal(atomic_load(&f->refs) <= 2, 1);
    frame_unref(f);
    utstring_done(&s);
}

static void test_overflow(void **state)
{
    struct line l;

    (void)state;
    line_upgrade(&l, narrow(), RELAY_X);
    push_too_much(&l);
    assert_int_equal(line_run(&l), READ);       /* for the client's close */
    assert_true(line_closed(&l, 1013, 0));
    assert_int_equal(line_late(&l), CLOSE);
    line_close(&l);

    line_upgrade(&l, narrow(), RELAY_X);
    push_too_much(&l);
    assert_int_equal(line_run(&l), READ);
    assert_int_equal(SAY(&l, "\x81\x81" Z "a\x88\x80" Z), CLOSE);
    assert_true(line_closed(&l, 1013, 0));      /* and not a word after it */
    assert_string_equal(utstring_body(&l.wants), "C");
    line_close(&l);
}

static void test_a_frame_half_sent_stays_whole(void **state)
{
    struct line l;
    struct ask ask;

    (void)state;
    for (size_t sent = 1; sent < 7; sent++) {
        line_upgrade(&l, narrow(), RELAY_X);
        struct frame *f = frame_copy("\x81\5hello", 7);
        peer_push(l.peer, f);
        frame_unref(f);
        assert_int_equal(peer_next(l.peer, &ask), WRITE);
        utstring_bincpy(&l.out, ask.bytes.data, sent);
        peer_sent(l.peer, (ssize_t)sent);
        push_too_much(&l);
        assert_int_equal(line_run(&l), READ);
        assert_memory_equal(utstring_body(&l.out), "\x81\5hello", 7);
        assert_true(line_closed(&l, 1013, 7));
        line_close(&l);
    }
}

/* What it asks for itself counts as well: here its own messages, left unread. */
static void test_overflow_by_its_own_doing(void **state)
{
    struct options o = *narrow();
    struct line l;
    struct ask ask;
    int feeds = 0;

    (void)state;
    o.max_message = 1000;
    line_upgrade(&l, &o, RELAY_X);
    do {
        enum want want;

        line_feed(&l, "\x81\x84" Z "word", 10);
        while ((want = peer_next(l.peer, &ask)) == RELAY)
            peer_push(l.peer, ask.frame);
        assert_int_equal(want, WRITE);
        assert_true(++feeds < 2000);
    } while ((unsigned char)ask.bytes.data[0] != 0x88);
    assert_int_equal(line_run(&l), READ);
    assert_true(line_closed(&l, 1013, 0));
    line_close(&l);
}

/* Pongs that nobody reads are saved: the last one answers for all (section 5.5.3). Those
 * to a client that reads are all sent. */
static void test_unread_pongs(void **state)
{
    static const char last[] = "\x8A\4last";
    struct options o = *usual();
    struct line l;
    struct ask ask;

    (void)state;
    o.max_output = 16384;
    line_upgrade(&l, &o, RELAY_X);
    for (int i = 0; i < 5000; i++) {
        line_feed(&l, "\x89\x84" Z "ping", 10);
        assert_int_equal(peer_next(l.peer, &ask), WRITE);
    }
    line_feed(&l, "\x89\x84" Z "last", 10);
    assert_int_equal(line_run(&l), READ);
    size_t size = utstring_len(&l.out);
    assert_in_range(size, 6 * 10, 16384 / 8);
    assert_memory_equal(utstring_body(&l.out) + size - 6, last, 6);
    for (int i = 0; i < 200; i++)
        SAY(&l, "\x89\x84" Z "ping");
    assert_int_equal(utstring_len(&l.out), size + 200 * 6);
    line_close(&l);
}

/* Overflowing while the handshake waits to be written: what answers it goes out first. */
static void overflow_a_greeting(const char *before, size_t sent)
{
    struct line l;
    struct ask ask;

    line_open(&l, narrow());
    line_feed(&l, before, strlen(before));
    assert_int_equal(peer_next(l.peer, &ask), JOIN);
    if (sent) {
        assert_int_equal(peer_next(l.peer, &ask), WRITE);
        utstring_bincpy(&l.out, ask.bytes.data, sent);
        peer_sent(l.peer, (ssize_t)sent);
    }
    push_too_much(&l);
    assert_int_equal(line_run(&l), READ);
    const char *out = utstring_body(&l.out), *at = strstr(out, SWITCHED);
    check(at, "%zu bytes sent: the 101 is lost: %s", sent, out);
    check(line_closed(&l, 1013, (size_t)(at - out) + sizeof SWITCHED - 1),
          "%zu bytes sent: no close behind the 101", sent);
    line_close(&l);
}

static void test_overflow_before_the_101(void **state)
{
    (void)state;
    overflow_a_greeting(RELAY_X, 0);
    overflow_a_greeting(RELAY_X, 1);
    overflow_a_greeting(RELAY_X, sizeof SWITCHED - 2);
}

static void test_overflow_before_the_101_pipelined(void **state)
{
    (void)state;
    overflow_a_greeting(HEALTH RELAY_X, 0);
    overflow_a_greeting(HEALTH RELAY_X, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_overflow_by_its_own_doing),
        cmocka_unit_test(test_unread_pongs),
        cmocka_unit_test(test_a_frame_half_sent_stays_whole),
        cmocka_unit_test(test_overflow_before_the_101),
        cmocka_unit_test(test_overflow_before_the_101_pipelined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
