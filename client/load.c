/* load.c - the load client: many connections, one thread, and a stopwatch.
 *
 * A measuring tool must cost less than what it measures, so this is an event loop, on
 * libev; where one core is not enough, several of them side by side. The phases from
 * connecting to leaving are in run.c, a message's way out and back in due.c, send.c and
 * receive.c, and whether it can be believed in check.c: the README has a map. */
#include "die.h"
#include "report.h"
#include "start.h"
#include "threads.h"

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

/* Each member of a room keeps an account of each sender in it. */
static void check_memory(const struct flags *f)
{
    if ((double)f->senders * f->connections * sizeof(struct heard) > 1e9)
        die("-c %d, %d senders in a room: their accounts need more than 1 GB: lower "
            "--senders, or raise --rooms", f->connections, f->senders);
}

/* Opened before the run: a wrong name should not cost a measurement. */
static FILE *create(const char *name)
{
    FILE *f = !name ? NULL : strcmp(name, "-") == 0 ? stdout : fopen(name, "we");

    if (name && !f)
        die("cannot write %s: %s", name, strerror(errno));
    return f;
}

/* False if it is not all there: a full disk says so only now. */
static bool finish(FILE *f, const char *name)
{
    if (!f)
        return true;
    bool failed = ferror(f) | fflush(f);
    if ((f == stdout || fclose(f) == 0) && !failed)
        return true;
    fprintf(stderr, "load: cannot write %s: %s\n", name, strerror(errno));
    return false;
}

static struct outputs open_outputs(const struct flags *f)
{
    struct outputs o = { create(f->json), create(f->csv), create(f->hdr),
                         create(f->timeline) };

    if (o.timeline)
        fputs("start_ns,end_ns,connection,port,due_ns\n", o.timeline);
    return o;
}

/* All of them, even if one cannot be written. */
static bool close_outputs(const struct outputs *o, const struct flags *f)
{
    bool done = finish(o->json, f->json);

    done = finish(o->csv, f->csv) && done;
    done = finish(o->hdr, f->hdr) && done;
    done = finish(o->timeline, f->timeline) && done;
    return finish(stdout, "the report") && done;
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
    struct team team;

    start_clean();
    flags_parse(&flags, argc, argv);
    raise_limit(&flags);
    check_memory(&flags);
    struct outputs outputs = open_outputs(&flags);
    team_init(&team, &flags);
    team.timeline = outputs.timeline;
    series_init(&team.series, outputs.csv, !flags.quiet && isatty(STDERR_FILENO));
    struct run *runs = threads_run(&team);
    series_clear(&team.series);
    report_init(&report, &team, runs);
    tell(&report, &outputs);
    int status = close_outputs(&outputs, &flags) ? report.status : 1;
    report_free(&report);
    threads_free(runs, flags.threads);
    team_free(&team);
    series_free(&team.series);
    free(flags.line);
    free(flags.credential);
    return status;
}
