/* test_peer.c - the machine that asks, driven by transcripts: what comes in, what it asks
 * for, and what goes out. However the bytes are cut, the same must come of them. */
#include "line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEN(s) s s s s s s s s s s
#define A126 TEN("aaaaaaaaaaaa") "aaaaaa"

struct transcript {
    const char *name;
    struct bytes in, out;       /* out: without the Date and the last close frame */
    const char *wants;          /* JOIN, WORK, RELAY, and CLOSE by the end of the input */
    int close;                  /* status of the close frame that comes last */
    int status;                 /* instead of out: an HTTP refusal */
    bool stays;                 /* the line is open when all is said */
};

#define HTTP(title, input, output, asked, ...) \
    { .name = title, .in = RAW(input), .out = RAW(output), .wants = asked, __VA_ARGS__ }
#define ROOM(title, input, output, asked, ...) \
    HTTP(title, UPGRADE("/relay/x") input, SWITCHED output, "J" asked, __VA_ARGS__)
#define WRONG(title, input, code) ROOM(title, input, "", "C", .close = code)
#define REFUSED(title, input, code, ...) \
    { .name = title, .in = RAW(input), .status = code, .wants = "C", __VA_ARGS__ }

#define GET(target) "GET " target " HTTP/1.1\r\nHost: x\r\n\r\n"
#define ANSWER(status, length, connection, body) \
    "HTTP/1.1 " status "\r\nDate: \r\nContent-Type: text/plain; charset=utf-8\r\n" \
    "Content-Length: " length "\r\nConnection: " connection "\r\n\r\n" body
#define OK ANSWER("200 OK", "3", "keep-alive", "ok\n")
#define LAST_OK ANSWER("200 OK", "3", "close", "ok\n")

/* Small bounds, so that a transcript can reach them. */
static const struct options *bounds(void)
{
    static struct options o;

    options_default(&o);
    o.max_head = 512;
    o.max_message = 200;
    return &o;
}

/* ---- playing one ---- */

struct cuts {
    size_t step;                /* pieces of this size, or */
    size_t first, second;       /* up to three pieces; 0: no cut */
};

static size_t piece(const struct cuts *c, size_t at, size_t size)
{
    if (c->step)
        return c->step < size - at ? c->step : size - at;
    if (at < c->first)
        return c->first - at;
    return at < c->second ? c->second - at : size - at;
}

static void mask_dates(UT_string *s)
{
    for (char *p = utstring_body(s); (p = strstr(p, "\r\nDate: ")); p += 8) {
        char *end = strstr(p + 8, "\r\n"), *rest = utstring_body(s) + utstring_len(s);

        memmove(p + 8, end, (size_t)(rest - end) + 1);
        s->i -= (size_t)(end - p) - 8;
    }
}

/* Says everything and hangs up. True if the line was still open then. */
static bool play(struct line *l, const struct transcript *t, const struct cuts *cuts)
{
    enum want want = line_run(l);

    for (size_t at = 0, n; at < t->in.size && want != CLOSE; at += n) {
        n = piece(cuts, at, t->in.size);
        want = line_say(l, t->in.data + at, n);
    }
    while (l->working) {
        line_done(l);
        want = line_run(l);
    }
    bool open = want != CLOSE;
    if (open) {
        peer_feed(l->peer, NULL, 0);
        check(line_run(l) == CLOSE, "%s: survives its end of file", t->name);
    }
    mask_dates(&l->out);
    return open;
}

/* ---- the right answer ---- */

static void check_refusal(const struct transcript *t, const char *out)
{
    const char *body = strstr(out, "\r\n\r\n"), *length = strstr(out, "Content-Length: ");
    char start[32];

    snprintf(start, sizeof start, "HTTP/1.1 %d ", t->status);
    check(strncmp(out, start, strlen(start)) == 0, "%s: answered %s", t->name, out);
    check(body && length, "%s: no answer: %s", t->name, out);
    check((size_t)atoi(length + 16) == strlen(body + 4), "%s: wrong length", t->name);
    check(atoi(body + 4) == t->status && strchr(body + 4, '\n')[1] == '\0',
          "%s: not one line: %s", t->name, body + 4);
}

static void check_right(const struct transcript *t, const struct line *l)
{
    const char *out = utstring_body(&l->out);
    size_t size = t->out.size;

    check(strcmp(utstring_body(&l->wants), t->wants) == 0, "%s: asked for %s, not %s",
          t->name, utstring_body(&l->wants), t->wants);
    if (t->status) {
        check_refusal(t, out);
        return;
    }
    check(utstring_len(&l->out) >= size && memcmp(out, t->out.data, size) == 0,
          "%s: wrote %s", t->name, out);
    if (t->close)
        check(line_closed(l, t->close, size), "%s: no close %d", t->name, t->close);
    else
        check(utstring_len(&l->out) == size, "%s: wrote too much: %s", t->name, out);
}

/* ---- many ways to say the same ---- */

struct way { struct cuts cuts; size_t gulp; bool slow; };

static void try_way(const struct transcript *t, const struct way *way,
                    const struct line *first)
{
    struct line l, other;

    line_upgrade(&other, bounds(), UPGRADE("/relay/x"));
    line_open(&l, bounds());
    l.other = &other;
    l.gulp = way->gulp;
    l.slow = way->slow;
    play(&l, t, &way->cuts);
    line_run(&other);
    check(same_bytes(&l.out, utstring_body(&first->out), utstring_len(&first->out))
          && strcmp(utstring_body(&l.wants), utstring_body(&first->wants)) == 0,
          "%s: cut at %zu and %zu, pieces of %zu, writes of %zu, slow %d: differs",
          t->name, way->cuts.first, way->cuts.second, way->cuts.step, way->gulp,
          way->slow);
    check(same_bytes(&other.out, utstring_body(&first->relayed),
                     utstring_len(&first->relayed)), "%s: the other heard else", t->name);
    line_close(&l);
    line_close(&other);
}

static void try_transcript(const struct transcript *t)
{
    static const struct way ways[] = {
        { .gulp = 1 }, { .gulp = 7 }, { .slow = true }, { .cuts.step = 1 },
        { .cuts.step = 1, .gulp = 1 }, { .cuts.step = 1, .slow = true },
        { .cuts.step = 2 }, { .cuts.step = 3, .gulp = 5 },
        { .cuts.step = 64, .slow = true },
    };
    unsigned size = (unsigned)t->in.size;
    struct line first;

    line_open(&first, bounds());
    check(play(&first, t, &(struct cuts){ 0 }) == t->stays, "%s: stays %d", t->name,
          !t->stays);
    check_right(t, &first);
    for (size_t i = 0; i < COUNT(ways); i++)
        try_way(t, &ways[i], &first);
    for (unsigned cut = 1; cut < size; cut++)
        try_way(t, &(struct way){ .cuts = { 0, cut, 0 }, .gulp = cut % 9 }, &first);
    for (int i = 0; i < 40; i++) {
        unsigned cut = 1 + dice(size - 1);
        struct way way = { .cuts = { 0, cut, cut + dice(size - cut) }, .slow = i % 2 };
        try_way(t, &way, &first);
    }
    line_close(&first);
}

#define TRY(all) \
    for (size_t i = 0; i < COUNT(all); i++) \
        try_transcript(&(all)[i])

/* ---- the transcripts ---- */

static void test_http(void **state)
{
    static const struct transcript all[] = {
        HTTP("health", GET("/healthz"), OK, "C", .stays = true),
        HTTP("health twice", GET("/healthz") GET("/healthz"), OK OK, "C", .stays = true),
        HTTP("pipelined behind the last",
             GET("/healthz")
             "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
             GET("/healthz"), OK LAST_OK, "C"),
        HTTP("HTTP/1.0", "GET /healthz HTTP/1.0\r\n\r\n", LAST_OK, "C"),
        HTTP("HEAD", "HEAD /healthz HTTP/1.1\r\nHost: x\r\n\r\n" GET("/healthz"),
             ANSWER("200 OK", "3", "keep-alive", "") OK, "C", .stays = true),
        HTTP("a job", GET("/job/cpu:10"), ANSWER("200 OK", "3", "keep-alive", "55\n"),
             "WC", .stays = true),
        HTTP("jobs and health", GET("/job/nap:0") GET("/healthz") GET("/job/await:6"),
             ANSWER("200 OK", "2", "keep-alive", "0\n") OK
             ANSWER("200 OK", "2", "keep-alive", "8\n"), "WWC", .stays = true),
        HTTP("HEAD of a job", "HEAD /job/sleep:1 HTTP/1.1\r\nHost: x\r\n\r\n",
             ANSWER("200 OK", "2", "keep-alive", ""), "WC", .stays = true),
        HTTP("health, then a WebSocket",
             GET("/healthz") UPGRADE("/relay/x") "\x81\x82" Z "hi",
             OK SWITCHED "\x81\2hi", "JRC", .stays = true),
        HTTP("half a head", "GET /healthz HTT", "", "C", .stays = true),
        REFUSED("404", GET("/nowhere"), 404, .stays = true),
        REFUSED("405", "DELETE /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        REFUSED("413", "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
                413),
        REFUSED("426", GET("/relay/x"), 426, .stays = true),
        REFUSED("431", "GET /" TEN(A126) " HTTP/1.1\r\nHost: x\r\n\r\n", 431),
        REFUSED("505", "GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n", 505),
        REFUSED("no grammar", "what?\r\n\r\n", 400),
        REFUSED("bare LF", "GET /healthz HTTP/1.1\nHost: x\n\n", 400),
        REFUSED("folded", "GET /healthz HTTP/1.1\r\nHost: x\r\n y\r\n\r\n", 400),
        REFUSED("no Host", "GET /healthz HTTP/1.1\r\n\r\n", 400),
        REFUSED("job beyond the bound", GET("/job/cpu:46"), 400, .stays = true),
        REFUSED("room with a space", UPGRADE("/relay/a%20b"), 400, .stays = true),
    };

    (void)state;
    TRY(all);
}

static void test_messages(void **state)
{
    static const struct transcript all[] = {
        ROOM("only the upgrade", "", "", "C", .stays = true),
        ROOM("text", "\x81\x85" Z "hello", "\x81\5hello", "RC", .stays = true),
        ROOM("masked", "\x81\x85\1\2\3\4igohn", "\x81\5hello", "RC", .stays = true),
        ROOM("binary", "\x82\x84" Z "\0\xff\x80\n", "\x82\4\0\xff\x80\n", "RC",
             .stays = true),
        ROOM("empty", "\x81\x80" Z "\x82\x80" Z, "\x81\0\x82\0", "RRC", .stays = true),
        ROOM("126 bytes", "\x81\xFE\0\x7E" Z A126, "\x81\x7E\0\x7E" A126, "RC",
             .stays = true),
        ROOM("in order", "\x81\x81" Z "a\x82\x81" Z "b\x81\x81" Z "c",
             "\x81\1a\x82\1" "b\x81\1c", "RRRC", .stays = true),
        ROOM("fragments, a ping between",
             "\1\x83" Z "hel\x89\x82" Z "yo\x80\x82" Z "lo", "\x8A\2yo\x81\5hello", "RC",
             .stays = true),
        ROOM("empty fragments", "\2\x80" Z "\0\x80" Z "\0\x81" Z "x\x80\x80" Z, "\x82\1x",
             "RC", .stays = true),
        ROOM("a character in two fragments", "\1\x81" Z "\xC3\x80\x81" Z "\xA4",
             "\x81\2\xC3\xA4", "RC", .stays = true),
        ROOM("ping", "\x89\x80" Z "\x89\x84" Z "ping", "\x8A\0\x8A\4ping", "C",
             .stays = true),
        ROOM("a pong nobody asked for", "\x8A\x83" Z "abc", "", "C", .stays = true),
        ROOM("half a message", "\x81\x85" Z "hel", "", "C", .stays = true),
        ROOM("half a header", "\x81\xFE\0", "", "C", .stays = true),
        HTTP("messages to work on", UPGRADE("/job/cpu:10") "\x81\x81" Z "a\x82\x80" Z
             "\x89\x80" Z, SWITCHED "\x81\2" "55\x81\2" "55\x8A\0", "WWC", .stays = true),
        HTTP("work, then relay", UPGRADE("/relay/x?job=cpu:3") "\x81\x81" Z "a\x81\x81" Z
             "b", SWITCHED "\x81\1a\x81\1" "b", "JWRWRC", .stays = true),
        HTTP("work, then close", UPGRADE("/relay/x?job=nap:0") "\x81\x81" Z "a\x88\x80" Z,
             SWITCHED "\x81\1a\x88\0", "JWRC"),
    };

    (void)state;
    TRY(all);
}

static void test_closing(void **state)
{
    static const struct transcript all[] = {
        ROOM("no status", "\x88\x80" Z, "\x88\0", "C"),
        ROOM("1000", "\x88\x82" Z "\x03\xE8", "\x88\2\x03\xE8", "C"),
        ROOM("a reason", "\x88\x85" Z "\x03\xE9" "bye", "\x88\2\x03\xE9", "C"),
        ROOM("1014", "\x88\x82" Z "\x03\xF6", "\x88\2\x03\xF6", "C"),
        ROOM("3000", "\x88\x82" Z "\x0B\xB8", "\x88\2\x0B\xB8", "C"),
        ROOM("4999", "\x88\x82" Z "\x13\x87", "\x88\2\x13\x87", "C"),
        ROOM("data first", "\x81\x81" Z "a\x88\x80" Z, "\x81\1a\x88\0", "RC"),
        ROOM("data behind", "\x88\x80" Z "\x81\x81" Z "a", "\x88\0", "C"),
        ROOM("inside a message", "\1\x81" Z "a\x88\x80" Z, "\x88\0", "C"),
    };

    (void)state;
    TRY(all);
}

static void test_broken_frames(void **state)
{
    static const struct transcript all[] = {
        WRONG("unmasked", "\x81\5hello", 1002),
        WRONG("RSV1", "\xC1\x80" Z, 1002),
        WRONG("RSV2", "\xA1\x81" Z "a", 1002),
        WRONG("RSV3", "\x91\x80" Z, 1002),
        WRONG("RSV1 on a ping", "\xC9\x80" Z, 1002),
        WRONG("opcode 3", "\x83\x80" Z, 1002),
        WRONG("opcode 7", "\x87\x81" Z "a", 1002),
        WRONG("opcode 11", "\x8B\x80" Z, 1002),
        WRONG("opcode 15", "\x8F\x81" Z "a", 1002),
        WRONG("a ping in fragments", "\x09\x81" Z "a", 1002),
        WRONG("a close in fragments", "\x08\x80" Z, 1002),
        WRONG("a ping of 126", "\x89\xFE\0\x7E" Z A126, 1002),
        WRONG("length 5 in 16 bits", "\x81\xFE\0\5" Z "hello", 1002),
        WRONG("length 5 in 64 bits", "\x81\xFF\0\0\0\0\0\0\0\5" Z "hello", 1002),
        WRONG("a continuation of nothing", "\x80\x80" Z, 1002),
        WRONG("a message in a message", "\1\x81" Z "a\x81\x81" Z "b", 1002),
        ROOM("a good one first", "\x81\x81" Z "a\x83\x80" Z "\x81\x81" Z "b", "\x81\1a",
             "RC", .close = 1002),
    };

    (void)state;
    TRY(all);
}

/* These leave the client in the midst of a frame, so the line stays until it hangs up. */
static void test_too_big(void **state)
{
    static const struct transcript all[] = {
        ROOM("201 bytes", "\x82\xFE\0\xC9" Z, "", "C", .close = 1009, .stays = true),
        ROOM("2^63 - 1", "\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF" Z, "", "C",
             .close = 1009, .stays = true),
        ROOM("2^63", "\x82\xFF\x80\0\0\0\0\0\0\0" Z "a", "", "C",
             .close = 1002, .stays = true),
        ROOM("in sum", "\2\xFE\0\x7E" Z A126 "\x80\xCB" Z A126, "", "C", .close = 1009),
        ROOM("its payload is not heard", "\x82\xFE\0\xFC" Z A126 A126, "", "C",
             .close = 1009),
        ROOM("200 bytes", "\2\xFE\0\x7E" Z A126 "\x80\xCA" Z TEN("bbbbbbb") "bbbb",
             "\x82\x7E\0\xC8" A126 TEN("bbbbbbb") "bbbb", "RC", .stays = true),
    };

    (void)state;
    TRY(all);
}

static void test_close_codes(void **state)
{
    static const struct transcript all[] = {
        WRONG("one byte", "\x88\x81" Z "\x03", 1002),
        WRONG("0", "\x88\x82" Z "\0\0", 1002),
        WRONG("999", "\x88\x82" Z "\x03\xE7", 1002),
        WRONG("1004", "\x88\x82" Z "\x03\xEC", 1002),
        WRONG("1005", "\x88\x82" Z "\x03\xED", 1002),
        WRONG("1006", "\x88\x82" Z "\x03\xEE", 1002),
        WRONG("1015", "\x88\x82" Z "\x03\xF7", 1002),
        WRONG("2999", "\x88\x82" Z "\x0B\xB7", 1002),
        WRONG("5000", "\x88\x82" Z "\x13\x88", 1002),
        WRONG("65535", "\x88\x82" Z "\xFF\xFF", 1002),
        WRONG("reason: a bad byte", "\x88\x83" Z "\x03\xE8\xFF", 1007),
        WRONG("reason: cut short", "\x88\x84" Z "\x03\xE8\xE2\x82", 1007),
    };

    (void)state;
    TRY(all);
}

static void test_utf8(void **state)
{
    static const struct transcript all[] = {
        WRONG("overlong", "\x81\x82" Z "\xC0\x80", 1007),
        WRONG("surrogate", "\x81\x83" Z "\xED\xA0\x80", 1007),
        WRONG("beyond", "\x81\x84" Z "\xF4\x90\x80\x80", 1007),
        WRONG("ends inside", "\x81\x81" Z "\xC3", 1007),
        WRONG("ends inside, in fragments", "\1\x81" Z "\xE2\x80\x81" Z "\x82", 1007),
        WRONG("bad in the first fragment", "\1\x81" Z "\xFF", 1007),
        ROOM("binary may", "\x82\x81" Z "\xFF", "\x82\1\xFF", "RC", .stays = true),
        ROOM("the next text begins anew", "\x81\x82" Z "\xC3\xA4\x81\x81" Z "a",
             "\x81\2\xC3\xA4\x81\1a", "RRC", .stays = true),
    };

    (void)state;
    TRY(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_http),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_closing),
        cmocka_unit_test(test_broken_frames),
        cmocka_unit_test(test_too_big),
        cmocka_unit_test(test_close_codes),
        cmocka_unit_test(test_utf8),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
