/* clients.h - what is done for clients that have a task each, however a task stops.
 *
 * The door is a task, and lets in one client at a time. For each of them the model begins
 * another, which serves it until its peer asks for CLOSE. What one client says to its
 * room is pushed to all members, and their tasks are woken: nobody is run from inside
 * somebody else, so the stack does not grow with the room. A task that goes on takes in
 * what has happened to its own client. Jobs that wait for others are with the desk, which
 * has a task, too: it wakes those whose job is done. The last task is the goodbye: it
 * waits for the signal, and tells everyone.
 *
 * How a task stops differs from model to model. It is told in the model's file, and so
 * are a client's six wants; the books are kept here. */
#ifndef CLIENTS_H
#define CLIENTS_H

#include "options.h"
#include "peer.h"
#include "room.h"

struct order;                   /* of a job that the desk has: desk.h */

struct conn {
    int fd;
    bool out;                   /* a job that client_takes() took is not done yet */
    struct peer *peer;
    struct task *task;
    struct member seat;
    struct order *order;        /* of it, if the desk has it; else it sleeps */
    int64_t until;              /* when it has slept, or the client is given up */
    struct conn *prev, *next;   /* all clients */
};

struct clients {
    struct options o;
    struct rooms rooms;
    struct conn *all;
    int count;
    struct task *door, *desk;   /* NULL: there is no desk, or no longer */
    bool stopping;
    int delivered;              /* frames pushed since a talker has paused for it */
};

extern struct clients clients;  /* the options go in before clients_serve() */

/* What each model defines: begins a task that serves this client. NULL: it can't be. */
struct task *begin(struct conn *);

/* Lets clients in and has them served, until everyone has gone, after the signal. Dies
 * with a line if it cannot begin. */
void clients_serve(void);

/* RELAY: to all members, who are woken. A talker to many does not hold the floor. */
void client_relay(struct conn *, struct frame *);

/* After each stop: takes in what has happened. */
void client_heed(struct conn *);

/* WORK: begins a job that waits, for a time or for others. The task waits, too, as long
 * as c->out. False: it is none of these, and the model's to do. */
bool client_takes(struct conn *, struct job *);

/* While a job is out, the running task, which stops now, goes on when it is woken, when
 * the job has slept, or when something has become of the client; nothing is read, which
 * is backpressure. Of a client that closes its half, what computes is called off after
 * --close-timeout; what sleeps, or is at the desk, ends in time by itself. */
void client_parks(struct conn *);

/* After each such stop: takes in what has happened. Is the job still wanted? */
bool client_waits(struct conn *);

/* CLOSE: takes it out of all books, and frees it. */
void client_finish(struct conn *);

#endif
