/* traffic.h - the books of a thread's messages: who is there, what is due, what is owed.
 *
 * Its way through the client, in words that mean the same in all of its files:
 *
 *   due         it ought to be written (due.c says when), and waits for that in the queue
 *               of its sender
 *   in flight   it is written (send.c), and not back at its sender yet
 *   owed        it is written, and a member does not have it yet: a message is owed to
 *               each one that is in its room when it is written
 *   got         a member has it (receive.c); counted once, however often it comes
 *   answered    it is back at its sender, or has HTTP's answer; then it is no longer in
 *               flight, and a closed loop's next message is due
 *   given up    HTTP: it was not answered in time (again.c). It is no longer owed, and
 *               either asked again, or over as if it had been answered
 *
 * And a client's way (member.c):
 *
 *   member      it is in its room
 *   active      it is to stay: its messages may become due. Not so before it came in,
 *               once it is to leave, and when it has died
 *   leaves      we have said goodbye; if it returns, a new connection takes its place
 *   away        the server has closed it, and owes nothing, or we have given up what it
 *               owed; it is opened again when it has something to send */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "alarm.h"
#include "conn.h"
#include "flags.h"
#include "flight.h"
#include "heard.h"
#include "pace.h"
#include "payload.h"
#include "queue.h"
#include "ready.h"
#include "rooms.h"
#include "tally.h"
#include <stdint.h>
#include <stdio.h>

struct group {                  /* of connections that share a room, or one on its own */
    int living;                 /* members */
    uint64_t sent;
};

struct sender {                 /* what a connection has that sends */
    uint64_t sequence;          /* of its next message */
    uint64_t in_flight;         /* messages */
    uint64_t carried;           /* messages on this connection, for --churn */
    struct queue due;           /* when the messages that wait to be written were due */
    struct flight flight;
    char *out;                  /* frames, as many as fit one write */
    size_t filled;              /* bytes of whole frames there, ready but for stamps */
    int64_t answered;           /* when the last of its answers was read */
    struct ready ready;         /* to write, once all is read */
    int64_t thinks_until;       /* --think: when it sends again; or NEVER */
    int pauses;                 /* its messages that wait to be asked again */
};

struct client {                 /* a connection, what it hears and what it sends */
    struct conn conn;           /* first: a client is found by its conn */
    struct group *group;
    struct heard *heard;        /* of each sender of its group */
    struct sender *sender;      /* NULL: it only listens */
    uint64_t since, got;        /* the group's messages before it came; its own since */
    uint64_t awaited;           /* the group's message that it waits for; 0: none */
    int64_t waits;              /* since when, as far as somebody has looked */
    bool member, active, leaves, returns, away;
    bool gave_up;               /* it is away because we closed it */
    struct client *prev, *next; /* a utlist: of those who think */
};

struct traffic {
    const struct flags *flags;
    int thread;                 /* of flags->threads, ours */
    struct tally tally;

    struct client *clients;     /* of all threads: those of others are all-zero */
    struct group *groups;
    int *senders, sender_count; /* our clients who send */
    int away;                   /* clients */

    int64_t epoch;              /* stamps count from here */
    bool sending;               /* messages may become due: */
    uint64_t budget;            /* as many as this, UINT64_MAX is no limit */
    uint64_t waiting;           /* are due */
    uint64_t owed;              /* deliveries, to members */
    uint64_t answered;          /* messages, those of the warm-up too */

    int next_sender;            /* due.c: index of the schedule's next one in `senders` */
    struct pace pace;
    struct alarm next_due;      /* the schedule's next message is due */
    struct alarm next_thought;  /* the first of those who think has done */
    struct client *thinking;    /* in the order of that */
    struct ready *ready;        /* clients with an answer, to write when all is read */
    ev_prepare all_read;        /* before libev waits */

    bool looks;                 /* again.c: */
    struct alarm next_look;     /* for messages to be given up, or asked again */
    struct retry *retries;      /* a utlist: those that pause before, first to last */

    struct payload payload;     /* send.c, and what receive.c compares with */
    char *plain;                /* space for a payload */
    size_t frame;               /* bytes of a message as it is sent, at most */
    size_t batch;               /* messages in one write, at most */

    bool judges;                /* receive.c, jobs: it is known what an answer says: */
    char answer[256];           /* this; empty: what the first one does */
    FILE *timeline;             /* or NULL */
    struct hist *window;        /* response times since it was last emptied; or NULL */

    void *owner;
    void (*settled)(void *owner);   /* none is due or owed, and none will become due */
    void (*reopen)(void *owner, int index);     /* one that is away has to send */
};

static inline struct client *client_of(struct conn *c) { return (struct client *)c; }

/* Makes the clients of one thread, none of them connected. The flags must outlive it. */
void traffic_init(struct traffic *, const struct flags *, int thread);
void traffic_free(struct traffic *);

/* Is that one of this thread's connections? */
bool traffic_owns(const struct traffic *, int index);

/* The sending will begin at t0. What is due before t0 + warm-up does not count. */
void traffic_plan(struct traffic *, int64_t t0);

/* Into its room: from now on it is owed what is sent there. */
void traffic_enter(struct traffic *, struct client *);

/* Out of it: what it was still owed is lost. Nothing, if it was no member. */
void traffic_part(struct traffic *, struct client *);

/* Out of it with a goodbye: what it was still owed is not expected either. */
void traffic_leave(struct traffic *, struct client *);

/* Since when a member has been waiting for the next message that it is to get; now, if
 * it waits for none, or had another one when this was last asked. */
int64_t traffic_waits_since(struct client *, int64_t now);

/* Tells the owner if all is settled. To be called when anything has been. */
void traffic_settle(struct traffic *);

#endif
