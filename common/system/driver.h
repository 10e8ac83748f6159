/* driver.h - what a database's driver is to us, and which one --db wants.
 *
 * A driver is a module, bin/sqlite.so or bin/postgres.so, which is loaded only with --db:
 * a program that is merely linked with a database's library makes every forked child
 * more expensive. It exports one `const struct driver driver`, from common/drivers/.
 *
 * A driver's texts are rows as lines, and in a row a tab between columns. NULL is nothing
 * between two tabs, and what a value has of tabs or line feeds stays as it is. */
#ifndef DRIVER_H
#define DRIVER_H

#include "job.h"
#include "query.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options;

/* A connection to the database: one job at a time, and one thread at a time. The driver's
 * own struct begins with it. After a step that was not the last: wait until fd is ready
 * for these events (poll(2)'s), or until the deadline (ns, or NEVER), and step again. fd
 * may be another after each step; with -1 there is only the deadline. A step too many
 * does no harm. */
struct line {
    int fd;
    short events;
    int64_t deadline;
};

struct driver {
    bool steps;                 /* false: begin() does it all, and blocks */

    /* Once, at start-up: is this address one that it understands, and are these queries?
     * If not, why gets a line that says what to do. Leaves no connection open: processes
     * will be forked. */
    bool (*check)(const char *where, const struct queries *, char *why, size_t size);

    /* A new line, which is not connected yet; NULL: no memory. `where` outlives it. The
     * queries' numbers are below that count. */
    struct line *(*open)(const char *where, size_t queries);

    /* The job begins: its text will have `most` bytes, or it fails with JOB_TOO_LONG. A
     * driver that blocks gives up at that time (ns): 504. One that steps may leave this
     * to its caller, who calls drop(). arg is NULL if the query takes none; it lives
     * until the job is done. */
    void (*begin)(struct line *, const struct query *, const char *arg, struct job *,
                  size_t most, int64_t until);

    /* True: the job is done, and has its text, or its status and why. */
    bool (*step)(struct line *);

    /* The job is called off, and not touched any more. Never waits long; harmless if it
     * is done. The line can be used again, or is closed when alive() says so. */
    void (*drop)(struct line *);

    /* Between two jobs: false, and it is to be closed, and another opened. A line that
     * has not connected yet is alive. What must not happen too often, such as connecting
     * to a server that is away, the driver counts for all its lines. */
    bool (*alive)(struct line *);

    void (*close)(struct line *);       /* NULL is harmless */
};

extern const struct driver *database;   /* of --db; NULL without */

/* Loads the driver that options->db wants, and lets it check that; or dies with a line
 * that says what to do. Does nothing without --db. */
void driver_load(const struct options *);

#endif
