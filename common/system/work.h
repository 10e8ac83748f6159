/* work.h - a job is done, here and now: its thread does nothing else until then. */
#ifndef WORK_H
#define WORK_H

#include <stdint.h>

struct job;
struct options;

/* What jobs need beyond a CPU and a clock, the directory of --files and the database's
 * driver: opens it, or dies with a line that says what to do. Once, before any thread or
 * fork. The options must outlive it. net_listen() calls it. */
void work_open(const struct options *);

/* Computes, waits, fetches or crashes, however long it takes, and sets the result, the
 * text or the status. A job that can be done in steps (errand.h) is, with poll(2) in
 * between. */
void job_run(struct job *);

/* fib(n), as naive as it gets: about fib(n) calls. */
int64_t job_fib(int64_t n);

#endif
