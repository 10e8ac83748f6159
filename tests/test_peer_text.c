/* test_peer_text.c - jobs that bring a text, as a peer hands it on: by request, by
 * message, as what it is, and nothing of it stays behind. */
#include "line.h"
#include "query.h"

#include <stdio.h>
#include <string.h>

#define GET(target) "GET " target " HTTP/1.1\r\nHost: x\r\n\r\n"

static struct query point = { (char *)"point", (char *)"$1", 0, 1, true };
static struct queries queries = { 1, &point };

static const struct options *with_all(void)
{
    static struct options o;

    options_default(&o);
    o.files = "/nowhere";
    o.db = "nowhere.sqlite";
    o.queries = &queries;
    o.upstream = "http://nowhere:1";
    return &o;
}

/* The job that is out brings that. */
static enum want bring(struct line *l, const char *text, size_t size)
{
    assert_true(l->working);
    assert_null(l->job->text);
    l->job->text = frame_copy(text, size);
    l->working = false;
    peer_done(l->peer);
    return line_run(l);
}

static enum want fail_with(struct line *l, int status)
{
    assert_true(l->working);
    l->job->text = frame_copy("half", 4);       /* of what was to come */
    job_fail(l->job, status, "a reason");
    assert_null(l->job->text);
    l->working = false;
    peer_done(l->peer);
    return line_run(l);
}

static void body_is(struct line *l, const char *type, const char *body, size_t size)
{
    const char *out = utstring_body(&l->out), *end = strstr(out, "\r\n\r\n");
    char header[100];

    assert_non_null(end);
    assert_memory_equal(out, "HTTP/1.1 200 OK\r\n", 17);
    snprintf(header, sizeof header, "\r\nContent-Type: %s\r\n", type);
    check(strstr(out, header), "not of type %s: %s", type, out);
    assert_int_equal(utstring_len(&l->out) - (size_t)(end + 4 - out), size);
    assert_memory_equal(end + 4, body, size);
    utstring_clear(&l->out);
}

static void by_request_it_is_the_body(void **state)
{
    static const char plain[] = "text/plain; charset=utf-8";
    static const char bytes[] = "application/octet-stream";
    struct line l;

    (void)state;
    line_open(&l, with_all());
    l.slow = true;
    assert_int_equal(SAY(&l, GET("/job/file:a/b")), WORK);
    assert_int_equal(l.job->kind, JOB_FILE);
    assert_string_equal(l.job->name, "a/b");
    assert_int_equal(bring(&l, "h\xc3\xa9", 3), READ);
    body_is(&l, plain, "h\xc3\xa9", 3);
    assert_int_equal(SAY(&l, GET("/job/sql:point:7%20or")), WORK);
    assert_string_equal(l.job->name, "point:7 or");
    assert_int_equal(bring(&l, "\xff\0", 2), READ);
    body_is(&l, bytes, "\xff\0", 2);
    assert_int_equal(SAY(&l, GET("/job/fetch:/x%3Fy=1")), WORK);
    assert_string_equal(l.job->name, "/x?y=1");
    assert_int_equal(bring(&l, "", 0), READ);
    body_is(&l, plain, "", 0);
    assert_int_equal(SAY(&l, GET("/job/file:cut")), WORK);
    assert_int_equal(bring(&l, "\xc3", 1), READ);       /* half a character */
    body_is(&l, bytes, "\xc3", 1);
    line_close(&l);
}

static void by_message_it_is_a_message(void **state)
{
    static char large[70000];
    struct line l;

    (void)state;
    line_upgrade(&l, with_all(), UPGRADE("/job/file:a"));
    l.slow = true;
    assert_int_equal(SAY(&l, "\x81\x80" Z), WORK);
    assert_int_equal(bring(&l, "text", 4), READ);
    assert_true(line_wrote(&l, "\x81\4text"));
    utstring_clear(&l.out);
    assert_int_equal(SAY(&l, "\x82\x80" Z), WORK);      /* and again */
    assert_int_equal(bring(&l, "\xff\xfe", 2), READ);
    assert_true(line_wrote(&l, "\x82\2\xff\xfe"));
    utstring_clear(&l.out);
    assert_int_equal(SAY(&l, "\x81\x80" Z), WORK);
    assert_int_equal(bring(&l, "", 0), READ);
    assert_true(line_wrote(&l, "\x81\0"));
    utstring_clear(&l.out);
    assert_int_equal(SAY(&l, "\x81\x80" Z), WORK);
    assert_int_equal(bring(&l, large, sizeof large), READ);
    assert_memory_equal(utstring_body(&l.out), "\x81\x7f\0\0\0\0\0\1\x11\x70", 10);
    assert_int_equal(utstring_len(&l.out), 10 + sizeof large);
    line_close(&l);
}

/* In a room the message goes to the members, and what the job has brought to nobody. */
static void before_a_relay_it_is_dropped(void **state)
{
    struct line l;

    (void)state;
    line_upgrade(&l, with_all(), UPGRADE("/relay/x?job=sql:point:1"));
    l.slow = true;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(SAY(&l, "\x81\x81" Z "a"), WORK);
        assert_int_equal(bring(&l, "text", 4), READ);
        assert_true(line_wrote(&l, "\x81\1a"));
        utstring_clear(&l.out);
    }
    assert_true(same_bytes(&l.relayed, "\x81\1a\x81\1a", 6));
    line_close(&l);
}

static void a_failure_is_a_status_or_a_close(void **state)
{
    static const struct { int status, close; const char *line; } all[] = {
        { 404, 1011, "HTTP/1.1 404 Not Found\r\n" },
        { 502, 1011, "HTTP/1.1 502 Bad Gateway\r\n" },
        { 503, 1013, "HTTP/1.1 503 Service Unavailable\r\n" },
        { 504, 1013, "HTTP/1.1 504 Gateway Timeout\r\n" },
    };
    struct line l;
    char body[40];

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        line_open(&l, with_all());
        l.slow = true;
        assert_int_equal(SAY(&l, GET("/job/file:a")), WORK);
        assert_int_equal(fail_with(&l, all[i].status), READ);
        const char *out = utstring_body(&l.out);
        assert_memory_equal(out, all[i].line, strlen(all[i].line));
        snprintf(body, sizeof body, "\r\n\r\n%d a reason\n", all[i].status);
        assert_non_null(strstr(out, body));
        assert_int_equal(SAY(&l, GET("/job/file:a")), WORK);    /* it is kept alive */
        line_close(&l);
        for (int relay = 0; relay < 2; relay++) {
            if (relay)
                line_upgrade(&l, with_all(), UPGRADE("/relay/x?job=file:a"));
            else
                line_upgrade(&l, with_all(), UPGRADE("/job/file:a"));
            l.slow = true;
            assert_int_equal(SAY(&l, "\x81\x81" Z "a"), WORK);
            assert_int_equal(fail_with(&l, all[i].status), READ);
            assert_true(line_closed(&l, all[i].close, 0));
            assert_true(same_bytes(&l.relayed, "", 0));
            line_close(&l);
        }
    }
}

/* Under AddressSanitizer: wherever a client goes, no name and no text is left. */
static void nothing_stays_behind(void **state)
{
    struct line l;

    (void)state;
    line_open(&l, with_all());          /* goes while its job is out, which comes back */
    l.slow = true;
    assert_int_equal(SAY(&l, GET("/job/file:a")), WORK);
    peer_feed(l.peer, NULL, -1);
    assert_int_equal(bring(&l, "text", 4), CLOSE);
    line_close(&l);
    line_open(&l, with_all());          /* or does not */
    l.slow = true;
    assert_int_equal(SAY(&l, GET("/job/file:a")), WORK);
    line_close(&l);
    line_upgrade(&l, with_all(), UPGRADE("/job/file:a"));       /* our close is said */
    l.slow = true;
    assert_int_equal(SAY(&l, "\x81\x80" Z), WORK);
    peer_stop(l.peer);
    assert_false(peer_working(l.peer));
    assert_int_equal(bring(&l, "text", 4), READ);
    line_close(&l);
    line_open(&l, with_all());          /* refused, and another request behind it */
    l.slow = true;
    SAY(&l, "GET /relay/a%20b?job=file:a HTTP/1.1\r\nHost: x\r\n\r\n");
    SAY(&l, "POST /relay/x?job=file:a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n");
    line_close(&l);
    line_open(&l, with_all());          /* two jobs */
    SAY(&l, UPGRADE("/relay/x?job=file:a&job=file:b"));
    line_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_request_it_is_the_body),
        cmocka_unit_test(by_message_it_is_a_message),
        cmocka_unit_test(before_a_relay_it_is_dropped),
        cmocka_unit_test(a_failure_is_a_status_or_a_close),
        cmocka_unit_test(nothing_stays_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
