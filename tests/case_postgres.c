/* case_postgres.c - a PostgreSQL server behind every model: its answers, its delays, and
 * its end. The trials are passed over where tests/with-postgres has not started one. */
#include "trial.h"
#include "behind.h"
#include "wsclient.h"
#include "clock.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* It may be asked to look after its client while a query runs: libpq's manual, 34.1. */
#define WATCHFUL "&options=-c%20client_connection_check_interval%3D100"

/* ---- asking ---- */

static struct server *start(struct server *bare, const char *more)
{
    return behind_start(bare->model, behind_address(), behind_name(), more);
}

static void ask(struct server *s, const char *target, struct answer *a)
{
    struct client *c = client_connect(s);
    http_get(c, target, a);
    client_close(c);
}

static void expect(struct server *s, const char *target, int status, const char *body)
{
    struct answer a;
    trying("%s", target);
    ask(s, target, &a);
    check(a.status == status, "is answered %d, not %d: %s", a.status, status, a.body);
    check(!body || !strcmp(a.body, body), "the text is \"%s\", not \"%s\"", a.body, body);
    trying("%s", "");
}

/* A client whose answer is still to come. */
static struct client *asking(struct server *s, const char *target)
{
    char head[400];
    struct client *c = client_connect(s);
    int n = snprintf(head, sizeof head,
                     "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", target);
    client_write(c, head, (size_t)n);
    return c;
}

/* ---- answers ---- */

static void answers(struct server *bare)
{
    struct server *s = start(bare, "--max-result 3000");
    expect(s, "/job/sql:point:7", 200, "item 7\n");
    expect(s, "/job/sql:point:-1", 200, "");
    expect(s, "/job/sql:rows", 200, "1\t\tb\n2\t\tb\n");
    expect(s, "/job/sql:none", 200, "");
    expect(s, "/job/sql:long:3", 200, NULL);
    expect(s, "/job/sql:long:4", 502, NULL);
    expect(s, "/job/sql:long:100000", 502, NULL);
    expect(s, "/job/sql:wrong", 502, NULL);
    expect(s, "/job/sql:point:seven", 502, NULL);
    expect(s, "/job/sql:nothing", 404, NULL);
    expect(s, "/job/sql:point:8", 200, "item 8\n");
    server_stop(s, SIGTERM);
}

/* What a query leaves behind is not for the next client: the line gets a new session. */
static void new_sessions(struct server *bare)
{
    struct server *s = start(bare, "--db-lines 1");
    for (int i = 0; i < 5; i++) {
        expect(s, "/job/sql:point:7", 200, "item 7\n");
        expect(s, "/job/sql:open", 200, "");
        expect(s, "/job/sql:wrong", 502, NULL);
        expect(s, "/job/sql:point:8", 200, "item 8\n");
        expect(s, "/job/sql:copy", 502, NULL);
    }
    server_stop(s, SIGTERM);
}

/* A value is a value, whatever it looks like. */
static void values(struct server *bare)
{
    static const struct { const char *escaped, *text; } all[] = {
        { "it's", "it's\n" }, { "%22quoted%22", "\"quoted\"\n" }, { "", "\n" },
        { "';%20DROP%20TABLE%20item;%20--", "'; DROP TABLE item; --\n" },
        { "%27%20OR%20%27%27=%27", "' OR ''='\n" }, { "$1", "$1\n" }, { "a:b", "a:b\n" },
        { "%5C'", "\\'\n" }, { "%C3%A4%E2%82%AC", "\xc3\xa4\xe2\x82\xac\n" },
        { "%0A", "\n\n" }, { "NULL", "NULL\n" },
    };
    char target[100];
    struct server *s = start(bare, "");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        snprintf(target, sizeof target, "/job/sql:echo:%s", all[i].escaped);
        expect(s, target, 200, all[i].text);
    }
    expect(s, "/job/sql:point:7", 200, "item 7\n");
    server_stop(s, SIGTERM);
}

static void over_a_websocket(struct server *bare)
{
    struct server *s = start(bare, "--job-timeout 300");
    struct client *c = client_join(s, "/job/sql:point:7");
    for (int i = 0; i < 3; i++) {
        client_text(c, "again");
        expect_text(c, "item 7\n");
    }
    client_close(c);
    trying("a query that fails");
    client_text(c = client_join(s, "/job/sql:wrong"), "try");
    expect_close(c, 1011);
    client_close(c);
    trying("a query that takes too long");
    client_text(c = client_join(s, "/job/sql:wait:20000"), "try");
    expect_close(c, 1013);
    client_close(c);
    server_stop(s, SIGTERM);
}

/* Each client gets the answer to its own question. And each process that asks has a
 * session of its own, not an inherited one; in one process there are as many as lines. */
static void own_answers(struct server *bare)
{
    enum { CLIENTS = 3, TIMES = 30 };
    struct client *c[CLIENTS];
    struct answer a[CLIENTS];
    char request[200], wanted[40];
    struct server *s = start(bare, "--db-lines 1");
    for (int k = 0; k < CLIENTS; k++)
        c[k] = client_connect(s);
    for (int i = 0; i < TIMES + 1; i++) {
        for (int k = 0; k < CLIENTS; k++) {
            int n = snprintf(request, sizeof request, "GET /job/sql:%s HTTP/1.1\r\n"
                             "Host: h\r\n\r\n", "session");
            if (i < TIMES)
                n = snprintf(request, sizeof request, "GET /job/sql:echo:%d-%d HTTP/1.1"
                             "\r\nHost: h\r\n\r\n", i, k);
            client_write(c[k], request, (size_t)n);
        }
        for (int k = 0; k < CLIENTS; k++) {
            http_read(c[k], &a[k], false);
            snprintf(wanted, sizeof wanted, "%d-%d\n", i, k);
            check(a[k].status == 200, "client %d is answered %d: %s", k, a[k].status,
                  a[k].body);
            check(i == TIMES || !strcmp(a[k].body, wanted),
                  "the client that asks for %s is answered %s", wanted, a[k].body);
        }
    }
    for (int k = 1; k < CLIENTS; k++) {
        bool same = !strcmp(a[k].body, a[0].body);
        check(same == (bare->model->kind != PROCESSES), "two clients have %s session",
              same ? "the same" : "each its own");
    }
    clients_close();
    server_stop(s, SIGTERM);
}

/* ---- delays ---- */

/* In a loop, too, nobody else waits for the database. */
static void stalls_nobody(struct server *bare)
{
    enum { LONG = 1500, SHORT = 500 * SLOWER };
    struct answer a;
    struct server *s = start(bare, "");
    struct client *other = client_connect(s), *c = asking(s, "/job/sql:wait:1500");
    int64_t began = clock_now(), longest = 0;
    while (clock_now() < began + LONG * MS * 3 / 4) {
        int64_t asked = clock_now();
        http_get(other, "/healthz", &a);
        check(a.status == 200, "/healthz is answered %d", a.status);
        http_get(other, "/job/sql:echo:x", &a);
        check(a.status == 200, "a short query is answered %d: %s", a.status, a.body);
        longest = clock_now() - asked > longest ? clock_now() - asked : longest;
        pause_ms(10);
    }
    check(longest < SHORT * MS, "while one client's query waits, another client waits "
          "%d ms", (int)(longest / MS));
    http_read(c, &a, false);
    check(a.status == 200 && !strcmp(a.body, "waited\n"), "the one whose query waits is "
          "answered %d: %s", a.status, a.body);
    clients_close();
    server_stop(s, SIGTERM);
}

/* One is asking, one may wait, and the third is refused. */
static void queue_is_bounded(struct server *bare)
{
    enum { CLIENTS = 3 };
    int answered = 0, full = 0, late = 0;
    struct client *c[CLIENTS];
    const char *where = behind_address();
    if (bare->model->kind == PROCESSES)
        pass_over("each process has a line of its own");
    struct server *s = behind_start(bare->model, where, behind_name(),
                                    "--db-lines 1 --db-queue 1 --queue-timeout 400");
    for (int k = 0; k < CLIENTS; k++)
        c[k] = asking(s, "/job/sql:wait:1500");
    for (int k = 0; k < CLIENTS; k++) {
        struct answer a;
        http_read(c[k], &a, false);
        answered += a.status == 200;
        full += a.status == 503 && strstr(a.body, "--db-queue");
        late += a.status == 503 && strstr(a.body, "--queue-timeout");
    }
    check(answered == 1 && full == 1 && late == 1, "of three that ask for a line, %d are "
          "answered, %d find the queue full, %d wait too long", answered, full, late);
    expect(s, "/job/sql:point:7", 200, "item 7\n");
    clients_close();
    server_stop(s, SIGTERM);
}

/* Whether we or the database have set the bound, the query does not run on. */
static void queries_end_in_time(struct server *bare)
{
    static const char *const bounds[] = {
        "--job-timeout 300", "&options=-c%20statement_timeout%3D300",
    };
    const char *where = behind_address();
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        const char *name = behind_name();
        struct server *s = behind_start(bare->model, where, name, bounds[i]);
        expect(s, "/job/sql:wait:20000", 504, NULL);
        trying("%s", bounds[i]);
        behind_until(s, name, 0);
        expect(s, "/job/sql:point:7", 200, "item 7\n");
        server_stop(s, SIGTERM);
    }
}

/* ---- clients that leave ---- */

/* Where the model learns of it, the query is cancelled. Elsewhere it is over in time. */
static void reset_in_mid_query(struct server *bare)
{
    const char *where = behind_address(), *name = behind_name();
    struct server *s = behind_start(bare->model, where, name, "--job-timeout 60000");
    if (!client_is_missed(s))
        pass_over("while a job is out, nobody looks at its client");
    for (int websocket = 0; websocket < 2; websocket++) {
        struct client *c;
        trying("%s", websocket ? "a WebSocket" : "a request's client");
        if (websocket)
            client_text(c = client_join(s, "/job/sql:wait:60000"), "wait");
        else
            c = asking(s, "/job/sql:wait:60000");
        behind_until(s, name, 1);
        client_reset(c);
        behind_until(s, name, 0);
        expect(s, "/job/sql:point:7", 200, "item 7\n");
    }
    server_stop(s, SIGTERM);
}

static void half_closed(struct server *bare)
{
    struct answer a;
    struct server *s = start(bare, "");
    struct client *c = asking(s, "/job/sql:wait:1200");
    shutdown(c->fd, SHUT_WR);
    http_read(c, &a, false);
    check(a.status == 200 && !strcmp(a.body, "waited\n"), "it is answered %d: %s",
          a.status, a.body);
    server_stop(s, SIGTERM);
}

/* ---- ends ---- */

/* A loop cancels what it has asked for. Others end, and the database finds out. */
static void stopped_in_mid_query(struct server *bare)
{
    char name[40];
    const char *where = behind_address();
    bool loop = bare->model->kind == A_LOOP && !bare->model->single;
    struct server *observer = behind_start(bare->model, where, behind_name(), "");
    snprintf(name, sizeof name, "%s", behind_name());
    struct server *s = behind_start(bare->model, where, name, loop ? "" : WATCHFUL);
    asking(s, "/job/sql:wait:60000");
    behind_until(observer, name, 1);
    int ms = server_stop(s, SIGTERM);
    check(!loop || ms < 700 * SLOWER, "it takes %d ms to stop", ms);
    behind_until(observer, name, 0);
    clients_close();
    server_stop(observer, SIGTERM);
}

static void no_database(struct server *bare)
{
    behind_address();
    struct server *s = behind_start(bare->model, "postgres://relay@/none?host=/nowhere",
                                    behind_name(), "");
    for (int i = 0; i < 3; i++)
        expect(s, "/job/sql:point:7", 503, NULL);
    expect(s, "/healthz", 200, NULL);
    server_stop(s, SIGTERM);
}

/* It is away for a while, with a query in it, and its lines are gone. Then all is well
 * again, and nobody had to do anything about it. */
static void restart(struct server *bare)
{
    char folder[] = "/tmp/conformance-XXXXXX", where[200];
    struct answer a = { .status = 0 };
    behind_address();
    check(mkdtemp(folder) && chmod(folder, 0777) == 0, "no folder for a socket");
    snprintf(where, sizeof where, "postgres://relay@/postgres?host=%s", folder);
    struct database database = behind_database(folder);
    struct server *s = behind_start(bare->model, where, behind_name(), "");
    expect(s, "/job/sql:point:7", 200, "item 7\n");
    struct client *c = asking(s, "/job/sql:wait:30000");
    pause_ms(200);
    behind_end(database);
    http_read(c, &a, false);
    check(a.status == 502 || a.status == 503, "in mid-query it is answered %d: %s",
          a.status, a.body);
    client_close(c);
    for (int i = 0; i < 3; i++)
        expect(s, "/job/sql:point:7", 503, NULL);
    expect(s, "/healthz", 200, NULL);
    database = behind_database(folder);
    int64_t end = clock_now() + PATIENCE * MS;
    for (a.status = 0; a.status != 200; pause_ms(20)) {
        check(clock_now() < end, "the database is back, and it is answered %d: %s",
              a.status, a.body);
        ask(s, "/job/sql:point:7", &a);
    }
    pause_ms(200);              /* each process finds out for itself, every 100 ms */
    for (int i = 0; i < 10; i++)
        expect(s, "/job/sql:point:7", 200, "item 7\n");
    server_stop(s, SIGTERM);
    behind_end(database);
    snprintf(where, sizeof where, "rm -rf %s", folder);
    check(system(where) == 0, "cannot remove %s", folder);
}

#define OF_POSTGRES(name, run, ...) \
    TRIAL("PostgreSQL: " name, run, .bare = true, __VA_ARGS__)

const struct trial postgres_trials[] = {
    OF_POSTGRES("its answers", answers, .needs = ANYONE),
    OF_POSTGRES("new sessions", new_sessions, .needs = ANYONE),
    OF_POSTGRES("an argument is a value", values, .needs = ANYONE),
    OF_POSTGRES("over a WebSocket", over_a_websocket, .needs = ANYONE),
    OF_POSTGRES("each has its own answers", own_answers, .needs = SEVERAL),
    OF_POSTGRES("a long query stalls nobody", stalls_nobody, .needs = SEVERAL),
    OF_POSTGRES("the queue is bounded", queue_is_bounded, .needs = SEVERAL),
    OF_POSTGRES("queries end in time", queries_end_in_time, .needs = ANYONE),
    OF_POSTGRES("a client is reset in mid-query", reset_in_mid_query, .needs = SEVERAL),
    OF_POSTGRES("a client half-closes in mid-query", half_closed, .needs = ANYONE),
    OF_POSTGRES("SIGTERM in mid-query", stopped_in_mid_query, .needs = ANYONE),
    OF_POSTGRES("no database", no_database, .needs = ANYONE),
    OF_POSTGRES("the database is restarted", restart, .needs = ANYONE),
    { 0 },
};
