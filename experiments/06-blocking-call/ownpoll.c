/* ownpoll.c - coroutine with a call that blocks, and a poll(2) that does not.
 *
 * job_run() asks a database or an upstream as most drivers do: while that server works,
 * it sits in poll(2), and with it the thread that serves all clients. But it calls poll()
 * by that name, and the name is ours if we define it. Ours parks the coroutine in the
 * hub, and others run. What calls it is not changed, and notices nothing: gevent's monkey
 * patch in C.
 *
 *   ownpoll [OPTION...] libc|own      whose poll(2) it is
 *
 * What blocks elsewhere still blocks: a file, SQLite, a lock. Jobs that queue for a line
 * to the database wait in a lock, so there has to be a line for each of them. */
#include "clients.h"
#include "clock.h"
#include "coro.h"
#include "die.h"
#include "hub.h"

#include <poll.h>
#include <string.h>

static bool ours;

/* The program's own functions come first, also for the libraries that it uses. */
int poll(struct pollfd *set, nfds_t n, int timeout)
{
    struct timespec longest = { timeout / 1000, timeout % 1000 * MS }, none = { 0, 0 };
    int64_t until = timeout < 0 ? NEVER : clock_now() + timeout * MS;
    int events, ready;

    if (!ours || !co_self() || n != 1)
        return ppoll(set, n, timeout < 0 ? NULL : &longest, NULL);
    events = set->fd < 0 ? 0 : (set->events & POLLIN ? HUB_READ : 0)
                             | (set->events & POLLOUT ? HUB_WRITE : 0);
    while ((ready = ppoll(set, 1, &none, NULL)) == 0 && clock_now() < until) {
        hub_wait(events ? set->fd : -1, events, until);
        co_yield();
        hub_wait(-1, 0, NEVER);         /* the caller may close its descriptor */
    }
    return ready;
}

/* models/coroutine.c as it is, but that it can do nothing in steps: each job is one for
 * job_run(). Its main() has another name here. */
#define client_takes(c, job) ((void)(c), (void)(job), false)
#define main serve_all
#pragma GCC diagnostic ignored "-Wreturn-type"
static int serve_all(int argc, char **argv);
#include "../../models/coroutine.c" /* NOLINT(bugprone-suspicious-include) */
#undef main

int main(int argc, char **argv)
{
    const char *whose = argc > 1 ? argv[argc - 1] : "";

    ours = strcmp(whose, "own") == 0;
    if (!ours && strcmp(whose, "libc") != 0)
        die("usage: ownpoll [OPTION...] libc|own");
    serve_all(argc - 1, argv);  /* only a main() returns 0 by itself */
    return 0;
}
