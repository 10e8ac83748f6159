/* case_fetch.c - jobs that wait for another server: what they bring, how they fail, and
 * whether others have to wait for them.
 *
 * A loop can do without waiting, and so drops what is void. Where a thread or a process
 * waits, it does so until --job-timeout, which is short there. */
#include "trial.h"
#include "upstream.h"
#include "wsclient.h"
#include "clock.h"
#include "local.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct upstream upstream;

static bool is_loop(const struct server *s)
{
    return s->model->kind == A_LOOP && !s->model->single && !s->model->crew;
}

/* Starts both. A job that is void is over in time in every model. */
static struct server *start(struct server *bare, const char *more)
{
    char options[200];
    upstream = upstream_start(0);
    check(upstream.pid, "no upstream could be started");
    snprintf(options, sizeof options, "--upstream http://127.0.0.1:%d %s %s",
             upstream.port, is_loop(bare) ? "" : "--job-timeout 1000", more);
    return server_start(bare->model, options, NULL);
}

static int stop(struct server *s)
{
    int ms = server_stop(s, SIGTERM);
    upstream_stop(&upstream);
    return ms;
}

static void ask(struct client *c, const char *path)
{
    char request[200];
    int n = snprintf(request, sizeof request,
                     "GET /job/fetch:%s HTTP/1.1\r\nHost: h\r\n\r\n", path);
    client_write(c, request, n);
}

static void fetch(struct client *c, const char *path, struct answer *a)
{
    ask(c, path);
    http_read(c, a, false);
}

static void expect_fetched(struct client *c, const char *path)
{
    struct answer a;
    fetch(c, path, &a);
    check(a.status == 200 && a.size == 7 && !memcmp(a.body, "behind\n", 7),
          "%s is answered %d %.*s", path, a.status, (int)a.size, a.body);
}

static void expect_status(struct client *c, const char *path, int status)
{
    struct answer a;
    fetch(c, path, &a);
    check(a.status == status, "%s is answered %d, not %d: %s", path, a.status, status,
          a.body);
    check(strchr(a.body, '\n') == a.body + a.size - 1, "not one line: %s", a.body);
    check(status != 503 || http_field(&a, "Retry-After"), "%s: is not told to come again",
          path);
}

/* Until as few descriptors are open as before. */
static void expect_files(struct server *s, int before, int ms)
{
    int n = before + 1;
    for (int64_t end = clock_now() + ms * MS; n > before && clock_now() < end;
         pause_ms(10))
        n = server_files(s);
    check(n <= before, "%d descriptors more than before, after %d ms", n - before, ms);
}

/* A stranger comes, and is answered at once. */
static void is_responsive(struct server *s)
{
    struct answer a;
    struct client *c = client_connect(s);
    int64_t began = clock_now();
    http_get(c, "/healthz", &a);
    int ms = (clock_now() - began) / MS;
    check(a.status == 200, "/healthz is answered %d", a.status);
    check(ms < 500 * SLOWER, "/healthz is answered after %d ms", ms);
    client_close(c);
}

/* ---- what it brings ---- */

static void brings(struct server *bare)
{
    static const char *const paths[] = { "/text", "/slow/50", "/drip", "/chunked",
                                         "/close", "/continue" };
    struct server *s = start(bare, "");
    struct client *c = client_connect(s);
    struct answer a;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect_fetched(c, paths[i]);
    fetch(c, "/empty", &a);
    check(a.status == 200 && a.size == 0, "nothing is answered %d %s", a.status, a.body);
    fetch(c, "/bytes/16000", &a);
    check(a.status == 200 && a.size == 16000, "16000 bytes: %d, %zu", a.status, a.size);
    fetch(c, "/not-text", &a);
    const char *type = http_field(&a, "Content-Type");
    check(a.status == 200 && type && !strcmp(type, "application/octet-stream"),
          "no UTF-8: %d, %s", a.status, type ? type : "without a type");
    client_close(c);
    stop(s);
}

static void by_message(struct server *bare)
{
    struct server *s = start(bare, "");
    struct client *c = client_join(s, "/job/fetch:/chunked");
    client_text(c, "go");
    client_text(c, "go on");
    expect_text(c, "behind\n");
    expect_text(c, "behind\n");
    client_send_close(c, 1000, "");
    expect_close(c, 1000);
    client_close(c);
    c = client_join_patiently(s, "/job/fetch:/not-text");
    client_text(c, "go");
    expect_frame(c, BINARY, "\xff\xfe!\n", 4);
    client_close(c);
    stop(s);
}

/* Before each message goes to the room; its order stays. */
static void before_a_message(struct server *bare)
{
    struct server *s = start(bare, "");
    struct client *c = client_join(s, "/relay/x?job=fetch:/slow/30");
    for (int i = 0; i < 3; i++)
        client_text(c, i ? i > 1 ? "three" : "two" : "one");
    expect_text(c, "one");
    expect_text(c, "two");
    expect_text(c, "three");
    client_close(c);
    stop(s);
}

static void in_order(struct server *bare)
{
    struct server *s = start(bare, "");
    struct client *c = client_connect(s);
    struct answer a;
    static const char next[] = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";
    ask(c, "/slow/100");
    client_write(c, next, sizeof next - 1);
    ask(c, "/missing");
    ask(c, "/text");
    for (int i = 0; i < 4; i++) {
        http_read(c, &a, false);
        check(a.status == (i == 2 ? 404 : 200), "answer %d is %d", i, a.status);
        check(i % 2 || strncmp(a.body, i ? "404" : "behind", 3) == 0, "answer %d: %s", i,
              a.body);
    }
    client_close(c);
    stop(s);
}

/* ---- how it fails ---- */

static void fails(struct server *bare)
{
    static const struct { const char *path; int status; } rows[] = {
        { "/missing", 404 }, { "/error", 502 }, { "/moved", 502 }, { "/babble", 502 },
        { "/switch", 502 }, { "/hang-up", 502 }, { "/half", 502 }, { "/reset", 502 },
        { "/bytes/101", 502 }, { "/endless", 502 },
    };
    struct server *s = start(bare, "--max-result 100");
    struct client *c = client_connect(s);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_status(c, rows[i].path, rows[i].status);
    expect_fetched(c, "/text");
    client_close(c);
    stop(s);
}

static void fails_by_message(struct server *bare)
{
    static const struct { const char *target; int code; } rows[] = {
        { "/job/fetch:/missing", 1011 }, { "/job/fetch:/error", 1011 },
        { "/relay/x?job=fetch:/missing", 1011 }, { "/job/fetch:/never", 1013 },
    };
    struct server *s = start(bare, "--job-timeout 500");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        trying("%s", rows[i].target);
        struct client *c = client_join_patiently(s, rows[i].target);
        client_text(c, "go");
        expect_close(c, rows[i].code);
        client_close(c);
    }
    stop(s);
}

/* In time, and the client may ask for something else. */
static void too_late(struct server *bare)
{
    struct server *s = start(bare, "--job-timeout 500");
    struct client *c = client_connect(s);
    for (int i = 0; i < 2; i++) {
        int64_t began = clock_now();
        expect_status(c, i ? "/slow/5000" : "/never", 504);
        int ms = (clock_now() - began) / MS;
        check(ms >= 500 && ms < 2000 * SLOWER, "after %d ms, not 500", ms);
    }
    expect_fetched(c, "/text");
    client_close(c);
    stop(s);
}

static void nobody_behind(struct server *bare)
{
    char options[100];
    int port, bound = local_bound(&port);
    snprintf(options, sizeof options, "--upstream http://127.0.0.1:%d", port);
    struct server *s = server_start(bare->model, options, NULL);
    struct client *c = client_connect(s);
    for (int i = 0; i < 3; i++)
        expect_status(c, "/text", 503);
    client_close(c);
    c = client_join_patiently(s, "/job/fetch:/text");
    client_text(c, "go");
    expect_close(c, 1013);
    client_close(c);
    server_stop(s, SIGTERM);
    close(bound);
}

static void dies_and_comes_back(struct server *bare)
{
    struct server *s = start(bare, "--job-timeout 20000");
    struct client *c = client_connect(s);
    struct answer a;
    for (int i = 0; i < 2; i++) {
        trying("time %d", i + 1);
        expect_fetched(c, "/text");
        ask(c, "/never");
        pause_ms(50);
        upstream_stop(&upstream);
        http_read(c, &a, false);
        check(a.status == 502, "what was asked is answered %d", a.status);
        expect_status(c, "/text", 503);
        upstream = upstream_start(upstream.port);
        check(upstream.pid, "its port is taken");
        expect_fetched(c, "/text");
    }
    client_close(c);
    stop(s);
}

/* ---- who else waits ---- */

/* By request and by message, for as long as it takes. */
static void out_for_long(struct server *s)
{
    struct client *c = client_connect(s);
    ask(c, "/never");
    if (!s->model->single)
        client_text(client_join(s, "/relay/x?job=fetch:/never"), "go");
    pause_ms(50);
}

static void strangers_are_served(struct server *bare)
{
    struct server *s = start(bare, "");
    struct client *c;
    struct answer a;
    out_for_long(s);
    for (int i = 0; i < 3; i++)
        is_responsive(s);
    c = client_join(s, "/relay/x");     /* where one waits who may not speak yet */
    client_text(c, "hello");
    expect_text(c, "hello");
    client_close(c);
    c = client_connect(s);
    http_get(c, "/job/cpu:20", &a);
    check(a.status == 200, "another job is answered %d", a.status);
    client_close(c);
    stop(s);
}

/* They wait together, and not one after the other. */
static void a_crowd_fetches(struct server *bare)
{
    enum { CROWD = 60 };
    struct client *c[CROWD];
    struct answer a;
    struct server *s = start(bare, "--job-timeout 20000");
    int64_t began = clock_now();
    for (int i = 0; i < CROWD; i++) {
        c[i] = client_connect(s);
        ask(c[i], "/slow/300");
    }
    is_responsive(s);
    for (int i = 0; i < CROWD; i++) {
        http_read(c[i], &a, false);
        check(a.status == 200 && !strcmp(a.body, "behind\n"), "client %d: %d %s", i,
              a.status, a.body);
    }
    int ms = (clock_now() - began) / MS;
    check(ms < 3000 * SLOWER, "%d fetches of 300 ms take %d ms", CROWD, ms);
    for (int i = 0; i < CROWD; i++)
        client_close(c[i]);
    stop(s);
}

/* ---- who leaves ---- */

/* Where the model learns of it, the fetch is dropped; elsewhere it is over in time. */
static void leaves(struct server *bare)
{
    struct server *s = start(bare, "");
    if (!client_is_missed(s)) {
        stop(s);
        s = start(bare, "--job-timeout 1000");
    }
    struct client *c[3];
    int n = s->model->single ? 1 : 3;
    c[0] = client_connect(s);
    expect_fetched(c[0], "/text");
    client_close(c[0]);
    pause_ms(50);
    int before = server_files(s);
    for (int way = 0; way < 2; way++) {
        trying(way ? "after several requests" : "after one");
        for (int i = 0; i < n; i++) {
            c[i] = client_connect(s);
            for (int j = 0; j <= 2 * way; j++)
                ask(c[i], "/never");
        }
        pause_ms(50);
        for (int i = 0; i < n; i++)
            client_reset(c[i]);
        expect_files(s, before, 4000 * SLOWER);
    }
    if (!s->model->single)
        is_responsive(s);
    stop(s);
}

/* What of a room's messages had left by then, and a close. */
static void expect_close_at_last(struct client *c, int code)
{
    struct got got;
    do
        check(client_frame(c, &got, PATIENCE) == FRAME, "its line ends without a close");
    while ((got.first & 0x0f) != CLOSING);
    int told = got.size < 2 ? 1005 : (unsigned char)got.data[0] << 8
                                     | (unsigned char)got.data[1];
    check(told == code, "it is closed with %d, not %d", told, code);
}

/* What does not read its room's messages is no member any more, and its job is void. */
static void overflows_meanwhile(struct server *bare)
{
    enum { SIZE = 1 << 20, TIMES = 10 };
    static char data[SIZE];
    struct server *s = start(bare, "--max-output 3000000");
    struct client *c = client_join(s, "/relay/x");
    int before = server_files(s);
    struct client *busy = client_slow(s);
    client_ask(busy, "/relay/x?job=fetch:/never");
    check(client_answered(busy, PATIENCE), "no answer to the handshake");
    client_text(busy, "work");
    pause_ms(20);
    for (int i = 0; i < TIMES; i++) {
        client_send(c, FIN | BINARY, data, SIZE);
        expect_frame(c, BINARY, data, SIZE);
    }
    expect_close_at_last(busy, 1013);
    client_close(busy);
    expect_files(s, before, 5000 * SLOWER);
    stop(s);
}

/* A client may say all that it has to say before it listens, and for longer than it has
 * to answer a close. */
static void half_closed(struct server *bare)
{
    struct server *s = start(bare, "--close-timeout 100");
    for (int i = 0; i < 3; i++) {
        struct client *c = client_connect(s);
        struct answer a;
        ask(c, i ? i > 1 ? "/missing" : "/slow/400" : "/text");
        shutdown(c->fd, SHUT_WR);
        http_read(c, &a, false);
        check(a.status == (i > 1 ? 404 : 200), "it is answered %d", a.status);
        expect_end(c, PATIENCE);
        client_close(c);
    }
    stop(s);
}

/* ---- the end ---- */

/* A loop ends at once: what is out is dropped. */
static void stopped_amid(struct server *bare)
{
    struct server *s = start(bare, "--job-timeout 20000 --close-timeout 100");
    bool loop = is_loop(s);
    out_for_long(s);
    int ms = stop(s);
    check(!loop || ms < 400 * SLOWER, "it takes %d ms", ms);
}

/* A job that has failed at the desk at that moment is nobody's. */
static void stopped_with_a_crowd(struct server *bare)
{
    struct server *s = start(bare, "--close-timeout 100");
    for (int i = 0; i < 50; i++) {
        ask(client_connect(s), i % 2 ? "/slow/20" : "/never");
        if (i % 5 == 0)
            client_text(client_join(s, "/relay/x?job=fetch:/drip"), "go");
    }
    int ms = stop(s);
    check(!is_loop(bare) || ms < 400 * SLOWER, "it takes %d ms", ms);
}

const struct trial fetch_trials[] = {
    TRIAL("a fetch", brings, .bare = true),
    TRIAL("a fetch by message", by_message, .bare = true),
    TRIAL("a fetch before each message", before_a_message, .bare = true),
    TRIAL("answers stay in order, with fetches among them", in_order, .bare = true),
    TRIAL("a fetch fails", fails, .bare = true),
    TRIAL("a fetch fails, by message", fails_by_message, .bare = true),
    TRIAL("a fetch takes too long", too_late, .bare = true),
    TRIAL("nobody is there to be asked", nobody_behind, .bare = true),
    TRIAL("the upstream dies, and comes back", dies_and_comes_back, .bare = true,
          .step = WITHSTANDS),
    TRIAL("strangers are served during a fetch", strangers_are_served, .bare = true,
          .needs = SEVERAL),
    TRIAL("a crowd fetches", a_crowd_fetches, .bare = true, .needs = A_CROWD),
    TRIAL("who has asked for a fetch resets", leaves, .bare = true, .step = WITHSTANDS),
    TRIAL("a slow reader's fetch is void", overflows_meanwhile, .bare = true,
          .needs = SEVERAL),
    TRIAL("fetched for one who has said all", half_closed, .bare = true),
    TRIAL("SIGTERM amid a fetch", stopped_amid, .bare = true, .step = WITHSTANDS),
    TRIAL("SIGTERM amid a crowd's fetches", stopped_with_a_crowd, .bare = true,
          .needs = A_CROWD, .step = WITHSTANDS),
    { 0 },
};
