/* case_jobs.c - jobs that bring a text: a file, and rows of a database that is a file. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define EACH(i, table) size_t i = 0; i < sizeof table / sizeof *table; i++

static const char queries[] =
    "# in this file\n"
    "point: SELECT name FROM item WHERE id = $1\n"
    "find: SELECT id, name FROM item\n"
    "    WHERE name = $1\n"
    "all: SELECT id, name FROM item ORDER BY id\n"
    "bytes: SELECT x'ff00'\n"
    "long: SELECT printf('%.*c', $1, 'x')\n"
    "count: WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n\n"
    "    WHERE i < CAST($1 AS INTEGER)) SELECT count(*) FROM n\n";

static char folder[64], db[100];

static const char *inside(const char *name)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void put(const char *name, const char *text, size_t size)
{
    FILE *f = fopen(inside(name), "we");
    check(f && fwrite(text, 1, size, f) == size && fclose(f) == 0, "cannot write %s",
          inside(name));
}

static sqlite3 *open_db(void)
{
    sqlite3 *own;
    check(sqlite3_open(db, &own) == SQLITE_OK, "cannot open %s", db);
    return own;
}

static void sql(sqlite3 *own, const char *text)
{
    check(sqlite3_exec(own, text, NULL, NULL, NULL) == SQLITE_OK, "%s: %s", text,
          sqlite3_errmsg(own));
}

/* A folder with files, beside it a secret, a database, and queries for it. */
static void lay_down(void)
{
    static char large[5000];
    strcpy(folder, "/tmp/conformance-XXXXXX");
    check(mkdtemp(folder) && mkdir(inside("public"), 0755) == 0
          && mkdir(inside("public/sub"), 0755) == 0, "cannot make a folder");
    snprintf(db, sizeof db, "%s/db", folder);
    memset(large, 'x', sizeof large);
    put("secret", "secret", 6);
    put("queries", queries, sizeof queries - 1);
    put("public/hello", "h\xc3\xa9llo\n", 7);
    put("public/bytes", "\0\xff", 2);
    put("public/empty", "", 0);
    put("public/sub/deep", "deep", 4);
    put("public/exact", large, 4096);
    put("public/large", large, 4097);
    check(symlink("../secret", inside("public/link")) == 0
          && symlink("..", inside("public/up")) == 0
          && mkfifo(inside("public/pipe"), 0600) == 0, "cannot make links");
    sqlite3 *own = open_db();
    sql(own, "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
    sql(own, "INSERT INTO item VALUES (1, 'cup'), (2, 'it''s')");
    sqlite3_close(own);
}

static struct server *start_with(struct server *bare, const char *more,
                                 const struct limits *limits)
{
    char options[600], files[200], file[200];
    lay_down();
    strcpy(files, inside("public"));
    strcpy(file, inside("queries"));
    snprintf(options, sizeof options,
             "--max-result 4096 --files %s --db %s --queries %s %s", files, db, file,
             more);
    return server_start(bare->model, options, limits);
}

static struct server *start(struct server *bare, const char *more)
{
    return start_with(bare, more, NULL);
}

static void stop(struct server *s, int sig)
{
    char command[100];
    clients_close();
    server_stop(s, sig);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    check(system(command) == 0, "cannot remove %s", folder);
}

/* ---- what is answered ---- */

static const struct {
    const char *spec;
    int status;                 /* over a WebSocket: 1011 for 404 and 502 */
    const char *text;           /* NULL: a line that says why */
    size_t size;
    bool binary;
} all[] = {
#define GOOD(spec, literal) { spec, 200, literal, sizeof literal - 1, false }
    GOOD("file:hello", "h\xc3\xa9llo\n"),
    GOOD("file:sub/deep", "deep"),
    GOOD("file:empty", ""),
    { "file:bytes", 200, "\0\xff", 2, true },
    { .spec = "file:none", 404 }, { .spec = "file:../secret", 404 },
    { .spec = "file:sub/../../secret", 404 }, { .spec = "file:link", 404 },
    { .spec = "file:up/secret", 404 }, { .spec = "file:pipe", 404 },
    { .spec = "file:sub", 404 }, { .spec = "file:/etc/passwd", 404 },
    { .spec = "file:.", 404 }, { .spec = "file:large", 502 },
    GOOD("sql:all", "1\tcup\n2\tit's\n"),
    GOOD("sql:point:1", "cup\n"),
    GOOD("sql:point:9", ""),
    GOOD("sql:point:", ""),
    GOOD("sql:find:it's", "2\tit's\n"),
    GOOD("sql:find:'%20OR%20'1'='1", ""),
    GOOD("sql:find:';DROP%20TABLE%20item;--", ""),
    GOOD("sql:all", "1\tcup\n2\tit's\n"),
    { "sql:bytes", 200, "\xff\0\n", 3, true },
    { .spec = "sql:long:4096", 502 },
};

static void target_of(char target[200], const char *spec)
{
    snprintf(target, 200, "/job/%s", spec);
}

/* All on one connection: a failure is no reason to close it. */
static void by_request(struct server *bare)
{
    struct server *s = start(bare, "");
    struct client *c = client_connect(s);
    for (EACH(i, all)) {
        char target[200];
        struct answer a;
        trying("/job/%s", all[i].spec);
        target_of(target, all[i].spec);
        http_get(c, target, &a);
        check(a.status == all[i].status, "is answered %d: %s", a.status, a.body);
        if (a.status != 200) {
            char *end = strchr(a.body, '\n');
            check(a.size > 10 && end && !end[1], "is told \"%s\"", a.body);
            continue;
        }
        const char *type = http_field(&a, "Content-Type");
        const char *wanted = all[i].binary ? "application/octet-stream"
                           : "text/plain; charset=utf-8";
        check(type && !strcmp(type, wanted), "is of type %s", type ? type : "(none)");
        check(a.size == all[i].size && !memcmp(a.body, all[i].text, a.size),
              "gives \"%s\"", a.body);
    }
    trying("a file of just --max-result");
    struct answer a;
    http_get(c, "/job/file:exact", &a);
    check(a.status == 200 && a.size == 4096, "is answered %d, %zu bytes", a.status,
          a.size);
    stop(s, SIGTERM);
}

static void by_message(struct server *bare)
{
    struct server *s = start(bare, "");
    for (EACH(i, all)) {
        char target[200];
        trying("a message to /job/%s", all[i].spec);
        target_of(target, all[i].spec);
        struct client *c = client_join_patiently(s, target);
        for (int k = 0; k < 3 && all[i].status == 200; k++) {
            client_text(c, "do it");
            expect_frame(c, all[i].binary ? BINARY : TEXT, all[i].text, all[i].size);
        }
        if (all[i].status == 200) {
            client_send_close(c, 1000, "");
            expect_close(c, 1000);
        } else {
            client_text(c, "do it");
            expect_close(c, 1011);
        }
        client_close(c);
    }
    trying("before a relay");
    struct client *c = client_join_patiently(s, "/relay/x?job=sql:point:1");
    for (int k = 0; k < 3; k++) {
        client_text(c, "to all");
        expect_text(c, "to all");
    }
    client_close(c);
    trying("before a relay, and it fails");
    c = client_join_patiently(s, "/relay/y?job=file:none");
    client_text(c, "to nobody");
    expect_close(c, 1011);
    stop(s, SIGTERM);
}

static void refused(struct server *s, const char *spec, int status)
{
    char request[300];
    trying("/job/%s", spec);
    int n = snprintf(request, sizeof request, "GET /job/%s HTTP/1.1\r\nHost: h\r\n\r\n",
                     spec);
    int got = http_status(s, request, (size_t)n);
    check(got == status, "is answered %d, not %d", got, status);
}

/* These are known before the job begins. */
static void bad_specs(struct server *bare)
{
    struct server *s = start(bare, "");
    static const char *const none[] = {
        "sql:", "sql:none", "sql:none:1", "sql:SELECT%201", "sql:point%20:1",
    };
    static const char *const bad[] = {
        "file:", "sql:point", "sql:all:1", "sql:all:", "sql:point:%ff", "fetch:/", "file",
        "sql", "File:hello", "file:a%00b", "sql:point%00:1",
    };
    for (EACH(i, bad))
        refused(s, bad[i], 400);
    for (EACH(i, none))
        refused(s, none[i], 404);
    stop(s, SIGTERM);
}

static void not_offered(struct server *s)
{
    static const char *const specs[] = { "file:x", "sql:x", "sql:x:1", "fetch:/x" };
    for (EACH(i, specs))
        refused(s, specs[i], 400);
}

/* ---- a database in trouble ---- */

#define REQUEST(spec) "GET /job/" spec " HTTP/1.1\r\nHost: h\r\n\r\n"

static void answered(struct client *c, const char *target, int status)
{
    struct answer a;
    http_get(c, target, &a);
    check(a.status == status, "%s is answered %d, not %d: %s", target, a.status, status,
          a.body);
}

/* Somebody writes, and takes their time. */
static void locked(struct server *bare)
{
    struct server *s = start(bare, "--job-timeout 150");
    struct client *c = client_connect(s);
    sqlite3 *own = open_db();
    answered(c, "/job/sql:point:1", 200);
    sql(own, "BEGIN EXCLUSIVE");
    int64_t began = clock_now();
    answered(c, "/job/sql:point:1", 504);
    int ms = (clock_now() - began) / MS;
    check(ms >= 100, "it is given up after %d ms, not 150", ms);
    answered(c, "/job/file:hello", 200);
    client_close(c);
    c = client_join_patiently(s, "/job/sql:point:1");
    client_text(c, "do it");
    expect_close(c, 1013);
    client_close(c);
    sql(own, "COMMIT");
    sqlite3_close(own);
    c = client_connect(s);
    answered(c, "/job/sql:point:1", 200);
    stop(s, SIGTERM);
}

static void disappears(struct server *bare)
{
    struct server *s = start(bare, "");
    struct client *c = client_connect(s);
    char away[150];
    snprintf(away, sizeof away, "%s-away", db);
    for (int i = 0; i < 2; i++) {
        trying("for the %s time", i ? "second" : "first");
        answered(c, "/job/sql:point:1", 200);
        check(rename(db, away) == 0, "cannot rename %s", db);
        answered(c, "/job/sql:point:1", 503);
        answered(c, "/job/file:hello", 200);
        check(rename(away, db) == 0, "cannot rename %s", away);
    }
    answered(c, "/job/sql:point:1", 200);
    trying("when another is put in its place");
    unlink(db);
    sqlite3 *own = open_db();
    sql(own, "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT)");
    sql(own, "INSERT INTO item VALUES (1, 'mug')");
    sqlite3_close(own);
    struct answer a;
    http_get(c, "/job/sql:point:1", &a);
    check(a.status == 200 && !strcmp(a.body, "mug\n"), "is answered %d %s", a.status,
          a.body);
    stop(s, SIGTERM);
}

#define LONG "count:9000000000000000000"

static void takes_too_long(struct server *bare)
{
    struct server *s = start(bare, "--job-timeout 150");
    struct client *c = client_connect(s);
    answered(c, "/job/sql:" LONG, 504);
    answered(c, "/job/sql:count:1000", 200);
    client_close(c);
    c = client_join_patiently(s, "/relay/x?job=sql:" LONG);
    client_text(c, "to nobody");
    expect_close(c, 1013);
    stop(s, SIGTERM);
}

/* ---- somebody goes in the middle of a query ---- */

enum way { CLOSE_LINE, RESET, HALF, WAYS };

/* What it has begun goes on until its time is up, and then the next client is served. */
static void client_goes(struct server *bare)
{
    struct server *s = start(bare, "--job-timeout 150 --close-timeout 100");
    for (int way = 0; way < 2 * WAYS; way++) {
        bool message = way >= WAYS;
        struct client *c;
        struct answer a;
        trying("way %d, by %s", way % WAYS, message ? "message" : "request");
        if (message) {
            c = client_join_patiently(s, "/job/sql:" LONG);
            client_text(c, "do it");
        } else {
            c = client_connect(s);
            client_write(c, REQUEST("sql:" LONG), sizeof REQUEST("sql:" LONG) - 1);
        }
        pause_ms(20);
        if (way % WAYS == RESET) {
            client_reset(c);
        } else if (way % WAYS == HALF) {
            shutdown(c->fd, SHUT_WR);
            if (!message) {
                http_read(c, &a, false);
                check(a.status == 504, "half closed, it is answered %d", a.status);
            }
            client_close(c);
        } else {
            client_close(c);
        }
        c = client_connect(s);
        answered(c, "/job/sql:point:1", 200);
        client_close(c);
    }
    stop(s, SIGTERM);
}

static void stopped(struct server *bare)
{
    static const int signals[] = { SIGTERM, -SIGINT };
    for (EACH(i, signals)) {
        trying(i ? "Ctrl-C" : "SIGTERM");
        struct server *s = start(bare, "--job-timeout 60000");
        struct client *c = client_connect(s);
        client_write(c, REQUEST("sql:" LONG), sizeof REQUEST("sql:" LONG) - 1);
        pause_ms(50);
        stop(s, signals[i]);
    }
}

/* Threads share the lines of their process, so some are told to come again. Where each
 * process has its own, or a loop does one after the other, nobody has to wait for one. */
static void a_rush(struct server *bare)
{
    enum { CLIENTS = 6 };
    struct server *s = start(bare, "--db-lines 1 --db-queue 1 --queue-timeout 60000");
    struct client *c[CLIENTS];
    int done = 0, refusals = 0;
    for (int i = 0; i < CLIENTS; i++) {
        c[i] = client_connect(s);
        client_write(c[i], REQUEST("sql:count:400000"),
                     sizeof REQUEST("sql:count:400000") - 1);
    }
    for (int i = 0; i < CLIENTS; i++) {
        struct answer a;
        http_read(c[i], &a, false);
        check(a.status == 200 || a.status == 503, "one is answered %d %s", a.status,
              a.body);
        check(a.status == 200 || http_field(&a, "Retry-After"), "no Retry-After");
        done += a.status == 200;
        refusals += a.status == 503;
    }
    check(done >= 2, "of %d jobs %d are done: there is a line, and a place to wait",
          CLIENTS, done);
    if (s->model->kind == THREADS || s->model->helpers)
        check(refusals > 0, "one line and one place to wait, and %d jobs are done", done);
    else if (s->model->kind == A_LOOP)
        check(refusals == 0, "a loop does one job after the other: %d are refused",
              refusals);
    trying("after the rush");
    answered(c[0], "/job/sql:point:1", 200);
    stop(s, SIGTERM);
}

/* How many descriptors are open when there are no more and no fewer for a while: a crew
 * may still be on its way. */
static long settled_files(struct server *s)
{
    long before = -1, now = server_files(s);
    int64_t end = clock_now() + PATIENCE * MS;
    while (now != before && clock_now() < end) {
        pause_ms(50);
        before = now;
        now = server_files(s);
    }
    return now;
}

/* Ten jobs leave open what one leaves: the database. */
static void nothing_stays_open(struct server *bare)
{
    static const char *const specs[] = {
        "/job/sql:all", "/job/sql:long:5000", "/job/file:hello", "/job/file:sub/deep",
        "/job/file:large", "/job/file:sub", "/job/file:link", "/job/file:sub/none",
    };
    struct server *s = start(bare, "");
    struct client *c = client_connect(s);
    struct answer a;
    long files = 0;
    for (int k = 0; k < 10; k++) {
        for (EACH(i, specs))
            http_get(c, specs[i], &a);
        if (k == 0)
            files = settled_files(s);
    }
    long now = settled_files(s);
    check(now == files, "after 80 jobs %ld descriptors are open, after 8 %ld", now,
          files);
    stop(s, SIGTERM);
}

/* Clients have taken all that there are: a job may fail, and nothing worse. */
static void without_descriptors(struct server *bare)
{
    enum { FILES = 24, CROWD = 30 };
    struct server *s = start_with(bare, "", &(struct limits){ .files = FILES });
    struct client *c = client_connect(s), *crowd[CROWD];
    static const char *const targets[] = { "/job/file:sub/deep", "/job/sql:point:1" };
    struct answer a;
    http_get(c, "/healthz", &a);
    for (int i = 0; i < CROWD; i++)
        crowd[i] = client_connect(s);
    pause_ms(50);
    for (EACH(i, targets)) {
        trying("%s in a crowd", targets[i]);
        http_get(c, targets[i], &a);
        check(a.status == 200 || a.status == 503, "is answered %d", a.status);
    }
    for (int i = 0; i < CROWD; i++)
        client_close(crowd[i]);
    int64_t end = clock_now() + PATIENCE * MS;
    for (EACH(i, targets)) {
        trying("%s when the crowd has gone", targets[i]);
        for (a.status = 0; a.status != 200 && clock_now() < end; pause_ms(10))
            http_get(c, targets[i], &a);
        check(a.status == 200, "is answered %d: %s", a.status, a.body);
    }
    stop(s, SIGTERM);
}

const struct trial job_trials[] = {
    TRIAL("files and rows by request", by_request, .bare = true),
    TRIAL("files and rows by message", by_message, .bare = true),
    TRIAL("no such query, or not what it takes", bad_specs, .bare = true),
    TRIAL("jobs that it was not started for", not_offered),
    TRIAL("a database that is locked", locked, .bare = true),
    TRIAL("a database file that disappears", disappears, .bare = true),
    TRIAL("a query that takes too long", takes_too_long, .bare = true),
    TRIAL("a client that goes in the middle of a query", client_goes, .bare = true,
          .step = WITHSTANDS),
    TRIAL("SIGTERM in the middle of a query", stopped, .bare = true, .step = WITHSTANDS),
    TRIAL("a rush on one line to the database", a_rush, .bare = true, .needs = A_CROWD),
    TRIAL("files and rows without a descriptor", without_descriptors, .bare = true),
    TRIAL("descriptors of files and databases", nothing_stays_open, .bare = true),
    { 0 },
};
