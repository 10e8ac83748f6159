/* case_http.c - the same jobs over plain HTTP, and by message. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define RAW(bytes) bytes, sizeof bytes - 1
#define HOST "Host: localhost\r\n"
#define EACH(i, table) size_t i = 0; i < sizeof table / sizeof *table; i++

/* The body without its newline. */
static const char *line(struct answer *a)
{
    a->body[strcspn(a->body, "\r\n")] = '\0';
    return a->body;
}

static const struct {
    const char *spec, *result;
    int at_least;               /* ms it takes */
} jobs[] = {
    { "cpu:20", "6765", 0 },
    { "cpu:0", "0", 0 },
    { "cpu:1", "1", 0 },
    { "await:15", "610", 0 },
    { "await:0", "0", 0 },
    { "sleep:10", "10", 10 },
    { "sleep:0", "0", 0 },
    { "nap:10", "10", 10 },
    { "nap:0", "0", 0 },
};

static void plain_jobs(struct server *s)
{
    struct client *c = client_connect(s);
    for (EACH(i, jobs)) {
        char target[64];
        struct answer a;
        trying("/job/%s", jobs[i].spec);
        snprintf(target, sizeof target, "/job/%s", jobs[i].spec);
        int64_t start = clock_now();
        http_get(c, target, &a);
        int ms = (clock_now() - start) / MS;
        check(a.status == 200, "is answered %d", a.status);
        const char *type = http_field(&a, "Content-Type");
        check(type && !strncmp(type, "text/plain", 10), "is of type %s", type);
        check(!strcmp(line(&a), jobs[i].result), "gives \"%s\", not %s", a.body,
              jobs[i].result);
        check(ms >= jobs[i].at_least, "takes only %d ms", ms);
    }
}

static void message_jobs(struct server *s)
{
    for (EACH(i, jobs)) {
        char target[64];
        int n = s->model->single ? 1 : 2;
        struct client *c[2];
        struct got got;
        trying("messages to /job/%s", jobs[i].spec);
        snprintf(target, sizeof target, "/job/%s", jobs[i].spec);
        clients_join(s, target, c, n);
        for (int k = 0; k < 3; k++)
            client_send(c[0], FIN | (k % 2 ? BINARY : TEXT), "do it", 5);
        for (int k = 0; k < 3; k++) {
            check(client_frame(c[0], &got, PATIENCE) == FRAME, "only %d answers of 3", k);
            char text[64] = "";
            memcpy(text, got.data, got.size < 63 ? got.size : 63);
            text[strcspn(text, "\n")] = '\0';
            check(got.first == (FIN | TEXT) && !strcmp(text, jobs[i].result),
                  "gives a frame %02x \"%s\"", got.first, text);
        }
        for (int k = n - 1; k >= 0; k--) {
            if (k) /* what the first asked for is none of the second's business */
                expect_silence(c[1], 5);
            client_send_close(c[k], 1000, "");
            expect_close(c[k], 1000);
            client_close(c[k]);
        }
    }
}

static void bad_jobs(struct server *s)
{
    static const char *const bad[] = {
        "cpu:46", "cpu:-1", "cpu:046", "cpu:+4", "cpu:%204", "cpu:4x", "cpu:", "cpu", "",
        "cpu:99999999999999999999", "cpu:18446744073709551617", "cpu:4:4", "CPU:4",
        "cpu:4%00", "await:46", "sleep:60001", "sleep:-1", "nap:60001", "sleep:1.5",
        "sleep:1e3", "sleep:0x10", "nap:00", "dance:1", ":1", "cpu:4/", "cpu:4?cpu:5&",
        /* a number in other words: digits of other scripts, signs, blanks, bases */
        "cpu:%EF%BC%94", "cpu:%D9%A4", "cpu:\xd9\xa4", "cpu:4%20", "cpu:%094", "cpu:%0A4",
        "cpu:4%0D", "cpu:%2B4", "cpu:%2D4", "cpu:0x4", "cpu:04", "cpu:4_0", "cpu:4,0",
        "cpu:4.0", "cpu:4e0", "cpu:%", "cpu:%3", "cpu:%3G", "cpu:%2534", "cpu%3A46",
        "cpu:4%3B5", "cpu:4;5", "cpu:4;", "cpu :4", "cpu%00:4", "%63pu:46",
        "cpu:9223372036854775807",
        "cpu:9223372036854775808", "cpu:-9223372036854775808", "cpu:4294967296",
        "cpu:4294967300", "sleep:4294967296", "nap:18446744073709551616", "cpu:nan",
        "cpu:inf", "await:+1", "await:01", "sleep:%2010", "sleep:", "nap:", "await:",
        "cpu:4/../5", "../cpu:4", "./cpu:46", "cpu:45/", "/cpu:4",
    };
    struct answer a;
    for (EACH(i, bad)) {
        char request[200];
        trying("/job/%s", bad[i]);
        int n = snprintf(request, sizeof request, "GET /job/%s HTTP/1.1\r\n" HOST "\r\n",
                         bad[i]);
        int status = http_status(s, request, n);
        bool is_query = strchr(bad[i], '?');    /* what a query means here is left open */
        check(status == 400 || (is_query && status == 200), "is answered %d", status);
    }
    trying("a blank within the target");
    int status = http_status(s, RAW("GET /job/cpu: 4 HTTP/1.1\r\n" HOST "\r\n"));
    check(status == 400, "is answered %d", status);
    trying("one line that says what is wrong");
    struct client *c = client_connect(s);
    http_get(c, "/job/dance:1", &a);
    char *end = strchr(a.body, '\n');
    check(a.size > 5 && (!end || !end[1]), "is told \"%s\"", a.body);
}

static void job_bounds(struct server *s)
{
    struct client *c = client_connect(s);
    struct answer a;
    http_get(c, "/job/cpu:12", &a);
    check(a.status == 200 && !strcmp(line(&a), "144"), "cpu:12 is answered %d", a.status);
    http_get(c, "/job/sleep:20", &a);
    check(a.status == 200, "sleep:20 is answered %d", a.status);
    client_close(c);
    static const char *const beyond[] = { "cpu:13", "await:13", "sleep:21", "nap:21" };
    for (EACH(i, beyond)) {
        char target[64];
        trying("%s, beyond the bound", beyond[i]);
        snprintf(target, sizeof target, "/job/%s", beyond[i]);
        c = client_connect(s);
        http_get(c, target, &a);
        check(a.status == 400, "is answered %d", a.status);
        client_close(c);
    }
}

static void health(struct server *s)
{
    struct client *c = client_connect(s);
    struct answer a;
    for (int i = 0; i < 3; i++) {
        http_get(c, "/healthz", &a);
        check(a.status == 200 && !strcmp(line(&a), "ok"), "/healthz: %d \"%s\"", a.status,
              a.body);
    }
    http_get(c, "/nowhere", &a);
    check(a.status == 404, "/nowhere is answered %d", a.status);
}

/* One line of Prometheus' text format: a comment, or a name, labels perhaps, a number. */
static bool is_metric(const char *text)
{
    if (!strncmp(text, "# HELP ", 7) || !strncmp(text, "# TYPE ", 7))
        return true;
    size_t n =
        strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:");
    if (n == 0 || strchr("0123456789", text[0]))
        return false;
    if (text[n] == '{') {
        const char *end = strchr(text, '}');
        n = end ? (size_t)(end + 1 - text) : n;
    }
    char *end;
    strtod(text + n, &end);
    return text[n] == ' ' && end > text + n + 1 && *end == '\0';
}

static int count_metrics(struct answer *a)
{
    int count = 0;
    char *rest;
    check(a->status == 200 && a->size > 0, "/metrics: %d", a->status);
    check(a->body[a->size - 1] == '\n', "the last line of /metrics has no end");
    for (char *text = strtok_r(a->body, "\n", &rest); text;
         text = strtok_r(NULL, "\n", &rest)) {
        check(is_metric(text), "\"%s\" is no line of Prometheus' format", text);
        count += *text != '#';
    }
    return count;
}

static void metrics(struct server *s)
{
    struct client *c = client_join(s, "/relay/counted");
    for (int i = 0; i < 7; i++)
        client_text(c, "one more");
    for (int i = 0; i < 7; i++)
        expect_text(c, "one more");
    client_close(c);
    c = client_connect(s);
    struct answer a;
    http_get(c, "/metrics", &a);
    const char *type = http_field(&a, "Content-Type");
    check(type && !strncmp(type, "text/plain", 10), "/metrics is of type %s", type);
    check(strstr(a.body, " 7\n"), "nowhere in /metrics are the 7 messages:\n%s", a.body);
    check(count_metrics(&a) >= 4, "there is next to nothing in /metrics");
}

/* ---- one connection, many requests ---- */

static void pipelined(struct server *s)
{
    static const char *const results[] = { "55", "ok", "20", "34", "144", "21" };
    struct answer a;
    struct client *c = client_connect(s);
    client_write(c, RAW("GET /job/cpu:10 HTTP/1.1\r\n" HOST "\r\n"
                        "GET /healthz HTTP/1.1\r\n" HOST "\r\n"
                        "GET /job/sleep:20 HTTP/1.1\r\n" HOST "\r\n"
                        "GET /job/cpu:9 HTTP/1.1\r\n" HOST "\r\n"
                        "GET /job/await:12 HTTP/1.1\r\n" HOST "\r\n"
                        "GET /job/cpu:8 HTTP/1.1\r\n" HOST "\r\n"));
    for (EACH(i, results)) {
        http_read(c, &a, false);
        check(a.status == 200 && !strcmp(line(&a), results[i]),
              "answer %zu is %d \"%s\", not \"%s\"", i, a.status, a.body, results[i]);
    }
    trying("a long train of requests");
    enum { MANY = 300 };
    char *train = malloc(MANY * 64);
    int n = 0;
    for (int i = 0; i < MANY; i++)
        n += sprintf(train + n, "GET /job/cpu:%d HTTP/1.1\r\n" HOST "\r\n",
                     i % 2 ? 10 : 11);
    client_write(c, train, n);
    free(train);
    for (int i = 0; i < MANY; i++) {
        http_read(c, &a, false);
        check(a.status == 200 && !strcmp(line(&a), i % 2 ? "55" : "89"),
              "answer %d is %d \"%s\"", i, a.status, a.body);
    }
}

/* After requests by HTTP the same line may become a WebSocket. */
static void upgraded_later(struct server *s)
{
    struct answer a;
    struct client *c = client_connect(s);
    http_get(c, "/job/cpu:10", &a);
    check(a.status == 200, "is answered %d", a.status);
    client_ask(c, "/relay/room");
    check(client_answered(c, PATIENCE), "no upgrade after a plain request");
    client_text(c, "hello");
    expect_text(c, "hello");
}

static void heads_only(struct server *s)
{
    static const char *const targets[] = { "/healthz", "/job/cpu:10", "/nowhere" };
    struct client *c = client_connect(s);
    struct answer a;
    for (EACH(i, targets)) {
        char request[200];
        trying("HEAD %s", targets[i]);
        int n = snprintf(request, sizeof request, "HEAD %s HTTP/1.1\r\n" HOST "\r\n",
                         targets[i]);
        client_write(c, request, n);
        http_read(c, &a, true);
        check(a.status == (i == 2 ? 404 : 200), "is answered %d", a.status);
        check(http_field(&a, "Content-Length"), "comes without a Content-Length");
        if (i < 2)
            expect_silence(c, 20);
    }
}

static void last_requests(struct server *s)
{
    static const struct {
        const char *name, *bytes;
    } rows[] = {
        { "Connection: close",
          "GET /healthz HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n" },
        { "close in a list",
          "GET /healthz HTTP/1.1\r\n" HOST "Connection: x, Close\r\n\r\n" },
        { "HTTP/1.0", "GET /healthz HTTP/1.0\r\n" HOST "\r\n" },
        { "HTTP/1.0 without Host", "GET /healthz HTTP/1.0\r\n\r\n" },
    };
    struct answer a;
    for (EACH(i, rows)) {
        trying("%s", rows[i].name);
        struct client *c = client_connect(s);
        client_write(c, rows[i].bytes, strlen(rows[i].bytes));
        http_read(c, &a, false);
        check(a.status == 200, "is answered %d", a.status);
        expect_end(c, PATIENCE);
        client_close(c);
    }
}

static void methods(struct server *s)
{
    static const char *const targets[] = { "/relay/room", "/healthz", "/job/cpu:3" };
    static const char *const all[] = { "POST", "PUT", "DELETE", "OPTIONS" };
    struct answer a;
    for (EACH(i, targets))
        for (EACH(k, all)) {
            char request[200];
            if (i == 0 && k == 0)       /* that says something in a room */
                continue;
            trying("%s %s", all[k], targets[i]);
            struct client *c = client_connect(s);
            int n = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\n" HOST
                             "Content-Length: 0\r\n\r\n", all[k], targets[i]);
            client_write(c, request, n);
            http_read(c, &a, false);
            const char *allow = http_field(&a, "Allow");
            check(a.status == 405, "is answered %d", a.status);
            check(allow && strstr(allow, "GET"), "comes with Allow: %s", allow);
            client_close(c);
        }
}

/* A method that nobody knows, or that is none, is refused in one way or another. */
static void no_methods(struct server *s)
{
    static const char *const all[] = { "BREW", "get", "GETT", "GE T", "G", "", " GET",
                                       "GET\t", "CONNECT", "TRACE", "PRI", "M-SEARCH" };
    for (EACH(i, all)) {
        char request[200];
        trying("\"%s\"", all[i]);
        int n = snprintf(request, sizeof request, "%s /healthz HTTP/1.1\r\n" HOST "\r\n",
                         all[i]);
        int status = http_status(s, request, n);
        check(status == 400 || status == 405 || status == 501, "is answered %d", status);
    }
}

/* ---- bodies: two readers of one line must not disagree where a request ends ---- */

static void bodies_refused(struct server *s)
{
    static const struct {
        const char *name, *bytes;
    } rows[] = {
        { "two Content-Lengths", "GET /healthz HTTP/1.1\r\n" HOST
          "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd" },
        { "a list in Content-Length", "GET /healthz HTTP/1.1\r\n" HOST
          "Content-Length: 3, 4\r\n\r\nabcd" },
        { "Content-Length and chunks", "GET /healthz HTTP/1.1\r\n" HOST
          "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" },
        { "chunks and Content-Length", "GET /healthz HTTP/1.1\r\n" HOST
          "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n" },
        { "a negative Content-Length", "GET /healthz HTTP/1.1\r\n" HOST
          "Content-Length: -1\r\n\r\n" },
        { "an odd Content-Length", "GET /healthz HTTP/1.1\r\n" HOST
          "Content-Length: +3\r\n\r\nabc" },
        { "a Content-Length in hex", "GET /healthz HTTP/1.1\r\n" HOST
          "Content-Length: 0x3\r\n\r\nabc" },
        { "an empty Content-Length", "GET /healthz HTTP/1.1\r\n" HOST
          "Content-Length: \r\n\r\n" },
        { "a Content-Length beyond all bounds", "GET /healthz HTTP/1.1\r\n" HOST
          "Content-Length: 99999999999999999999\r\n\r\n" },
        { "blanks in a Content-Length", "GET /healthz HTTP/1.1\r\n" HOST
          "Content-Length: 3 4\r\n\r\nabcd" },
        { "a Content-Length of another name", "GET /healthz HTTP/1.1\r\n" HOST
          "Content-Length\v: 3\r\n\r\nabc" },
        { "chunks before a blank", "GET /healthz HTTP/1.1\r\n" HOST
          "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" },
        { "a Content-Length before a blank", "GET /healthz HTTP/1.1\r\n" HOST
          "Content-Length : 3\r\n\r\nabc" },
        { "a Content-Length that is folded", "GET /healthz HTTP/1.1\r\n" HOST
          "Content-Length:\r\n 3\r\n\r\nabc" },
    };
    for (EACH(i, rows)) {
        trying("%s", rows[i].name);
        int status = http_status(s, rows[i].bytes, strlen(rows[i].bytes));
        check(status == 400, "is answered %d", status);
    }
}

/* A body that looks like a request must not be answered as one. */
static void bodies_are_not_requests(struct server *s)
{
    static const char inner[] = "GET /job/cpu:20 HTTP/1.1\r\n" HOST "\r\n";
    char bytes[512];
    for (int way = 0; way < 2; way++) {
        trying(way ? "a request in chunks" : "a request in a body");
        int n = way ? snprintf(bytes, sizeof bytes, "GET /healthz HTTP/1.1\r\n" HOST
                               "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n0\r\n\r\n",
                               sizeof inner - 1, inner)
                    : snprintf(bytes, sizeof bytes, "GET /healthz HTTP/1.1\r\n" HOST
                               "Content-Length: %zu\r\n\r\n%s", sizeof inner - 1, inner);
        struct client *c = client_connect(s);
        struct answer a;
        client_write(c, bytes, n);
        shutdown(c->fd, SHUT_WR);
        http_read(c, &a, false);
        check(a.status == 200 || (a.status >= 400 && a.status < 500), "is answered %d",
              a.status);
        http_read(c, &a, false);
        check(a.status == 0 || strcmp(line(&a), "6765"),
              "the body was served as a request");
        client_close(c);
    }
}

const struct trial http_trials[] = {
    TRIAL("jobs by request", plain_jobs),
    TRIAL("jobs by message", message_jobs),
    TRIAL("bad jobs", bad_jobs),
    TRIAL("bounds of jobs", job_bounds, .options = "--max-fib 12 --max-wait 20"),
    TRIAL("/healthz", health),
    TRIAL("/metrics", metrics),
    TRIAL("pipelined requests are answered in order", pipelined),
    TRIAL("a request, then an upgrade", upgraded_later),
    TRIAL("HEAD is answered without a body", heads_only),
    TRIAL("the last request of a line", last_requests),
    TRIAL("other methods", methods),
    TRIAL("methods that are none", no_methods),
    TRIAL("bodies that are ambiguous", bodies_refused),
    TRIAL("a body is not a request", bodies_are_not_requests),
    { 0 },
};
