/* hist.h - a histogram of durations: log-linear, three significant digits.
 *
 * Below 2048 ns every nanosecond has a counter of its own; above, each doubling has 1024
 * of them, up to 2^36 ns (68.7 s). Recording is an addition, and so is merging. */
#ifndef HIST_H
#define HIST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { HIST_COUNTERS = 27648 };
#define HIST_MOST ((INT64_C(1) << 36) - 1)      /* ns; what is longer is clamped to it */

struct hist {                   /* all-zero: empty */
    uint64_t count;
    int64_t min, max, sum;      /* exact, of the clamped values; of nothing: 0 */
    uint64_t clamped;           /* below 0 or beyond HIST_MOST: counted at the edge */
    uint64_t counters[HIST_COUNTERS];
};

struct hist *hist_new(void);
void hist_free(struct hist *);

void hist_record(struct hist *, int64_t ns);
void hist_merge(struct hist *into, const struct hist *);

/* The value of rank ceil(p n), p in millionths: 500000 is the median. Exact below 2048
 * ns; above, the highest its counter stands for, but never beyond max. Of nothing: 0. */
int64_t hist_percentile(const struct hist *, uint32_t millionths);

/* Is it worth printing? Ten values have to lie beyond it: n >= 10 / (1 - p). */
bool hist_resolves(const struct hist *, uint32_t millionths);

/* What a hundredth of them is above, and ten at least: of a thousand or more, the p99. Of
 * fewer it is a lower percentile; of ten or fewer the least. */
int64_t hist_tail(const struct hist *);

/* The distribution as HdrHistogram's plotters read it, values in ms. */
void hist_print(const struct hist *, FILE *);

#endif
