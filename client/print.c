/* report_print() of report.h. How to read it is told in client/README.md. */
#include "clock.h"
#include "report.h"

#include <string.h>

static const char *const refusal_names[REFUSALS] = {
    "of 3xx", "of 4xx", "of 5xx", "of 503",
};

static void print_time(FILE *out, const char *name, int64_t ns)
{
    double v = (double)ns;
    const char *unit = v < 1e3 ? "ns" : v < 1e6 ? "us" : v < 1e9 ? "ms" : "s";

    v /= v < 1e3 ? 1 : v < 1e6 ? 1e3 : v < 1e9 ? 1e6 : 1e9;
    fprintf(out, "  %s %.*f %s", name, v < 9.995 ? 2 : v < 99.95 ? 1 : 0, v, unit);
}

static void print_latency(FILE *out, const char *what, const struct hist *h)
{
    static const struct { uint32_t millionths; const char *name; } shown[] = {
        { 500000, "p50" }, { 900000, "p90" }, { 990000, "p99" }, { 999000, "p99.9" },
    };

    fprintf(out, "%-14s", what);
    for (int i = 0; i < 4; i++)
        if (hist_resolves(h, shown[i].millionths))
            print_time(out, shown[i].name, hist_percentile(h, shown[i].millionths));
        else
            fprintf(out, "  %s –", shown[i].name);
    if (h->count)
        print_time(out, "max", h->max);
    fputc('\n', out);
    if (h->clamped)
        fprintf(out, "%-16s%llu of them took longer than 68.7 s\n", "",
                (unsigned long long)h->clamped);
}

static void print_cost(FILE *out, const char *who, const struct report *r,
                       const struct cost *cost)
{
    double n = (double)r->tally.messages;

    if (cost->cpu == UNKNOWN)
        fprintf(out, "%-16sCPU –: processes of it have ended", who);
    else
        fprintf(out, "%-16s%.3f s of CPU (%.0f %% of a core), %.2f us a message", who,
                (double)cost->cpu / 1e9,
                100 * each((double)cost->cpu / 1e9, r->cost_seconds),
                each((double)cost->cpu / 1e3, n));
    if (cost->switches == UNKNOWN)
        fputs(", switches –: threads of it have ended\n", out);
    else
        fprintf(out, ", %.3f switches a message\n", each((double)cost->switches, n));
}

static void print_setting(FILE *out, const struct report *r)
{
    const struct flags *f = r->flags;

    fprintf(out, "%s  %d connection%s", f->text_url, f->connections,
            f->connections == 1 ? "" : "s");
    if (f->mode == MODE_RELAY)
        fprintf(out, ", %d room%s, %d sending in each", f->rooms,
                f->rooms == 1 ? "" : "s", f->senders);
    if (f->mode != MODE_HTTP && f->size_least < f->size)
        fprintf(out, ", %zu to %zu bytes of %s", f->size_least, f->size,
                f->text ? "text" : "binary");
    else if (f->mode != MODE_HTTP)
        fprintf(out, ", %zu bytes of %s", f->size, f->text ? "text" : "binary");
    if (f->burst > 1)
        fprintf(out, ", %d in a burst", f->burst);
    if (f->threads > 1)
        fprintf(out, ", %d threads", f->threads);
    fprintf(out, ", all open in %.2f s\n", r->opening);
}

static void print_rate(FILE *out, const struct report *r)
{
    const struct tally *t = &r->tally;

    char arrival[40] = "uniform";

    if (r->flags->poisson)
        snprintf(arrival, sizeof arrival, "poisson, seed %llu",
                 (unsigned long long)r->flags->seed);
    if (r->flags->open_loop)
        fprintf(out, "%-16sasked %.0f a second (%s), sent %.0f, answered %.0f\n",
                "rate", r->asked, arrival, r->sent, r->answered);
    fprintf(out, "%-16s%llu in %.2f s: %.0f a second\n", "messages",
            (unsigned long long)t->messages, report_seconds(r),
            each((double)t->messages, report_seconds(r)));
}

static void print_times(FILE *out, const struct report *r)
{
    const struct tally *t = &r->tally;

    print_latency(out, "response", t->times[RESPONSE]);
    for (int i = 0; i < REFUSALS; i++)
        if (t->times[RESPONSE_3XX + i]->count)
            print_latency(out, refusal_names[i], t->times[RESPONSE_3XX + i]);
    print_latency(out, "service", t->times[SERVICE]);
    if (r->flags->open_loop)
        print_latency(out, "sent late by", t->times[LAG]);
    if (r->flags->churn)
        print_latency(out, "connecting", t->times[CONNECT]);
    if (t->times[DELIVERY]->count == 0)
        return;
    fprintf(out, "%-16s%llu: %.0f a second\n", "deliveries",
            (unsigned long long)t->times[DELIVERY]->count,
            each((double)t->times[DELIVERY]->count, report_seconds(r)));
    print_latency(out, "to each", t->times[DELIVERY]);
    print_latency(out, "to the first", t->times[FIRST]);
    print_latency(out, "to the last", t->times[LAST]);
    print_latency(out, "between them", t->times[SPREAD]);
}

static void print_checks(FILE *out, const struct report *r)
{
    const struct tally *t = &r->tally;

    fprintf(out, "%-16s%llu of %llu deliveries%s: %llu lost, %llu duplicated, "
            "%llu reordered, %llu corrupted\n", "checked",
            (unsigned long long)t->got, (unsigned long long)t->expected,
            r->flags->warmup ? " (warm-up included)" : "",
            (unsigned long long)report_lost(r), (unsigned long long)t->duplicated,
            (unsigned long long)t->reordered, (unsigned long long)t->corrupted);
}

/* A server may close between two answers as it likes. It costs a new connection, which is
 * part of the next response time. */
static void print_reopened(FILE *out, const struct report *r)
{
    const struct tally *t = &r->tally;

    if (t->reopened)
        fprintf(out, "%-16s%llu connections when nothing was owed, opened again; %llu "
                "requests repeated that it had not read\n", "server closed",
                (unsigned long long)t->reopened, (unsigned long long)t->repeated);
}

/* Not said of what is as it should be: all of 200, and nobody went. */
static void print_statuses(FILE *out, const struct report *r)
{
    const struct tally *t = &r->tally;
    const char *comma = "";

    if (r->flags->mode != MODE_HTTP || t->statuses[200 - STATUS_LEAST] == t->got)
        return;
    fprintf(out, "%-16s", "answers");
    for (int i = 0; i <= STATUS_MOST - STATUS_LEAST; i++)
        if (t->statuses[i]) {
            fprintf(out, "%s%llu of %d", comma, (unsigned long long)t->statuses[i],
                    STATUS_LEAST + i);
            comma = ", ";
        }
    fputc('\n', out);
}

/* In lines of ten seconds. */
static void print_goodput(FILE *out, const struct seconds *s)
{
    for (size_t i = 0; i < s->size; i++) {
        if (i % 10 == 0)
            fprintf(out, "%s%-16s", i ? "\n" : "", i ? "" : "in each second");
        fprintf(out, "%s%llu", i % 10 ? ", " : "", (unsigned long long)s->count[i]);
    }
    if (s->size)
        fputs(" in time\n", out);
}

static void print_patience(FILE *out, const struct report *r)
{
    const struct flags *f = r->flags;

    if (f->patience == NEVER && f->retries == 0)
        return;
    print_goodput(out, &r->tally.goodput);
    if (f->patience != NEVER)
        fprintf(out, "%-16s%llu requests after %g s\n", "given up",
                (unsigned long long)r->tally.gave_up, (double)f->patience / 1e9);
    if (f->retries)
        fprintf(out, "%-16s%llu requests, after %g s\n", "asked again",
                (unsigned long long)r->tally.retried, (double)f->retry_after / 1e9);
}

/* In lines of 78 columns, below what it belongs to. */
static void print_advice(FILE *out, const char *text)
{
    while (*text) {
        size_t n = strlen(text);
        for (n = n < 74 ? n : 74; text[n] && text[n] != ' '; n--)
            ;
        fprintf(out, "    %.*s\n", (int)n, text);
        text += n + (text[n] == ' ');
    }
}

/* What is lost need not be the server's fault: it may never have promised it. */
static void print_manner(FILE *out, const struct report *r)
{
    const struct flags *f = r->flags;
    bool renamed = f->room_path || strncmp(f->url.path, "/relay/", 7) == 0;

    if (report_manner(r) == TO_SENDER)
        fprintf(out, "  This looks like an echo server: each connection got back what it "
                "had sent itself, and\n  nothing of what the others sent. If it is one, "
                "nobody shares a room there: add --rooms %d%s%s\n", f->connections,
                renamed ? " --room-path " : "", renamed ? f->url.path : "");
    if (report_manner(r) == TO_OTHERS)
        fputs("  This looks like a server that sends to everybody but the sender. A "
              "response is timed\n  until it is back at its sender, so there are none "
              "here; with --rate, \"to each\" tells the\n  times to the others.\n", out);
}

static void print_trouble(FILE *out, const struct report *r)
{
    print_manner(out, r);
    if (r->tally.corruption[0])
        fprintf(out, "  corrupted: %s\n", r->tally.corruption);
    for (int i = 0; i < FAILURES; i++)
        if (r->errors[i].count)
            fprintf(out, "  %llu connection%s: %s\n",
                    (unsigned long long)r->errors[i].count,
                    r->errors[i].count == 1 ? "" : "s", r->errors[i].first);
    for (int i = 0; i < REFUSALS; i++)
        if (r->tally.refusals[i].count)
            fprintf(out, "  %llu answer%s %s: %s\n",
                    (unsigned long long)r->tally.refusals[i].count,
                    r->tally.refusals[i].count == 1 ? "" : "s", refusal_names[i],
                    r->tally.refusals[i].first);
    if (r->silent)
        fprintf(out, "  no answer for %g s: see --timeout\n",
                (double)r->flags->timeout / 1e9);
    if (report_slo_broken(r)) {
        const struct hist *h = r->tally.times[RESPONSE];
        fputs("  --slo-p99 is broken:", out);
        print_time(out, hist_resolves(h, 990000) ? "p99" : "ten above", hist_tail(h));
        print_time(out, "instead of", r->flags->slo);
        fputc('\n', out);
    }
    for (int i = 0; i < r->verdict.count; i++) {
        fprintf(out, "  INVALID, %s: %s\n", r->verdict.reasons[i].rule,
                r->verdict.reasons[i].why);
        print_advice(out, r->verdict.reasons[i].advice);
    }
    if (r->interrupted)
        fputs("  interrupted: this report is partial\n", out);
}

void report_print(const struct report *r, FILE *out)
{
    print_setting(out, r);
    print_rate(out, r);
    print_times(out, r);
    print_checks(out, r);
    print_statuses(out, r);
    print_patience(out, r);
    print_reopened(out, r);
    print_cost(out, "client", r, &r->client);
    if (r->flags->server)
        print_cost(out, "server", r, &r->server);
    print_trouble(out, r);
}
