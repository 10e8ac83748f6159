/* check.h - is this measurement worth believing?
 *
 * A load client can mislead in four ways: by sending less than it says, by sending late,
 * by being the one that is slow, and by sharing the machine with somebody it knows
 * nothing of. What it found then is no property of the server. The rules:
 *
 *   rate         99 % of what was asked for has to be sent, and answers do not come later
 *                and later: that is a queue, which grows as long as the run lasts. Where
 *                requests are given up, a queue shows in how many these are, and may grow
 *   lag          our own lateness: its median is at most 20 % of the response time's. A
 *                hundredth, and ten at least, may be later, but not than 1 ms, or 20 %
 *                of the response time's median if that is more
 *   client       no thread of ours used more than 80 % of a core
 *   connections  as many were open, and served, as were asked for
 *   foreign      neither server nor client: at most 10 % of the CPU time of the cores on
 *                which the one, or the other, may run
 *   foreign_steal    the same, if most of it was the hypervisor's, for other guests
 *   foreign_wait     a server of one thread was ready, and others than the client had its
 *                core: at most 10 % of the time
 *
 * Shares of CPU time are not judged in less than 100 ms, foreign ones in less than 500:
 * the kernel counts those in steps of 10. */
#ifndef CHECK_H
#define CHECK_H

#include "cores.h"
#include <stdbool.h>
#include <stdint.h>

struct facts {
    double rate, sent;                  /* messages a second; rate 0: a closed loop */
    double growth;                      /* how much later, in each second; see tally.h */
    int64_t late, lag, median;          /* ns: lag's p50 and tail; the response's p50 */
    double seconds;                     /* that were measured */
    double client;                      /* of a core, our busiest thread */
    struct others at_server, at_client; /* on the cores of these two: see cores.h */
    double waited;                      /* of the time, the server; below 0: unknown */
    int connections, open;              /* asked for, and there */
    uint64_t unsent;                    /* messages that were due, and never written, or
                                           when it was too late */
};

enum { RULES = 8 };

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
