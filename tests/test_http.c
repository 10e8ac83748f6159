/* test_http.c - request heads: what they ask for, and what is wrong with them. */
#include "http.h"
#include "metrics.h"
#include "options.h"
#include "tell.h"
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define H "Host: x\r\n"
#define END "\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define WISH "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define UP H WISH KEY VERSION END
#define GET(target) "GET " target " HTTP/1.1\r\n"
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct head {
    const char *name, *text;
    enum route route;
    int status;                 /* of ROUTE_ERROR */
    const char *room;
    bool job;                   /* it has one, with this number */
    int64_t n;
    bool closes;
};

#define GOOD(title, bytes, where, ...) \
    { .name = title, .text = bytes, .route = where, __VA_ARGS__ }
#define BAD(bytes, code) \
    { .name = bytes, .text = bytes, .route = ROUTE_ERROR, .status = code }
#define JOB(spec, number) \
    GOOD(spec, GET("/job/" spec) H END, ROUTE_JOB, .job = true, .n = number)
#define NO_JOB(spec) BAD(GET("/job/" spec) H END, 400)
#define ROOM(target, called) \
    GOOD(target, GET(target) UP, ROUTE_RELAY, .room = called)
#define NO_ROOM(target, code) BAD(GET(target) UP, code)
#define UPGRADE(title, headers) \
    GOOD(title, GET("/relay/x") H headers END, ROUTE_RELAY, .room = "x")
#define NO_UPGRADE(headers, code) BAD(GET("/relay/x") H headers END, code)

/* Feeds it in steps; `rest` bytes behind it must be left. */
static struct request read_head(const char *text, size_t step, const char *name)
{
    size_t size = strlen(text), at = 0;
    struct options o = { .workers = 0 };
    struct request r = { .status = -1 };
    bool done = false;

    options_default(&o);
    o.quiet = true;
    struct http *http = http_new(&o);
    for (size_t n; at < size && !done; at += n) {
        n = step < size - at ? step : size - at;
        struct bytes in = { text + at, n };
        done = http_feed(http, &in, &r);
        check(done || in.size == 0, "%s: left something over", name);
        n -= in.size;
    }
    check(done, "%s: not complete", name);
    check(r.route == ROUTE_ERROR || at == size, "%s: done after %zu bytes", name, at);
    http_free(http);
    return r;
}

static void try_head(const struct head *h, size_t step)
{
    struct request r = read_head(h->text, step, h->name);

    check(r.route == h->route, "%s: route %d (%d %s)", h->name, r.route, r.status, r.why);
    if (h->route == ROUTE_ERROR) {
        check(r.status == h->status, "%s: %d %s", h->name, r.status, r.why);
        check(r.why && *r.why && !strchr(r.why, '\n'), "%s: no reason", h->name);
        return;
    }
    check(strcmp(r.room, h->room ? h->room : "") == 0, "%s: room %s", h->name, r.room);
    check(r.has_job == h->job, "%s: job %d", h->name, r.has_job);
    check(!h->job || r.job.n == h->n, "%s: job's %d", h->name, (int)r.job.n);
    check(r.keep_alive == !h->closes, "%s: keep-alive %d", h->name, r.keep_alive);
    if (h->route == ROUTE_RELAY || h->route == ROUTE_MESSAGE_JOB)
        assert_string_equal(r.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void try_heads(const struct head *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        try_head(&all[i], 100000);
        try_head(&all[i], 1);
        try_head(&all[i], 7);
    }
}

static void test_routes(void **state)
{
    static const struct head all[] = {
        GOOD("health", GET("/healthz") H END, ROUTE_HEALTH),
        GOOD("metrics", GET("/metrics") H END, ROUTE_METRICS),
        GOOD("a query", GET("/healthz?now") H END, ROUTE_HEALTH),
        GOOD("absolute", GET("http://x/healthz") H END, ROUTE_HEALTH),
        GOOD("absolute with port", GET("http://x:9000/metrics?a#b") H END, ROUTE_METRICS),
        GOOD("1.0", "GET /healthz HTTP/1.0\r\n\r\n", ROUTE_HEALTH, .closes = true),
        GOOD("1.0, kept", "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
             ROUTE_HEALTH),
        GOOD("closed", GET("/healthz") H "Connection: close\r\n" END, ROUTE_HEALTH,
             .closes = true),
        GOOD("no body", GET("/healthz") H "Content-Length: 0\r\n" END, ROUTE_HEALTH),
        GOOD("empty lines first", "\r\n\r\n" GET("/healthz") H END, ROUTE_HEALTH),
        GOOD("lower case", GET("/healthz") "hOST:x\r\n" END, ROUTE_HEALTH),
        GOOD("an upgrade nobody wants", GET("/healthz") H "Upgrade: h2c\r\n"
             "Connection: Upgrade\r\n" END, ROUTE_HEALTH),
        GOOD("any page may ask", GET("/healthz") H "Sec-Fetch-Site: cross-site\r\n" END,
             ROUTE_HEALTH),
        GOOD("job for messages", GET("/job/cpu:1") UP, ROUTE_MESSAGE_JOB,
             .job = true, .n = 1),
        BAD(GET("/") H END, 404), BAD(GET("/job") H END, 404),
        BAD(GET("/relay") H END, 404), BAD(GET("/Healthz") H END, 404),
        BAD(GET("/healthz/") H END, 404),
        BAD(GET("http://x") H END, 404), BAD(GET("http://x?a") H END, 404),
        BAD(GET("/%zz") H END, 400),
        BAD(GET("/relay/x") H END, 426),
        BAD(GET("/relay/x") H "Upgrade: websocket\r\n" END, 426),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

static void test_job_spelling(void **state)
{
    static const struct head all[] = {
        JOB("cpu:0", 0), JOB("cpu:45", 45), JOB("sleep:60000", 60000), JOB("nap:1", 1),
        JOB("await:7", 7), JOB("%63pu:30", 30), JOB("cpu%3A30", 30), JOB("cpu%3a%33", 3),
        NO_JOB(""), NO_JOB("cpu"), NO_JOB("cpu:"), NO_JOB("CPU:1"), NO_JOB("gpu:1"),
        NO_JOB("cpu:046"), NO_JOB("cpu:00"), NO_JOB("cpu:+45"), NO_JOB("cpu:%2B45"),
        NO_JOB("cpu:-1"), NO_JOB("cpu:1.0"), NO_JOB("cpu:1e1"), NO_JOB("cpu:0x1"),
        NO_JOB("cpu:%201"), NO_JOB("cpu:1%20"), NO_JOB("cpu:1%0A"), NO_JOB("cpu:1%00"),
        NO_JOB("%00"), NO_JOB("cpu:1/"), NO_JOB("cpu:46"), NO_JOB("await:46"),
        NO_JOB("sleep:60001"), NO_JOB("nap:60001"), NO_JOB("cpu:18446744073709551617"),
        NO_JOB("cpu:9223372036854775808"), NO_JOB("cpu:99999999999999999999999999"),
        NO_JOB("cpu:%EF%BC%91"), NO_JOB("cpu:%D9%A1"), NO_JOB("cpu:%4"), NO_JOB("cpu:%"),
        NO_JOB("cpu:%1"), NO_JOB("cpu:%g1"), NO_JOB("cpu%253A1"),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

static void test_rooms(void **state)
{
    static const struct head all[] = {
        ROOM("/relay/x", "x"), ROOM("/relay/a.B-c_9", "a.B-c_9"), ROOM("/relay/..", ".."),
        ROOM("/relay/" A64, A64), ROOM("/relay/%41%2e", "A."),
        ROOM("http://x/relay/x", "x"), ROOM("/relay/x?y", "x"), ROOM("/relay/x?", "x"),
        GOOD("a job", GET("/relay/x?job=cpu:5") UP, ROUTE_RELAY, .room = "x", .job = true,
             .n = 5),
        GOOD("escaped", GET("/relay/x?job=cpu%3A5") UP, ROUTE_RELAY, .room = "x",
             .job = true, .n = 5),
        GOOD("behind others", GET("/relay/x?a=1&jobs=&job=nap:2") UP, ROUTE_RELAY,
             .room = "x", .job = true, .n = 2),
        NO_ROOM("/relay/", 400), NO_ROOM("/relay/" A64 "a", 400),
        NO_ROOM("/relay/a/b", 400), NO_ROOM("/relay/a%2fb", 400),
        NO_ROOM("/relay/a%20b", 400),
        NO_ROOM("/relay/a%00", 400), NO_ROOM("/relay/%C3%A4", 400),
        NO_ROOM("/relay/a+b", 400), NO_ROOM("/relay/%", 400),
        NO_ROOM("/relay/x?job=", 400), NO_ROOM("/relay/x?job=cpu:46", 400),
        NO_ROOM("/relay/x?job=cpu:1&job=cpu:1", 400),
        NO_ROOM("/relay/x?job=cpu:%00", 400), NO_ROOM("/relay/%?job=%", 400),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

/* What nobody uses nobody judges. */
static void test_queries(void **state)
{
#define IGNORED(query) ROOM("/relay/x?" query, "x")
#define WITH_JOB(query) \
    GOOD(query, GET("/relay/x?" query) UP, ROUTE_RELAY, .room = "x", .job = true, .n = 5)
#define BAD_JOB(query) NO_ROOM("/relay/x?" query, 400)
    static const struct head all[] = {
        IGNORED("name=100%"), IGNORED("a=%zz"), IGNORED("%"), IGNORED("%="),
        IGNORED("%00=%00"), IGNORED("a=%f"), IGNORED("="), IGNORED("&"), IGNORED("&&&"),
        IGNORED("=job"), IGNORED("jobs=cpu:99"), IGNORED("Job=x"), IGNORED("job%=cpu:5"),
        IGNORED("job%00=cpu:5"), IGNORED("a=job=cpu:99"), IGNORED("jo+b=cpu:99"),
        IGNORED("job%3Dcpu:5"), IGNORED("%20job=cpu:5"), IGNORED("?job=x"),
        IGNORED("a;b|c^d`{}<>\"'!*()[]\\~"), IGNORED("a=1#job=cpu:99"),
        IGNORED("a=%&a=%"), IGNORED("+"), IGNORED("a[job]=cpu:99"),
        IGNORED("name=\xc3\xa4"), IGNORED("\xff"),
        WITH_JOB("job=cpu:5"), WITH_JOB("a=%&job=cpu:5"), WITH_JOB("job=cpu:5&b=%"),
        WITH_JOB("&&job=cpu:5&&"), WITH_JOB("=&job=cpu:5&="), WITH_JOB("%6Aob=cpu:5"),
        WITH_JOB("job=%63pu%3a5"), WITH_JOB("jobs=%&job=cpu:5"),
        BAD_JOB("job"), BAD_JOB("job="), BAD_JOB("job=%"), BAD_JOB("job=cpu:5%"),
        BAD_JOB("job=cpu:5%00"), BAD_JOB("job=cpu:5%2"), BAD_JOB("job=cpu%253A5"),
        BAD_JOB("job=cpu:+5"), BAD_JOB("job=+cpu:5"), BAD_JOB("job=cpu:5+"),
        BAD_JOB("job=cpu:5=6"), BAD_JOB("job==cpu:5"), BAD_JOB("job=cpu:5;a=b"),
        BAD_JOB("job=cpu:5&job=cpu:5"), BAD_JOB("job=cpu:5&%6aob=cpu:5"),
        BAD_JOB("job=cpu:5&job"), BAD_JOB("a=%&job=%"),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

/* A query that no route reads is no reason to refuse, either. */
static void test_other_queries(void **state)
{
    static const struct head all[] = {
        GOOD("health", GET("/healthz?%") H END, ROUTE_HEALTH),
        GOOD("metrics", GET("/metrics?job=%&&=") H END, ROUTE_METRICS),
        GOOD("job", GET("/job/cpu:5?100%") H END, ROUTE_JOB, .job = true, .n = 5),
        GOOD("messages", GET("/job/cpu:5?job=%zz") UP, ROUTE_MESSAGE_JOB, .job = true,
             .n = 5),
        BAD(GET("/job/cpu:5%?a") H END, 400), BAD(GET("/healthz%?a") H END, 400),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

static void test_upgrades(void **state)
{
    static const struct head all[] = {
        UPGRADE("plain", WISH KEY VERSION),
        UPGRADE("any order", VERSION KEY "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
        UPGRADE("case", "UPGRADE: WebSocket\r\nconnection: uPGRADE\r\n" KEY VERSION),
        UPGRADE("lists", "Upgrade: foo/1, websocket\r\n"
                "Connection: keep-alive , Upgrade\r\n" KEY VERSION),
        UPGRADE("lists with holes", "Upgrade: ,websocket,\r\nConnection: ,,\tUpgrade\r\n"
                KEY VERSION),
        UPGRADE("two headers", "Connection: keep-alive\r\n" WISH KEY VERSION),
        UPGRADE("no space", "Upgrade:websocket\r\nConnection:Upgrade\r\n"
                "Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==\r\n"
                "Sec-WebSocket-Version:13\r\n"),
        UPGRADE("an extension and a subprotocol", WISH KEY VERSION
                "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                "Sec-WebSocket-Protocol: chat\r\n"),
        NO_UPGRADE(KEY VERSION, 426),
        NO_UPGRADE("Upgrade: websocket\r\n" KEY VERSION, 426),
        NO_UPGRADE("Upgrade: websockets\r\nConnection: Upgrade\r\n" KEY VERSION, 426),
        NO_UPGRADE("Upgrade: websocket\r\nConnection: Upgraded\r\n" KEY VERSION, 426),
        NO_UPGRADE("Upgrade: websocket\r\nConnection: close, \r\n" KEY VERSION, 426),
        NO_UPGRADE(WISH KEY, 426), NO_UPGRADE(WISH KEY VERSION VERSION, 426),
        NO_UPGRADE(WISH KEY "Sec-WebSocket-Version: 12\r\n", 426),
        NO_UPGRADE(WISH KEY "Sec-WebSocket-Version: 13, 8\r\n", 426),
        NO_UPGRADE(WISH KEY "Sec-WebSocket-Version: 013\r\n", 426),
        NO_UPGRADE(WISH VERSION, 400), NO_UPGRADE(WISH KEY KEY VERSION, 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key:\r\n", 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n", 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n", 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWU=\r\n", 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j====\r\n", 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: dGhlIHNhbXB_ZSBub25jZQ==\r\n", 400),
        BAD("POST /relay/x HTTP/1.1\r\n" UP, 405),
        BAD("HEAD /relay/x HTTP/1.1\r\n" UP, 405),
        BAD("GET /relay/x HTTP/1.0\r\n" UP, 400),
        BAD(GET("/relay/x") H UP, 400),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

/* ---- subprotocols ---- */

static struct request offer(const char *headers, const char *ours, bool quiet)
{
    struct options o = { .workers = 0 };
    struct request r = { .status = -1 };
    char text[600];

    options_default(&o);
    o.subprotocol = ours;
    o.quiet = quiet;
    int n = snprintf(text, sizeof text, GET("/relay/x") H WISH KEY VERSION "%s" END,
                     headers);
    struct bytes in = { text, (size_t)n };
    struct http *http = http_new(&o);
    check(http_feed(http, &in, &r) && r.route == ROUTE_RELAY, "%s: %d", headers,
          r.status);
    http_free(http);
    return r;
}

/* RFC 6455 section 4.2.2: one of those that were offered, as it was offered, or none. */
static void test_subprotocols(void **state)
{
#define P "Sec-WebSocket-Protocol: "
    static const struct { const char *headers; bool echo; } all[] = {
        { "", false }, { P "chat\r\n", true }, { P "a, chat\r\n", true },
        { P "chat,a\r\n", true }, { P "a\r\n" P "b , chat \r\n", true },
        { P "chat\r\n" P "a\r\n", true }, { P ",,\tchat,\r\n", true },
        { "SEC-WEBSOCKET-PROTOCOL:chat\r\n", true }, { P "Chat\r\n", false },
        { P "chats\r\n", false }, { P "cha\r\n", false }, { P "chat/1\r\n", false },
        { P "chat a\r\n", false }, { P "\"chat\"\r\n", false }, { P "\r\n", false },
        { P "c\r\n" P "hat\r\n", false }, { "Sec-WebSocket-Protocols: chat\r\n", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct request r = offer(all[i].headers, "chat", true);
        struct frame *f = http_switch(&r);
        char *text = calloc(1, f->size + 1);

        memcpy(text, f->data, f->size);
        check(!r.subprotocol == !all[i].echo, "%s", all[i].headers);
        check(!strstr(text, "Sec-WebSocket-Protocol: chat\r\n") == !all[i].echo
              && strcmp(strstr(text, "\r\n\r\n"), "\r\n\r\n") == 0, "%s", text);
        check(all[i].echo || !strcasestr(text, "protocol:"), "%s", text);
        free(text);
        frame_unref(f);
        assert_null(offer(all[i].headers, NULL, true).subprotocol);
    }
}

static void remark(const char *line) { fprintf(stderr, "%s\n", line); }

static void offer_some(void *quiet)
{
    tell_remark = remark;
    metrics->unanswered = 0;
    for (int i = 0; i < 3; i++)
        offer(P "s3cr3t\r\n", i ? NULL : "chat", quiet);
    offer(P "chat\r\n", "chat", quiet);
    offer("", NULL, quiet);
    printf("%d", (int)metrics->unanswered);
}

/* Nothing of what a client has said is written down, and one line is enough. */
static void test_unanswered_subprotocols(void **state)
{
    struct outcome r = in_child(offer_some, NULL);

    (void)state;
    assert_string_equal(r.out, "3");
    check(strstr(r.err, "--subprotocol") && !strstr(r.err, "s3cr3t")
          && strchr(r.err, '\n') == r.err + strlen(r.err) - 1, "not one line: %s", r.err);
    r = in_child(offer_some, (void *)"quiet");
    assert_string_equal(r.out, "3");
    assert_string_equal(r.err, "");
}

static void test_padding_inside_a_key(void **state)
{
    static const struct head all[] = {
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: dGhl=HNhbXBsZSBub25jZQ==\r\n", 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: ====================Q===\r\n", 400),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

/* RFC 9110 section 5.5: white space around a value does not belong to it. */
static void test_space_behind_a_value(void **state)
{
    static const struct head all[] = {
        UPGRADE("version", WISH KEY "Sec-WebSocket-Version: 13 \r\n"),
        UPGRADE("key", WISH VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\t\r\n"),
        UPGRADE("upgrade", "Upgrade: websocket \t\r\nConnection: Upgrade \r\n" KEY
                VERSION),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

static void test_grammar(void **state)
{
    static const struct head all[] = {
        BAD("nonsense\r\n\r\n", 400), BAD("GET\r\n\r\n", 400),
        BAD("get / HTTP/1.1\r\n" H END, 400), BAD("GET / HTTP/1.1 \r\n" H END, 400),
        BAD("GET  HTTP/1.1\r\n" H END, 400), BAD("GET / http/1.1\r\n" H END, 400),
        BAD("GET / HTTP/2.0\r\n" H END, 505), BAD("GET /\r\n\r\n", 505),
        BAD("POST /healthz HTTP/1.1\r\n" H END, 405),
        BAD("CONNECT x:80 HTTP/1.1\r\n" H END, 405),
        BAD("OPTIONS * HTTP/1.1\r\n" H END, 405),
        BAD(GET("/healthz") END, 400), BAD(GET("/healthz") H H END, 400),
        BAD(GET("/healthz") H "X : y\r\n" END, 400),
        BAD(GET("/healthz") H "X y: z\r\n" END, 400),
        BAD(GET("/healthz") H "Transfer-Encoding : chunked\r\n" END, 400),
        BAD(GET("/healthz") H "Content-Length : 3\r\n" END, 400),
        BAD(GET("/healthz") "Host: x\r\n y\r\n" END, 400),
        BAD(GET("/healthz") "Host: x\r\n\ty\r\n" END, 400),
        BAD(GET("/healthz") "Host: x\n" END, 400), BAD(GET("/healthz") H "\n", 400),
        BAD("GET /healthz HTTP/1.1\n" H END, 400),
        BAD(GET("/healthz") "Host: x\rA: b\r\n" END, 400),
        BAD(GET("/healthz") H ": b\r\n" END, 400),
        BAD(GET("/healthz") H "no colon\r\n" END, 400),
        BAD(GET("/healthz") H "Content-Length: 1\r\n" END, 413),
        BAD(GET("/healthz") H "Content-Length: x\r\n" END, 400),
        BAD(GET("/healthz") H "Content-Length: -1\r\n" END, 400),
        BAD(GET("/healthz") H "Content-Length: 0\r\nContent-Length: 1\r\n" END, 400),
        BAD(GET("/healthz") H "Content-Length: 99999999999999999999\r\n" END, 400),
        BAD(GET("/healthz") H "Transfer-Encoding: chunked\r\n" END, 413),
        BAD(GET("/healthz") H "Transfer-Encoding: chunked\r\n"
            "Content-Length: 3\r\n" END, 400),
        BAD(GET("/healthz") H "Content-Length: 3\r\n"
            "Transfer-Encoding: chunked\r\n" END, 400),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

/* RFC 9112 section 6.3: a body whose end nobody can know must not pass for a request. */
static void test_unknown_transfer_encoding(void **state)
{
    static const char *const all[] = {
        "gzip", "identity", "gzip, chunked", "chunked, gzip", "xchunked", "\"chunked\"",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        char text[200];

        snprintf(text, sizeof text, GET("/healthz") H "Transfer-Encoding: %s\r\n" END,
                 all[i]);
        struct request r = read_head(text, 1000, all[i]);
        check(r.route == ROUTE_ERROR && !r.keep_alive, "%s passes", all[i]);
    }
}

static void *read_heads(void *text)
{
    for (int i = 0; i < 100; i++)
        read_head(text, 1000, text);
    return NULL;
}

/* Heads share nothing. ThreadSanitizer would see it. */
static void test_two_threads(void **state)
{
    char *const all[] = {
        GET("/job/cpu:1") H END, GET("http://x") H END, GET("/relay/x?job=nap:1") UP,
    };
    pthread_t other;

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        assert_int_equal(pthread_create(&other, NULL, read_heads, all[i]), 0);
        read_heads(all[i]);
        pthread_join(other, NULL);
    }
}

static void test_longest_head(void **state)
{
    static const char start[] = GET("/healthz") H "A: ";
    struct options o = { .workers = 0 };
    char text[8300];

    (void)state;
    options_default(&o);
    memset(text, 'a', sizeof text);
    memcpy(text, start, sizeof start - 1);
    for (size_t size = o.max_head - 2; size <= o.max_head + 2; size++) {
        memset(text + size - 8, 'a', 8);
        memcpy(text + size - 4, "\r\n\r\n", 5);
        struct request r = read_head(text, size % 2 ? 1 : 100000, "long");
        check(size <= o.max_head ? r.route == ROUTE_HEALTH : r.status == 431,
              "%zu bytes: route %d, status %d", size, r.route, r.status);
        memset(text + size - 4, 'a', 5);
    }
}

/* What comes behind a head is not the head's. */
static void test_the_rest_is_left(void **state)
{
    static const char text[] = GET("/healthz") H END "\x81\x85rest";
    struct options o = { .workers = 0 };
    struct bytes in = { text, sizeof text - 1 };
    struct request r;

    (void)state;
    options_default(&o);
    struct http *http = http_new(&o);
    assert_true(http_feed(http, &in, &r));
    assert_int_equal(in.size, 6);
    assert_memory_equal(in.data, "\x81\x85rest", 6);
    http_free(http);
}

/* ---- answers ---- */

/* Head lines that end in CR LF, one blank, and as many bytes as it says. */
static void check_answer(struct bytes b, const char *start, const char *has, bool body)
{
    char *text = calloc(1, b.size + 1);

    memcpy(text, b.data, b.size);
    const char *end = strstr(text, "\r\n\r\n");
    const char *length = strstr(text, "\r\nContent-Length: ");
    check(strncmp(text, start, strlen(start)) == 0, "begins with %s", text);
    check(end && length && length < end, "no length: %s", text);
    check((size_t)atoi(length + 18) == strlen(end + 4) || !body, "length: %s", text);
    check(body || end[4] == '\0', "a body: %s", text);
    check(strstr(text, has), "has no %s: %s", has, text);
    for (const char *p = text; (p = strchr(p, '\n')) && p < end + 4; p++)
        check(p[-1] == '\r', "a bare LF: %s", text);
    free(text);
}

static void test_answers(void **state)
{
    static const struct {
        struct request r;
        int status;
        const char *start, *has;
    } all[] = {
        { { .keep_alive = true }, 200, "HTTP/1.1 200 OK\r\n",
          "\r\nConnection: keep-alive\r\n" },
        { { 0 }, 200, "HTTP/1.1 200 OK\r\n", "\r\nConnection: close\r\n" },
        { { .head = true }, 200, "HTTP/1.1 200 OK\r\n", "\r\nContent-Length: 3\r\n" },
        { { .route = ROUTE_METRICS }, 200, "HTTP/1.1 200 OK\r\n",
          "text/plain; version=0.0.4" },
        { { .route = ROUTE_HEALTH }, 200, "HTTP/1.1 200 OK\r\n", "\r\nDate: " },
        { { 0 }, 400, "HTTP/1.1 400 Bad Request\r\n", "text/plain; charset=utf-8" },
        { { 0 }, 404, "HTTP/1.1 404 Not Found\r\n", "close" },
        { { 0 }, 405, "HTTP/1.1 405 Method Not Allowed\r\n", "\r\nAllow: GET, HEAD\r\n" },
        { { 0 }, 408, "HTTP/1.1 408 Request Timeout\r\n", "close" },
        { { 0 }, 413, "HTTP/1.1 413 Payload Too Large\r\n", "close" },
        { { 0 }, 426, "HTTP/1.1 426 Upgrade Required\r\n",
          "\r\nSec-WebSocket-Version: 13\r\n" },
        { { 0 }, 426, "HTTP/1.1 426 Upgrade Required\r\n",
          "\r\nConnection: Upgrade, close\r\n" },
        { { .keep_alive = true }, 426, "HTTP/1.1 426 ", "\r\nUpgrade: websocket\r\n" },
        { { 0 }, 431, "HTTP/1.1 431 Request Header Fields Too Large\r\n", "close" },
        { { 0 }, 505, "HTTP/1.1 505 HTTP Version Not Supported\r\n", "close" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct frame *f = http_answer(&all[i].r, all[i].status, "ok\n");

        check_answer((struct bytes){ f->data, f->size }, all[i].start, all[i].has,
                     !all[i].r.head);
        frame_unref(f);
    }
}

/* Who sends a broken head is told why, whatever letter it begins with. */
static void test_only_head_goes_without_a_body(void **state)
{
    (void)state;
    assert_true(read_head("HEAD /nowhere HTTP/1.1\r\n" H END, 1, "HEAD").head);
    assert_false(read_head(GET("/nowhere") H END, 1, "GET").head);
    assert_false(read_head("HELLO / HTTP/1.1\r\n" H END, 1, "HELLO").head);
    assert_false(read_head("H\r\n\r\n", 1, "H").head);
}

static void test_unavailable(void **state)
{
    (void)state;
    check_answer(http_unavailable(), "HTTP/1.1 503 Service Unavailable\r\n",
                 "\r\nConnection: close\r\n", true);
    check_answer(http_unavailable(), "HTTP/1.1 503 ", "\r\nRetry-After: 1\r\n", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_job_spelling),
        cmocka_unit_test(test_rooms),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_other_queries),
        cmocka_unit_test(test_upgrades),
        cmocka_unit_test(test_unanswered_subprotocols),
        cmocka_unit_test(test_subprotocols),
        cmocka_unit_test(test_padding_inside_a_key),
        cmocka_unit_test(test_space_behind_a_value),
        cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_unknown_transfer_encoding),
        cmocka_unit_test(test_two_threads),
        cmocka_unit_test(test_longest_head),
        cmocka_unit_test(test_the_rest_is_left),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_only_head_goes_without_a_body),
        cmocka_unit_test(test_unavailable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
