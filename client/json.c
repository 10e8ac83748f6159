/* report_json() of report.h. What each key means is told in client/README.md. */
#include "clock.h"
#include "report.h"
#include "utf8.h"

#include <string.h>

const char *const failure_names[FAILURES] = {
    [NOT_CONNECTED] = "not_connected", [NOT_SWITCHED] = "not_switched",
    [CLOSED] = "closed_by_server", [CUT_OFF] = "cut_off", [GARBAGE] = "garbage",
};

/* JSON is UTF-8, while a file name or a server's words may be anything: what is not is
 * told byte by byte. */
static void string(FILE *out, const char *s)
{
    struct utf8 seen = { 0 };
    bool legal = utf8_feed(&seen, s, strlen(s)) && utf8_complete(&seen);

    fputc('"', out);
    for (; *s; s++)
        if (*s == '"' || *s == '\\')
            fprintf(out, "\\%c", *s);
        else if ((unsigned char)*s < ' ' || ((unsigned char)*s > '~' && !legal))
            fprintf(out, "\\u%04x", (unsigned char)*s);
        else
            fputc(*s, out);
    fputc('"', out);
}

static void count(FILE *out, const char *name, uint64_t n)
{
    fprintf(out, "  \"%s\": %llu,\n", name, (unsigned long long)n);
}

static void truth(FILE *out, const char *name, bool is)
{
    fprintf(out, "  \"%s\": %s,\n", name, is ? "true" : "false");
}

static void latency(FILE *out, const char *name, const struct hist *h)
{
    static const struct { uint32_t millionths; const char *name; } shown[] = {
        { 500000, "p50" }, { 900000, "p90" }, { 990000, "p99" }, { 999000, "p999" },
        { 999900, "p9999" },
    };

    fprintf(out, "  \"%s\": { \"count\": %llu, \"clamped\": %llu", name,
            (unsigned long long)h->count, (unsigned long long)h->clamped);
    for (int i = 0; i < 5; i++)
        if (hist_resolves(h, shown[i].millionths))
            fprintf(out, ", \"%s\": %lld", shown[i].name,
                    (long long)hist_percentile(h, shown[i].millionths));
        else
            fprintf(out, ", \"%s\": null", shown[i].name);
    if (h->count)
        fprintf(out, ", \"min\": %lld, \"mean\": %.0f, \"max\": %lld", (long long)h->min,
                each((double)h->sum, (double)h->count), (long long)h->max);
    else
        fputs(", \"min\": null, \"mean\": null, \"max\": null", out);
    fputs(" },\n", out);
}

static void latencies(FILE *out, const struct tally *t)
{
    static const char *const names[MEASURES] = {
        [RESPONSE] = "response_ns",
        [RESPONSE_3XX] = "response_3xx_ns", [RESPONSE_4XX] = "response_4xx_ns",
        [RESPONSE_5XX] = "response_5xx_ns", [RESPONSE_503] = "response_503_ns",
        [SERVICE] = "service_ns", [LAG] = "lag_ns",
        [DELIVERY] = "delivery_ns", [FIRST] = "first_delivery_ns",
        [LAST] = "last_delivery_ns", [SPREAD] = "spread_ns", [CONNECT] = "connect_ns",
    };

    for (int i = 0; i < MEASURES; i++)
        latency(out, names[i], t->times[i]);
}

/* A member of an object: a number, or null where there is none to tell. */
static void figure(FILE *out, const char *name, bool known, const char *format, double n)
{
    fprintf(out, "%s", name);
    if (known)
        fprintf(out, format, n);
    else
        fputs("null", out);
}

static void cost(const struct report *r, FILE *out, const char *who, const struct cost *c)
{
    double n = (double)r->tally.messages, us = (double)c->cpu / 1e3;
    bool cpu = c->cpu != UNKNOWN, switches = c->switches != UNKNOWN;

    fprintf(out, "  \"%s\": { ", who);
    figure(out, "\"cpu_ns\": ", cpu, "%.0f", (double)c->cpu);
    figure(out, ", \"switches\": ", switches, "%.0f", (double)c->switches);
    figure(out, ", \"involuntary\": ", switches, "%.0f", (double)c->involuntary);
    figure(out, ", \"waited_ns\": ", c->waited != UNKNOWN, "%.0f", (double)c->waited);
    figure(out, ", \"cores\": ", cpu, "%.4f", each(us / 1e6, r->cost_seconds));
    figure(out, ", \"cpu_us_per_message\": ", cpu && n > 0, "%.4f", each(us, n));
    figure(out, ", \"switches_per_message\": ", switches && n > 0, "%.5f",
           each((double)c->switches, n));
    fputs(" },\n", out);
}

static void stages(const struct flags *f, FILE *out)
{
    fputs("  \"stages\": [", out);
    for (int i = 0; i < f->stage_count; i++)
        fprintf(out, "%s{ \"seconds\": %.3f, \"connections\": %d }", i ? ", " : "",
                (double)f->stages[i].duration / 1e9, f->stages[i].connections);
    fputs("],\n", out);
}

static void setting(const struct flags *f, FILE *out)
{
    fputs("  \"schema\": 1,\n  \"command\": ", out);
    string(out, f->line);
    fputs(",\n  \"url\": ", out);
    string(out, f->text_url);
    fputs(",\n", out);
    fprintf(out, "  \"loop\": \"%s\",\n", f->open_loop ? "open" : "closed");
    count(out, "connections", (uint64_t)f->connections);
    stages(f, out);
    count(out, "rooms", (uint64_t)f->rooms);
    count(out, "senders", (uint64_t)f->senders);
    count(out, "threads", (uint64_t)f->threads);
    count(out, "burst", (uint64_t)f->burst);
    count(out, "churn", f->churn);
    count(out, "size", f->size);
    count(out, "size_least", f->size_least);
    truth(out, "text", f->text);
    figure(out, "  \"patience_s\": ", f->patience != NEVER, "%.3f",
           (double)f->patience / 1e9);
    fprintf(out, ",\n  \"retries\": %u,\n  \"retry_after_s\": %.3f,\n", f->retries,
            (double)f->retry_after / 1e9);
    fprintf(out, "  \"think_s\": %.6f,\n  \"warmup_s\": %.3f,\n", (double)f->think / 1e9,
            (double)f->warmup / 1e9);
    figure(out, "  \"duration_s\": ", f->duration != NEVER, "%.3f",
           (double)f->duration / 1e9);
    fputs(",\n", out);
}

static void rates(const struct report *r, FILE *out)
{
    const struct tally *t = &r->tally;
    const struct hist *delivery = t->times[DELIVERY];
    double time = report_seconds(r);

    if (r->flags->open_loop)
        fprintf(out, "  \"rate\": { \"asked\": %.3f, \"to\": %.3f, \"mean\": %.3f, "
                "\"sent\": %.3f, \"answered\": %.1f, \"growth\": %.5f, "
                "\"arrival\": \"%s\" },\n",
                r->flags->rate, r->flags->rate_to, r->asked, r->sent, r->answered,
                r->growth,
                r->flags->poisson ? "poisson" : "uniform");
    else
        fputs("  \"rate\": null,\n", out);
    figure(out, "  \"seed\": ", r->flags->poisson, "%.0f", (double)r->flags->seed);
    fputs(",\n", out);
    fprintf(out, "  \"elapsed_s\": %.6f,\n", time);
    count(out, "messages", t->messages);
    fprintf(out, "  \"messages_per_s\": %.1f,\n", each((double)t->messages, time));
    fprintf(out, "  \"deliveries_per_s\": %.1f,\n",
            each((double)(delivery->count ? delivery->count : t->messages), time));
}

static void accounts(const struct report *r, FILE *out)
{
    static const char *const manners[] = {
        [TO_ALL] = "null", [TO_SENDER] = "\"echo server\"",
        [TO_OTHERS] = "\"all but the sender\"",
    };
    const struct tally *t = &r->tally;

    count(out, "deliveries_expected", t->expected);
    count(out, "deliveries", t->got);
    count(out, "lost", report_lost(r));
    fprintf(out, "  \"looks_like\": %s,\n", manners[report_manner(r)]);
    count(out, "duplicated", t->duplicated);
    count(out, "reordered", t->reordered);
    count(out, "corrupted", t->corrupted);
    count(out, "unsent", t->unsent);
    count(out, "connections_opened", t->opened);
    count(out, "reopened", t->reopened);
    count(out, "repeated", t->repeated);
    count(out, "gave_up", t->gave_up);
    count(out, "retried", t->retried);
    count(out, "connections_at_once", (uint64_t)r->open);
    figure(out, "  \"opening_s\": ", r->opening > 0, "%.6f", r->opening);
    fputs(",\n", out);
}

static void goodput(const struct report *r, FILE *out)
{
    const struct seconds *s = &r->tally.goodput;

    fputs("  \"goodput\": [", out);
    for (size_t i = 0; i < s->size; i++)
        fprintf(out, "%s%llu", i ? ", " : "", (unsigned long long)s->count[i]);
    fputs("],\n", out);
}

/* Each status that came, and how often. */
static void statuses(const struct report *r, FILE *out)
{
    const char *comma = "";

    fputs("  \"statuses\": [", out);
    for (int i = 0; i <= STATUS_MOST - STATUS_LEAST; i++)
        if (r->tally.statuses[i]) {
            fprintf(out, "%s{ \"status\": %d, \"count\": %llu }", comma,
                    STATUS_LEAST + i, (unsigned long long)r->tally.statuses[i]);
            comma = ", ";
        }
    fputs("],\n", out);
}

/* Of HTTP, by the class of their status; all that have come, like deliveries. */
static void answers(const struct report *r, FILE *out)
{
    static const char *const names[REFUSALS] = { "3xx", "4xx", "5xx", "503" };
    const struct tally *t = &r->tally;

    count(out, "refused", t->refused);
    if (r->flags->mode != MODE_HTTP) {
        fputs("  \"answers\": null,\n", out);
        return;
    }
    fprintf(out, "  \"answers\": { \"2xx\": { \"count\": %llu, \"first\": null }",
            (unsigned long long)(t->got - t->refused));
    for (int i = 0; i < REFUSALS; i++) {
        fprintf(out, ", \"%s\": { \"count\": %llu, \"first\": ", names[i],
                (unsigned long long)t->refusals[i].count);
        if (t->refusals[i].count)
            string(out, t->refusals[i].first);
        else
            fputs("null", out);
        fputs(" }", out);
    }
    fputs(" },\n", out);
}

static void errors(const struct report *r, FILE *out)
{
    const char *comma = "";

    fputs("  \"errors\": {", out);
    for (int i = 0; i < FAILURES; i++)
        if (r->errors[i].count) {
            fprintf(out, "%s \"%s\": { \"count\": %llu, \"first\": ", comma,
                    failure_names[i], (unsigned long long)r->errors[i].count);
            string(out, r->errors[i].first);
            fputs(" }", out);
            comma = ",";
        }
    fputs(" },\n", out);
}

static void verdict(const struct report *r, FILE *out)
{
    const struct verdict *v = &r->verdict;

    truth(out, "valid", v->count == 0);
    fputs("  \"invalid\": [", out);
    for (int i = 0; i < v->count; i++) {
        fprintf(out, "%s{ \"rule\": \"%s\", \"why\": ", i ? ", " : "",
                v->reasons[i].rule);
        string(out, v->reasons[i].why);
        fputs(", \"advice\": ", out);
        string(out, v->reasons[i].advice);
        fputs(" }", out);
    }
    fputs("],\n", out);
}

/* Whose the cores were besides. */
static void others(const struct report *r, FILE *out)
{
    const struct { const char *name; double part; } all[] = {
        { "foreign", greater(r->at_server.foreign, r->at_client.foreign) },
        { "foreign_server", r->at_server.foreign },
        { "foreign_client", r->at_client.foreign },
        { "foreign_steal", greater(r->at_server.stolen, r->at_client.stolen) },
        { "foreign_wait", r->waited },
    };

    for (int i = 0; i < 5; i++) {
        fprintf(out, "  \"%s\": ", all[i].name);
        figure(out, "", all[i].part >= 0, "%.4f", all[i].part);
        fputs(",\n", out);
    }
}

void report_json(const struct report *r, FILE *out)
{
    fputs("{\n", out);
    setting(r->flags, out);
    rates(r, out);
    latencies(out, &r->tally);
    accounts(r, out);
    goodput(r, out);
    answers(r, out);
    statuses(r, out);
    errors(r, out);
    cost(r, out, "client", &r->client);
    if (r->flags->server)
        cost(r, out, "server", &r->server);
    else
        fputs("  \"server\": null,\n", out);
    verdict(r, out);
    others(r, out);
    truth(out, "slo_broken", report_slo_broken(r));
    truth(out, "silent", r->silent);
    truth(out, "interrupted", r->interrupted);
    fprintf(out, "  \"exit_status\": %d\n}\n", r->status);
}
