/* test_http_visit.c - what a client without a WebSocket asks for, and where it may. */
#include "clock.h"
#include "heads.h"

#include <string.h>

#define STREAM "Accept: text/event-stream\r\n"
#define POST(target) "POST " target " HTTP/1.1\r\n"
#define LENGTH(n) "Content-Length: " #n "\r\n"
#define VISIT(where, bytes, ...) \
    GOOD(bytes, bytes, where, .room = "x", __VA_ARGS__)

static void routes(void **state)
{
    static const struct head all[] = {
        VISIT(ROUTE_POLL, GET("/relay/x?wait=0") H END),
        VISIT(ROUTE_POLL, GET("/relay/x?wait=60") H END),
        VISIT(ROUTE_POLL, GET("/relay/x?a=%&wait=007&b") H END),
        VISIT(ROUTE_POLL, GET("/relay/x?wait=1&after=5") H END),
        VISIT(ROUTE_POLL, GET("/relay/x?wait=1") H STREAM END),
        VISIT(ROUTE_POLL, "GET /relay/x?wait=1 HTTP/1.0\r\n\r\n", .closes = true),
        VISIT(ROUTE_POLL, GET("/relay/x?wait=1") H "Last-Event-ID: x\r\n" END),
        VISIT(ROUTE_STREAM, GET("/relay/x") H STREAM END),
        VISIT(ROUTE_STREAM, GET("/relay/x?after=7") H STREAM END),
        VISIT(ROUTE_STREAM, GET("/relay/x") H "accept:Text/Event-Stream , */*\r\n" END),
        VISIT(ROUTE_STREAM, GET("/relay/x") H STREAM "Last-Event-ID: 7\r\n" END),
        VISIT(ROUTE_SAY, POST("/relay/x") H LENGTH(5) END),
        VISIT(ROUTE_SAY, POST("/relay/x") H LENGTH(0) END),
        VISIT(ROUTE_SAY, POST("/relay/x") H LENGTH(1048576) END),
        VISIT(ROUTE_SAY, POST("/relay/x?wait=1&after=x") H LENGTH(5) STREAM END),
        VISIT(ROUTE_SAY, POST("/relay/x?job=cpu:5") H LENGTH(5) END, .job = true, .n = 5),
        GOOD("an upgrade before all", GET("/relay/x?wait=x&after=x") STREAM UP,
             ROUTE_RELAY, .room = "x"),
        BAD(GET("/relay/x") H END, 426), BAD(GET("/relay/x?after=7") H END, 426),
        BAD(GET("/relay/x") H "Accept: text/html, text/*\r\n" END, 426),
        BAD("HEAD /relay/x?wait=1 HTTP/1.1\r\n" H END, 426),
        BAD("HEAD /relay/x HTTP/1.1\r\n" H STREAM END, 426),
        BAD(GET("/relay/x?wait") H END, 400), BAD(GET("/relay/x?wait=") H END, 400),
        BAD(GET("/relay/x?wait=61") H END, 400), BAD(GET("/relay/x?wait=1.5") H END, 400),
        BAD(GET("/relay/x?wait=-1") H END, 400), BAD(GET("/relay/x?wait=+1") H END, 400),
        BAD(GET("/relay/x?wait=1%20") H END, 400),
        BAD(GET("/relay/x?wait=9999999999999999999") H END, 400),
        BAD(GET("/relay/x?wait=1&after=") H END, 400),
        BAD(GET("/relay/x?wait=1&after=-1") H END, 400),
        BAD(GET("/relay/x?wait=1&after=1000000000000000000") H END, 400),
        BAD(GET("/relay/x?wait=1&job=cpu:5") H END, 400),
        BAD(GET("/relay/x?job=cpu:5") H STREAM END, 400),
        BAD(GET("/relay/x") H STREAM "Last-Event-ID: x\r\n" END, 400),
        BAD(GET("/relay/a+b?wait=1") H END, 400), BAD(GET("/relay/?wait=1") H END, 400),
        BAD(GET("/relay/a+b") H STREAM END, 400),
        BAD(POST("/relay/x") H END, 411),
        BAD(POST("/relay/x") H "Transfer-Encoding: chunked\r\n" END, 411),
        BAD(POST("/relay/x") H LENGTH(1048577) END, 413),
        BAD(POST("/relay/x") H LENGTH(-1) END, 400),
        BAD(POST("/relay/x") H LENGTH(1) LENGTH(2) END, 400),
        BAD(POST("/relay/a+b") H LENGTH(1) END, 400),
        BAD(POST("/relay/x?job=cpu:99") H LENGTH(1) END, 400),
        BAD(POST("/healthz") H LENGTH(1) END, 405),
        BAD(POST("/job/cpu:5") H LENGTH(1) END, 405),
        BAD(POST("/relay") H LENGTH(1) END, 405),
        BAD("PUT /relay/x HTTP/1.1\r\n" H LENGTH(1) END, 405),
        BAD("DELETE /relay/x HTTP/1.1\r\n" H END, 405),
        BAD(GET("/relay/x?wait=1") H LENGTH(1) END, 413),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

static struct visit visit(const char *text) { return read_head(text, 3, text).visit; }

static void what_it_says_is_understood(void **state)
{
    struct visit v;

    (void)state;
    v = visit(GET("/relay/x?wait=2&after=1764467890123456") H END);
    assert_true(v.wait == 2000 * MS && v.after == 1764467890123456);
    v = visit(GET("/relay/x?wait=2") H "Last-Event-ID: 7\r\n" END);
    assert_true(v.after == NO_NUMBER);
    v = visit(GET("/relay/x?after=5") H STREAM END);
    assert_int_equal(v.after, 5);
    v = visit(GET("/relay/x?after=5") H STREAM "last-event-id: 7 \r\n" END);
    assert_int_equal(v.after, 7);
    v = visit(POST("/relay/x") H LENGTH(5) END);
    assert_true(v.size == 5 && !v.binary && !v.expects);
    v = visit(POST("/relay/x") H LENGTH(5) "Content-Type: text/plain\r\n" END);
    assert_false(v.binary);
    v = visit(POST("/relay/x") H LENGTH(5)
              "Content-Type: Application/Octet-Stream\r\nExpect: 100-Continue\r\n" END);
    assert_true(v.binary && v.expects);
    v = visit("POST /relay/x HTTP/1.0\r\n" LENGTH(5) "Expect: 100-continue\r\n" END);
    assert_false(v.expects);
}

/* What is refused before its body is read leaves the body on the line. */
static void a_refused_post_ends_the_line(void **state)
{
    (void)state;
    assert_true(read_head(POST("/relay/x") H LENGTH(5) END, 5, "a POST").keep_alive);
    assert_false(read_head(POST("/relay/a+b") H LENGTH(5) END, 5, "a room").keep_alive);
    assert_false(read_head(POST("/relay/x") H LENGTH(1048577) END, 5, "one").keep_alive);
    assert_false(read_head(POST("/healthz") H LENGTH(5) END, 5, "health").keep_alive);
}

static bool has(const struct frame *f, const char *text)
{
    return memmem(f->data, f->size, text, strlen(text));
}

static void a_page_is_let_read_what_it_was_let_ask(void **state)
{
    struct request r = read_head(GET("/relay/x?wait=1") H "Origin: http://a\r\n" END, 5,
                                 "a page");

    (void)state;
    assert_true(r.page);
    struct frame *f = http_write(&r, 200, "a/b", "Some: line\r\n",
                                 (struct bytes){ "hi", 2 });
    assert_true(has(f, "\r\nAccess-Control-Allow-Origin: *\r\n"));
    assert_true(has(f, "\r\nSome: line\r\n"));
    frame_unref(f);
    f = http_stream(&r);
    assert_true(has(f, "\r\nAccess-Control-Allow-Origin: *\r\n"));
    frame_unref(f);
    r = read_head(GET("/relay/x?wait=1") H END, 5, "");
    assert_false(r.page);
    f = http_write(&r, 204, NULL, "", (struct bytes){ NULL, 0 });
    assert_false(has(f, "Access-Control"));
    assert_false(has(f, "Content-"));
    frame_unref(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes),
        cmocka_unit_test(what_it_says_is_understood),
        cmocka_unit_test(a_refused_post_ends_the_line),
        cmocka_unit_test(a_page_is_let_read_what_it_was_let_ask),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
