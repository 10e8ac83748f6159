/* costs.h - what the measured time costs us and the server, and who else used the cores.
 *
 * Each thread of ours has an account of its own. The server has one for all of them:
 * thread 0 begins it, and the last thread to leave ends it. */
#ifndef COSTS_H
#define COSTS_H

#include "cores.h"
#include "proc.h"
#include <stdbool.h>
#include <stdint.h>

struct thread_cost {            /* all-zero: not begun */
    int64_t began;              /* when; or 0 */
    struct cost cost;           /* in the measured time, and while draining */
    double share;               /* of a core, that it used before draining */
};

/* To be called by the thread itself. */
void thread_cost_begin(struct thread_cost *);
void thread_cost_drain(struct thread_cost *);
void thread_cost_end(struct thread_cost *);

struct server_cost {            /* all-zero: not begun */
    int64_t began, ended;       /* when; or 0 */
    struct cost cost;           /* as far as it is known */
    bool lone;                  /* the server is a single thread */
    struct tenant places[2];    /* where server and client may run; without their time */
    struct cores cores[2];      /* at the beginning, and at the end */
    struct family before;
};

/* pid 0: only the cores are looked at. The program ends if there is no such process. */
void server_cost_begin(struct server_cost *, int pid);
void server_cost_end(struct server_cost *, int pid);

#endif
