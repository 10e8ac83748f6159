/* pace.h - an open loop's schedule: when is which message due?
 *
 * The k-th is due at t0 + k / rate, whatever became of those before it. A load client
 * that waits for an answer before it sends again lets a slow server slow it down, and
 * does not see the messages that should have been sent meanwhile: coordinated omission.
 * So no message of this schedule is ever left out, and none is moved. */
#ifndef PACE_H
#define PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
    double from, to;            /* messages a second: at first, and at the end */
    double flat, ramp;          /* seconds at the first rate, then from it to the other */
    bool poisson;               /* gaps as of callers that know nothing of each other */
    int64_t t0;
    double place;               /* how many are due before the next one */
    uint64_t dice;
};

/* The schedule begins at t0 with its 0th message; `phase` shifts it by a part of a gap.
 * The same seed gives the same arrivals, and the next seed gives quite different ones. */
void pace_start(struct pace *, int64_t t0, double phase, uint64_t seed);

/* When the next message is due, in ns of clock_now(), or NEVER. */
int64_t pace_due(const struct pace *);

/* On to the one after it. */
void pace_step(struct pace *);

#endif
