/* clock.h - one clock for everyone: CLOCK_MONOTONIC in nanoseconds, clock_gettime(2). */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

#define NEVER INT64_MAX         /* a deadline that does not come */
#define MS    INT64_C(1000000)  /* a millisecond, in nanoseconds */

static inline int64_t clock_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 * MS + t.tv_nsec;
}

#endif
