/* traffic.h - the messages of a run: who sends when, what has to come back, what did.
 *
 * The loop is closed: a sender writes a burst, and the next when the whole of it is back.
 * Every message is owed to each member of its room that lives when it is sent. */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "conn.h"
#include "flags.h"
#include "heard.h"
#include "hist.h"
#include "payload.h"
#include <stdint.h>
#include <stdio.h>

struct group {                  /* of connections that share a room, or one on its own */
    int living;
    uint64_t sent;
};

struct client {                 /* a connection, what it hears and what it sends */
    struct conn conn;           /* first: a client is found by its conn */
    struct group *group;
    struct heard *heard;        /* of each sender of its group */
    uint64_t got;               /* messages, each once */
    char *burst;                /* its frames, ready but for stamps; NULL: it listens */
    uint64_t sequence;          /* of its next message */
    int in_flight;              /* of its last burst, messages that are not back yet */
    int64_t sent_at;            /* when that was written */
};

struct tally {
    uint64_t messages;          /* counted: sent in the measured time, and back */
    int64_t first, last;        /* the measured time began; the last of them came */
    struct hist *round_trip;    /* of the counted ones */
    struct hist *delivery;      /* the same to every member; NULL if nobody shares */
    /* From here on all messages, those of the warm-up too. */
    uint64_t expected, got;     /* deliveries; got: each once */
    uint64_t duplicated, reordered, corrupted;
    char corruption[200];       /* the first one, in a line */
};

struct traffic {
    const struct flags *flags;
    struct payload payload;
    size_t head, frame;         /* bytes before a payload; of all that is sent */
    char answer[256];           /* MODE_JOB: what every answer says; empty: unknown */
    struct client *clients;
    struct group *groups;
    int64_t epoch;              /* stamps count from here */
    bool sending;
    uint64_t left;              /* messages that may still be sent */
    uint64_t owed;              /* deliveries under way to living members */
    int64_t progress;           /* when the last message came */
    FILE *timeline;             /* or NULL */
    struct tally tally;
    void (*settled)(void);      /* nothing is under way, and nothing more to send */
};

/* Makes the clients, none of them connected. The flags must outlive it. */
void traffic_init(struct traffic *, const struct flags *);
void traffic_free(struct traffic *);

/* Every sender writes its first burst; none of it counts before traffic_count(). */
void traffic_start(struct traffic *);

/* From now on messages count: `limit` more are sent. */
void traffic_count(struct traffic *, uint64_t limit);

/* For conns.message and conns.over. */
void traffic_message(struct traffic *, struct conn *, uint8_t opcode,
                     struct bytes payload, int64_t now);
void traffic_over(struct traffic *, struct conn *);

#endif
