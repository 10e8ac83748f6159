/* series.h - what a run does second by second: a line on the terminal, a row of a CSV. */
#ifndef SERIES_H
#define SERIES_H

#include "hist.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct second {                 /* how far a thread has come, counted from the start */
    uint64_t answered, deliveries, errors;
    int64_t connections;        /* open now */
};

struct series {
    pthread_mutex_t lock;       /* every thread adds, one of them tells */
    FILE *csv;                  /* or NULL */
    bool live;                  /* a line on stderr, written over */
    struct hist *times;         /* response times since the last row; NULL: nobody asks */
    struct second now, before;
    int64_t told;               /* when the last row was */
};

/* Writes the CSV's head. */
void series_init(struct series *, FILE *csv, bool live);
void series_free(struct series *);

/* A thread's progress since it last came; its times are moved here, and it keeps an empty
 * histogram. */
void series_add(struct series *, struct second *before, const struct second *now,
                struct hist *times);

/* A row for the time since the last one. t0: when the sending began; or 0: not yet. */
void series_tell(struct series *, const char *doing, int64_t t0, int64_t now);

/* The line on the terminal goes away. */
void series_clear(const struct series *);

#endif
