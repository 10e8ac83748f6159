/* test_http_grammar.c - how a request's head may be written, where it ends, and how
 * long it may be. */
#include "heads.h"
#include "options.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

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

/* Who sends a broken head is told why, whatever letter it begins with. */
static void test_only_head_goes_without_a_body(void **state)
{
    (void)state;
    assert_true(read_head("HEAD /nowhere HTTP/1.1\r\n" H END, 1, "HEAD").head);
    assert_false(read_head(GET("/nowhere") H END, 1, "GET").head);
    assert_false(read_head("HELLO / HTTP/1.1\r\n" H END, 1, "HELLO").head);
    assert_false(read_head("H\r\n\r\n", 1, "H").head);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar),
        cmocka_unit_test(test_unknown_transfer_encoding),
        cmocka_unit_test(test_two_threads),
        cmocka_unit_test(test_longest_head),
        cmocka_unit_test(test_the_rest_is_left),
        cmocka_unit_test(test_only_head_goes_without_a_body),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
