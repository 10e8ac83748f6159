/* check.h - is this measurement worth believing?
 *
 * A load client can mislead in four ways: by sending less than it says, by sending late,
 * by being the one that is slow, and by sharing the machine with somebody it knows
 * nothing of. What it found then is no property of the server. The rules:
 *
 *   rate         99 % of what was asked for has to be sent, and answered as fast
 *   lag          a hundredth, and ten at least, were sent later than allowed: 1 ms, or
 *                20 % of the response time's median if that is more
 *   client       no thread of ours used more than 80 % of a core
 *   connections  as many were open, and served, as were asked for
 *   foreign      neither server nor client: at most 10 % of the machine's CPU time
 *
 * Shares of CPU time are not judged in less than 100 ms, foreign ones in less than 500:
 * the kernel counts those in steps of 10. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct facts {
    double rate, sent, answered;        /* messages a second; rate 0: a closed loop */
    int64_t lag, median;                /* ns: the lag's tail, the response time's p50 */
    double seconds;                     /* that were measured */
    double client;                      /* of a core, our busiest thread */
    double foreign;                     /* of all cores; below 0: unknown */
    int connections, open;              /* asked for, and there */
    uint64_t unsent;                    /* messages that were due and never written */
};

enum { RULES = 6 };

struct verdict {
    int count;                          /* of reasons; 0: valid */
    struct {
        const char *rule;
        char why[200];
        const char *advice;             /* what is still to be believed, and what to do */
    } reasons[RULES];
};

void check_run(const struct facts *, struct verdict *);

#endif
