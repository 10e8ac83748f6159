/* job.h - the work a server does for a message: computing or waiting, two ways each. */
#ifndef JOB_H
#define JOB_H

#include <stdbool.h>
#include <stdint.h>

struct options;

enum job_kind {
    JOB_CPU,                    /* cpu:N    fib(N), the naive recursion */
    JOB_SLEEP,                  /* sleep:MS a wait that an event loop can wait for */
    JOB_NAP,                    /* nap:MS   a library call that blocks its whole thread */
    JOB_AWAIT,                  /* await:N  fib(N), every call through the scheduler */
    JOB_CRASH,                  /* crash    the process dies, if --allow-crash lets it */
};

struct job {
    enum job_kind kind;
    int status;                 /* 0: fine; else it failed, and how, in HTTP's terms */
    const char *why;            /* then a line for the client: a literal */
    int64_t n;                  /* N, or milliseconds */
    int64_t result;             /* of a wait its n, from the start; else fib(n) */
};

/* Reads "cpu:30" or "crash". Decimal digits only, no sign, no leading zero, within the
 * bounds of the options. On failure false, and *why is one line for the client. */
bool job_parse(const char *spec, const struct options *, struct job *, const char **why);

#endif
