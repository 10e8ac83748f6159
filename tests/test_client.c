/* test_client.c - the load client's parts: the schedule, the accounts, the judgement. */
#include "check.h"
#include "clock.h"
#include "cores.h"
#include "dial.h"
#include "flight.h"
#include "heard.h"
#include "pace.h"
#include "payload.h"
#include "proc.h"
#include "reply.h"
#include "traffic.h"
#include "unit.h"
#include "url.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { T0 = 1000 };

static struct pace pace_of(double from, double to, double flat, double ramp)
{
    struct pace p = { .from = from, .to = to, .flat = flat, .ramp = ramp };

    pace_start(&p, T0, 0, 1);
    return p;
}

/* However late it is asked, the k-th message is due at t0 + k/R. */
static void a_schedule_does_not_move(void **state)
{
    struct pace p = pace_of(3000, 3000, 0, 0);

    (void)state;
    for (int64_t k = 0; k < 1000000; k++, pace_step(&p)) {
        int64_t off = pace_due(&p) - (T0 + k * 1000000000 / 3000);
        check(off >= -1 && off <= 1, "message %lld is off by %lld ns", (long long)k,
              (long long)off);
    }
}

/* Ten seconds from A to B have (A + B) / 2 * 10 messages, and as many in the first half
 * as the line from A to B says. */
static void a_ramp_rises_in_a_line(void **state)
{
    static const double ends[][2] = {
        { 100, 300 }, { 0, 400 }, { 400, 0 }, { 200, 200 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        double a = ends[i][0], b = ends[i][1];
        struct pace p = pace_of(a, b, 0, 10);
        int half = 0, all = 0;
        int64_t before = 0;
        for (; pace_due(&p) < T0 + 10000 * MS && all < 10000; pace_step(&p)) {
            assert_true(pace_due(&p) >= before);
            before = pace_due(&p);
            half += before < T0 + 5000 * MS;
            all++;
        }
        check(abs(all - 2000) <= 1, "%d messages from %g to %g", all, a, b);
        check(fabs(half - 5 * (3 * a + b) / 4) <= 2, "%d in the first half", half);
    }
}

static void a_warm_up_keeps_the_first_rate(void **state)
{
    struct pace p = pace_of(100, 1000, 2, 3);
    int warm = 0;

    (void)state;
    for (; pace_due(&p) < T0 + 2 * INT64_C(1000000000); pace_step(&p))
        warm++;
    assert_in_range(warm, 200, 201);
}

/* Of an exponential distribution, mean and deviation are the same. */
static void poisson_arrivals_are_independent(void **state)
{
    struct pace p = { .from = 1000, .to = 1000, .poisson = true };
    double sum = 0, squares = 0;
    int64_t before = T0;
    enum { N = 200000 };

    (void)state;
    pace_start(&p, T0, 0, 7);
    for (int i = 0; i < N; i++, pace_step(&p)) {
        double gap = (double)(pace_due(&p) - before) / 1e6;
        before = pace_due(&p);
        sum += gap;
        squares += gap * gap;
    }
    double mean = sum / N, deviation = sqrt(squares / N - mean * mean);
    check(fabs(mean - 1) < 0.02 && fabs(deviation - 1) < 0.02, "mean %g, deviation %g ms",
          mean, deviation);
}

/* 1, 2, 3 are what people give. A generator that begins at a small number would give a
 * small one first, and so a long first gap. */
static void neighbouring_seeds_have_nothing_in_common(void **state)
{
    double sum = 0;
    enum { N = 1000 };

    (void)state;
    for (uint64_t seed = 0; seed < N; seed++) {
        struct pace p = { .from = 1000, .to = 1000, .poisson = true };
        pace_start(&p, T0, 0, seed);
        sum += (double)(pace_due(&p) - T0) / 1e6;
    }
    check(fabs(sum / N - 1) < 0.15, "a first gap of %g ms in the mean", sum / N);
}

/* ---- connecting ---- */

static void ten_thousand_share_a_source_address(void **state)
{
    static const struct { int index; const char *source; } cases[] = {
        { 0, "127.0.0.1" }, { 9999, "127.0.0.1" }, { 10000, "127.0.0.2" },
        { 19999, "127.0.0.2" }, { 20000, "127.0.0.3" },
    };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in own = { .sin_family = AF_INET }, from;
    socklen_t size = sizeof own;
    struct url url = { .place_count = 1, .places[0].size = size };
    struct conns all = { .loop = ev_loop_new(0), .url = &url, .wire = WIRE_RAW };

    (void)state;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (struct sockaddr *)&own, size), 0);
    assert_int_equal(listen(listener, 8), 0);
    getsockname(listener, (struct sockaddr *)&url.places[0].address, &size);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct conn c = { 0 };
        dial(&c, &all, cases[i].index, "/");
        int fd = accept(listener, (struct sockaddr *)&from, &(socklen_t){ sizeof from });
        assert_string_equal(inet_ntoa(from.sin_addr), cases[i].source);
        conn_drop(&c);
        close(fd);
    }
    close(listener);
    ev_loop_destroy(all.loop);
}

/* ---- where to ---- */

/* RFC 3986: what is the same is taken for the same, and what is no business of ours stays
 * as it is. */
static void a_url_is_what_the_rfc_says(void **state)
{
    static const struct { const char *text, *host, *path, *place; } good_ones[] = {
        { "ws://127.0.0.1:9000/relay/a", "127.0.0.1:9000", "/relay/a", "127.0.0.1:9000" },
        { "WS://127.0.0.1:9000/A", "127.0.0.1:9000", "/A", "127.0.0.1:9000" },
        { "Http://127.0.0.1", "127.0.0.1", "/", "127.0.0.1:80" },
        { "http://127.0.0.1:/", "127.0.0.1", "/", "127.0.0.1:80" },
        { "ws://127.0.0.1:9000?x=1", "127.0.0.1:9000", "/?x=1", "127.0.0.1:9000" },
        { "ws://127.0.0.1/p?x=/1?", "127.0.0.1", "/p?x=/1?", "127.0.0.1:80" },
        { "ws://127.0.0.1:1/a%20b%zz?%2F", "127.0.0.1:1", "/a%20b%zz?%2F",
          "127.0.0.1:1" },
        { "ws://127.0.0.1:9/a@b:c", "127.0.0.1:9", "/a@b:c", "127.0.0.1:9" },
        { "ws://[::1]:9000/", "[::1]:9000", "/", "[::1]:9000" },
        { "ws://[::1]", "[::1]", "/", "[::1]:80" },
        { "ws://[::FFFF:127.0.0.1]:065535", "[::FFFF:127.0.0.1]:065535", "/",
          "[::ffff:127.0.0.1]:65535" },
        { "http://127.0.0.1:9/p?q#part", "127.0.0.1:9", "/p?q", "127.0.0.1:9" },
        { "tcp://127.0.0.1:7", "127.0.0.1:7", "/", "127.0.0.1:7" },
        { "ws://LocalHost:9000/", "LocalHost:9000", "/", "127.0.0.1:9000" },
        { "ws://a.localhost.:9000/", "a.localhost.:9000", "/", "127.0.0.1:9000" },
    };
    static struct url url;
    char name[PLACE_NAME];
    const char *why;

    (void)state;
    for (size_t i = 0; i < COUNT(good_ones); i++) {
        check(url_parse(good_ones[i].text, &url, &why), "%s: %s", good_ones[i].text, why);
        assert_string_equal(url.authority, good_ones[i].host);
        assert_string_equal(url.path, good_ones[i].path);
        assert_string_equal(place_name(&url.places[0], name), good_ones[i].place);
    }
    assert_int_equal(url.place_count, 2);
    assert_string_equal(place_name(&url.places[1], name), "[::1]:9000");
}

static void a_wrong_url_is_told_why(void **state)
{
    static const struct { const char *text, *word; } bad_ones[] = {
        { "wss://127.0.0.1:9000/", "TLS" }, { "HTTPS://127.0.0.1/", "TLS" },
        { "ftp://127.0.0.1/", "begins with" }, { "127.0.0.1:9000", "begins with" },
        { "ws:/127.0.0.1:9000", "begins with" }, { "", "begins with" },
        { "ws://me:secret@127.0.0.1:9000/", "password" }, { "ws://", "names a host" },
        { "http://:9000/", "names a host" }, { "ws://127.0.0.1:9000/#a", "fragment" },
        { "ws://127.0.0.1:9000#a", "fragment" }, { "ws://127.0.0.1:0/", "65535" },
        { "ws://127.0.0.1:65536/", "65535" }, { "ws://127.0.0.1:99999999999/", "65535" },
        { "ws://127.0.0.1:9x/", "65535" }, { "ws://127.0.0.1:-1/", "65535" },
        { "ws://::1:9000/", "brackets" }, { "ws://[::1:9000/", "brackets" },
        { "ws://[::1]9000/", "brackets" }, { "ws://[127.0.0.1]:9000/", "IPv6" },
        { "ws://[v1.x]:9000/", "IPv6" }, { "tcp://127.0.0.1", "no port of its own" },
        { "ws://127.0.0.1:9000/a b", "blanks" }, { "ws://127.0.0.1:9/\303\266", "%20" },
        { "ws://a..b:9000/", "cannot be looked up" },
    };
    static struct url url;
    char name[300], text[URL_PATH + 30] = "ws://127.0.0.1:1/";
    const char *why;

    (void)state;
    for (size_t i = 0; i < COUNT(bad_ones); i++) {
        check(!url_parse(bad_ones[i].text, &url, &why), "%s is taken", bad_ones[i].text);
        check(strstr(why, bad_ones[i].word), "%s: %s", bad_ones[i].text, why);
    }
    snprintf(name, sizeof name, "ws://%0280d:9000/", 1);
    check(!url_parse(name, &url, &why) && strstr(why, "255"), "a long host: %s", why);
    for (size_t n = strlen(text); n < URL_PATH + 20; n++)
        text[n] = 'a';
    check(!url_parse(text, &url, &why) && strstr(why, "8190"), "a long path: %s", why);
}

/* ---- answers ---- */

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
    struct bytes in = { raw, strlen(raw) }, found;

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

/* ---- who heard what ---- */

static void deliveries_are_told_apart(void **state)
{
    static const struct { uint64_t sequence; enum hearing expected; } story[] = {
        { 4, HEARD_EARLY }, { 5, HEARD_NEW }, { 7, HEARD_NEW }, { 6, HEARD_LATE },
        { 6, HEARD_TWICE }, { 7, HEARD_TWICE }, { 5, HEARD_TWICE }, { 200, HEARD_NEW },
        { 199, HEARD_LATE }, { 100, HEARD_TWICE }, { 201, HEARD_NEW },
    };
    struct heard h;

    (void)state;
    heard_from(&h, 5);
    for (size_t i = 0; i < COUNT(story); i++)
        assert_int_equal(heard(&h, story[i].sequence), story[i].expected);
}

static void messages_in_flight_are_found(void **state)
{
    struct flight f = { 0 };

    (void)state;
    for (uint64_t i = 0; i < 3000; i++)
        *flight_new(&f, i, i) =
            (struct message){ .sequence = i, .due = (int64_t)i, .owed = 1 };
    for (uint64_t i = 0; i < 3000; i++) {
        assert_non_null(flight_find(&f, i));
        assert_int_equal(flight_find(&f, i)->due, i);
    }
    flight_find(&f, 17)->owed = 0;
    assert_null(flight_find(&f, 17));
    assert_null(flight_find(&f, 3000));
    flight_free(&f);
}

/* A listener that never gets its messages does not let the ring grow. */
static void what_nobody_waits_for_makes_place(void **state)
{
    struct flight f = { 0 };

    (void)state;
    for (uint64_t i = 0; i < 100000; i++)
        flight_new(&f, i, 1)->owed = 1;
    assert_true(f.size <= 256);
    assert_non_null(flight_find(&f, 99999));
    assert_null(flight_find(&f, 0));
    flight_free(&f);
}

static void sizes_are_spread_and_repeatable(void **state)
{
    struct payload p;
    int seen[41] = { 0 };

    (void)state;
    payload_init(&p, 1, 24, 64);
    for (uint64_t i = 0; i < 41000; i++) {
        size_t size = payload_size(&p, 3, i);
        assert_in_range(size, 24, 64);
        assert_int_equal(size, payload_size(&p, 3, i));
        seen[size - 24]++;
    }
    for (int i = 0; i < 41; i++)
        check(seen[i] > 800 && seen[i] < 1200, "size %d came %d times", 24 + i, seen[i]);
    payload_free(&p);
}

static void a_stamp_is_eight_digits_at_a_time(void **state)
{
    static const uint8_t mask[4] = { 1, 2, 3, 4 }, bare[4];
    const uint64_t sequence = (UINT64_C(1) << 47) + 63;
    struct payload p;
    struct stamp s = { 0 };
    char text[64];

    (void)state;
    payload_init(&p, 0xABCDEF, sizeof text, sizeof text);
    payload_write(&p, 5, sizeof text, text);
    payload_stamp(&p, text, mask, sequence, 1);
    for (int i = 8; i < 24; i++)
        text[i] ^= (char)mask[i % 4];
    assert_memory_equal(text, "Zlg_0005P000000o00000001", STAMP);
    assert_true(payload_check(&p, (struct bytes){ text, sizeof text }, &s));
    assert_int_equal(s.run, 0xABCDEF);
    assert_int_equal(s.sender, 5);
    assert_true(s.sequence == sequence && s.when == 1);
    for (int i = 0; i < STAMP; i++) {
        char kept = text[i];
        text[i] = i % 2 ? '/' : 'p';
        assert_false(payload_check(&p, (struct bytes){ text, sizeof text }, &s));
        text[i] = kept;
    }
    payload_stamp(&p, text, bare, 0, 0);
    assert_memory_equal(text + 8, "0000000000000000", 16);
    payload_free(&p);
}

/* ---- the rules, each at its edge ---- */

static const struct facts good = {
    .rate = 1000, .sent = 1000, .growth = 0.009, .late = 19000, .lag = 900000,
    .median = 100000, .seconds = 10, .client = 0.79, .at_server = { 0.05, 0.04 },
    .at_client = { 0.09, 0 }, .waited = 0.09, .connections = 8, .open = 8,
};

static void expect(struct facts f, const char *rule)
{
    struct verdict v;

    check_run(&f, &v);
    if (!rule) {
        if (v.count)
            fail_msg("%s: %s", v.reasons[0].rule, v.reasons[0].why);
        return;
    }
    assert_int_equal(v.count, 1);
    assert_string_equal(v.reasons[0].rule, rule);
    check(strlen(v.reasons[0].advice) > 50, "no advice for %s", rule);
}

/* Each rule has its own word of what is still true. */
static void advice_is_for_its_rule(void **state)
{
    static const struct facts bad = {
        .rate = 1000, .sent = 900, .lag = 9000000, .seconds = 10, .client = 0.9,
        .at_server = { 0.2, 0.1 }, .waited = 0.2, .connections = 8, .open = 7,
        .unsent = 1,
    }, stolen = { .seconds = 10, .at_server = { 0.1, 0.2 } };
    struct verdict v, other;

    (void)state;
    check_run(&stolen, &other);
    assert_int_equal(other.count, 1);
    check_run(&bad, &v);
    assert_int_equal(v.count, RULES - 1);       /* it was stolen, or it was not */
    v.reasons[v.count++] = other.reasons[0];
    for (int i = 0; i < RULES; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(v.reasons[i].advice, v.reasons[j].advice);
    for (int i = 0; i < RULES; i++)
        if (strcmp(v.reasons[i].rule, "lag") == 0)
            check(strstr(v.reasons[i].advice, "--think"), "%s", v.reasons[i].advice);
}

#define but(...) ({ struct facts f_ = good; __VA_ARGS__; f_; })

static void each_rule_can_be_broken(void **state)
{
    (void)state;
    expect(good, NULL);
    expect(but(f_.sent = 991), NULL);
    expect(but(f_.sent = 989), "rate");
    expect(but(f_.growth = 0.011), "rate");
    expect(but(f_.unsent = 1), "unsent");
    expect(but(f_.lag = 1100000), "lag");
    expect(but(f_.late = 21000), "lag");
    expect(but(f_.late = 400000, f_.median = 1000000), "lag");
    expect(but(f_.lag = 1900000, f_.median = 10000000), NULL);
    expect(but(f_.lag = 2100000, f_.median = 10000000), "lag");
    expect(but(f_.rate = 0, f_.sent = 0, f_.late = f_.lag = 5000000), NULL);
    expect(but(f_.client = 0.81), "client");
    expect(but(f_.client = 0.81, f_.seconds = 0.09), NULL);
    expect(but(f_.open = 7), "connections");
    expect(but(f_.at_server.foreign = 0.11), "foreign");
    expect(but(f_.at_client.foreign = 0.11), "foreign");
    expect(but(f_.at_server.stolen = 0.06), "foreign_steal");
    expect(but(f_.at_client.stolen = 0.02), "foreign");
    expect(but(f_.waited = 0.11), "foreign_wait");
    expect(but(f_.at_server.foreign = f_.waited = 0.11, f_.seconds = 0.4), NULL);
    expect(but(f_.at_server = f_.at_client = (struct others){ -1, -1 }, f_.waited = -1),
           NULL);
}

#define assert_double(found, wanted) \
    check(fabs((found) - (wanted)) < 1e-6, "%g instead of %g", found, (double)(wanted))

/* ---- a queue that grows ---- */

/* A second of messages for a server that takes `service` ns for each; late[i] is what
 * keeps it besides, before the i-th. */
static double growth(double rate, int64_t service, const int64_t *late)
{
    struct tally t;
    int64_t free = 0;

    tally_init(&t);
    tally_begin(&t, T0, 1000 * MS);
    for (int i = 0; i < rate; i++) {
        int64_t due = T0 + (int64_t)(i * 1e9 / rate);
        free = (free > due ? free : due) + service + (late ? late[i] : 0);
        tally_answer(&t, due, free);
    }
    double found = tally_growth(&t);
    tally_free(&t);
    return found;
}

/* 1000 a second, whatever comes: with 1050 of them the last waits for 50 ms, which would
 * be a jitter if it were the only one. */
static void an_overload_of_a_twentieth_is_seen_in_a_second(void **state)
{
    (void)state;
    check(fabs(growth(1050, MS, NULL) - 0.05) < 0.002, "growth %g of 0.05",
          growth(1050, MS, NULL));
    check(growth(1020, MS, NULL) > 0.0102, "growth %g of 0.02", growth(1020, MS, NULL));
    check(growth(100, 12 * MS, NULL) > 0.15, "growth %g of 0.2",
          growth(100, 12 * MS, NULL));
}

static void a_server_that_keeps_up_has_no_growing_queue(void **state)
{
    int64_t late[1000] = { 0 };

    (void)state;
    check(growth(1000, MS / 10, NULL) < 1e-4, "growth %g", growth(1000, MS / 10, NULL));
    check(growth(1000, MS, NULL) < 1e-4, "growth %g", growth(1000, MS, NULL));
    late[990] = 45 * MS;                        /* a jitter at the end */
    check(growth(1000, MS / 10, late) < 1e-4, "growth %g", growth(1000, MS / 10, late));
    late[800] = 100 * MS;                       /* and one of half a quarter */
    check(growth(1000, MS / 10, late) < 1e-4, "growth %g", growth(1000, MS / 10, late));
}

/* A tally of a thread that had nothing to do knows nothing of quarters. */
static void quarters_add_up(void **state)
{
    struct tally all, idle, some[2];

    (void)state;
    tally_init(&all);
    tally_init(&idle);
    for (int k = 0; k < 2; k++) {
        tally_init(&some[k]);
        tally_begin(&some[k], T0, 1000 * MS);
        for (int i = 0; i < 500; i++)           /* each takes its turn of a slow server */
            tally_answer(&some[k], T0 + (2 * i + k) * MS,
                         T0 + (2 * i + k) * MS * 11 / 10);
        tally_merge(&all, &some[k]);
        tally_merge(&all, &idle);
        tally_free(&some[k]);
    }
    check(fabs(tally_growth(&all) - 0.1) < 0.002, "growth %g", tally_growth(&all));
    tally_free(&all);
    tally_free(&idle);
}

/* ---- whose time it was ---- */

/* A made-up machine: of the 100 ticks of a second one core is busy for some, and others
 * of it are stolen. */
static struct cores stat_of(int cores, int busy, int ticks, int stolen, int64_t at)
{
    char path[] = "/tmp/relayrace-test.XXXXXX";
    struct cores c;
    FILE *f = fdopen(mkstemp(path), "w");

    assert_non_null(f);
    fputs("cpu  1 2 3 4 5 6 7 8 9 10\n", f);
    for (int i = 0; i < cores; i++)
        fprintf(f, "cpu%d 100 0 %d 50 %d 0 0 %d 0 0\n", i, i == busy ? ticks : 0,
                at == 0 ? 0 : i == busy ? 100 - ticks - stolen : 100,
                i == busy ? stolen : 0);
    fputs("intr 1 2 3\n", f);
    fclose(f);
    assert_true(cores_look(path, &c));
    unlink(path);
    c.at = at;
    return c;
}

static struct tenant tenant(int from, int until, int64_t cpu)
{
    struct tenant t = { .cpu = cpu };

    for (int i = from; i < until; i++)
        CPU_SET(i, &t.may);
    return t;
}

/* On sixteen cores, a burner is a sixteenth of the machine, and all of the server's. */
static void a_rival_is_seen_on_the_servers_core(void **state)
{
    const struct cores before = stat_of(16, 3, 0, 0, 0),
                       after = stat_of(16, 3, 90, 0, 1000 * MS),
                       taken = stat_of(16, 3, 30, 60, 1000 * MS);
    const struct tenant server = tenant(3, 4, 300 * MS), client = tenant(5, 6, 100 * MS),
                        beside = tenant(4, 5, 0), both = tenant(3, 4, 500 * MS),
                        anywhere = tenant(0, 16, 900 * MS);

    (void)state;
    assert_double(cores_others(&before, &after, &server, &client).foreign, 0.6);
    assert_double(cores_others(&before, &after, &client, &server).foreign, 0);
    assert_double(cores_others(&before, &after, &beside, &client).foreign, 0);
    assert_double(cores_others(&before, &after, &server, &both).foreign, 0.1);
    assert_double(cores_others(&before, &after, &anywhere, &anywhere).foreign, 0);
    assert_double(cores_others(&before, &taken, &server, &client).foreign, 0);
    assert_double(cores_others(&before, &taken, &server, &client).stolen, 0.6);
    assert_double(cores_others(&before, &after, &(struct tenant){ .cpu = 0 },
                               &client).foreign, -1);
    assert_true(cores_shared(&server, &anywhere));
    assert_false(cores_shared(&server, &client));
}

#define family(time, ...) \
    { .cost.cpu = time, .processes = ids(__VA_ARGS__), .threads = ids(__VA_ARGS__) }
#define ids(...) \
    { .id = (int[]){ __VA_ARGS__ }, \
      .count = sizeof((int[]){ __VA_ARGS__ }) / sizeof(int) }

/* After the highest id comes a low one: neither tells who is new. */
static void who_is_gone_takes_the_account_along(void **state)
{
    const struct family at_first = family(100, 32700, 32765, 32766),
                        one_more = family(170, 300, 32700, 32765, 32766),
                        two_new = family(110, 300, 301, 32700),
                        one_left = family(90, 32700);

    (void)state;
    assert_int_equal(proc_between(&at_first, &at_first).cpu, 0);
    assert_int_equal(proc_between(&at_first, &one_more).cpu, 70);
    assert_int_equal(proc_between(&at_first, &two_new).cpu, UNKNOWN);
    assert_int_equal(proc_between(&at_first, &two_new).switches, UNKNOWN);
    assert_int_equal(proc_between(&at_first, &one_left).cpu, UNKNOWN);
}

/* ---- who waits ---- */

/* As far as somebody looks now and then: too early would be an accusation. */
static void a_wait_begins_when_it_is_first_seen(void **state)
{
    struct group g = { .living = 1, .sent = 7 };
    struct client c = { .group = &g, .member = true, .since = 5, .got = 2 };

    (void)state;
    assert_int_equal(traffic_waits_since(&c, 100), 100);    /* nothing is owed */
    g.sent = 9;
    assert_int_equal(traffic_waits_since(&c, 200), 200);
    assert_int_equal(traffic_waits_since(&c, 300), 200);
    c.got = 3;                                              /* one came, one is to */
    assert_int_equal(traffic_waits_since(&c, 400), 400);
    c.since = g.sent++;                                     /* on a new connection */
    c.got = 0;
    assert_int_equal(traffic_waits_since(&c, 500), 500);
    assert_int_equal(traffic_waits_since(&c, 600), 500);
    c.member = false;
    assert_int_equal(traffic_waits_since(&c, 700), 700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schedule_does_not_move),
        cmocka_unit_test(a_ramp_rises_in_a_line),
        cmocka_unit_test(a_warm_up_keeps_the_first_rate),
        cmocka_unit_test(poisson_arrivals_are_independent),
        cmocka_unit_test(neighbouring_seeds_have_nothing_in_common),
        cmocka_unit_test(ten_thousand_share_a_source_address),
        cmocka_unit_test(a_url_is_what_the_rfc_says),
        cmocka_unit_test(a_wrong_url_is_told_why),
        cmocka_unit_test(an_answer_ends_where_the_rfc_says),
        cmocka_unit_test(one_answer_may_follow_the_other),
        cmocka_unit_test(an_answer_without_a_known_end_is_garbage),
        cmocka_unit_test(an_absurd_head_is_given_up),
        cmocka_unit_test(lists_are_lists),
        cmocka_unit_test(deliveries_are_told_apart),
        cmocka_unit_test(messages_in_flight_are_found),
        cmocka_unit_test(what_nobody_waits_for_makes_place),
        cmocka_unit_test(sizes_are_spread_and_repeatable),
        cmocka_unit_test(a_stamp_is_eight_digits_at_a_time),
        cmocka_unit_test(an_overload_of_a_twentieth_is_seen_in_a_second),
        cmocka_unit_test(a_server_that_keeps_up_has_no_growing_queue),
        cmocka_unit_test(quarters_add_up),
        cmocka_unit_test(a_rival_is_seen_on_the_servers_core),
        cmocka_unit_test(each_rule_can_be_broken),
        cmocka_unit_test(advice_is_for_its_rule),
        cmocka_unit_test(who_is_gone_takes_the_account_along),
        cmocka_unit_test(a_wait_begins_when_it_is_first_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
