/* tally.h - what a run counts. Tallies of several threads add up. */
#ifndef TALLY_H
#define TALLY_H

#include "hist.h"
#include "seconds.h"
#include <stdbool.h>
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
enum { STATUS_LEAST = 100, STATUS_MOST = 599 };

struct tally {
    uint64_t messages;          /* counted: due in the measured time, and back */
    uint64_t answers;           /* the same, and HTTP's answers that are not 2xx */
    uint64_t asked, written;    /* open loop: due in the measured time; written in it */
    int64_t first, until;       /* the measured time; until: NEVER without -d */
    int64_t last;               /* the last of the answers was there */
    int64_t stopped;            /* nothing became due any more; or 0 */
    struct seconds goodput;     /* of the messages: since first, when each was back */
    struct hist *times[MEASURES];
    int64_t early, late;        /* due of the first and the last counted message that has
                                   its answer, to tell whether answers fell behind */
    int64_t early_back, late_back;
    int64_t first_ends, last_begins;    /* open loop: the schedule's first quarter ends,
                                   and its last one begins */
    struct hist *quarters[2];   /* response times of the answers in these two */
    /* From here on all messages, those of the warm-up too. */
    uint64_t expected, got;     /* deliveries; got: each once */
    uint64_t own;               /* of those that were got: to the message's sender */
    uint64_t duplicated, reordered, corrupted;
    uint64_t unsent;            /* due, but never written, or too late; see again.c */
    uint64_t opened;            /* connections, also those that came after others */
    uint64_t reopened;          /* since the server had closed the one before */
    uint64_t repeated;          /* requests, since the server had not read them */
    uint64_t refused;           /* answers that were not 2xx */
    uint64_t statuses[STATUS_MOST - STATUS_LEAST + 1];  /* all answers of HTTP */
    uint64_t gave_up, retried;  /* attempts: not answered in time; after another one */
    struct refusals {
        uint64_t count;
        char first[200];        /* the first one's reason */
    } refusals[REFUSALS];       /* as they have times, from RESPONSE_3XX on */
    char corruption[200];       /* the first one, in a line */
};

void tally_init(struct tally *);
void tally_free(struct tally *);
void tally_merge(struct tally *into, const struct tally *);

/* The measured time begins. An open loop's schedule is `whole` ns long; a closed loop, 0,
 * has none. */
void tally_begin(struct tally *, int64_t first, int64_t whole);

/* A message that was due then has its answer now. False: it was one of the warm-up. */
bool tally_answer(struct tally *, int64_t due, int64_t now);

/* An answer of HTTP has come, with a status from STATUS_LEAST to STATUS_MOST. */
void tally_status(struct tally *, int status);

/* How many seconds later did answers come with each second of the schedule? Above 0 a
 * queue grew. Two signs of it:
 *
 *   The quickest tenth of the last quarter's answers were slower than those of the first.
 *   As long as a server keeps up, its queue is empty now and then, and somebody is served
 *   at once, even if most have to wait: a jitter, or a stall, does not slow all of them.
 *   The last answer was later than the first one was, by more than a jitter of 50 ms. */
double tally_growth(const struct tally *);

#endif
