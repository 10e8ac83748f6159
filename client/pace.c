#include "pace.h"
#include "clock.h"

#include <math.h>

/* S. Vigna's splitmix64: it makes neighbouring seeds into unrelated numbers. */
static uint64_t mixed(uint64_t seed)
{
    seed += UINT64_C(0x9E3779B97F4A7C15);
    seed = (seed ^ seed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    seed = (seed ^ seed >> 27) * UINT64_C(0x94D049BB133111EB);
    return seed ^ seed >> 31;
}

/* G. Marsaglia's xorshift64, which would stay at 0. */
static double random_part(struct pace *p)
{
    p->dice ^= p->dice << 13;
    p->dice ^= p->dice >> 7;
    p->dice ^= p->dice << 17;
    return ((double)(p->dice >> 11) + 0.5) / (double)(UINT64_C(1) << 53);
}

/* From one to the next, counted in mean gaps: 1, or exponentially distributed. */
static double gap(struct pace *p)
{
    return p->poisson ? -log(random_part(p)) : 1;
}

void pace_start(struct pace *p, int64_t t0, double phase, uint64_t seed)
{
    p->t0 = t0;
    p->dice = mixed(seed) ? mixed(seed) : 88172645463325252u;
    p->place = phase + (p->poisson ? gap(p) : 0);
}

/* After t seconds of the ramp, from * t + (to - from) / ramp * t^2 / 2 messages are due;
 * solved for t, in the form that bears a rate that does not change, or begins at 0. */
int64_t pace_due(const struct pace *p)
{
    double n = p->place, flat = p->from * p->flat, slope, root, t;

    if (n < flat || p->from == p->to || p->ramp == 0) {
        t = n / p->from;
    } else {
        n -= flat;
        slope = (p->to - p->from) / p->ramp;
        root = p->from * p->from + 2 * slope * n;
        if (root < 0)
            return NEVER;       /* it goes down to 0, and they are all sent */
        t = p->flat + (n > 0 ? 2 * n / (p->from + sqrt(root)) : 0);
        if (t > p->flat + p->ramp)
            t = p->flat + p->ramp + (n - (p->from + p->to) / 2 * p->ramp) / p->to;
    }
    return t < 1e9 ? p->t0 + (int64_t)(t * 1e9 + 0.5) : NEVER;
}

void pace_step(struct pace *p)
{
    p->place += gap(p);
}
