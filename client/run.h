/* run.h - one thread's part of a measurement, from its first connection to its last.
 *
 * A thread has a loop, rooms and connections of its own; a room is never shared between
 * threads, so none of them asks another anything while it measures. They begin together,
 * and are told to stop together: a team. With one thread, the team is that one. */
#ifndef RUN_H
#define RUN_H

#include "alarm.h"
#include "cores.h"
#include "proc.h"
#include "series.h"
#include "traffic.h"
#include <pthread.h>
#include <stdatomic.h>

struct errors {
    uint64_t count;
    char first[400];            /* the first one's reason */
};

enum phase { CONNECTING, WARMING, MEASURING, DRAINING, LEAVING };

struct run {
    struct team *team;
    const struct flags *flags;
    int number;                 /* of the thread; main()'s, 0, measures the server */
    pthread_t thread;
    enum phase phase;
    struct conns conns;
    struct traffic traffic;
    int next;                   /* the next connection to be begun, by index */
    int pending, ready, living; /* of our connections: being made, open, not over */
    int target, stage;          /* how many all threads are to have now, in which stage */
    struct pace connect_pace;   /* --connect-rate */
    struct alarm connect_more, next_phase;
    ev_timer tick;
    ev_async called;
    int ticks, interrupts;      /* interrupts: how many we have followed */
    int64_t ticked, awake;      /* the last tick; since when none of them was late */
    struct second told;
    struct errors errors[FAILURES];
    int most;                   /* connections that were open at once, and served */
    int64_t measured;           /* when the measured time began */
    struct cost own;            /* in it, and while draining */
    double share;               /* of a core, that we used before draining */
    bool silent;                /* no answer for --timeout ended it */
    char unserved[200];         /* why it never began; or empty */
};

struct team {
    const struct flags *flags;
    struct run *runs;
    FILE *timeline;             /* or NULL */
    struct series series;
    atomic_int ready;           /* threads whose connections are open */
    atomic_int working;         /* threads that have not left */
    atomic_int running;         /* threads whose loop goes on, besides main()'s */
    int64_t began, opened;      /* connecting: when it began, when all were open or 0 */
    struct family before;       /* the server, when the measured time began */
    struct cost server;         /* in the measured time, and while draining */
    bool lone;                  /* the server is a single thread */
    struct tenant places[2];    /* where server and client may run; without their time */
    int64_t measured, until;    /* when that began, and was over; until 0: it is not */
    struct cores cores[2];      /* as they were when it began, and when it was over */
    _Atomic int64_t t0;         /* when the sending begins; 0: not yet known */
    atomic_int interrupts;      /* SIGINT and SIGTERM, so far */
    atomic_bool stop;           /* it will not begin */
};

/* Makes the runs of a team, whose other fields are set. */
void team_init(struct team *);
void team_free(struct team *);

/* Runs until all connections are closed. What makes a run impossible ends the program
 * with one line on stderr. */
void team_run(struct team *);

#endif
