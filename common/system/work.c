#include "work.h"
#include "clock.h"
#include "driver.h"
#include "errand.h"
#include "files.h"
#include "lines.h"
#include "net.h"
#include "settings.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

static const struct options *options;

void work_open(const struct options *o)
{
    options = o;
    files_open(o->files);
    driver_load(o);
    lines_open(o);
    errand_open(o);
}

/* A signal does not cut it short: the time asked for is the time it takes. */
static void wait_ms(int64_t ms)
{
    int64_t until = clock_now() + ms * MS;
    struct timespec t = { until / (1000 * MS), until % (1000 * MS) };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

/* DOC: work-steps. Blocking is stepping, and poll(2) in between. */
static void run_steps(struct job *job, struct line *line)
{
    struct errand errand;

    errand_begin(&errand, job, line);
    while (!errand_step(&errand)) {
        struct pollfd set = net_poll(errand.fd, errand.events);

        net_wait(&set, 1, errand.deadline);
    }
}

static void ask_database(struct job *job)
{
    const char *arg;
    const struct query *query = job_query(job, options, &arg);
    struct line *line = lines_get(job);

    if (!line)
        return;
    if (database->steps)
        run_steps(job, line);
    else
        database->begin(line, query, arg, job, job_most(options),
                        clock_now() + options->job_timeout);
    lines_give(line);
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
    case JOB_FILE:
        files_read(job, job_most(options));
        break;
    case JOB_SQL:
        ask_database(job);
        break;
    case JOB_FETCH:
        run_steps(job, NULL);
        break;
    }
}
