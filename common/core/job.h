/* job.h - the work a server does for a message: computing, waiting, or getting a text. */
#ifndef JOB_H
#define JOB_H

#include "frame.h"
#include <stdbool.h>
#include <stdint.h>

struct options;
struct query;

enum job_kind {
    JOB_CPU,                    /* cpu:N    fib(N), the naive recursion */
    JOB_SLEEP,                  /* sleep:MS a wait that an event loop can wait for */
    JOB_NAP,                    /* nap:MS   a library call that blocks its whole thread */
    JOB_AWAIT,                  /* await:N  fib(N), every call through the scheduler */
    JOB_CRASH,                  /* crash    the process dies, if --allow-crash lets it */
    JOB_FILE,                   /* file:NAME        a file below --files */
    JOB_SQL,                    /* sql:NAME[:ARG]   a query of --queries, put to --db */
    JOB_FETCH,                  /* fetch:PATH       a GET from --upstream */
};

/* Two of these stand in every peer, so a name and a text lie behind pointers. */
struct job {
    enum job_kind kind;
    int status;                 /* 0: fine; else it failed, and how, in HTTP's terms: 404,
                                   502 it can't be done, 503 away or full, 504 too late */
    const char *why;            /* then a line for the client: a literal */
    union {
        int64_t n;              /* N, or milliseconds */
        char *name;             /* what stands behind the colon; from malloc() */
    };
    union {
        int64_t result;         /* of a wait its n, from the start; else fib(n) */
        struct frame *text;     /* what it has brought, payload only; NULL until then */
    };
};

/* It brings a text and not a number: file, sql, fetch. */
static inline bool job_has_text(const struct job *job) { return job->kind >= JOB_FILE; }

/* Reads "cpu:30", "sql:point:7" or "crash". Of a number decimal digits only, no sign, no
 * leading zero, within the bounds of the options. True: *job has a name that job_free()
 * frees. False: it has none, job->status is 400, or 404 if there is no such query, and
 * *why is one line for the client. */
bool job_parse(const char *spec, const struct options *, struct job *, const char **why);

/* The query of a sql job, and its argument: NULL if it takes none. Valid as long as the
 * job's name is. */
const struct query *job_query(const struct job *, const struct options *,
                              const char **arg);

/* How many bytes a job's text may have: --max-result, and at most a quarter of what may
 * wait for a client. More of them is a 502, and this line tells. */
size_t job_most(const struct options *);
#define JOB_TOO_LONG "the result is longer than --max-result allows"

/* It has failed: what it has brought so far is dropped. Status 0: it is to be done again,
 * for the next message. */
static inline void job_fail(struct job *job, int status, const char *why)
{
    if (job_has_text(job)) {
        frame_unref(job->text);
        job->text = NULL;
    }
    job->status = status;
    job->why = why;
}

/* Its name and its text; harmless for a job that has none, and twice. */
void job_free(struct job *);

#endif
