#include "series.h"
#include "clock.h"

#include <string.h>

void series_init(struct series *s, FILE *csv, bool live)
{
    *s = (struct series){ .csv = csv, .live = live };
    pthread_mutex_init(&s->lock, NULL);
    if (csv || live)
        s->times = hist_new();
    if (csv)
        fputs("time_s,answered_per_s,deliveries_per_s,p50_ns,p99_ns,max_ns,connections,"
              "errors\n", csv);
}

void series_free(struct series *s)
{
    hist_free(s->times);
    pthread_mutex_destroy(&s->lock);
}

void series_add(struct series *s, struct second *before, const struct second *now,
                struct hist *times)
{
    if (!s->times)
        return;
    pthread_mutex_lock(&s->lock);
    s->now.answered += now->answered - before->answered;
    s->now.deliveries += now->deliveries - before->deliveries;
    s->now.errors += now->errors - before->errors;
    s->now.connections += now->connections - before->connections;
    hist_merge(s->times, times);
    pthread_mutex_unlock(&s->lock);
    *before = *now;
    memset(times, 0, sizeof *times);
}

static void print_time(const struct hist *h, const char *name, uint32_t millionths)
{
    double us = (double)hist_percentile(h, millionths) / 1e3;

    if (!hist_resolves(h, millionths))
        fprintf(stderr, "  %s –", name);
    else if (us < 1e3)
        fprintf(stderr, "  %s %.0f us", name, us);
    else
        fprintf(stderr, "  %s %.*f ms", name, us < 1e4 ? 1 : 0, us / 1e3);
}

static void print_line(const struct series *s, const char *doing, double t, double rate)
{
    fprintf(stderr, "\r\033[K%.0f s, %s: %.0f a second", t, doing, rate);
    print_time(s->times, "p50", 500000);
    print_time(s->times, "p99", 990000);
    fprintf(stderr, "  %lld connections  %llu errors", (long long)s->now.connections,
            (unsigned long long)s->now.errors);
}

/* Empty where there are too few values to tell it. */
static void print_cell(FILE *out, bool known, int64_t ns)
{
    if (known)
        fprintf(out, "%lld", (long long)ns);
    fputc(',', out);
}

static void print_row(const struct series *s, double t, double rate, double deliveries)
{
    const struct hist *h = s->times;

    fprintf(s->csv, "%.3f,%.1f,%.1f,", t, rate, deliveries);
    print_cell(s->csv, hist_resolves(h, 500000), hist_percentile(h, 500000));
    print_cell(s->csv, hist_resolves(h, 990000), hist_percentile(h, 990000));
    print_cell(s->csv, h->count > 0, h->max);
    fprintf(s->csv, "%lld,%llu\n", (long long)s->now.connections,
            (unsigned long long)s->now.errors);
}

static void tell(struct series *s, const char *doing, int64_t t0, int64_t since,
                 int64_t now)
{
    double seconds = (double)(now - since) / 1e9, t = t0 ? (double)(now - t0) / 1e9 : 0;
    double rate = (double)(s->now.answered - s->before.answered) / seconds;
    double deliveries = (double)(s->now.deliveries - s->before.deliveries) / seconds;

    if (s->live)
        print_line(s, doing, t, t0 ? rate : 0);
    if (s->csv && t0)
        print_row(s, t, rate, deliveries);
    s->before = s->now;
    memset(s->times, 0, sizeof *s->times);
    s->told = now;
}

void series_tell(struct series *s, const char *doing, int64_t t0, int64_t now)
{
    if (!s->times)
        return;
    pthread_mutex_lock(&s->lock);
    int64_t since = s->told > t0 ? s->told : t0;
    if (t0 == 0 || now - since >= 100 * MS)     /* the end's row may be shorter */
        tell(s, doing, t0, since, now);
    pthread_mutex_unlock(&s->lock);
}

void series_clear(const struct series *s)
{
    if (s->live)
        fputs("\r\033[K", stderr);
}
