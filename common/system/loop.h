/* loop.h - what a loop does that serves everybody with one thread, however it asks.
 *
 * A turn has three acts. The loop asks the kernel who is ready, and runs each of them:
 * what they say is read, and what is for a room goes to its members, which are put on the
 * ready list. Then it runs those whose time is up. Last it runs some of the ready ones,
 * each once, and they write. So no client is run from inside another: the stack does not
 * grow with the room, and what a whole turn leaves for one client goes out in one write.
 *
 * Only the question to the kernel differs from loop to loop. It is asked in the model's
 * file, and so are a client's six wants; the books are kept here. uring asks no question:
 * it orders a read or a write, and is told when that is done. So it needs no loop_read(),
 * and what is watched of a client is which of its orders are out. */
#ifndef LOOP_H
#define LOOP_H

#include "deadlines.h"
#include "options.h"
#include "peer.h"
#include "ready.h"
#include "room.h"

enum { IN = 0x001, OUT = 0x004 };       /* POLLIN and POLLOUT, which epoll shares */
enum { NO_CLIENTS = 3 };                /* on the list of all: door, stop and desk */

struct order;                   /* of a job that the desk has: desk.h */
struct own;                     /* what a model keeps besides: it says so itself */

struct conn {                   /* a client; also the listener, the signal and the desk */
    int fd;
    struct peer *peer;
    struct own *own;            /* from malloc(), or NULL; freed with it */
    struct member seat;
    int watched;                /* IN, OUT: what the kernel is asked about it, or does */
    struct deadline late;
    int64_t asleep;             /* a job that waits: until when; NEVER: the desk will say;
                                   0: there is none */
    struct order *order;        /* of one that the desk has */
    struct ready ready;
    struct conn *prev, *next;   /* all that is watched */
};

struct loop {
    struct options o;
    struct conn door, stop;     /* the listener and the signal, watched like any client */
    struct conn desk;           /* and so are jobs that wait for others; fd -1: there is
                                   no desk */
    struct conn *all;           /* these, and all clients */
    int clients;
    bool knock;                 /* somebody is at the door */
    struct ready *ready;        /* they will be run once everyone else has been read */
    struct deadlines deadlines;
    struct rooms rooms;
    int delivered, read;        /* frames pushed, bytes read in this turn */
    bool stopping;
};

extern struct loop loop;        /* the options go in before loop_open() */

/* ---- what each loop defines ---- */

/* From now on its kernel is asked about this one, for IN. False: it can't be. */
bool add(struct conn *);

/* It is asked for these events, and the client is late from then on (ns, or NEVER). */
void watch(struct conn *, int events, int64_t deadline);

/* Goes on where the client had to wait, as far as it gets. `can` is IN, OUT, or what else
 * poll(2) says of a line, such as POLLHUP. */
void run(struct conn *, int can);

/* ---- a turn ---- */

/* Opens what stops us, the listener, and the desk if there are jobs for it, and adds
 * them; or dies with a line. */
void loop_open(void);

/* Until everyone has gone, after the signal. */
bool loop_goes_on(void);

/* How long the kernel may let us wait: ms, or -1, as in poll(2). */
int loop_patience(void);

/* The first act, for each who is ready: runs a client, hears a knock or the desk, or says
 * goodbye. So none is added to the list of all, and only this one may leave it. */
void loop_heed(struct conn *, int can);

/* The other two, after whoever has knocked was let in. */
void loop_rest(void);

/* Its time is up, for a loop that hears of it from elsewhere. */
void loop_late(struct conn *);

void loop_close(void);

/* ---- a client's wants ---- */

/* Reads what is there, once a turn: a fast talker does not hold the floor. False: nothing
 * was, or the end of it all. */
bool loop_read(struct conn *);

/* RELAY: to all members, who become ready. A talker to many does not hold the floor. */
void loop_relay(struct conn *, struct frame *);

/* It will be run again in this turn, or the next, with OUT. */
void loop_ready(struct conn *);

/* WORK: begins a job for which nobody has to wait but its client: a sleep is a deadline,
 * and what waits for others goes to the desk. False: it is none of these. */
bool loop_take(struct conn *, struct job *);

/* For watch(): when to run it if nothing happens; a sleeper, when its job is done. It is
 * kept in loop.deadlines, or (loop_due) only told. */
void loop_deadline(struct conn *, int64_t deadline);
int64_t loop_due(struct conn *, int64_t deadline);

/* CLOSE: takes it out of all books, and frees it. */
void loop_finish(struct conn *);

#endif
