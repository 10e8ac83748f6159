/* test_reply.c - a server's answers, as HTTP has them: where each ends, and which
 * are none. */
#include "reply.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define OK "HTTP/1.1 200 OK\r\n"

/* After these, "NEXT" is left for whatever comes, unless only the connection's end is
 * theirs. */
static const struct { const char *raw; int status; const char *body; bool stays, ends; }
    answers[] = {
    { OK "Content-Length: 3\r\n\r\nyes", 200, "yes", true, false },
    { OK "content-LENGTH:3\r\n\r\nyes", 200, "yes", true, false },
    { OK "Content-Length: \t 3 \t \r\n\r\nyes", 200, "yes", true, false },
    { OK "Content-Length : 3\r\n\r\nyes", 200, "yes", true, false },
    { OK "Content-Length: 3, 3\r\nContent-Length: 03\r\n\r\nyes", 200, "yes", true,
      false },
    { OK "Content-Length:\r\n 3\r\n\r\nyes", 200, "yes", true, false },
    { OK "X: folded\r\n\tContent-Length: 9\r\nContent-Length: 3\r\n\r\nyes", 200, "yes",
      true, false },
    { OK "X: a\rContent-Length: 9\r\nContent-Length: 3\r\n\r\nyes", 200, "yes", true,
      false },
    { OK "X:\r\nContent-Length: 3\r\n\r\nyes", 200, "yes", true, false },
    { OK "Content-Length: 0\r\n\r\n", 200, "", true, false },
    { "HTTP/1.1 200 OK\nContent-Length: 3\n\nyes", 200, "yes", true, false },
    { "\r\n\n" OK "Content-Length: 3\r\n\r\nyes", 200, "yes", true, false },
    { "HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nyes", 200, "yes", true, false },
    { "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nyes", 200, "yes", true, false },
    { "HTTP/1.7 200 \xc3\xb6\r\nContent-Length: 3\r\n\r\nyes", 200, "yes", true, false },
    { "HTTP/1.1 299 So\r\nContent-Length: 3\r\n\r\nyes", 299, "yes", true, false },
    { "HTTP/1.1 503 No\r\nContent-Length: 3\r\n\r\nyes", 503, "yes", true, false },
    { "HTTP/1.1 999 Ho\r\nContent-Length: 3\r\n\r\nyes", 500, "yes", true, false },
    /* interim answers have no body, whatever they say */
    { "HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 3\r\n\r\nyes", 200, "yes", true,
      false },
    { "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 9\r\n\r\n"
      "HTTP/1.1 102 \r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      OK "Content-Length: 3\r\n\r\nyes", 200, "yes", true, false },
    { "HTTP/1.1 101 Switching\r\nTransfer-Encoding: chunked\r\n\r\n", 101, "", true,
      false },
    { "HTTP/1.1 204 None\r\nTransfer-Encoding: chunked\r\n\r\n", 204, "", true, false },
    { "HTTP/1.1 204 None\r\n\r\n", 204, "", true, false },
    { "HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", 304, "", true, false },
    /* chunks */
    { OK "Transfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n", 200, "yes", true,
      false },
    { OK "transfer-encoding: \tChunKed \r\n\r\n1;a=b\r\ny\r\n0002 ; q=\"\\\"\"\r\nes\r\n"
      "000;last\r\nX-Sum: 0\r\nContent-Length: 9\r\n\r\n", 200, "yes", true, false },
    { OK "Transfer-Encoding: chunked\r\n\r\n0a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n"
      "\r\n", 200, "01234567890123456789", true, false },
    { OK "Transfer-Encoding: chunked\n\n3\nyes\n0\n\n", 200, "yes", true, false },
    { OK "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n"
      "\r\n", 200, "yes", true, false },
    { OK "Transfer-Encoding: , gzip , chunked,\r\n\r\n3\r\nyes\r\n0\r\n\r\n", 200, "yes",
      true, false },
    { OK "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nyes", 200, "yes", true,
      false },
    /* it will close after it */
    { OK "Connection: close\r\nContent-Length: 3\r\n\r\nyes", 200, "yes", false, false },
    { OK "Connection: x, CLOSE\r\nContent-Length: 3\r\n\r\nyes", 200, "yes", false,
      false },
    { OK "connection: keep-alive\r\nConnection: Close\r\nContent-Length: 3\r\n\r\nyes",
      200, "yes", false, false },
    { "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nyes", 200, "yes", false, false },
    { "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 3\r\n\r\nyes", 200,
      "yes", true, false },
    { "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nyes\r\n0\r\n\r\n", 200, "yes", false, false },
    { OK "Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n",
      200, "yes", false, false },
    /* and its end is the answer's */
    { OK "\r\nyes", 200, "yes", false, true },
    { "HTTP/1.0 200 OK\r\n\r\nyes", 200, "yes", false, true },
    { "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\nyes", 200, "yes", false, true },
    { OK "Transfer-Encoding: chunked, gzip\r\n\r\nyes", 200, "yes", false, true },
    { OK "Transfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\nyes", 200, "yes", false,
      true },
};

/* In two pieces, each in memory of its own size. */
static enum reply_event feed(struct reply *r, const char *raw, size_t cut, size_t size,
                             size_t *left)
{
    enum reply_event event = REPLY_MORE;
    size_t ends[] = { cut, size }, from = 0;

    for (int i = 0; i < 2 && event == REPLY_MORE; i++) {
        char *piece = malloc(ends[i] - from + 1);
        struct bytes in = { piece, ends[i] - from };
        memcpy(piece, raw + from, in.size);
        event = reply_feed(r, &in);
        *left = size - ends[i] + in.size;
        free(piece);
        from = ends[i];
    }
    return event;
}

static void an_answer_ends_where_the_rfc_says(void **state)
{
    char raw[400];

    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        size_t size = (size_t)sprintf(raw, "%s%s", answers[i].raw,
                                      answers[i].ends ? "" : "NEXT");
        for (size_t cut = 0; cut <= size; cut++) {
            struct reply *r = reply_new();
            size_t left = 0;
            enum reply_event event = feed(r, raw, cut, size, &left);
            if (answers[i].ends && event == REPLY_MORE)
                event = reply_end(r);
            check(event == REPLY_DONE && left == (answers[i].ends ? 0 : 4),
                  "%s, cut at %zu: event %d, %zu left: %s", raw, cut, event, left,
                  event == REPLY_GARBAGE ? reply_why(r) : "");
            assert_int_equal(reply_status(r), answers[i].status);
            check(reply_keeps_alive(r) == answers[i].stays, "%s: keeps alive?", raw);
            struct bytes body = reply_body(r);
            if (answers[i].status != 101)
                check(body.size == strlen(answers[i].body)
                      && memcmp(body.data, answers[i].body, body.size) == 0,
                      "%s, cut at %zu: the body is %.*s", raw, cut, (int)body.size,
                      body.data);
            assert_false(reply_begun(r));
            reply_free(r);
        }
    }
}

static void one_answer_may_follow_the_other(void **state)
{
    struct reply *r = reply_new();

    (void)state;
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < COUNT(answers); i++) {
            struct bytes in = { answers[i].raw, strlen(answers[i].raw) };
            if (answers[i].ends)
                continue;
            check(reply_feed(r, &in) == REPLY_DONE && in.size == 0, "%s", answers[i].raw);
            assert_int_equal(reply_status(r), answers[i].status);
        }
    reply_free(r);
}

static void an_answer_without_a_known_end_is_garbage(void **state)
{
    static const struct { const char *raw, *word; size_t nul; } bad[] = {
        { OK "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", "two that differ", 0 },
        { OK "Content-Length: 3, 4\r\n\r\n", "two that differ", 0 },
        { OK "Content-Length: -3\r\n\r\n", "no number", 0 },
        { OK "Content-Length: +3\r\n\r\n", "no number", 0 },
        { OK "Content-Length: 0x3\r\n\r\n", "no number", 0 },
        { OK "Content-Length: 3 3\r\n\r\n", "no number", 0 },
        { OK "Content-Length:\r\n\r\n", "no number", 0 },
        { OK "Content-Length: 99999999999999999999\r\n\r\n", "no number", 0 },
        { OK "Transfer-Encoding: chunked\r\n\r\nx\r\n", "chunk's size", 0 },
        { OK "Transfer-Encoding: chunked\r\n\r\n\r\n", "chunk's size", 0 },
        { OK "Transfer-Encoding: chunked\r\n\r\n-1\r\n", "chunk's size", 0 },
        { OK "Transfer-Encoding: chunked\r\n\r\n3 3\r\n", "chunk's size", 0 },
        { OK "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "absurd", 0 },
        { OK "Transfer-Encoding: chunked\r\n\r\n3\r\nyes!\r\n", "longer than it", 0 },
        { OK " X: y\r\n\r\n", "begins with a blank", 0 },
        { OK "no colon\r\n\r\n", "no header field", 0 },
        { OK ": value\r\n\r\n", "no header field", 0 },
        { OK "two words: value\r\n\r\n", "no header field", 0 },
        { OK "X: a?b\r\n\r\n", "NUL", sizeof OK + 3 },
        { "SSH-2.0-OpenSSH_9.2", "does not speak HTTP", 0 },
        { "HTTQ", "does not speak HTTP", 0 }, { "\x16\x03\x01", "not speak HTTP", 0 },
        { "<html>", "does not speak HTTP", 0 }, { "http/1.1 200", "not speak HTTP", 0 },
        { "HTTP/2.0 200 OK\r\n", "HTTP/1.1 200 OK", 0 },
        { "HTTP/1 200 OK\r\n", "HTTP/1.1 200 OK", 0 },
        { "HTTP/1.10 200 OK\r\n", "HTTP/1.1 200 OK", 0 },
        { "HTTP/1.1 20 OK\r\n", "HTTP/1.1 200 OK", 0 },
        { "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 200 OK", 0 },
        { "HTTP/1.1 099 OK\r\n", "HTTP/1.1 200 OK", 0 },
        { "HTTP/1.1\r\n", "HTTP/1.1 200 OK", 0 },
        { "HTTP/1.1  200 OK\r\n", "HTTP/1.1 200 OK", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        for (size_t cut = 0, size = strlen(bad[i].raw); cut <= size; cut++) {
            struct reply *r = reply_new();
            char raw[200];
            size_t left;
            memcpy(raw, bad[i].raw, size + 1);
            if (bad[i].nul)
                raw[bad[i].nul] = '\0';
            enum reply_event event = feed(r, raw, cut, size, &left);
            check(event == REPLY_GARBAGE && strstr(reply_why(r), bad[i].word),
                  "%s, cut at %zu: event %d: %s", bad[i].raw, cut, event, reply_why(r));
            reply_free(r);
        }
}

/* Whatever a server sends without end, it is not kept without end. */
static void an_absurd_head_is_given_up(void **state)
{
    static const struct { const char *start, *more, *word; } endless[] = {
        { OK "X: ", "aaaaaaaaaaaaaaaa", "head is longer than 64 KiB" },
        { OK, "X: y\r\n", "head is longer than 64 KiB" },
        { "HTTP/1.1 200 ", "OK", "head is longer than 64 KiB" },
        { OK "Transfer-Encoding: chunked\r\n\r\n1;", "aaaaaaaaaa", "longer than 64 KiB" },
        { OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y\r\n", "longer than 64" },
        { OK "Transfer-Encoding: chunked\r\n\r\n0\r\n", "X: y", "longer than 64 KiB" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(endless); i++) {
        struct reply *r = reply_new();
        struct bytes in = { endless[i].start, strlen(endless[i].start) };
        enum reply_event event = reply_feed(r, &in);
        size_t sent = 0;
        for (; event == REPLY_MORE && sent < 200000; sent += strlen(endless[i].more)) {
            in = (struct bytes){ endless[i].more, strlen(endless[i].more) };
            event = reply_feed(r, &in);
        }
        check(event == REPLY_GARBAGE && strstr(reply_why(r), endless[i].word),
              "%s: event %d after %zu bytes", endless[i].start, event, sent);
        check(sent > 60000 && sent < 70000, "%s: %zu bytes", endless[i].start, sent);
        reply_free(r);
    }
}

static void lists_are_lists(void **state)
{
    static const char raw[] = OK "A: one, Two\r\nB: x\r\na:,three ,\r\nC:\r\nD: ,\r\n"
                              "Content-Length: 0\r\n\r\n";
    struct reply *r = reply_new();
    struct bytes in = { raw, strlen(raw) }, found = { NULL, 0 };

    (void)state;
    assert_int_equal(reply_feed(r, &in), REPLY_DONE);
    assert_true(head_lists(reply_head(r), "a", "ONE", NULL));
    assert_true(head_lists(reply_head(r), "A", "two", NULL));
    assert_true(head_lists(reply_head(r), "A", "three", NULL));
    assert_false(head_lists(reply_head(r), "A", "x", NULL));
    assert_false(head_lists(reply_head(r), "A", "thre", NULL));
    assert_true(head_lists(reply_head(r), "B", NULL, &found));
    assert_true(found.size == 1 && *found.data == 'x');
    assert_false(head_lists(reply_head(r), "C", NULL, NULL));
    assert_false(head_lists(reply_head(r), "D", NULL, NULL));
    assert_int_equal(head_field(reply_head(r), "A", &found), 2);
    assert_int_equal(head_field(reply_head(r), "E", &found), 0);
    reply_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_ends_where_the_rfc_says),
        cmocka_unit_test(one_answer_may_follow_the_other),
        cmocka_unit_test(an_answer_without_a_known_end_is_garbage),
        cmocka_unit_test(an_absurd_head_is_given_up),
        cmocka_unit_test(lists_are_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
