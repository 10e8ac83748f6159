#include "job.h"
#include "die.h"
#include "query.h"
#include "settings.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

/* Decimal digits and nothing else. Returns -1 for anything that is not such a number. */
static int64_t number(const char *s)
{
    int64_t n = 0;

    if (!*s || (s[0] == '0' && s[1]))
        return -1;
    for (; *s; s++) {
        if (*s < '0' || *s > '9' || n > INT64_MAX / 10 - 1)
            return -1;
        n = n * 10 + (*s - '0');
    }
    return n;
}

static const char *wrong_number(const struct options *o, const struct job *job)
{
    bool waits = job->kind == JOB_SLEEP || job->kind == JOB_NAP;

    if (job->n < 0)
        return "a job is a name, a colon and a plain decimal number";
    if (job->n > (waits ? o->max_wait : o->max_fib))
        return waits ? "that wait is longer than --max-wait allows"
                     : "that Fibonacci number is beyond --max-fib";
    if (job->kind == JOB_AWAIT && o->max_stacks && job->n > o->max_stacks)
        return "that takes more stacks than --max-stacks allows";
    return NULL;
}

/* ---- jobs that bring a text ---- */

static const struct query *split(const char *name, const struct options *o,
                                 const char **arg)
{
    size_t n = strcspn(name, ":");

    *arg = name[n] ? name + n + 1 : NULL;
    return queries_find(o->queries, name, n);
}

const struct query *job_query(const struct job *job, const struct options *o,
                              const char **arg)
{
    return split(job->name, o, arg);
}

static const char *wrong_query(const char *name, const struct options *o, int *status)
{
    const char *arg;

    if (!o->db)
        return "sql is for a server that was started with --db";
    const struct query *q = split(name, o, &arg);
    if (!q) {
        *status = 404;
        return "there is no query of that name in --queries";
    }
    if (q->takes_arg && !arg)
        return "that query takes an argument: sql:NAME:ARG";
    if (!q->takes_arg && arg)
        return "that query takes no argument: sql:NAME";
    return arg && !utf8_text(arg, strlen(arg)) ? "a query's argument is UTF-8" : NULL;
}

/* It goes into a request line as it is, RFC 9112 section 3.2.1: a line's end in it would
 * begin another header, or another request. */
static const char *wrong_path(const char *path, const struct options *o)
{
    if (!o->upstream)
        return "fetch is for a server that was started with --upstream";
    if (*path != '/')
        return "fetch:PATH is a path that begins with a slash";
    for (; *path; path++)
        if (*path <= ' ' || *path > '~' || *path == '#')
            return "fetch:PATH is printable ASCII, without blanks or a #";
    return NULL;
}

static const char *wrong_text(const char *name, const struct options *o, struct job *job)
{
    switch (job->kind) {
    case JOB_SQL:
        return wrong_query(name, o, &job->status);
    case JOB_FETCH:
        return wrong_path(name, o);
    default:
        return !o->files ? "file is for a server that was started with --files"
             : !*name ? "file:NAME is the name of a file below --files" : NULL;
    }
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(must_alloc(size), text, size);
}

void job_free(struct job *job)
{
    if (!job_has_text(job))
        return;
    free(job->name);
    frame_unref(job->text);
    job->name = NULL;
    job->text = NULL;
}

size_t job_most(const struct options *o)
{
    return o->max_result < o->max_output / 4 ? o->max_result : o->max_output / 4;
}

/* ---- all of them ---- */

static const char *wrong_rest(const char *rest, const struct options *o, struct job *job)
{
    const char *wrong;

    if (job_has_text(job)) {
        wrong = wrong_text(rest, o, job);
        job->name = wrong ? NULL : copy(rest);
        job->text = NULL;
    } else {
        job->result = job->n = number(rest);    /* of a wait; computing sets its own */
        wrong = wrong_number(o, job);
    }
    return wrong;
}

bool job_parse(const char *spec, const struct options *o, struct job *job,
               const char **why)
{
    static const struct { const char *name; enum job_kind kind; } kinds[] = {
        { "cpu:", JOB_CPU }, { "sleep:", JOB_SLEEP }, { "nap:", JOB_NAP },
        { "await:", JOB_AWAIT }, { "file:", JOB_FILE }, { "sql:", JOB_SQL },
        { "fetch:", JOB_FETCH },
    };
    const char *wrong = "unknown job: there are cpu:N, sleep:MS, nap:MS, await:N, crash, "
                        "file:NAME, sql:NAME:ARG and fetch:PATH";

    *job = (struct job){ .status = 400 };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t length = strlen(kinds[i].name);

        if (strncmp(spec, kinds[i].name, length) == 0) {
            job->kind = kinds[i].kind;
            wrong = wrong_rest(spec + length, o, job);
        }
    }
    if (strcmp(spec, "crash") == 0) {
        job->kind = JOB_CRASH;
        wrong = o->allow_crash ? NULL
              : "crash is for a server that was started with --allow-crash";
    }
    if (wrong)
        *why = wrong;
    else
        job->status = 0;
    return !wrong;
}
