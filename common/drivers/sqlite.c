/* sqlite.c - the driver of SQLite, a database that is a library and a file.
 *
 * It has no server, so there is nothing to wait for but the disk and other processes'
 * locks, and no step in between: a query is a call that blocks. In a loop everybody
 * waits for it.
 *
 * Links: -lsqlite3 */
#include "clock.h"
#include "driver.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { LOOK = 10000 };          /* SQLite's instructions between two looks at the clock */

struct file {
    struct line line;           /* first: what others know of it */
    const char *where;
    sqlite3 *db;                /* NULL: not open */
    dev_t device;               /* which file it was then */
    ino_t number;
    int64_t until;              /* the query that runs is given up then */
    size_t queries;
    sqlite3_stmt *prepared[];   /* by the queries' numbers; NULL: not yet */
};

/* ---- opening and closing ---- */

/* Only for reading: a query that writes is none. Each line has one user at a time. */
static int open_file(const char *where, sqlite3 **db)
{
    int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;

    return sqlite3_open_v2(where, db, flags, NULL);
}

static int is_late(void *file)
{
    return clock_now() >= ((struct file *)file)->until;
}

static void disconnect(struct file *f)
{
    for (size_t i = 0; i < f->queries; i++) {
        sqlite3_finalize(f->prepared[i]);
        f->prepared[i] = NULL;
    }
    sqlite3_close(f->db);
    f->db = NULL;
}

static bool connect_to(struct file *f)
{
    struct stat st;

    if (f->db)
        return true;
    if (stat(f->where, &st) != 0 || open_file(f->where, &f->db) != SQLITE_OK) {
        disconnect(f);
        return false;
    }
    f->device = st.st_dev;
    f->number = st.st_ino;
    sqlite3_progress_handler(f->db, LOOK, is_late, f);
    return true;
}

static struct line *open_line(const char *where, size_t queries)
{
    struct file *f = calloc(1, sizeof *f + queries * sizeof *f->prepared);

    if (!f)
        return NULL;
    f->line = (struct line){ .fd = -1, .deadline = NEVER };
    f->where = where;
    f->queries = queries;
    return &f->line;
}

/* A file that was put in its place, or has been removed, is noticed. */
static bool is_alive(struct line *line)
{
    struct file *f = (struct file *)line;
    struct stat st;

    return !f->db || (stat(f->where, &st) == 0 && st.st_dev == f->device
                      && st.st_ino == f->number);
}

static void close_line(struct line *line)
{
    if (line)
        disconnect((struct file *)line);
    free(line);
}

/* ---- a query ---- */

static void fail(struct file *f, struct job *job, int error)
{
    switch (error & 0xff) {
    case SQLITE_INTERRUPT:
        job_fail(job, 504, "the database takes longer than --job-timeout allows");
        break;
    case SQLITE_BUSY: case SQLITE_LOCKED:
        if (is_late(f))
            job_fail(job, 504, "the database was locked for longer than --job-timeout");
        else
            job_fail(job, 503, "the database is locked: try again later");
        break;
    case SQLITE_NOMEM:
        job_fail(job, 503, "no memory is left for the query: try again later");
        break;
    case SQLITE_CANTOPEN:
        job_fail(job, 503, "the database is away: try again later");
        disconnect(f);
        break;
    case SQLITE_CORRUPT: case SQLITE_NOTADB: case SQLITE_IOERR:
        job_fail(job, 502, "the database can't be read");
        disconnect(f);
        break;
    default:
        job_fail(job, 502, "the database rejects that query");
    }
}

static sqlite3_stmt *prepare(struct file *f, const struct query *q, int *error)
{
    sqlite3_stmt **s = &f->prepared[q->number];

    *error = *s ? SQLITE_OK
           : sqlite3_prepare_v3(f->db, q->sql, -1, SQLITE_PREPARE_PERSISTENT, s, NULL);
    return *s;
}

/* False: that is too much. */
static bool add_row(sqlite3_stmt *s, struct frame **text, size_t most)
{
    int columns = sqlite3_column_count(s);

    for (int i = 0; i < columns; i++) {
        const char *value = (const char *)sqlite3_column_text(s, i);
        size_t size = (size_t)sqlite3_column_bytes(s, i);

        if ((*text)->size + size + 1 > most)
            return false;
        *text = frame_append(*text, value ? value : "", value ? size : 0);
        *text = frame_append(*text, i + 1 < columns ? "\t" : "\n", 1);
    }
    return true;
}

static void take_rows(struct file *f, sqlite3_stmt *s, struct job *job, size_t most)
{
    int what;

    job->text = frame_new(256);
    while ((what = sqlite3_step(s)) == SQLITE_ROW)
        if (!add_row(s, &job->text, most)) {
            job_fail(job, 502, JOB_TOO_LONG);
            return;
        }
    if (what != SQLITE_DONE)
        fail(f, job, what);
}

/* How long it waits for a lock is what is left of the job's time; ms. */
static int patience(int64_t until)
{
    int64_t left = (until - clock_now()) / MS + 1;

    return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

static void begin(struct line *line, const struct query *q, const char *arg,
                  struct job *job, size_t most, int64_t until)
{
    struct file *f = (struct file *)line;
    int error;

    f->until = until;
    if (!connect_to(f)) {
        fail(f, job, SQLITE_CANTOPEN);
        return;
    }
    sqlite3_busy_timeout(f->db, patience(until));
    sqlite3_stmt *s = prepare(f, q, &error);
    if (!s) {
        fail(f, job, error);
        return;
    }
    if (q->takes_arg)           /* a value, whatever it looks like */
        sqlite3_bind_text(s, 1, arg, -1, SQLITE_STATIC);
    take_rows(f, s, job, most);
    if (f->db) {
        sqlite3_reset(s);
        sqlite3_clear_bindings(s);
    }
}

static bool step(struct line *line)
{
    (void)line;
    return true;
}

static void drop(struct line *line) { (void)line; }

/* ---- at start-up ---- */

static bool only_blanks(const char *rest) { return !rest[strspn(rest, " \t\r\n;")]; }

static bool check_query(sqlite3 *db, const struct query *q, char *why, size_t size)
{
    const char *rest, *wrong = NULL;
    sqlite3_stmt *s;
    int error = sqlite3_prepare_v2(db, q->sql, -1, &s, &rest);

    if (error == SQLITE_BUSY || error == SQLITE_LOCKED)
        return true;            /* it will show */
    if (error != SQLITE_OK)
        wrong = sqlite3_errmsg(db);
    else if (!s || !only_blanks(rest))
        wrong = "it is not one statement";
    else if (!sqlite3_stmt_readonly(s))
        wrong = "it writes, and the database is only read";
    else if (sqlite3_bind_parameter_count(s) != q->takes_arg)
        wrong = "a query has one argument, and that is $1";
    if (wrong)
        snprintf(why, size, "the query %s in line %d: %s", q->name, q->line, wrong);
    sqlite3_finalize(s);
    return !wrong;
}

/* Nothing of it is left open: SQLite forbids to take a connection through a fork(2). */
static bool check(const char *where, const struct queries *all, char *why, size_t size)
{
    struct stat st;
    sqlite3 *db = NULL;
    bool good = true;

    if (stat(where, &st) != 0) {
        snprintf(why, size, "%s: sqlite3 FILE makes a database", strerror(errno));
        return false;
    }
    if (open_file(where, &db) != SQLITE_OK) {
        snprintf(why, size, "%s: name a file that can be read", sqlite3_errmsg(db));
        good = false;
    } else if (sqlite3_exec(db, "SELECT 1 FROM sqlite_master LIMIT 1", NULL, NULL, NULL)
               == SQLITE_NOTADB) {      /* it is not read before it is asked */
        snprintf(why, size, "that is no database of SQLite's: sqlite3 FILE makes one");
        good = false;
    }
    for (size_t i = 0; i < all->count && good; i++)
        good = check_query(db, &all->all[i], why, size);
    sqlite3_close(db);
    return good;
}

__attribute__((visibility("default"))) const struct driver driver = {
    .check = check, .open = open_line, .begin = begin, .step = step, .drop = drop,
    .alive = is_alive, .close = close_line,
};
