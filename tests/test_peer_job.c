/* test_peer_job.c - a peer whose job is out: what it asks for meanwhile, and what
 * becomes of a job that fails, or that nobody waits for any more. */
#include "line.h"
#include "metrics.h"

#include <stdio.h>
#include <string.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_while_a_job_is_out),
        cmocka_unit_test(test_a_job_that_fails),
        cmocka_unit_test(test_nobody_wants_it),
        cmocka_unit_test(test_hanging_up_on_a_job),
        cmocka_unit_test(test_flooding_a_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
