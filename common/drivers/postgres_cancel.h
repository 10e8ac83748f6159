/* postgres_cancel.h - calls a query off, and waits for nothing.
 *
 * PQcancel() connects to the server once more and returns when it has been heard; before
 * PostgreSQL 17 there is no other way. A server that is stopped, or behind a cut cable,
 * would keep a loop waiting for minutes, and all its clients with it. So a thread of its
 * own waits.
 */
#ifndef POSTGRES_CANCEL_H
#define POSTGRES_CANCEL_H

#include <postgresql/libpq-fe.h>
#include <pthread.h>
#include <stdbool.h>

struct cancel {
    pthread_t thread;
    bool out;                   /* it has not come back yet; else there is none */
};

/* Calls off what this connection is at; none is out. False: that cannot be done. */
bool cancel_send(struct cancel *, PGconn *);

/* Is none out any more? Before that, the next query must not be sent: it would be hit. */
bool cancel_over(struct cancel *);

/* The session ends, and a cancel that comes later finds nobody: harmless. */
void cancel_forget(struct cancel *);

#endif
