/* test_peer_order.c - in which order a peer asks, and what one client may take before
 * others, or its own line, have a turn. */
#include "clock.h"
#include "line.h"
#include "ws.h"

#include <string.h>

/* It wants to write, and when it has written, to read. */
static void write_then_read(struct line *l, struct ask *ask)
{
    assert_int_equal(peer_next(l->peer, ask), WRITE);
    peer_sent(l->peer, (ssize_t)ask->bytes.size);
    assert_int_equal(peer_next(l->peer, ask), READ);
}

/* ---- the order of asking ---- */

static void test_join_comes_before_the_101(void **state)
{
    struct line l;
    struct ask ask;

    (void)state;
    line_open(&l, usual());
    assert_int_equal(peer_next(l.peer, &ask), READ);
    line_feed(&l, RELAY_X, sizeof RELAY_X - 1);
    assert_int_equal(peer_next(l.peer, &ask), JOIN);
    assert_string_equal(ask.room, "x");
    assert_int_equal(peer_next(l.peer, &ask), WRITE);
    assert_int_equal(ask.bytes.size, sizeof SWITCHED - 1);
    assert_memory_equal(ask.bytes.data, SWITCHED, ask.bytes.size);
    peer_sent(l.peer, (ssize_t)ask.bytes.size);
    assert_int_equal(peer_next(l.peer, &ask), READ);
    line_close(&l);
}

static void test_one_write_answers_many_frames(void **state)
{
    UT_string frames;
    struct line l;

    (void)state;
    utstring_init(&frames);
    for (int i = 0; i < 200; i++)
        put_frame(&frames, i % 2 ? 0x81 : 0x89, "hi", 2, Z);
    line_upgrade(&l, usual(), RELAY_X);
    assert_int_equal(line_say(&l, utstring_body(&frames), utstring_len(&frames)), READ);
    assert_int_equal(l.writes, 1);
    assert_int_equal(utstring_len(&l.out), 200 * 4);
    line_close(&l);
    utstring_done(&frames);
}

/* Who waits in order to write may feed meanwhile, and what comes of it is not lost. */
static void test_input_while_output_waits(void **state)
{
    struct line l;
    struct ask ask;

    (void)state;
    line_upgrade(&l, usual(), RELAY_X);
    for (int i = 0; i < 10; i++) {
        line_feed(&l, i % 2 ? "\x89\x81" Z "p" : "\x81\x81" Z "t", 7);
        if (i % 2 == 0) {
            assert_int_equal(peer_next(l.peer, &ask), RELAY);
            peer_push(l.peer, ask.frame);
        }
        assert_int_equal(peer_next(l.peer, &ask), WRITE);
    }
    assert_int_equal(line_run(&l), READ);
    assert_int_equal(utstring_len(&l.out), 10 * 3);
    assert_memory_equal(utstring_body(&l.out), "\x81\1t\x8A\1p\x81\1t\x8A\1p", 12);
    line_close(&l);
}

/* ---- turns ---- */

#define JOB(n) "GET /job/cpu:" n " HTTP/1.1\r\nHost: x\r\n\r\n"

/* A job, its answer, a look; however many jobs have come in one read. */
static void test_one_job_a_look(void **state)
{
    static const struct { const char *request, *messages; } all[] = {
        { HEALTH, JOB("1") JOB("2") JOB("3") JOB("4") },
        { UPGRADE("/job/cpu:1"), "\x81\x81" Z "a\x81\x81" Z "b\x81\x81" Z "c"
                                 "\x81\x81" Z "d" },
        { UPGRADE("/relay/x?job=cpu:1"), "\x81\x81" Z "a\x81\x81" Z "b\x81\x81" Z "c"
                                         "\x81\x81" Z "d" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        size_t size = i ? 4 * 7 : strlen(all[i].messages);
        struct line l;

        line_open(&l, usual());
        line_say(&l, all[i].request, strlen(all[i].request));
        utstring_clear(&l.wants);
        l.slow = true;
        l.writes = 0;
        enum want want = line_say(&l, all[i].messages, size);
        for (int job = 0; job < 4; job++) {
            check(want == WORK && l.writes == job && l.looks == job,
                  "%zu: job %d comes after %d writes and %d looks", i, job, l.writes,
                  l.looks);
            line_done(&l);
            want = line_run(&l);
        }
        check(want == READ && l.writes == 4 && l.looks == 3, "%zu: at the end", i);
        line_close(&l);
    }
}

/* Requests that want no job take little, but many in one read do not. */
static void test_many_requests(void **state)
{
    enum { REQUESTS = 600 };
    struct line l;
    UT_string s;

    (void)state;
    utstring_init(&s);
    for (int i = 0; i < REQUESTS; i++)
        utstring_bincpy(&s, HEALTH, sizeof HEALTH - 1);
    line_open(&l, usual());
    assert_int_equal(line_say(&l, utstring_body(&s), utstring_len(&s)), READ);
    assert_int_equal(l.looks, 2);
    line_close(&l);
    utstring_done(&s);
}

/* A look takes in what comes meanwhile, if the model likes, and notices a broken line. */
static void test_hanging_up_between_jobs(void **state)
{
    struct ask ask;
    struct line l;

    (void)state;
    for (int broken = 0; broken < 2; broken++) {
        line_open(&l, usual());
        l.slow = true;
        assert_int_equal(SAY(&l, JOB("1") JOB("2") JOB("3")), WORK);
        line_done(&l);
        l.job = NULL;
        l.working = false;
        write_then_read(&l, &ask);
        assert_false(ask.more);
        assert_true(ask.deadline <= clock_now());
        peer_late(l.peer);              /* which is what a model says then */
        peer_feed(l.peer, JOB("4"), broken ? -1 : (ssize_t)sizeof JOB("4") - 1);
        assert_int_equal(peer_next(l.peer, &ask), broken ? CLOSE : WORK);
        line_close(&l);
    }
}

/* A loop has had enough of a client, and everything is there when it comes back. */
static void test_pause(void **state)
{
    struct ask ask;
    struct line l;

    (void)state;
    line_upgrade(&l, usual(), RELAY_X);
    line_feed(&l, "\x81\x81" Z "a\x89\x80" Z "\x81\x81" Z "b", 20);
    assert_int_equal(peer_next(l.peer, &ask), RELAY);
    peer_push(l.peer, ask.frame);
    peer_pause(l.peer);
    write_then_read(&l, &ask);
    assert_false(ask.more);
    assert_int_equal(peer_next(l.peer, &ask), RELAY);
    peer_push(l.peer, ask.frame);
    peer_pause(l.peer);
    write_then_read(&l, &ask);
    assert_true(ask.more && ask.deadline > clock_now());        /* nothing is kept */
    line_close(&l);
}

/* What one read brings for a room goes on as one frame, until there must be a look; but a
 * ping between two messages is answered between them. */
static void test_a_run_of_messages(void **state)
{
    enum { MANY = 600 };
    struct ask ask;
    struct line l;
    UT_string s;
    enum want want;
    unsigned messages = 0, relays = 0;

    (void)state;
    utstring_init(&s);
    for (int i = 0; i < MANY; i++)
        utstring_bincpy(&s, "\x81\x82" Z "ab", 8);
    line_upgrade(&l, usual(), RELAY_X);
    line_feed(&l, utstring_body(&s), utstring_len(&s));
    while ((want = peer_next(l.peer, &ask)) != READ || !ask.more) {
        if (want == WRITE)
            peer_sent(l.peer, (ssize_t)ask.bytes.size);
        if (want != RELAY)
            continue;
        relays++;
        messages += ask.frame->messages;
        assert_int_equal(ask.frame->size, ask.frame->messages * 4);
        assert_int_equal(ws_messages((struct bytes){ ask.frame->data, ask.frame->size }),
                         ask.frame->messages);
    }
    assert_int_equal(messages, MANY);
    assert_int_equal(relays, 3);
    assert_int_equal(SAY(&l, "\x81\x81" Z "a\x89\x81" Z "p\x82\x81" Z "b"), READ);
    assert_true(line_wrote(&l, "\x81\1a\x8A\1p\x82\1b"));
    line_close(&l);
    utstring_done(&s);
}

/* Many answers to one read do not close a client that takes them. */
static void test_output_goes_first(void **state)
{
    enum { REQUESTS = 500 };
    struct options o = *usual();
    struct line l;
    UT_string s;

    (void)state;
    o.max_output = 16384;
    utstring_init(&s);
    for (int i = 0; i < REQUESTS; i++)
        utstring_bincpy(&s, HEALTH, sizeof HEALTH - 1);
    line_open(&l, &o);
    assert_int_equal(line_say(&l, utstring_body(&s), utstring_len(&s)), READ);
    int answers = 0;
    for (const char *at = utstring_body(&l.out); (at = strstr(at, "\r\n\r\nok\n")); at++)
        answers++;
    assert_int_equal(answers, REQUESTS);
    assert_in_range(l.writes, 2, REQUESTS / 2);
    line_close(&l);

    utstring_clear(&s);
    for (int i = 0; i < REQUESTS; i++)
        utstring_bincpy(&s, "\x81\x81" Z "a", 7);
    line_upgrade(&l, &o, RELAY_X);
    assert_int_equal(line_say(&l, utstring_body(&s), utstring_len(&s)), READ);
    assert_int_equal(utstring_len(&l.out), REQUESTS * 3);
    line_close(&l);
    utstring_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join_comes_before_the_101),
        cmocka_unit_test(test_one_write_answers_many_frames),
        cmocka_unit_test(test_input_while_output_waits),
        cmocka_unit_test(test_one_job_a_look),
        cmocka_unit_test(test_many_requests),
        cmocka_unit_test(test_hanging_up_between_jobs),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_a_run_of_messages),
        cmocka_unit_test(test_output_goes_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
