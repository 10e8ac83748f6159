/* test_peer_deadlines.c - clients that are late, silent or slow, and what moves a peer's
 * deadline. */
#include "clock.h"
#include "line.h"

static void test_late_with_the_handshake(void **state)
{
    struct line l;

    (void)state;
    line_open(&l, hasty());
    assert_int_equal(line_run(&l), READ);
    assert_int_equal(line_late(&l), CLOSE);       /* it never said anything */
    assert_true(line_wrote(&l, ""));
    line_close(&l);

    line_open(&l, hasty());
    assert_int_equal(SAY(&l, "GET /he"), READ);
    assert_int_equal(line_late(&l), CLOSE);
    assert_memory_equal(utstring_body(&l.out), "HTTP/1.1 408 ", 13);
    line_close(&l);

    line_open(&l, hasty());                     /* between two requests */
    assert_int_equal(SAY(&l, HEALTH), READ);
    assert_int_equal(line_late(&l), CLOSE);
    assert_true(line_wrote(&l, ""));
    line_close(&l);
}

/* Bytes that trickle in move nothing: the head has its time as a whole. */
static void test_a_trickle_is_late_too(void **state)
{
    struct line l;

    (void)state;
    line_open(&l, hasty());
    line_run(&l);
    int64_t deadline = l.deadline;
    SAY(&l, "GET /heal");
    pause_for(2 * MS);
    SAY(&l, "thz HTTP");
    assert_true(l.deadline == deadline);
    line_close(&l);
}

/* A model that waits with JOIN has what is left of the handshake's time; with RELAY, as
 * much as if the client were silent from now on, however long its job has taken. */
static void test_the_patience_of_join_and_relay(void **state)
{
    struct options o = *usual();
    struct peer *p;
    struct ask ask;

    (void)state;
    o.ping_after = 10 * o.handshake;
    int64_t before = clock_now();
    p = peer_new(&o, 0);
    int64_t after = clock_now();
    peer_feed(p, RELAY_X "\x81\x80" Z, sizeof RELAY_X + 5);
    pause_for(2 * MS);
    assert_int_equal(peer_next(p, &ask), JOIN);
    assert_true(peer_deadline(p) >= before + o.handshake);
    assert_true(peer_deadline(p) <= after + o.handshake);
    assert_int_equal(peer_next(p, &ask), RELAY);
    assert_int_equal(peer_next(p, &ask), WRITE);
    peer_sent(p, (ssize_t)ask.bytes.size);
    assert_int_equal(peer_next(p, &ask), READ);
    int64_t silent = ask.deadline;
    pause_for(2 * MS);
    peer_feed(p, "\x81\x80" Z, 6);
    assert_int_equal(peer_next(p, &ask), RELAY);
    assert_true(peer_deadline(p) > silent);
    assert_true(peer_deadline(p) <= clock_now() + o.ping_after);
    silent = peer_deadline(p);
    assert_true(peer_deadline(p) == silent);    /* to ask is not to be heard */
    peer_free(p);
}

static void test_not_late_yet(void **state)
{
    struct line l;

    (void)state;
    line_open(&l, usual());
    line_run(&l);
    peer_late(l.peer);
    assert_int_equal(line_run(&l), READ);
    line_close(&l);
    line_upgrade(&l, usual(), RELAY_X);
    peer_late(l.peer);
    assert_int_equal(line_run(&l), READ);
    assert_true(line_wrote(&l, ""));
    line_close(&l);
}

static void test_silence(void **state)
{
    struct line l;

    (void)state;
    line_upgrade(&l, hasty(), RELAY_X);
    assert_int_equal(line_late(&l), READ);
    assert_true(line_wrote(&l, "\x89\0"));
    assert_int_equal(line_late(&l), READ);
    assert_true(line_closed(&l, 1008, 0));
    assert_int_equal(line_late(&l), CLOSE);
    assert_true(line_wrote(&l, ""));
    line_close(&l);
}

static void test_a_pong_moves_the_deadline(void **state)
{
    struct line l;

    (void)state;
    line_upgrade(&l, hasty(), RELAY_X);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(line_late(&l), READ);
        assert_true(line_wrote(&l, "\x89\0"));
        int64_t before = clock_now();
        assert_int_equal(SAY(&l, "\x8A\x80" Z), READ);
        assert_true(l.deadline >= before + hasty()->ping_after);
    }
    line_close(&l);
}

/* Behind a full line no pong can come: that it takes some is a sign of life. */
static void test_a_slow_reader_moves_the_deadline(void **state)
{
    struct frame *f = frame_copy("\x81\1z", 3);
    struct line l;
    struct ask ask;

    (void)state;
    line_upgrade(&l, hasty(), RELAY_X);
    peer_push(l.peer, f);
    peer_push(l.peer, f);
    frame_unref(f);
    assert_int_equal(peer_next(l.peer, &ask), WRITE);
    int64_t first = ask.deadline;
    pause_for(2 * MS);
    assert_int_equal(peer_next(l.peer, &ask), WRITE);
    assert_true(ask.deadline == first);         /* it takes nothing */
    peer_sent(l.peer, 1);
    assert_int_equal(peer_next(l.peer, &ask), WRITE);
    assert_true(ask.deadline > first);
    line_close(&l);
}

/* Within its own frame a client cannot answer a ping: its bytes show that it lives. */
static void test_a_slow_frame_lives(void **state)
{
    struct line l;

    (void)state;
    line_upgrade(&l, hasty(), RELAY_X);
    SAY(&l, "\x82\x8A" Z);
    for (int i = 0; i < 9; i++) {
        assert_int_equal(line_late(&l), READ);
        assert_true(line_wrote(&l, "\x89\0"));
        SAY(&l, "a");
    }
    SAY(&l, "a");
    assert_true(line_wrote(&l, "\x89\0\x82\x0A" "aaaaaaaaaa"));
    assert_int_equal(line_late(&l), READ);        /* now it can: it is asked again */
    assert_true(line_wrote(&l, "\x89\0"));
    assert_int_equal(line_late(&l), READ);
    assert_true(line_closed(&l, 1008, 0));
    line_close(&l);

    line_upgrade(&l, hasty(), RELAY_X);         /* but silence is silence */
    SAY(&l, "\x82\x8A" Z "a");
    assert_int_equal(line_late(&l), READ);
    assert_int_equal(line_late(&l), READ);
    assert_true(line_closed(&l, 1008, 0));
    line_close(&l);
}

/* A frame has its time, and more for what has come of it: 10 ms, and 1 ms a byte. Who
 * sends less than that is closed, lively or not. */
static void test_the_least_rate(void **state)
{
    static char body[1000];
    struct options o = *usual();
    struct line l;

    (void)state;
    o.frame_within = 10 * MS;
    o.min_rate = 1000;
    line_upgrade(&l, &o, RELAY_X);
    int64_t begun = clock_now();
    SAY(&l, "\x82\xFE\4\0" Z);
    assert_in_range(l.deadline - begun, 10 * MS, 1000 * MS);
    line_say(&l, body, 500);
    assert_in_range(l.deadline - begun, 510 * MS, 1500 * MS);
    line_say(&l, body, 524);
    assert_true(l.deadline - clock_now() > 20000 * MS); /* it has ended */
    SAY(&l, "\x82\x8A" Z "a\x82");
    assert_int_equal(line_late(&l), READ);
    assert_true(line_closed(&l, 1008, 0));
    line_close(&l);

    line_upgrade(&l, &o, RELAY_X);              /* each fragment has a time of its own */
    SAY(&l, "\2\x82" Z "a");
    pause_for(8 * MS);
    begun = clock_now();
    SAY(&l, "a\x80\x8A" Z);
    assert_true(l.deadline >= begun + 10 * MS);
    line_close(&l);

    line_upgrade(&l, &o, UPGRADE("/job/nap:0"));    /* while it works it is not read */
    l.slow = true;
    assert_int_equal(SAY(&l, "\x81\x80" Z "\x82\x8A" Z), WORK);
    pause_for(20 * MS);
    line_done(&l);
    assert_int_equal(line_run(&l), READ);
    assert_true(l.deadline > clock_now());
    line_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_late_with_the_handshake),
        cmocka_unit_test(test_a_trickle_is_late_too),
        cmocka_unit_test(test_the_patience_of_join_and_relay),
        cmocka_unit_test(test_not_late_yet),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_a_pong_moves_the_deadline),
        cmocka_unit_test(test_a_slow_reader_moves_the_deadline),
        cmocka_unit_test(test_a_slow_frame_lives),
        cmocka_unit_test(test_the_least_rate),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
