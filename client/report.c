#include "report.h"
#include "clock.h"

#include <string.h>

static const struct { uint32_t millionths; const char *name, *json; } percentiles[] = {
    { 500000, "p50", "p50" }, { 900000, "p90", "p90" },
    { 990000, "p99", "p99" }, { 999000, "p99.9", "p999" },
};

enum { PERCENTILES = sizeof percentiles / sizeof *percentiles };

static const char *const names[FAILURES] = {
    [NOT_CONNECTED] = "not_connected", [NOT_SWITCHED] = "not_switched",
    [CLOSED] = "closed_by_server", [CUT_OFF] = "cut_off", [GARBAGE] = "garbage",
};

/* ---- figures ---- */

static uint64_t lost(const struct report *r)
{
    return r->tally->expected - r->tally->got;
}

static uint64_t failures(const struct report *r)
{
    uint64_t n = 0;

    for (int i = 0; i < FAILURES; i++)
        n += r->errors[i].count;
    return n;
}

static double seconds(const struct report *r)
{
    const struct tally *t = r->tally;

    return t->messages ? (double)(t->last - t->first) / 1e9 : 0;
}

/* So much of it for each of so many; of none: 0. */
static double each(double total, double count)
{
    return count > 0 ? total / count : 0;
}

void report_judge(struct report *r)
{
    const struct tally *t = r->tally;

    r->status = r->interrupted ? 130
              : failures(r) ? 1
              : lost(r) || t->duplicated || t->reordered || t->corrupted ? 3
              : t->messages == 0 ? 1 : 0;
}

/* ---- in words ---- */

static void print_time(FILE *out, const char *name, int64_t ns)
{
    double v = (double)ns;
    const char *unit = v < 1e3 ? "ns" : v < 1e6 ? "us" : v < 1e9 ? "ms" : "s";

    v /= v < 1e3 ? 1 : v < 1e6 ? 1e3 : v < 1e9 ? 1e6 : 1e9;
    fprintf(out, "  %s %.*f %s", name, v < 9.995 ? 2 : v < 99.95 ? 1 : 0, v, unit);
}

static void print_latency(FILE *out, const char *what, const struct hist *h)
{
    fprintf(out, "%-14s", what);
    for (int i = 0; i < PERCENTILES; i++) {
        uint32_t p = percentiles[i].millionths;
        if (hist_resolves(h, p))
            print_time(out, percentiles[i].name, hist_percentile(h, p));
        else
            fprintf(out, "  %s –", percentiles[i].name);
    }
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
    double n = (double)r->tally->messages;

    fprintf(out, "%-16s%.3f s of CPU (%.0f %% of a core), %.2f us a message", who,
            (double)cost->cpu / 1e9, 100 * each((double)cost->cpu / 1e9, seconds(r)),
            each((double)cost->cpu / 1e3, n));
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
    fprintf(out, ", %zu bytes of %s", f->size, f->text ? "text" : "binary");
    if (f->burst > 1)
        fprintf(out, ", %d in a burst", f->burst);
    fputs("\n", out);
}

static void print_trouble(FILE *out, const struct report *r)
{
    if (r->tally->corruption[0])
        fprintf(out, "  corrupted: %s\n", r->tally->corruption);
    for (int i = 0; i < FAILURES; i++)
        if (r->errors[i].count)
            fprintf(out, "  %llu connection%s: %s\n",
                    (unsigned long long)r->errors[i].count,
                    r->errors[i].count == 1 ? "" : "s", r->errors[i].first);
    if (r->silent)
        fprintf(out, "  %s: see --timeout\n", r->silent);
    if (r->interrupted)
        fputs("  interrupted: this report is partial\n", out);
}

void report_print(const struct report *r, FILE *out)
{
    const struct tally *t = r->tally;

    print_setting(out, r);
    fprintf(out, "%-16s%llu in %.2f s: %.0f a second\n", "messages",
            (unsigned long long)t->messages, seconds(r),
            each((double)t->messages, seconds(r)));
    print_latency(out, "round trip", t->round_trip);
    if (t->delivery) {
        fprintf(out, "%-16s%llu: %.0f a second\n", "deliveries",
                (unsigned long long)t->delivery->count,
                each((double)t->delivery->count, seconds(r)));
        print_latency(out, "delivery", t->delivery);
    }
    fprintf(out, "%-16s%llu of %llu deliveries%s: %llu lost, %llu duplicated, "
            "%llu reordered, %llu corrupted\n", "checked",
            (unsigned long long)t->got, (unsigned long long)t->expected,
            r->flags->warmup ? " (warm-up included)" : "", (unsigned long long)lost(r),
            (unsigned long long)t->duplicated, (unsigned long long)t->reordered,
            (unsigned long long)t->corrupted);
    print_cost(out, "client", r, &r->client);
    if (r->flags->server)
        print_cost(out, "server", r, &r->server);
    print_trouble(out, r);
}

/* ---- as JSON ---- */

static void json_string(FILE *out, const char *s)
{
    fputc('"', out);
    for (; *s; s++)
        if (*s == '"' || *s == '\\')
            fprintf(out, "\\%c", *s);
        else if ((unsigned char)*s < ' ')
            fprintf(out, "\\u%04x", (unsigned)*s);
        else
            fputc(*s, out);
    fputc('"', out);
}

static void json_count(FILE *out, const char *name, uint64_t n)
{
    fprintf(out, "  \"%s\": %llu,\n", name, (unsigned long long)n);
}

static void json_latency(FILE *out, const char *name, const struct hist *h)
{
    fprintf(out, "  \"%s\": { \"count\": %llu, \"clamped\": %llu", name,
            (unsigned long long)(h ? h->count : 0),
            (unsigned long long)(h ? h->clamped : 0));
    for (int i = 0; i < PERCENTILES; i++)
        if (h && hist_resolves(h, percentiles[i].millionths))
            fprintf(out, ", \"%s\": %lld", percentiles[i].json,
                    (long long)hist_percentile(h, percentiles[i].millionths));
        else
            fprintf(out, ", \"%s\": null", percentiles[i].json);
    if (h && h->count)
        fprintf(out, ", \"min\": %lld, \"mean\": %.0f, \"max\": %lld", (long long)h->min,
                each((double)h->sum, (double)h->count), (long long)h->max);
    else
        fputs(", \"min\": null, \"mean\": null, \"max\": null", out);
    fputs(" },\n", out);
}

static void json_cost(FILE *out, const char *who, const struct report *r,
                      const struct cost *cost)
{
    double n = (double)r->tally->messages;

    fprintf(out, "  \"%s\": { \"cpu_ns\": %lld, \"switches\": %lld, \"cores\": %.4f, "
            "\"cpu_us_per_message\": %.4f, \"switches_per_message\": %.5f },\n", who,
            (long long)cost->cpu, (long long)cost->switches,
            each((double)cost->cpu / 1e9, seconds(r)), each((double)cost->cpu / 1e3, n),
            each((double)cost->switches, n));
}

static void json_setting(const struct flags *f, FILE *out)
{
    fputs("  \"command\": ", out);
    json_string(out, f->line);
    fputs(",\n  \"url\": ", out);
    json_string(out, f->text_url);
    fputs(",\n", out);
    json_count(out, "connections", (uint64_t)f->connections);
    json_count(out, "rooms", (uint64_t)f->rooms);
    json_count(out, "senders", (uint64_t)f->senders);
    json_count(out, "burst", (uint64_t)f->burst);
    json_count(out, "size", f->size);
    fprintf(out, "  \"text\": %s,\n  \"warmup_s\": %.3f,\n", f->text ? "true" : "false",
            (double)f->warmup / 1e9);
}

static void json_errors(const struct report *r, FILE *out)
{
    const char *comma = "";

    fputs("  \"errors\": {", out);
    for (int i = 0; i < FAILURES; i++)
        if (r->errors[i].count) {
            fprintf(out, "%s \"%s\": { \"count\": %llu, \"first\": ", comma, names[i],
                    (unsigned long long)r->errors[i].count);
            json_string(out, r->errors[i].first);
            fputs(" }", out);
            comma = ",";
        }
    fputs(" },\n", out);
}

void report_json(const struct report *r, FILE *out)
{
    const struct tally *t = r->tally;

    fputs("{\n", out);
    json_setting(r->flags, out);
    fprintf(out, "  \"elapsed_s\": %.6f,\n", seconds(r));
    json_count(out, "messages", t->messages);
    fprintf(out, "  \"messages_per_s\": %.1f,\n", each((double)t->messages, seconds(r)));
    fprintf(out, "  \"deliveries_per_s\": %.1f,\n",
            each((double)(t->delivery ? t->delivery->count : t->messages), seconds(r)));
    json_latency(out, "round_trip_ns", t->round_trip);
    json_latency(out, "delivery_ns", t->delivery);
    json_count(out, "deliveries_expected", t->expected);
    json_count(out, "deliveries", t->got);
    json_count(out, "lost", lost(r));
    json_count(out, "duplicated", t->duplicated);
    json_count(out, "reordered", t->reordered);
    json_count(out, "corrupted", t->corrupted);
    json_errors(r, out);
    json_cost(out, "client", r, &r->client);
    if (r->flags->server)
        json_cost(out, "server", r, &r->server);
    fprintf(out, "  \"silent\": %s,\n  \"interrupted\": %s,\n  \"exit_status\": %d\n}\n",
            r->silent ? "true" : "false", r->interrupted ? "true" : "false", r->status);
}
