/* test_http_answers.c - how an answer is written. */
#include "http.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

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
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_unavailable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
