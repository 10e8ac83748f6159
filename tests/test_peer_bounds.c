/* test_peer_bounds.c - what a peer bears: lines that break, clients that are late, silent
 * or greedy, a server that stops, and a loop that takes its time. */
#include "clock.h"
#include "line.h"
#include "ws.h"
#include "metrics.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#define Z "\0\0\0\0"
#define SAY(l, literal) line_say(l, literal, sizeof (literal) - 1)
#define RELAY_X UPGRADE("/relay/x")
#define HEALTH "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

static const struct options *usual(void)
{
    static struct options o;

    options_default(&o);
    return &o;
}

static const struct options *hasty(void)
{
    static struct options o;

    options_default(&o);
    o.handshake = o.ping_after = o.pong_within = o.close_within = 5 * MS;
    return &o;
}

/* Sleeps past the deadline that was asked for, and says so. */
static enum want be_late(struct line *l)
{
    check(l->deadline < clock_now() + 1000 * MS, "no deadline");
    while (clock_now() <= l->deadline)
        pause_for(MS);
    utstring_clear(&l->out);
    peer_late(l->peer);
    return line_run(l);
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

/* ---- a job that is out ---- */

static void test_while_a_job_is_out(void **state)
{
    struct line l;
    struct ask ask;

    (void)state;
    line_upgrade(&l, hasty(), UPGRADE("/relay/x?job=nap:0"));
    l.slow = true;
    assert_int_equal(SAY(&l, "\x81\x81" Z "a\x81\x81" Z "b\x89\x80" Z), WORK);
    for (int i = 0; i < 3; i++) {       /* READ may be declined, and asked for again */
        assert_int_equal(peer_next(l.peer, &ask), READ);
        assert_true(ask.deadline == NEVER);
    }
    struct frame *f = frame_copy("\x81\1z", 3);
    peer_push(l.peer, f);               /* others may still talk to it */
    frame_unref(f);
    assert_int_equal(line_run(&l), READ);
    assert_true(line_wrote(&l, "\x81\1z"));
    line_done(&l);
    assert_int_equal(line_run(&l), WORK);
    line_done(&l);
    assert_int_equal(line_run(&l), READ);
    assert_true(line_wrote(&l, "\x81\1z\x81\1a\x81\1" "b\x8A\0"));
    assert_string_equal(utstring_body(&l.wants), "WRWR");
    line_close(&l);
}

static enum want fail_job(struct line *l)
{
    l->job->status = 503;
    l->job->why = "no stack";
    line_done(l);
    return line_run(l);
}

/* By request: the answer, and the next request. By message: a close, and nobody hears
 * what the job was to be done for. */
static void test_a_job_that_fails(void **state)
{
    static const char *const messages[] = { "/job/nap:0", "/relay/x?job=nap:0" };
    struct line l;

    (void)state;
    line_open(&l, usual());
    l.slow = true;
    assert_int_equal(SAY(&l, "GET /job/nap:0 HTTP/1.1\r\nHost: x\r\n\r\n"), WORK);
    unsigned long long done = metrics->jobs, refused = metrics->refused;
    assert_int_equal(fail_job(&l), READ);
    const char *out = utstring_body(&l.out);
    assert_memory_equal(out, "HTTP/1.1 503 Service Unavailable\r\n", 34);
    assert_non_null(strstr(out, "\r\nRetry-After: 1\r\n"));
    assert_non_null(strstr(out, "\r\nConnection: keep-alive\r\n"));
    assert_string_equal(strstr(out, "\r\n\r\n") + 4, "503 no stack\n");
    assert_true(metrics->jobs == done && metrics->refused == refused + 1);
    assert_int_equal(SAY(&l, "GET /job/nap:0 HTTP/1.1\r\nHost: x\r\n\r\n"), WORK);
    line_done(&l);
    assert_int_equal(line_run(&l), READ);
    assert_non_null(strstr(utstring_body(&l.out), "\r\n\r\n0\n"));
    line_close(&l);
    for (size_t i = 0; i < COUNT(messages); i++) {
        char request[300];
        snprintf(request, sizeof request, "GET %s%s", messages[i], &UPGRADE("")[4]);
        line_upgrade(&l, usual(), request);
        l.slow = true;
        assert_int_equal(SAY(&l, "\x81\x81" Z "a\x81\x81" Z "b"), WORK);
        assert_int_equal(fail_job(&l), READ);
        assert_true(line_closed(&l, 1013, 0));
        assert_int_equal(utstring_len(&l.relayed), 0);
        assert_string_equal(utstring_body(&l.wants), "W");
        assert_true(metrics->jobs == done + 1);
        line_close(&l);
    }
}

/* A line that is broken wants no result; and what comes too late is no news. */
static void test_nobody_wants_it(void **state)
{
    struct line l;

    (void)state;
    for (int n = -1; n <= 0; n++) {
        line_upgrade(&l, usual(), UPGRADE("/job/nap:0"));
        l.slow = true;
        assert_false(peer_working(l.peer));
        assert_int_equal(SAY(&l, "\x81\x80" Z), WORK);
        assert_true(peer_working(l.peer));
        unsigned long long done = metrics->jobs;
        peer_feed(l.peer, NULL, n);
        assert_false(peer_working(l.peer));
        line_done(&l);
        assert_true(metrics->jobs == done);
        assert_int_equal(line_run(&l), CLOSE);
        assert_int_equal(utstring_len(&l.out), 0);
        line_close(&l);
    }
}

static void test_hanging_up_on_a_job(void **state)
{
    static const struct { const char *request, *message; } all[] = {
        { "", "GET /job/nap:0 HTTP/1.1\r\nHost: x\r\n\r\n" },
        { UPGRADE("/job/nap:0"), "\x81\x81\1\1\1\1a" },
        { UPGRADE("/relay/x?job=nap:0"), "\x81\x81\1\1\1\1a" },
    };

    (void)state;
    for (size_t i = 0; i < 2 * COUNT(all); i++) {
        const char *request = all[i / 2].request, *message = all[i / 2].message;
        struct line l;

        line_open(&l, usual());
        l.slow = true;
        if (*request)
            line_say(&l, request, strlen(request));
        assert_int_equal(line_say(&l, message, strlen(message)), WORK);
        peer_feed(l.peer, NULL, i % 2 ? -1 : 0);
        assert_int_equal(line_run(&l), CLOSE);
        peer_done(l.peer);              /* too late, and harmless */
        assert_int_equal(line_run(&l), CLOSE);
        line_close(&l);
    }
}

/* What comes while it works is kept, but not without end. */
static void test_flooding_a_job(void **state)
{
    static char flood[64 * 1024];
    struct line l;
    int fed = 0;

    (void)state;
    line_upgrade(&l, usual(), UPGRADE("/job/nap:0"));
    l.slow = true;
    assert_int_equal(SAY(&l, "\x81\x80" Z), WORK);
    do {
        assert_int_equal(line_say(&l, flood, sizeof flood), READ);
        assert_true(++fed < 100);
    } while (utstring_len(&l.out) == 0);
    assert_int_equal(fed, 17);          /* 1 MiB and 8 KiB, by default, have passed */
    assert_true(line_closed(&l, 1013, 0));
    assert_int_equal(line_say(&l, flood, sizeof flood), READ);
    assert_true(line_closed(&l, 1013, 0));
    line_close(&l);
}

/* ---- what one client may take before others, or its own line, have a turn ---- */

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
        assert_int_equal(peer_next(l.peer, &ask), WRITE);
        peer_sent(l.peer, (ssize_t)ask.bytes.size);
        assert_int_equal(peer_next(l.peer, &ask), READ);
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
    assert_int_equal(peer_next(l.peer, &ask), WRITE);
    peer_sent(l.peer, (ssize_t)ask.bytes.size);
    assert_int_equal(peer_next(l.peer, &ask), READ);
    assert_false(ask.more);
    assert_int_equal(peer_next(l.peer, &ask), RELAY);
    peer_push(l.peer, ask.frame);
    peer_pause(l.peer);
    assert_int_equal(peer_next(l.peer, &ask), WRITE);
    peer_sent(l.peer, (ssize_t)ask.bytes.size);
    assert_int_equal(peer_next(l.peer, &ask), READ);
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

/* ---- too much output ---- */

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
    assert_int_equal(be_late(&l), CLOSE);
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

/* ---- deadlines ---- */

static void test_late_with_the_handshake(void **state)
{
    struct line l;

    (void)state;
    line_open(&l, hasty());
    assert_int_equal(line_run(&l), READ);
    assert_int_equal(be_late(&l), CLOSE);       /* it never said anything */
    assert_true(line_wrote(&l, ""));
    line_close(&l);

    line_open(&l, hasty());
    assert_int_equal(SAY(&l, "GET /he"), READ);
    assert_int_equal(be_late(&l), CLOSE);
    assert_memory_equal(utstring_body(&l.out), "HTTP/1.1 408 ", 13);
    line_close(&l);

    line_open(&l, hasty());                     /* between two requests */
    assert_int_equal(SAY(&l, HEALTH), READ);
    assert_int_equal(be_late(&l), CLOSE);
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
    assert_int_equal(be_late(&l), READ);
    assert_true(line_wrote(&l, "\x89\0"));
    assert_int_equal(be_late(&l), READ);
    assert_true(line_closed(&l, 1008, 0));
    assert_int_equal(be_late(&l), CLOSE);
    assert_true(line_wrote(&l, ""));
    line_close(&l);
}

static void test_a_pong_moves_the_deadline(void **state)
{
    struct line l;

    (void)state;
    line_upgrade(&l, hasty(), RELAY_X);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(be_late(&l), READ);
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
        assert_int_equal(be_late(&l), READ);
        assert_true(line_wrote(&l, "\x89\0"));
        SAY(&l, "a");
    }
    SAY(&l, "a");
    assert_true(line_wrote(&l, "\x89\0\x82\x0A" "aaaaaaaaaa"));
    assert_int_equal(be_late(&l), READ);        /* now it can: it is asked again */
    assert_true(line_wrote(&l, "\x89\0"));
    assert_int_equal(be_late(&l), READ);
    assert_true(line_closed(&l, 1008, 0));
    line_close(&l);

    line_upgrade(&l, hasty(), RELAY_X);         /* but silence is silence */
    SAY(&l, "\x82\x8A" Z "a");
    assert_int_equal(be_late(&l), READ);
    assert_int_equal(be_late(&l), READ);
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
    assert_int_equal(be_late(&l), READ);
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
    assert_int_equal(be_late(&l), CLOSE);
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

/* ---- memory ---- */

static size_t in_use(void)
{
    struct mallinfo2 m = mallinfo2();   /* AddressSanitizer's knows nothing, and says 0 */

    return m.uordblks + m.hblkhd;
}

static void test_fragments_of_one_byte(void **state)
{
    enum { ALL = 256 * 1024, BATCH = 4096 };
    static char z[4];
    UT_string frames;
    struct line l;

    (void)state;
    line_upgrade(&l, usual(), RELAY_X);
    utstring_init(&frames);
    for (int i = 0; i < BATCH; i++)
        put_frame(&frames, 0, "a", 1, z);
    SAY(&l, "\2\x80" Z);
    size_t before = in_use();
    for (int i = 0; i < ALL / BATCH; i++)
        line_say(&l, utstring_body(&frames), utstring_len(&frames));
    size_t after = in_use();
    check(after < before + 4 * ALL, "%zu bytes for a message of %d", after - before, ALL);
    SAY(&l, "\x80\x80" Z);
    assert_int_equal(utstring_len(&l.out), ALL + 10);
    assert_memory_equal(utstring_body(&l.out), "\x82\x7F\0\0\0\0\0\4\0\0aaaa", 14);
    line_close(&l);
    utstring_done(&frames);
}

/* A header alone takes no memory for what it announces. */
static void test_announcing_takes_nothing(void **state)
{
    struct line l;

    (void)state;
    line_upgrade(&l, usual(), RELAY_X);
    size_t before = in_use();
    SAY(&l, "\x82\xFF\0\0\0\0\0\x10\0\0" Z "a");        /* 1 MiB */
    check(in_use() < before + 100 * 1024, "%zu bytes for one", in_use() - before);
    line_close(&l);
}

/* An idle client costs little, whatever it has done before. */
static void test_at_rest(void **state)
{
    static const char *const requests[] = { RELAY_X, UPGRADE("/job/cpu:1") };
    static char big[900 * 1000];
    UT_string frame;

    (void)state;
    utstring_init(&frame);
    put_frame(&frame, 0x82, big, sizeof big, Z);
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct line l;

        line_upgrade(&l, usual(), requests[i]);
        size_t before = in_use();
        line_say(&l, utstring_body(&frame), utstring_len(&frame));
        utstring_done(&l.out);
        utstring_done(&l.relayed);
        size_t after = in_use();
        utstring_init(&l.out);
        utstring_init(&l.relayed);
        line_close(&l);
        check(after < before + 50000, "%.10s holds %zu bytes", requests[i],
              after - before);
    }
    utstring_done(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join_comes_before_the_101),
        cmocka_unit_test(test_one_write_answers_many_frames),
        cmocka_unit_test(test_input_while_output_waits),
        cmocka_unit_test(test_while_a_job_is_out),
        cmocka_unit_test(test_a_job_that_fails),
        cmocka_unit_test(test_nobody_wants_it),
        cmocka_unit_test(test_hanging_up_on_a_job),
        cmocka_unit_test(test_flooding_a_job),
        cmocka_unit_test(test_one_job_a_look),
        cmocka_unit_test(test_hanging_up_between_jobs),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_a_run_of_messages),
        cmocka_unit_test(test_output_goes_first),
        cmocka_unit_test(test_broken_anywhere),
        cmocka_unit_test(test_broken_while_writing),
        cmocka_unit_test(test_answers_after_the_end),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_overflow_by_its_own_doing),
        cmocka_unit_test(test_unread_pongs),
        cmocka_unit_test(test_a_frame_half_sent_stays_whole),
        cmocka_unit_test(test_overflow_before_the_101),
        cmocka_unit_test(test_overflow_before_the_101_pipelined),
        cmocka_unit_test(test_late_with_the_handshake),
        cmocka_unit_test(test_a_trickle_is_late_too),
        cmocka_unit_test(test_the_patience_of_join_and_relay),
        cmocka_unit_test(test_not_late_yet),
        cmocka_unit_test(test_silence),
        cmocka_unit_test(test_a_pong_moves_the_deadline),
        cmocka_unit_test(test_a_slow_reader_moves_the_deadline),
        cmocka_unit_test(test_a_slow_frame_lives),
        cmocka_unit_test(test_the_least_rate),
        cmocka_unit_test(test_stop_a_websocket),
        cmocka_unit_test(test_stop_before_that),
        cmocka_unit_test(test_fragments_of_one_byte),
        cmocka_unit_test(test_announcing_takes_nothing),
        cmocka_unit_test(test_at_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
