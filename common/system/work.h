/* work.h - a job is done, here and now: its thread does nothing else until then. */
#ifndef WORK_H
#define WORK_H

#include <stdint.h>

struct job;

/* Computes, waits or crashes, however long it takes, and sets the result. */
void job_run(struct job *);

/* fib(n), as naive as it gets: about fib(n) calls. */
int64_t job_fib(int64_t n);

#endif
