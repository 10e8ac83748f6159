/* team.h - the threads of a run, and what they tell each other.
 *
 * Each has a loop, rooms and connections of its own, and asks the others nothing while it
 * measures. They begin together when all are ready, and are told to stop together. With
 * one thread, the team is that one. */
#ifndef TEAM_H
#define TEAM_H

#include "costs.h"
#include "flags.h"
#include "series.h"
#include <ev.h>
#include <stdatomic.h>
#include <stdio.h>

/* What all threads go through, in this order: see run.c. */
enum phase { CONNECTING, WARMING, MEASURING, DRAINING, LEAVING };

struct mate {                   /* a thread of the team */
    struct ev_loop *loop;
    ev_async called;            /* another one has something to tell */
    int senders;                /* its connections that send */
};

struct team {
    const struct flags *flags;
    struct mate *mates;
    FILE *timeline;             /* or NULL */
    struct series series;
    struct server_cost server;
    int64_t began, opened;      /* connecting: when it began, when all were open or 0 */
    atomic_int ready;           /* threads whose connections are open */
    atomic_int working;         /* threads that have not left */
    atomic_int running;         /* threads whose loop goes on, besides main()'s */
    _Atomic int64_t t0;         /* when the sending begins; 0: not yet known */
    atomic_int interrupts;      /* SIGINT and SIGTERM, so far */
    atomic_bool called_off;     /* it will not begin, or not go on */
};

/* Makes room for the flags' threads; the series is the caller's to make and to free. */
void team_init(struct team *, const struct flags *);
void team_free(struct team *);

/* A thread is one of the team: on its loop, called(loop, watcher, 0) will run whenever
 * another has something to tell, and the watcher's data is this. */
void team_enlist(struct team *, int number, struct ev_loop *, int senders,
                 void (*called)(struct ev_loop *, ev_async *, int), void *data);

/* A thread's connections are open. The last one decides when it begins. Returns that time
 * if the caller is to begin at once; 0: it will be called. */
int64_t team_ready(struct team *);

/* How many of -n messages this thread may send: its senders' share. */
uint64_t team_share(const struct team *, int number);

/* Tells all threads: stop, for this cannot go on; stop, for the user says so. */
void team_call_off(struct team *);
void team_interrupt(struct team *);

/* A thread has left. True: it was the last one, and has seen the others' figures, too. */
bool team_leave(struct team *);

/* A thread's loop, not main()'s, has ended. */
void team_end(struct team *);

/* The end of a run that came to nothing: one line, exit 1. */
_Noreturn void team_fail(const struct team *, const char *why);

#endif
