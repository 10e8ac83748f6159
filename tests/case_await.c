/* case_await.c - computations that await: how many there may be, and when they are over.
 *
 * Where await does not go through a scheduler it is a computation like any other, and
 * nobody can call it off: there a crowd asks for little. Where it takes stacks, these are
 * counted, too. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { STACKS = 64, DEEP = 45, CROWD = 900, FEW = 100 };

#define LONG_JOB "GET /job/await:45 HTTP/1.1\r\nHost: h\r\n\r\n"     /* for long */
#define SHORT_JOB "GET /job/await:15 HTTP/1.1\r\nHost: h\r\n\r\n"
#define BOUNDED "--max-stacks 64 --close-timeout 200"

static void ask(struct client *c, const char *request)
{
    client_write(c, request, strlen(request));
}

static void is_responsive(struct server *s, const char *when)
{
    struct answer a;
    struct client *c = client_connect(s);
    int64_t start = clock_now();
    trying("%s", when);
    http_get(c, "/healthz", &a);
    int ms = (clock_now() - start) / MS;
    check(a.status == 200, "/healthz is answered %d", a.status);
    check(ms < 1000 * SLOWER, "/healthz is answered after %d ms", ms);
    client_close(c);
    trying("%s", "");
}

/* Who has come and has not left, by /metrics; the one who asks does not count. */
static int open_lines(struct server *s)
{
    static const char came[] = "\nrelay_connections_total ";
    static const char left[] = "\nrelay_closed_total ";
    struct answer a;
    struct client *c = client_connect(s);
    http_get(c, "/metrics", &a);
    const char *in = strstr(a.body, came), *out = strstr(a.body, left);
    check(in && out, "no count of connections in /metrics");
    client_close(c);
    return atoi(in + sizeof came - 1) - atoi(out + sizeof left - 1) - 1;
}

static void all_gone(struct server *s, int ms)
{
    int n = 1;
    for (int64_t end = clock_now() + ms * MS; n > 0 && clock_now() < end; pause_ms(10))
        n = open_lines(s);
    check(n == 0, "%d lines are still open after %d ms, and nobody is there", n, ms);
}

/* Every other one goes with a reset, the rest as one goes who has heard enough. */
static void leave(struct client **c, int n)
{
    for (int i = 0; i < n; i++)
        if (i % 2)
            client_reset(c[i]);
        else
            client_close(c[i]);
}

/* All stacks are free again: what asks for nearly all of them is answered. */
static void stacks_are_free(struct server *s, int ms)
{
    struct answer a = { .status = 503 };
    struct client *c = client_connect(s);
    for (int64_t end = clock_now() + ms * MS; a.status == 503 && clock_now() < end; ) {
        http_get(c, "/job/await:20", &a);       /* 45 and 20 are one too many */
        pause_ms(10);
    }
    check(a.status == 200 && !strcmp(a.body, "6765\n"), "after %d ms: %d %s", ms,
          a.status, a.body);
    client_close(c);
}

/* The server computes no more. */
static void computes_no_more(struct server *s, int ms)
{
    enum { WATCHED = 50, MOST = 10 };   /* ms */
    int64_t used = WATCHED * MS;
    for (int64_t end = clock_now() + ms * MS; used > MOST * MS && clock_now() < end; ) {
        int64_t before = server_cpu(s);
        pause_ms(WATCHED);
        used = server_cpu(s) - before;
    }
    check(used <= MOST * MS, "after %d ms it still computes: %d ms of CPU in %d ms", ms,
          (int)(used / MS), WATCHED);
}

static void is_called_off(struct server *s)
{
    if (s->model->stacks)
        stacks_are_free(s, 1000 * SLOWER);
    else
        computes_no_more(s, 1000 * SLOWER);
}

/* Stacks are counted only where there are some. */
static struct server *start_bounded(struct server *bare, const char *more)
{
    char options[200];
    snprintf(options, sizeof options, "%s %s",
             bare->model->stacks ? BOUNDED : "--close-timeout 200", more);
    return server_start(bare->model, options, 0);
}

/* ---- a crowd ---- */

static void crowd_leaves(struct server *s)
{
    static struct client *c[CROWD];
    int n = s->model->awaits ? CROWD : FEW;
    for (int i = 0; i < n; i++) {
        c[i] = client_connect(s);
        ask(c[i], s->model->awaits ? LONG_JOB : SHORT_JOB);
    }
    if (s->model->awaits)
        is_responsive(s, "while a crowd awaits");
    leave(c, n);
    is_responsive(s, "after it has left");
    all_gone(s, 1000 * SLOWER);
    check(server_zombies(s) == 0, "%d zombies", server_zombies(s));
    if (s->model->awaits)
        is_called_off(s);
}

/* One job has the stacks that it needs; all others are told at once that there are none,
 * and may ask again. Nobody's stack is missing who does not ask for a job. */
static void crowd_beyond_the_bound(struct server *s)
{
    enum { TOLERANCE = 16, SPARE = 128 };
    static struct client *c[CROWD];
    struct answer a;
    for (int i = 0; i < CROWD; i++) {
        c[i] = client_connect(s);
        http_get(c[i], "/healthz", &a);
    }
    long before = server_mappings(s);
    for (int i = 0; i < CROWD; i++) {
        ask(c[i], LONG_JOB);
        if (i == 0)
            is_responsive(s, "while one awaits");
    }
    for (int i = 1; i < CROWD; i++) {
        trying("client %d", i);
        http_read(c[i], &a, false);
        check(a.status == 503 && !strncmp(a.body, "503 ", 4), "is answered %d %s",
              a.status, a.body);
        check(strchr(a.body, '\n') == a.body + a.size - 1, "not one line: %s", a.body);
        check(http_field(&a, "Retry-After"), "is not told to come again");
    }
    trying("%s", "");
    long more = server_mappings(s) - before;
    check(more >= 2 && more <= 2 * STACKS + TOLERANCE,
          "%ld mappings more, with %d stacks", more, STACKS);
    for (int i = 1; i < CROWD; i++) {
        http_get(c[i], "/healthz", &a);
        check(a.status == 200, "who got no stack is not served any more: %d", a.status);
    }
    is_responsive(s, "for a new client");
    leave(c, CROWD);
    stacks_are_free(s, 1000 * SLOWER);
    all_gone(s, 1000 * SLOWER);
    more = server_mappings(s) - before;
    check(more <= 2 * SPARE, "%ld mappings more when all is over", more);
}

/* Told to end in the middle of it: server_stop() is the judge. */
static void crowd_stopped(struct server *bare)
{
    static struct client *c[CROWD];
    for (int round = bare->model->stacks ? 0 : 1; round < 2; round++) {
        trying(round ? "with the usual bound" : BOUNDED);
        struct server *s = server_start(bare->model, round ? "" : BOUNDED, NULL);
        for (int i = 0; i < CROWD; i++) {
            c[i] = client_connect(s);
            ask(c[i], LONG_JOB);
        }
        is_responsive(s, "before the end");
        int ms = server_stop(s, SIGTERM);
        check(ms < 900 * SLOWER, "it took %d ms: it was cut off, and did not end", ms);
        clients_close();
    }
}

/* ---- one of them ---- */

/* A message that waits for such a job goes to nobody, and its sender is told to come
 * again. The others stay. */
static void beyond_by_message(struct server *s)
{
    static const char *const targets[] = { "/job/await:30", "/relay/x?job=await:30" };
    struct client *c = client_connect(s), *other = client_join(s, "/relay/x");
    ask(c, LONG_JOB);
    pause_ms(20);
    for (int i = 0; i < 2; i++) {
        struct client *one = client_join(s, targets[i]);
        trying("%s", targets[i]);
        client_text(one, "work");
        expect_close(one, 1013);
        expect_silence(other, 20);
    }
    client_text(other, "hello");
    expect_text(other, "hello");
}

/* Beyond the bound for good, however long one waits. */
static void too_deep(struct server *s)
{
    struct answer a;
    struct client *c = client_connect(s);
    http_get(c, "/job/await:65", &a);
    check(a.status == 400 && strstr(a.body, "--max-stacks"), "is answered %d %s",
          a.status, a.body);
    http_get(c, "/job/cpu:20", &a);
    check(a.status == 200, "a job that takes no stack is answered %d", a.status);
    http_get(c, "/job/await:0", &a);
    check(a.status == 200 && !strcmp(a.body, "0\n"), "await:0: %d %s", a.status, a.body);
}

/* The ways in which nobody waits for the result any more, after how many requests, and
 * as a member of a room or not. */
static void nobody_waits(struct server *bare)
{
    enum { RESET, CLOSED, HALF, CLOSE_FRAME, WAYS };
    struct server *s = start_bounded(bare, "");
    for (int way = 0; way < WAYS; way++)
        for (int many = 0; many < 2; many++) {
            struct client *c;
            trying("way %d, %s", way, many ? "two jobs" : "one job");
            if (way == CLOSE_FRAME) {
                c = client_join(s, "/relay/x?job=await:45");
                for (int i = 0; i <= many; i++)
                    client_text(c, "work");
                pause_ms(20);
                client_send_close(c, 1000, "");
                client_reset(c);
            } else {
                c = client_connect(s);
                for (int i = 0; i <= many; i++)
                    ask(c, LONG_JOB);
                pause_ms(20);
                if (way == HALF)
                    shutdown(c->fd, SHUT_WR);
                else if (way == RESET)
                    client_reset(c);
                else
                    client_close(c);
            }
            is_called_off(s);
            if (way == HALF)
                client_close(c);
        }
    trying("%s", "");
    all_gone(s, 1000 * SLOWER);
    server_stop(s, SIGTERM);
}

/* What does not read its room's messages is no member any more, and its job is void. */
static void overflows_meanwhile(struct server *bare)
{
    enum { SIZE = 100000, TIMES = 10 };
    static char data[SIZE];
    struct server *s = start_bounded(bare, "--max-output 300000");
    struct client *c = client_join(s, "/relay/x"), *busy;
    busy = client_join(s, "/relay/x?job=await:45");
    client_text(busy, "work");
    pause_ms(20);
    for (int i = 0; i < TIMES; i++) {
        client_send(c, FIN | BINARY, data, SIZE);
        expect_frame(c, BINARY, data, SIZE);
    }
    expect_close(busy, 1013);
    is_called_off(s);
    server_stop(s, SIGTERM);
}

/* A client may say all that it has to say before it listens. */
static void half_closed(struct server *s)
{
    static const char *const specs[] = { "await:0", "await:1", "await:15" };
    static const char *const results[] = { "0\n", "1\n", "610\n" };
    for (int i = 0; i < 3; i++) {
        struct answer a;
        char request[100];
        struct client *c = client_connect(s);
        trying("%s", specs[i]);
        snprintf(request, sizeof request, "GET /job/%s HTTP/1.1\r\nHost: h\r\n\r\n",
                 specs[i]);
        ask(c, request);
        shutdown(c->fd, SHUT_WR);
        http_read(c, &a, false);
        check(a.status == 200 && !strcmp(a.body, results[i]), "is answered %d %s",
              a.status, a.body);
        expect_end(c, PATIENCE);
        client_close(c);
    }
}

/* One who sleeps holds little; but who is waited for by nobody is not kept for that. */
static void sleeper_resets(struct server *s)
{
    for (int many = 1; many <= 3; many++) {
        struct client *c = client_connect(s);
        trying("%d jobs", many);
        for (int i = 0; i < many; i++)
            ask(c, "GET /job/sleep:60000 HTTP/1.1\r\nHost: h\r\n\r\n");
        pause_ms(20);
        client_reset(c);
        all_gone(s, 1000 * SLOWER);
    }
}

/* The client has gone while its job holds a thread, and what the job finds out has no
 * place any more. Others ask meanwhile: what was freed is soon something else. */
static void resets_amid_a_nap(struct server *s)
{
    enum { NAP = 250 };
    struct answer a;
    for (int many = 1; many <= 3; many++) {
        struct client *c = client_connect(s);
        trying("%d jobs", many);
        for (int i = 0; i < many; i++)
            ask(c, "GET /job/nap:250 HTTP/1.1\r\nHost: h\r\n\r\n");
        pause_ms(20);
        client_reset(c);
        for (int64_t end = clock_now() + (NAP + 50) * MS; clock_now() < end; ) {
            struct client *other = client_connect(s);
            http_get(other, "/job/cpu:10", &a);
            check(a.status == 200 && !strcmp(a.body, "55\n"), "another's job: %d %s",
                  a.status, a.body);
            client_close(other);
            pause_ms(10);
        }
        all_gone(s, 1000 * SLOWER);
    }
}

const struct trial await_trials[] = {
    TRIAL("a crowd awaits, and leaves", crowd_leaves, .options = "--close-timeout 200"),
    TRIAL("more stacks than --max-stacks", crowd_beyond_the_bound, .options = BOUNDED,
          .stacks = true),
    TRIAL("SIGTERM while a crowd awaits", crowd_stopped, .bare = true, .awaits = true,
          .step = WITHSTANDS),
    TRIAL("a message that gets no stack", beyond_by_message, .options = BOUNDED,
          .stacks = true),
    TRIAL("await:N beyond --max-stacks", too_deep, .options = BOUNDED " --max-fib 90",
          .stacks = true),
    TRIAL("nobody waits for what is awaited", nobody_waits, .bare = true, .awaits = true),
    TRIAL("a slow reader's job is void", overflows_meanwhile, .bare = true,
          .awaits = true),
    TRIAL("awaited by one who has said all", half_closed),
    TRIAL("a sleeper's line breaks", sleeper_resets, .awaits = true),
    TRIAL("a reset while its job has a thread", resets_amid_a_nap, .step = WITHSTANDS),
    { 0 },
};
