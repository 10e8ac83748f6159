/* ready.h - the ready list of a loop: connections that have something to do, each once.
 *
 * Who delivers a frame leaves its receiver here and goes on; the loop works the list off
 * before it waits again. So nobody is run from inside somebody else, and what a burst
 * leaves for one client goes out in one write. */
#ifndef READY_H
#define READY_H

struct conn;

struct ready {                  /* lives in its conn; all-zero: not on the list */
    struct conn *conn;
    struct ready *prev, *next;
};

/* Puts it at the end, unless it is on the list. */
void ready_add(struct ready **list, struct ready *, struct conn *);

/* Takes off the first; NULL if the list (a pointer, NULL at first) is empty. */
struct conn *ready_next(struct ready **list);

/* Takes it off, if it is on the list: before its conn is freed. */
void ready_drop(struct ready **list, struct ready *);

#endif
