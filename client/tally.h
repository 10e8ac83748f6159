/* tally.h - what a run counts. Tallies of several threads add up. */
#ifndef TALLY_H
#define TALLY_H

#include "hist.h"
#include <stdint.h>

/* The times that are measured, each in a histogram of its own. */
enum measure {
    RESPONSE,                   /* of a message that came back: since it was due */
    RESPONSE_3XX, RESPONSE_4XX, RESPONSE_5XX, RESPONSE_503, /* HTTP: the same of others */
    SERVICE,                    /* since it was written */
    LAG,                        /* open loop: from due to our turning to it */
    DELIVERY,                   /* shared rooms: to each receiver, since it was due */
    FIRST, LAST,                /* shared rooms: to the first, and to the last of them */
    SPREAD,                     /* and between the two */
    CONNECT,                    /* from connect(2) to being able to send */
    MEASURES,
};

enum { REFUSALS = 4 };          /* kinds of answers that are not 2xx */

struct tally {
    uint64_t messages;          /* counted: due in the measured time, and back */
    uint64_t answers;           /* the same, and HTTP's answers that are not 2xx */
    uint64_t asked, written;    /* open loop: due in the measured time; written in it */
    int64_t first, until;       /* the measured time; until: NEVER without -d */
    int64_t last;               /* the last of the answers was there */
    struct hist *times[MEASURES];
    int64_t early, late;        /* due of the first and the last counted message that has
                                   its answer, to tell whether answers fell behind */
    int64_t early_back, late_back;
    /* From here on all messages, those of the warm-up too. */
    uint64_t expected, got;     /* deliveries; got: each once */
    uint64_t own;               /* of those that were got: to the message's sender */
    uint64_t duplicated, reordered, corrupted;
    uint64_t unsent;            /* due, but never written */
    uint64_t opened;            /* connections, also those that came after others */
    uint64_t reopened;          /* since the server had closed the one before */
    uint64_t repeated;          /* requests, since the server had not read them */
    uint64_t refused;           /* answers that were not 2xx */
    struct refusals {
        uint64_t count;
        char first[200];        /* the first one's reason */
    } refusals[REFUSALS];       /* as they have times, from RESPONSE_3XX on */
    char corruption[200];       /* the first one, in a line */
};

void tally_init(struct tally *);
void tally_free(struct tally *);
void tally_merge(struct tally *into, const struct tally *);

#endif
