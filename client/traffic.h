/* traffic.h - the messages of a run: who sends when, what has to come back, what did.
 *
 * Whether a loop is closed or open is decided in one place: who puts the moment at which
 * a message is due into a sender's list. In a closed loop that is the answer before it
 * (send.c, next_turn), in an open loop the schedule (send.c, on_due). Everything after is
 * the same. Every message is owed to each member of its room when it is sent. */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include "alarm.h"
#include "conn.h"
#include "flags.h"
#include "flight.h"
#include "heard.h"
#include "pace.h"
#include "payload.h"
#include "ready.h"
#include "rooms.h"
#include "tally.h"
#include <stdint.h>
#include <stdio.h>

struct group {                  /* of connections that share a room, or one on its own */
    int living;
    uint64_t sent;
};

struct sender {                 /* what a connection has that sends */
    uint64_t sequence;          /* of its next message */
    uint64_t in_flight;         /* of its messages, those that are not back yet */
    uint64_t fresh;             /* written on this connection, for --churn */
    int64_t *dues;              /* a ring: when the messages to be written were due */
    size_t due_first, due_count, due_room;
    struct flight flight;
    char *out;                  /* frames, as many as fit one write */
    size_t filled;              /* bytes of whole frames there, ready but for stamps */
    int64_t answered;           /* when the last of its answers was read */
    struct ready ready;         /* for its turn to write, once all is read */
    int64_t turn;               /* --think: when it sends again; or NEVER */
};

struct client {                 /* a connection, what it hears and what it sends */
    struct conn conn;           /* first: a client is found by its conn */
    struct group *group;
    struct heard *heard;        /* of each sender of its group */
    struct sender *sender;      /* NULL: it only listens */
    uint64_t since, got;        /* the group's messages before it came; its own since */
    uint64_t awaited;           /* the group's message that it waits for; 0: none */
    int64_t waits;              /* since when, as far as somebody has looked */
    bool member;                /* of its group */
    bool wanted;                /* false: never came in, or is to leave, or has died */
    bool leaves;                /* we have said goodbye */
    bool again;                 /* and it comes back as a new connection */
    bool away;                  /* the server has closed; it comes back when it sends */
    struct client *prev, *next; /* a utlist: of those who think */
};

struct traffic {
    const struct flags *flags;
    int thread;                 /* of flags->threads, ours */
    struct payload payload;
    char *plain;                /* space for a payload */
    bool judges;                /* jobs: it is known what an answer has to say, which */
    char answer[256];           /* is this; empty: as the first one does */
    struct client *clients;     /* of all threads: those of others are all-zero */
    struct group *groups;
    int *senders, sender_count; /* our clients who send */
    int turn;                   /* among them, whose the schedule's next message is */
    size_t frame;               /* bytes of a message as it is sent, at most */
    size_t batch;               /* messages in one write, at most */
    struct pace pace;
    struct alarm due, thought;  /* the schedule's next message; --think's next sender */
    struct ready *ready;        /* who had an answer, and may write: see send.c */
    ev_prepare all_read;        /* before libev waits */
    struct client *thinking;    /* in the order of their turns */
    int64_t epoch;              /* stamps count from here */
    bool sending;               /* new messages may become due */
    uint64_t left;              /* so many of them */
    uint64_t waiting;           /* due, but not written yet */
    uint64_t owed;              /* deliveries under way to members */
    int away;                   /* clients, see there */
    uint64_t answered;          /* messages that are back, those of the warm-up too */
    FILE *timeline;             /* or NULL */
    struct hist *window;        /* response times since it was last emptied; or NULL */
    struct tally tally;
    void *owner;
    void (*settled)(void *owner);   /* nothing is under way, and nothing more to send */
    void (*wanted)(void *owner, int index);     /* one that is away has to be opened */
};

/* Makes the clients of one thread, none of them connected. Flags and loop must outlive
 * it. */
void traffic_init(struct traffic *, const struct flags *, int thread, struct ev_loop *);
void traffic_free(struct traffic *);

/* Is that one of this thread's connections? A room, and all in it, is one thread's. */
bool traffic_owns(const struct traffic *, int index);

/* The sending will begin at t0. What is due before t0 + warm-up does not count. */
void traffic_plan(struct traffic *, int64_t t0);

/* The schedule begins, or every sender's first turn. */
void traffic_start(struct traffic *);

/* From now on messages count: `limit` more are sent. */
void traffic_count(struct traffic *, uint64_t limit);

/* No message becomes due any more. Those that are will still be sent. */
void traffic_stop(struct traffic *);

/* This connection is open: it is a member, and may send. */
void traffic_join(struct traffic *, struct conn *);

/* It is to leave when its messages are back. Before it is gone it can be called back. */
void traffic_retire(struct traffic *, struct client *);
void traffic_recall(struct client *);

/* Since when a member has been waiting for the next message that it is to get; now, if
 * it waits for none, or had another one when this was last asked. */
int64_t traffic_waits_since(struct client *, int64_t now);

/* For conns.message, .refused, .idle and .over, which says whether to open it again. */
void traffic_message(struct traffic *, struct conn *, uint8_t opcode,
                     struct bytes payload, int64_t now);
void traffic_refused(struct traffic *, struct conn *, int status, const char *why,
                     int64_t now);
void traffic_idle(struct traffic *, struct conn *);
bool traffic_over(struct traffic *, struct conn *);

/* The same when the server has closed and owes nothing. not_read: what was sent last has
 * not been read by anybody, and is due once more. */
bool traffic_parted(struct traffic *, struct conn *, bool not_read);

/* It is being opened. */
void traffic_opens(struct traffic *, struct client *);

/* ---- between traffic.c and send.c ---- */

static inline struct client *client_of(struct conn *c) { return (struct client *)c; }

void send_init(struct traffic *, struct ev_loop *);
void send_free(struct traffic *);
void send_start(struct traffic *);
void send_stop(struct traffic *);
void sender_free(struct sender *);

/* Writes what is due and can be written now; a client whose time is over leaves. */
void send_pump(struct traffic *, struct client *);

/* A client that sends has come in. */
void send_join(struct traffic *, struct client *);

/* One of its messages is back: it is on the ready list now, for a turn to write. */
void send_back(struct traffic *, struct client *, int64_t now);

/* What it wrote last has not been read: it is due again, as if never written. */
void send_undo(struct traffic *, struct client *);

/* It is gone: what it was to send will not be sent. */
void send_drop(struct traffic *, struct client *);

/* Says goodbye. From now on it is owed nothing. */
void traffic_leave(struct traffic *, struct client *);
void traffic_settle(struct traffic *);

#endif
