#include "errand.h"
#include "clock.h"
#include "driver.h"
#include "fetch.h"
#include "settings.h"

static const struct options *options;

void errand_open(const struct options *o)
{
    options = o;
    if (o->upstream)
        fetch_open(o->upstream);
}

bool errand_steps(const struct job *job)
{
    return job->kind == JOB_FETCH || (job->kind == JOB_SQL && database->steps);
}

void errand_begin(struct errand *e, struct job *job, struct line *line)
{
    size_t most = job_most(options);
    const char *arg;

    *e = (struct errand){ .job = job, .line = line,
                          .until = clock_now() + options->job_timeout };
    if (line) {
        const struct query *query = job_query(job, options, &arg);

        database->begin(line, query, arg, job, most, e->until);
    } else {
        e->fetch = fetch_begin(job, most);
    }
}

bool errand_step(struct errand *e)
{
    struct job *job = e->job;

    if (e->line ? database->step(e->line) : fetch_step(e->fetch)) {
        e->job = NULL;
        return true;
    }
    if (clock_now() >= e->until) {
        errand_drop(e);
        job_fail(job, 504, "it took longer than --job-timeout allows");
        return true;
    }
    e->deadline = e->until;
    if (!e->line) {
        e->fd = fetch_waits(e->fetch, &e->events);
        return false;
    }
    e->fd = e->line->fd;
    e->events = e->line->events;
    if (e->line->deadline < e->until)
        e->deadline = e->line->deadline;
    return false;
}

void errand_drop(struct errand *e)
{
    if (!e->job)
        return;
    if (e->line)
        database->drop(e->line);
    else
        fetch_drop(e->fetch);
    e->job = NULL;
}
