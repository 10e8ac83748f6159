#include "job.h"
#include "settings.h"

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

bool job_parse(const char *spec, const struct options *o, struct job *job,
               const char **why)
{
    static const struct { const char *name; enum job_kind kind; } kinds[] = {
        { "cpu:", JOB_CPU }, { "sleep:", JOB_SLEEP },
        { "nap:", JOB_NAP }, { "await:", JOB_AWAIT },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t length = strlen(kinds[i].name);

        if (strncmp(spec, kinds[i].name, length) != 0)
            continue;
        *job = (struct job){ .kind = kinds[i].kind, .n = number(spec + length) };
        job->result = job->n;   /* of a wait; computing sets its own */
        bool waits = job->kind == JOB_SLEEP || job->kind == JOB_NAP;
        bool too_deep = job->kind == JOB_AWAIT && o->max_stacks && job->n > o->max_stacks;
        *why = job->n < 0 ? "a job is a name, a colon and a plain decimal number"
             : waits ? "that wait is longer than --max-wait allows"
             : too_deep ? "that takes more stacks than --max-stacks allows"
             : "that Fibonacci number is beyond --max-fib";
        return job->n >= 0 && job->n <= (waits ? o->max_wait : o->max_fib) && !too_deep;
    }
    if (strcmp(spec, "crash") == 0) {
        *job = (struct job){ .kind = JOB_CRASH };
        *why = "crash is for a server that was started with --allow-crash";
        return o->allow_crash;
    }
    *why = "unknown job: there are cpu:N, sleep:MS, nap:MS, await:N and crash";
    return false;
}
