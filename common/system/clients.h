/* clients.h - what is done for clients that have a task each, however a task stops.
 *
 * The door is a task, and lets in one client at a time. For each of them the model begins
 * another, which serves it until its peer asks for CLOSE. What one client says to its
 * room is pushed to all members, and their tasks are woken: nobody is run from inside
 * somebody else, so the stack does not grow with the room. A task that goes on takes in
 * what has happened to its own client. The last task is the goodbye: it waits for the
 * signal, and tells everyone.
 *
 * How a task stops differs from model to model. It is told in the model's file, and so
 * are a client's six wants; the books are kept here. */
#ifndef CLIENTS_H
#define CLIENTS_H

#include "options.h"
#include "peer.h"
#include "room.h"

struct conn {
    int fd;
    struct peer *peer;
    struct task *task;
    struct member seat;
    struct conn *prev, *next;   /* all clients */
};

struct clients {
    struct options o;
    struct rooms rooms;
    struct conn *all;
    int count;
    struct task *door;
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

/* The same while a job is out: nothing is read, which is backpressure. Is the job still
 * wanted? If so, and if *until is given, a client that closes its half is believed to be
 * listening until then: NEVER as long as it has not. */
bool client_waits(struct conn *, int64_t *until);

/* CLOSE: takes it out of all books, and frees it. */
void client_finish(struct conn *);

#endif
