#include "hist.h"
#include "die.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MILLION = 1000000 };

struct hist *hist_new(void)
{
    struct hist *h = must_alloc(sizeof *h);

    memset(h, 0, sizeof *h);
    return h;
}

void hist_free(struct hist *h)
{
    free(h);
}

/* A value is shifted right until it is below 2048; the shifts choose the row, and what is
 * left, 1024 to 2047 then, the counter. */
static unsigned counter_of(int64_t ns)
{
    unsigned shift = ns < 2048 ? 0 : 53 - (unsigned)__builtin_clzll((uint64_t)ns);

    return shift * 1024 + (unsigned)(ns >> shift);
}

static int64_t highest_of(unsigned counter)
{
    unsigned shift = counter < 2048 ? 0 : counter / 1024 - 1;

    return ((int64_t)(counter - shift * 1024 + 1) << shift) - 1;
}

void hist_record(struct hist *h, int64_t ns)
{
    if (ns < 0 || ns > HIST_MOST) {
        ns = ns < 0 ? 0 : HIST_MOST;
        h->clamped++;
    }
    if (ns < h->min || h->count == 0)
        h->min = ns;
    if (ns > h->max)
        h->max = ns;
    h->sum += ns;
    h->count++;
    h->counters[counter_of(ns)]++;
}

void hist_merge(struct hist *into, const struct hist *h)
{
    if (h->count == 0)
        return;
    if (h->min < into->min || into->count == 0)
        into->min = h->min;
    if (h->max > into->max)
        into->max = h->max;
    into->sum += h->sum;
    into->count += h->count;
    into->clamped += h->clamped;
    for (unsigned i = 0; i < HIST_COUNTERS; i++)
        into->counters[i] += h->counters[i];
}

int64_t hist_percentile(const struct hist *h, uint32_t millionths)
{
    uint64_t rank = (h->count * millionths + MILLION - 1) / MILLION, seen = 0;

    if (rank <= 1)
        return h->min;          /* known exactly */
    for (unsigned i = counter_of(h->min); i < HIST_COUNTERS; i++)
        if ((seen += h->counters[i]) >= rank)
            return highest_of(i) < h->max ? highest_of(i) : h->max;
    return h->max;
}

bool hist_resolves(const struct hist *h, uint32_t millionths)
{
    return h->count * (MILLION - millionths) >= UINT64_C(10) * MILLION;
}

int64_t hist_tail(const struct hist *h)
{
    uint64_t n = h->count, beyond = n < 10 ? n : 10;

    if (n == 0 || n >= 1000)
        return hist_percentile(h, 990000);
    return hist_percentile(h, (uint32_t)(MILLION * (n - beyond) / n));
}

/* Each counter's values lie in its middle, as far as anybody knows. */
static double deviation(const struct hist *h, double mean)
{
    double squares = 0;

    for (unsigned i = 0; i < HIST_COUNTERS; i++) {
        int64_t width = INT64_C(1) << (i < 2048 ? 0 : i / 1024 - 1);
        int64_t middle = highest_of(i) + 1 - width + width / 2;
        double off = (double)middle - mean;
        squares += (double)h->counters[i] * off * off;
    }
    return h->count ? sqrt(squares / (double)h->count) : 0;
}

void hist_print(const struct hist *h, FILE *out)
{
    double mean = h->count ? (double)h->sum / (double)h->count : 0;
    uint64_t seen = 0;

    fprintf(out, "%12s %14s %10s %14s\n\n", "Value", "Percentile", "TotalCount",
            "1/(1-Percentile)");
    for (unsigned i = 0; i < HIST_COUNTERS && seen < h->count; i++) {
        if (h->counters[i] == 0)
            continue;
        seen += h->counters[i];
        int64_t value = highest_of(i) < h->max ? highest_of(i) : h->max;
        fprintf(out, "%12.6f %14.12f %10llu", (double)value / 1e6,
                (double)seen / (double)h->count, (unsigned long long)seen);
        if (seen < h->count)
            fprintf(out, " %14.2f", (double)h->count / (double)(h->count - seen));
        fputc('\n', out);
    }
    fprintf(out, "#[Mean    = %12.6f, StdDeviation   = %12.6f]\n", mean / 1e6,
            deviation(h, mean) / 1e6);
    fprintf(out, "#[Max     = %12.6f, Total count    = %12llu]\n", (double)h->max / 1e6,
            (unsigned long long)h->count);
    fprintf(out, "#[Buckets = %12d, SubBuckets     = %12d]\n", HIST_COUNTERS / 1024 - 1,
            2048);
}
