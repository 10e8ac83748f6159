/* postgres.c - PostgreSQL through libpq's asynchronous calls: nothing here waits.
 *
 * A line is always in one state, and a step takes it as far as it gets without waiting:
 *
 *   OFF -> CONNECTING -> IDLE -> PREPARING -> ASKING -> IDLE
 *                         ^                     | drop()
 *                         +----- DRAINING <-----+
 *
 * A query is prepared once on each line. Rows come one by one, so a line keeps no more
 * than --max-result and the longest row. What was sent is not sent again: if the line is
 * lost then, nobody knows whether the query was done, and the client is told so.
 *
 * Links: -lpq */
#include "clock.h"
#include "driver.h"
#include "frame.h"
#include "postgres_cancel.h"
#include "postgres_result.h"

#include <poll.h>
#include <postgresql/libpq-fe.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BACKOFF = 100,              /* ms from a connection that failed to the next one */
    DRAIN = 500,                /* ms that a cancelled query may take to end */
    LAST_WORD = 100,            /* ms that close() waits for a cancel to arrive */
    NOTICES = 8,                /* that an idle line may bring at a time */
};

#define UNREACHABLE "the database is away: try again later"
#define LOST        "the database went away in mid-query: it may have been done, or not"
#define COPIES      "the query is a COPY, which brings no rows"

enum state { OFF, CONNECTING, IDLE, PREPARING, ASKING, DRAINING };
enum progress { ON, WAIT, DONE };

struct session {
    struct line line;
    const char *where;
    PGconn *conn;               /* NULL: OFF */
    enum state state;
    bool ending;                /* the server has said that it ends the session */
    bool stale;                 /* what is prepared may not be as we believe */
    struct cancel cancel;
    int64_t drained;            /* DRAINING: when that must be over, ns */
    struct job *job;            /* NULL: none */
    const struct query *query;
    const char *arg;
    size_t most;                /* bytes of text */
    struct frame *text;         /* so far; NULL: no row yet */
    int status;                 /* what has gone wrong so far, and why; 0: nothing */
    const char *why;
    size_t queries;
    bool prepared[];            /* of each query */
};

/* No line tries to connect before that, ns: a server that is away, or starts, is left
 * alone for a moment. */
static _Atomic int64_t not_before;

/* ---- what a state ends with ---- */

static enum progress wait_for(struct session *s, short events)
{
    s->line.fd = PQsocket(s->conn);
    s->line.events = events;
    s->line.deadline = s->state == DRAINING ? s->drained : NEVER;
    return WAIT;
}

static bool ready(const struct session *s, short events)
{
    return poll(&(struct pollfd){ PQsocket(s->conn), events, 0 }, 1, 0) > 0;
}

/* The job has its text, or has failed; the line may still have something to do. */
static enum progress done(struct session *s, int status, const char *why)
{
    struct job *job = s->job;

    s->job = NULL;
    if (status) {
        frame_unref(s->text);
        job_fail(job, status, why);
    } else {
        job->text = s->text ? s->text : frame_new(0);
    }
    s->text = NULL;
    return DONE;
}

static void hang_up(struct session *s)
{
    cancel_forget(&s->cancel);
    PQfinish(s->conn);
    memset(s->prepared, 0, s->queries * sizeof *s->prepared);
    s->conn = NULL;
    s->state = OFF;
    s->ending = s->stale = false;
    s->line.fd = -1;
}

static enum progress unreachable(struct session *s)
{
    hang_up(s);
    atomic_store(&not_before, clock_now() + BACKOFF * MS);
    return done(s, 503, UNREACHABLE);
}

/* There is no connection, and a job that was not sent yet: so there will be another one,
 * but with the next step. A caller that watches descriptors must see that this one is
 * closed before it sees the next, which may have the same number. */
static enum progress start_again(struct session *s)
{
    s->line = (struct line){ .fd = -1, .deadline = 0 };
    return WAIT;
}

/* Only what was sent may be done. */
static enum progress lost(struct session *s)
{
    enum state was = s->state;

    hang_up(s);
    if (was == DRAINING)
        return start_again(s);
    return was == ASKING ? done(s, 502, LOST) : done(s, 503, UNREACHABLE);
}

/* ---- connecting ---- */

/* Nothing that the server remarks goes to stderr; but its goodbye is heard. */
static void hear(void *arg, const PGresult *r)
{
    struct session *s = arg;

    s->ending = s->ending || result_last(r);
}

/* What the address says wins over what stands before it: PQconnectdbParams, libpq's
 * manual, 34.1. */
static enum progress dial(struct session *s)
{
    static const char *const names[] = { "fallback_application_name", "client_encoding",
                                         "dbname", NULL };
    const char *const values[] = { "relayrace", "UTF8", s->where, NULL };

    if (clock_now() < atomic_load(&not_before))
        return done(s, 503, UNREACHABLE);
    s->conn = PQconnectStartParams(names, values, 1);
    if (!s->conn || PQstatus(s->conn) == CONNECTION_BAD)
        return unreachable(s);
    PQsetNoticeReceiver(s->conn, hear, s);
    s->state = CONNECTING;
    return wait_for(s, POLLOUT);
}

/* libpq believes that its socket is ready when it is called. */
static enum progress connecting(struct session *s)
{
    if (!ready(s, s->line.events))
        return wait_for(s, s->line.events);
    switch (PQconnectPoll(s->conn)) {
    case PGRES_POLLING_READING: return wait_for(s, POLLIN);
    case PGRES_POLLING_WRITING: return wait_for(s, POLLOUT);
    case PGRES_POLLING_OK:      break;
    default:                    return unreachable(s);
    }
    PQsetnonblocking(s->conn, 1);
    s->state = IDLE;
    return ON;
}

/* ---- asking ---- */

/* The argument is a value of the type that the server finds for $1, written as text. */
static enum progress ask(struct session *s)
{
    const struct query *q = s->query;
    char name[32];
    bool sent;

    snprintf(name, sizeof name, "q%zu", q->number);
    if (s->prepared[q->number]) {
        s->state = ASKING;
        sent = PQsendQueryPrepared(s->conn, name, q->takes_arg, &s->arg, NULL, NULL, 0)
               && PQsetSingleRowMode(s->conn);
    } else {
        s->state = PREPARING;
        sent = PQsendPrepare(s->conn, name, q->sql, 0, NULL);
    }
    if (!sent)
        return lost(s);
    return wait_for(s, PQflush(s->conn) == 1 ? POLLIN | POLLOUT : POLLIN);
}

/* What the server is at is of no use any more. If that cannot be told to it, it finds out
 * when it writes. */
static void call_off(struct session *s)
{
    s->stale = s->stale || s->state == PREPARING;
    s->state = DRAINING;
    s->drained = clock_now() + DRAIN * MS;
    if (!cancel_send(&s->cancel, s->conn))
        hang_up(s);
}

/* ---- what comes back ---- */

/* NULL, or why no more of it is wanted. The first error counts: a second one may only say
 * that the session is over. */
static const char *take(struct session *s, const PGresult *r)
{
    switch (result_verdict(r)) {
    case A_ROW:
        return s->state == ASKING && !result_row(r, &s->text, s->most) ? JOB_TOO_LONG
                                                                       : NULL;
    case AN_ERROR:
        s->stale = s->stale || result_stale(r);
        if (s->state != DRAINING && !s->status)
            s->status = result_status(r, &s->why);
        return NULL;
    case A_COPY:
        return COPIES;
    case GOES_ON:
        break;
    }
    return NULL;
}

/* All has been answered. A transaction that is left open would be the next client's. */
static enum progress answered(struct session *s)
{
    enum state was = s->state;

    if (PQstatus(s->conn) != CONNECTION_OK)
        return lost(s);
    if (!cancel_over(&s->cancel)) {
        s->line = (struct line){ .fd = -1, .deadline = clock_now() + MS };
        return clock_now() < s->drained ? WAIT : lost(s);
    }
    s->state = IDLE;
    if (was == PREPARING && !s->status)
        s->prepared[s->query->number] = true;
    else if (s->stale || PQtransactionStatus(s->conn) != PQTRANS_IDLE)
        hang_up(s);
    if (was == ASKING || (was == PREPARING && s->status))
        return done(s, s->status, s->why);
    return s->conn ? ON : start_again(s);
}

/* That a line is lost shows in the results, behind what it brought before. */
static enum progress collect(struct session *s)
{
    bool full = PQflush(s->conn) == 1;
    PGresult *r;

    PQconsumeInput(s->conn);
    while (!PQisBusy(s->conn)) {
        if (!(r = PQgetResult(s->conn)))
            return answered(s);
        const char *enough = take(s, r);
        PQclear(r);
        if (enough && s->state == DRAINING)
            return lost(s);
        if (enough) {
            call_off(s);
            return done(s, 502, enough);
        }
    }
    if (s->state == DRAINING && clock_now() >= s->drained)
        return lost(s);
    return wait_for(s, full ? POLLIN | POLLOUT : POLLIN);
}

/* ---- the driver ---- */

static bool postgres_check(const char *where, const struct queries *queries, char *why,
                           size_t size)
{
    char *error = NULL;
    PQconninfoOption *parts = PQconninfoParse(where, &error);
    bool good = parts != NULL;

    if (!good)
        snprintf(why, size, "%.*s: an address is postgres://USER@HOST/DATABASE",
                 error ? (int)strcspn(error, "\n") : 0, error ? error : "");
    PQfreemem(error);
    PQconninfoFree(parts);
    for (size_t i = 0; good && i < queries->count; i++) {
        const struct query *q = &queries->all[i];
        good = !q->takes_arg || strstr(q->sql, "$1");
        if (!good)
            snprintf(why, size, "the query '%s' in line %d has ?1, which only SQLite "
                     "knows: write $1", q->name, q->line);
    }
    return good;
}

static struct line *postgres_open(const char *where, size_t queries)
{
    struct session *s = calloc(1, sizeof *s + queries * sizeof *s->prepared);

    if (!s)
        return NULL;
    s->where = where;
    s->queries = queries;
    s->line = (struct line){ .fd = -1, .deadline = NEVER };
    return &s->line;
}

static void postgres_begin(struct line *line, const struct query *query, const char *arg,
                           struct job *job, size_t most, int64_t until)
{
    struct session *s = (struct session *)line;

    (void)until;
    s->query = query;
    s->arg = arg;
    s->job = job;
    s->most = most;
    s->status = 0;
    s->line = (struct line){ .fd = -1, .deadline = 0 };     /* there is a step to take */
}

static bool postgres_step(struct line *line)
{
    struct session *s = (struct session *)line;
    enum progress now = ON;

    while (s->job && now == ON)
        switch (s->state) {
        case OFF:        now = dial(s);       break;
        case CONNECTING: now = connecting(s); break;
        case IDLE:       now = ask(s);        break;
        case PREPARING: case ASKING: case DRAINING:
            now = collect(s);
            break;
        }
    return !s->job;
}

static void postgres_drop(struct line *line)
{
    struct session *s = (struct session *)line;

    s->job = NULL;
    frame_unref(s->text);
    s->text = NULL;
    if (s->state == CONNECTING)
        hang_up(s);
    else if (s->state == PREPARING || s->state == ASKING)
        call_off(s);
}

/* A server says nothing to an idle line, but for a remark now and then, and goodbye. */
static bool postgres_alive(struct line *line)
{
    struct session *s = (struct session *)line;

    if (s->state == DRAINING)
        collect(s);
    for (int i = 0; s->state == IDLE && ready(s, POLLIN); i++) {
        if (i == NOTICES || !PQconsumeInput(s->conn))
            return false;
        PQisBusy(s->conn);      /* reads it */
        if (s->ending)
            return false;
    }
    return true;
}

/* What it is at is cancelled; a program that ends waits a moment for that. */
static void postgres_close(struct line *line)
{
    struct session *s = (struct session *)line;

    if (!s)
        return;
    postgres_drop(line);
    for (int i = 0; !cancel_over(&s->cancel) && i < LAST_WORD; i++)
        poll(NULL, 0, 1);
    hang_up(s);
    free(s);
}

__attribute__((visibility("default"))) const struct driver driver = {
    .steps = true,
    .check = postgres_check,
    .open = postgres_open,
    .begin = postgres_begin,
    .step = postgres_step,
    .drop = postgres_drop,
    .alive = postgres_alive,
    .close = postgres_close,
};
