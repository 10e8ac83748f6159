/* run.h - one thread's part of a measurement, from its first connection to its last.
 *
 * run.c tells its phases. connecting.c keeps its connections, and traffic.c the books of
 * its messages; patience.c looks for those that wait too long. */
#ifndef RUN_H
#define RUN_H

#include "alarm.h"
#include "connecting.h"
#include "costs.h"
#include "patience.h"
#include "series.h"
#include "team.h"
#include "traffic.h"

struct run {
    struct team *team;
    const struct flags *flags;
    int number;                 /* of the thread; main()'s, 0, measures the server */
    enum phase phase;
    int stage;                  /* of --stage */
    struct alarm next_phase;
    struct traffic traffic;
    struct connecting connecting;
    struct patience patience;
    struct thread_cost cost;
    ev_timer tick;
    int ticks;
    struct second told;         /* what of this thread is in the team's series */
    int interrupts;             /* how many we have followed */
};

/* Makes the run of a thread, with a loop of its own, and enlists it. */
void run_init(struct run *, struct team *, int number);
void run_free(struct run *);

/* Runs until all connections are closed. What makes a run impossible ends the program
 * with one line on stderr. */
void run(struct run *);

/* The user wants it to end, the first time in good order: tells all threads. */
void run_interrupt(struct run *);

#endif
