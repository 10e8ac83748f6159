#include "postgres_cancel.h"

#include <signal.h>

enum { STACK = 256 << 10 };

static void *send_it(void *order)
{
    char why[256];

    PQcancel(order, why, sizeof why);
    PQfreeCancel(order);
    return NULL;
}

/* Signals are for the threads that there were before. */
bool cancel_send(struct cancel *c, PGconn *conn)
{
    PGcancel *order = PQgetCancel(conn);
    pthread_attr_t attr;
    sigset_t all, old;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    c->out = order && pthread_create(&c->thread, &attr, send_it, order) == 0;
    pthread_attr_destroy(&attr);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (!c->out)
        PQfreeCancel(order);
    return c->out;
}

bool cancel_over(struct cancel *c)
{
    if (c->out && pthread_tryjoin_np(c->thread, NULL) == 0)
        c->out = false;
    return !c->out;
}

void cancel_forget(struct cancel *c)
{
    if (c->out)
        pthread_detach(c->thread);
    c->out = false;
}
