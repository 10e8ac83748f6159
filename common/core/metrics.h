/* metrics.h - counters for GET /metrics.
 *
 * They lie in a shared page, so that a forked process counts in the same place, and
 * are relaxed atomics, so that a thread may. Counting orders nothing. */
#ifndef METRICS_H
#define METRICS_H

#include <stdatomic.h>

struct metrics {
    atomic_ullong connections;  /* accepted since the start */
    atomic_ullong closed;       /* and over */
    atomic_ullong requests;     /* HTTP requests, upgrades among them */
    atomic_ullong refused;      /* answered 4xx or 5xx */
    atomic_ullong received;     /* messages that came in whole */
    atomic_ullong delivered;    /* messages queued for a receiver */
    atomic_ullong overflowed;   /* clients closed because their output passed the bound */
    atomic_ullong jobs;         /* finished */
    atomic_ullong unanswered;   /* upgrades that offered only other subprotocols */
};

extern struct metrics *metrics; /* never NULL */

/* Before the first fork: moves the counters to a page that children share. */
void metrics_share(void);

#define metrics_add(what, n) \
    ((void)atomic_fetch_add_explicit(&metrics->what, n, memory_order_relaxed))
#define metrics_count(what) metrics_add(what, 1)

/* Prometheus text format, version 0.0.4. The caller frees it. */
char *metrics_text(void);

#endif
