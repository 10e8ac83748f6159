/* flight.h - a sender's messages that are on their way: when they were due, when they
 * were written, who has them.
 *
 * A ring that grows, but not without end: some messages are never received by all, when
 * one of the room has left. A message that had to make place is no longer followed; it is
 * still checked, by its stamp, and counted. */
#ifndef FLIGHT_H
#define FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

struct message {
    uint64_t sequence;
    int64_t due, written;       /* ns of clock_now() */
    int64_t asked;              /* this attempt: see queue.h */
    int64_t first;              /* when the first receiver had it; 0: nobody has */
    uint32_t owed;              /* to as many receivers, who do not have it yet */
    uint32_t tries;             /* that came before this one */
};

struct flight {                 /* all-zero: nothing was sent */
    struct message *ring;
    uint64_t size;              /* a power of two */
};

/* The place of a new message, all-zero but for its number. `open` is how many of the
 * sender's are not back yet: there is room for four times as many. */
struct message *flight_new(struct flight *, uint64_t sequence, uint64_t open);

/* A message by its number; NULL if it is not followed. */
struct message *flight_find(const struct flight *, uint64_t sequence);

void flight_free(struct flight *);

#endif
