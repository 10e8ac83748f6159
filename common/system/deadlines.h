/* deadlines.h - what is due when, for a loop that asks how long it may wait.
 *
 * A binary heap. A deadline that moves into the future, as those of a lively client do at
 * every message, costs two stores: its place is mended when its old time comes up. */
#ifndef DEADLINES_H
#define DEADLINES_H

#include <stddef.h>
#include <stdint.h>

struct conn;

struct deadline {               /* lives in its conn */
    int64_t due;                /* ns, or NEVER */
    int64_t key;                /* where the heap believes it is */
    size_t place;               /* in the heap, from 1; 0: not in it */
    struct conn *conn;
};

struct deadlines {              /* all-zero: none */
    struct deadline **heap;
    size_t count, room;
};

/* Sets, moves or (NEVER) clears. */
void deadlines_set(struct deadlines *, struct deadline *, int64_t due, struct conn *);

/* When must the loop be back? NEVER if there is nothing to come. May be early. */
int64_t deadlines_next(const struct deadlines *);

/* Takes out one that is due and returns its conn; NULL when no more are. */
struct conn *deadlines_due(struct deadlines *, int64_t now);

/* How long until then, for epoll_wait(2) and poll(2): ms rounded up, -1 for NEVER. */
int deadlines_ms(int64_t due);

void deadlines_free(struct deadlines *);

#endif
