#include "work.h"
#include "clock.h"
#include "job.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

/* Compilers know how to merge such calls, each in its own way, and cpu:N would mean
 * another amount of work in every build. Here every call is made. */
__attribute__((noinline)) int64_t job_fib(int64_t n)
{
    __asm__ volatile ("");
    return n < 2 ? n : job_fib(n - 1) + job_fib(n - 2);
}

/* A signal does not cut it short: the time asked for is the time it takes. */
static void wait_ms(int64_t ms)
{
    int64_t until = clock_now() + ms * MS;
    struct timespec t = { until / (1000 * MS), until % (1000 * MS) };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

void job_run(struct job *job)
{
    switch (job->kind) {
    case JOB_CPU: case JOB_AWAIT:
        job->result = job_fib(job->n);
        break;
    case JOB_SLEEP: case JOB_NAP:
        wait_ms(job->n);
        break;
    case JOB_CRASH:             /* as by a wild pointer, but without a core dump */
        raise(SIGKILL);
        break;
    }
}
