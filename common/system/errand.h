/* errand.h - a job that waits for somebody else, cut into steps: each goes as far as it
 * gets, and says what it would wait for. Somebody else does the waiting: a thread by
 * poll(2), for this one alone; a loop at its desk (desk.h), for all that are out.
 *
 *     errand_begin(&errand, job, line);
 *     while (!errand_step(&errand))
 *         ...wait until errand.fd is ready for errand.events, or until the deadline... */
#ifndef ERRAND_H
#define ERRAND_H

#include <stdbool.h>
#include <stdint.h>

struct fetch;
struct job;
struct line;
struct options;

struct errand {
    int fd;                     /* -1: there is only the deadline */
    short events;               /* poll(2)'s */
    int64_t deadline;           /* ns: when to step again if nothing has happened */
    int64_t until;              /* ns: when --job-timeout has passed */
    struct job *job;            /* NULL: it is over */
    struct line *line;          /* of sql; or NULL, and this one is */
    struct fetch *fetch;
};

/* Once, before any thread or fork: finds out where --upstream is, or dies with a line.
 * The options must outlive it. */
void errand_open(const struct options *);

/* Can it be done in steps? Else job_run() does it, and blocks: cpu, nap, await, a file,
 * and sql where the database's driver knows no steps. */
bool errand_steps(const struct job *);

/* Begins it, and its time. Both stay where they are until it is over. `line` is one to
 * the database that nobody else uses; NULL for a fetch. */
void errand_begin(struct errand *, struct job *, struct line *line);

/* True: it is over, and the job has its text, or its status: 504 if its time is up. A
 * step too many does no harm. */
bool errand_step(struct errand *);

/* It is called off: the job is not touched any more, and the line can be used again, or
 * is not alive(). Harmless when it is over. */
void errand_drop(struct errand *);

#endif
