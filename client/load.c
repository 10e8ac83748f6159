/* load.c - the load client: many connections, one thread, and a stopwatch.
 *
 * A measuring tool must cost less than what it measures, so this is an event loop, on
 * libev; where one core is not enough, several of them side by side. What happens on a
 * connection is in conn.c, what is sent and counted in send.c and traffic.c, the phases
 * from connecting to leaving in run.c, and whether it can be believed in check.c. */
#include "die.h"
#include "report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

struct outputs { FILE *json, *csv, *hdr, *timeline; };

/* Every connection is a descriptor, and so are each thread's alarms and loop. */
static void raise_limit(const struct flags *f)
{
    struct rlimit limit;
    unsigned long long need = (unsigned long long)f->connections + 16
                            + 8 * (unsigned long long)f->threads;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (need > limit.rlim_max)
        die("-c %d: this process may have %llu descriptors in all (ulimit -Hn)",
            f->connections, (unsigned long long)limit.rlim_max);
}

/* Opened before the run: a wrong name should not cost a measurement. */
static FILE *create(const char *name)
{
    FILE *f = !name ? NULL : strcmp(name, "-") == 0 ? stdout : fopen(name, "we");

    if (name && !f)
        die("cannot write %s: %s", name, strerror(errno));
    return f;
}

static void finish(FILE *f, const char *name)
{
    if (!f)
        return;
    int failed = ferror(f) | fflush(f);
    if ((f != stdout && fclose(f) != 0) || failed)
        die("cannot write %s: %s", name, strerror(errno));
}

static struct outputs open_outputs(const struct flags *f)
{
    struct outputs o = { create(f->json), create(f->csv), create(f->hdr),
                         create(f->timeline) };

    if (o.timeline)
        fputs("start_ns,end_ns,connection,port,due_ns\n", o.timeline);
    return o;
}

static void close_outputs(const struct outputs *o, const struct flags *f)
{
    finish(o->json, f->json);
    finish(o->csv, f->csv);
    finish(o->hdr, f->hdr);
    finish(o->timeline, f->timeline);
}

static void tell(const struct report *r, const struct outputs *o)
{
    bool said = o->json == stdout || o->csv == stdout || o->hdr == stdout
             || o->timeline == stdout;

    if (r->unserved[0])
        fprintf(stderr, "load: %s\n", r->unserved);
    else if (!r->flags->quiet && !said)
        report_print(r, stdout);
    if (o->json)
        report_json(r, o->json);
    if (o->hdr)
        hist_print(r->tally.times[RESPONSE], o->hdr);
}

int main(int argc, char **argv)
{
    struct flags flags;
    struct report report;

    flags_parse(&flags, argc, argv);
    raise_limit(&flags);
    struct outputs outputs = open_outputs(&flags);
    struct team team = { .flags = &flags, .timeline = outputs.timeline };
    series_init(&team.series, outputs.csv, !flags.quiet && isatty(STDERR_FILENO));
    team_init(&team);
    team_run(&team);
    series_clear(&team.series);
    report_init(&report, &team);
    tell(&report, &outputs);
    close_outputs(&outputs, &flags);
    report_free(&report);
    team_free(&team);
    series_free(&team.series);
    free(flags.line);
    return report.status;
}
