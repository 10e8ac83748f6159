/* connecting.h - the connections of a thread: how many there are to be, which are being
 * made, and what becomes of those that are over.
 *
 * A target, of -c or of a --stage, is a number for all threads together: connections with
 * a lower index are to be there. A thread opens its own of these, and lets its others go.
 * Before the first target is reached, a failure ends the program; later it is counted. */
#ifndef CONNECTING_H
#define CONNECTING_H

#include "team.h"
#include "traffic.h"

struct errors {
    uint64_t count;
    char first[400];            /* the first one's reason */
};

struct connecting {
    struct team *team;
    const struct flags *flags;
    const enum phase *phase;    /* of the run */
    struct traffic *traffic;    /* whose clients they are */
    struct conns conns;
    int target;                 /* how many all threads are to have now */
    int next;                   /* the next one to be begun, by index */
    int pending, open, living;  /* of ours: being made, open, not over */
    int most;                   /* that were open at once, and served */
    struct pace pace;           /* --connect-rate */
    struct alarm more;
    struct errors errors[FAILURES];
    void *owner;
    void (*complete)(void *owner);      /* all of the first target are open */
    void (*empty)(void *owner);         /* none is left, and none comes back */
};

/* The owner sets owner, complete and empty. All others must outlive it. */
void connecting_init(struct connecting *, struct team *, const enum phase *,
                     struct traffic *, struct ev_loop *);
void connecting_free(struct connecting *);

/* From now on there are to be this many. */
void connecting_aim(struct connecting *, int target);

/* How many of the target are ours. */
int connecting_ours(const struct connecting *);

/* Opens one that is not open. One that is leaving, as the stage before wanted, is called
 * back. */
void connecting_open(struct connecting *, int index);

/* Says goodbye on all that are open, and drops the others. */
void connecting_leave(struct connecting *);

#endif
