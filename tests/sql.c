#include "sql.h"
#include "clock.h"
#include "options.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENT = 10000, LOOK = 20 };    /* ms */

static const char text[] =
    "point: SELECT name FROM item WHERE id = $1\n"
    "echo: SELECT $1::text\n"
    "rows: SELECT i, NULL, 'b' FROM generate_series(1, 2) AS s(i)\n"
    "none: SELECT 1 WHERE false\n"
    "set: SET work_mem = '1MB'\n"
    "wrong: SELECT 1 / 0\n"
    "syntax: SELEC 1\n"
    "copy: COPY item TO STDOUT\n"
    "begin: BEGIN\n"
    "session: SELECT pg_backend_pid()\n"
    "prepared: SELECT count(*) FROM pg_prepared_statements\n"
    "end: SELECT pg_terminate_backend($1)\n"
    "long: SELECT repeat('x', 999) FROM generate_series(1, $1::int)\n"
    "wait: SELECT 'waited' FROM pg_sleep($1::float8 / 1000)\n"
    "waiting: SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'\n"
    "forget: DROP TABLE IF EXISTS changing\n"
    "create: CREATE TABLE changing (a int)\n"
    "fill: INSERT INTO changing VALUES (1)\n"
    "all: SELECT * FROM changing\n"
    "widen: ALTER TABLE changing ADD COLUMN b int DEFAULT 2\n"
    "sequence: CREATE SEQUENCE IF NOT EXISTS times\n"
    "once: SELECT nextval('times'), pg_sleep(60)\n"
    "times: SELECT nextval('times')\n";

struct queries *sql_queries;
const char *sql_where;

/* ---- asking ---- */

static const struct query *query(const char *name)
{
    const struct query *q = queries_find(sql_queries, name, strlen(name));

    check(q, "there is no query %s", name);
    return q;
}

struct line *sql_line(const char *address)
{
    struct line *line = database->open(address, sql_queries->count);

    assert_non_null(line);
    return line;
}

bool sql_step(struct line *line)
{
    if (database->step(line))
        return true;
    poll(&(struct pollfd){ line->fd, line->events, 0 }, 1,
         line->deadline < clock_now() ? 0 : LOOK);
    return false;
}

void sql_begin(struct line *line, const char *name, const char *arg, struct job *job,
               size_t most)
{
    *job = (struct job){ .kind = JOB_SQL };
    database->begin(line, query(name), arg, job, most, NEVER);
}

const char *sql_finish(struct line *line, struct job *job)
{
    static char told[SQL_MOST + 1];
    int64_t end = clock_now() + PATIENT * MS;

    while (!sql_step(line))
        check(clock_now() < end, "no answer comes");
    if (job->status)
        snprintf(told, sizeof told, "!%d", job->status);
    else
        snprintf(told, sizeof told, "%.*s", (int)job->text->size, job->text->data);
    check(!job->status == !job->why, "status %d, and why: %s", job->status, job->why);
    job_free(job);
    return told;
}

const char *sql_ask(struct line *line, const char *name, const char *arg)
{
    struct job job;

    sql_begin(line, name, arg, &job, SQL_MOST);
    return sql_finish(line, &job);
}

void sql_expect(struct line *line, const char *name, const char *arg,
                const char *answer)
{
    const char *told = sql_ask(line, name, arg);

    check(strcmp(told, answer) == 0, "%s:%s is answered \"%s\", not \"%s\"", name,
          arg ? arg : "", told, answer);
}

/* The line that asks has to be driven, too, if there is one. */
static void until(int n, struct line *asking)
{
    struct line *other = sql_line(sql_where);
    int64_t end = clock_now() + PATIENT * MS;
    char wanted[20];

    snprintf(wanted, sizeof wanted, "%d\n", n);
    while (strcmp(sql_ask(other, "waiting", NULL), wanted) != 0) {
        check(!asking || !database->step(asking), "a query that waits is over");
        check(clock_now() < end, "the server is not at %d queries that wait", n);
        pause_for(2 * MS);
    }
    database->close(other);
}

void sql_until_waiting(int n) { until(n, NULL); }

void sql_begin_waiting(struct line *line, struct job *job, int n)
{
    sql_begin(line, "wait", "60000", job, SQL_MOST);
    until(n, line);
}

void sql_end_session(const char *session)
{
    struct line *line = sql_line(sql_where);
    char number[20];

    snprintf(number, sizeof number, "%d", atoi(session));
    sql_expect(line, "end", number, "t\n");
    database->close(line);
}

/* ---- before all and after all ---- */

int sql_set_line(void **state)
{
    *state = sql_line(sql_where);
    return 0;
}

int sql_close_line(void **state)
{
    database->close(*state);
    return 0;
}

bool sql_prepare(void)
{
    static struct options o;
    const char *why;
    int line;

    sql_where = getenv("RELAY_PG") ? getenv("PG_URL") : NULL;
    if (!sql_where) {
        puts("skipped: there is no PostgreSQL here: make test-postgres");
        return false;
    }
    sql_queries = queries_parse((struct bytes){ text, strlen(text) }, &line, &why);
    check(sql_queries, "line %d of the queries: %s", line, why);
    options_default(&o);
    o.db = sql_where;
    o.queries = sql_queries;
    driver_load(&o);
    return true;
}
