/* coroutine.c - straight-line code for every client, and one thread runs them all.
 *
 * thread.c with the kernel's scheduler replaced by our own: where a thread would wait, a
 * coroutine parks and another goes on. A switch costs nanoseconds, and nothing is locked,
 * for nobody is interrupted. The price: a stack per client, and, as in every loop, a job
 * that computes or naps makes everyone wait. Unless it awaits.
 *
 * State: its coroutine's small stack, and a struct that others can reach
 * Predicts: cpu n, wait 1 */
#include "await.h"
#include "die.h"
#include "hub.h"
#include "net.h"
#include "options.h"
#include "peer.h"
#include "room.h"
#include "work.h"

#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

enum { DELIVERIES = 1 << 17 };  /* before others have a turn */

struct conn {
    int fd;
    struct peer *peer;
    struct task *task;
    struct member seat;
    bool stopped;               /* knows that we are to end */
    struct conn *prev, *next;   /* all connections */
};

static struct options o = { .max_stacks = 4096 };
static struct rooms rooms;
static struct conn *all;
static int clients;
static struct task *door;
static bool stopping;
static int delivered;           /* since somebody paused for it */

/* DOC: coroutine-relay. No lock: nobody else runs until we park. */
static void relay(struct conn *c, struct frame *frame)
{
    struct member *m;

    DL_FOREACH(c->seat.room->members, m) {
        peer_push(m->conn->peer, frame);
        hub_wake(m->conn->task);
        delivered++;
    }
    if (delivered > DELIVERIES) {       /* a talker to many does not hold the floor */
        delivered = 0;
        peer_pause(c->peer);
    }
}

static void finish(struct conn *c)
{
    room_leave(&rooms, &c->seat);
    DL_DELETE(all, c);
    clients--;
    hub_forget();
    net_close(c->fd);
    peer_free(c->peer);
    free(c);
}

static void receive(struct conn *c)
{
    static char buf[BUFFER];    /* one for all: what is not used now, the peer keeps */
    ssize_t n = net_read(c->fd, buf, sizeof buf);

    if (!net_would_block(n))
        peer_feed(c->peer, buf, n);
}

static void heed_stop(struct conn *c)
{
    if (stopping && !c->stopped)
        peer_stop(c->peer);
    c->stopped = stopping;
}

/* DOC: coroutine-park. Parks until something has happened, and takes it in. */
static void wait_for(struct conn *c, int events, int64_t deadline)
{
    int happened = hub_park(c->fd, events, deadline);

    if (happened & HUB_LATE)
        peer_late(c->peer);
    heed_stop(c);
    if (happened & HUB_READ)
        receive(c);
    else if (happened & HUB_BROKEN)
        peer_feed(c->peer, NULL, -1);
}

/* The same while a job is out: nothing is read, which is backpressure. */
static int look_after(struct conn *c, int events, int64_t deadline)
{
    int happened = hub_park(c->fd, events, deadline);

    heed_stop(c);
    if (happened & HUB_BROKEN)
        peer_feed(c->peer, NULL, -1);
    return happened;
}

/* DOC: coroutine-bound. The computation runs beside us, on stacks of its own. When nobody
 * wants it, it is called off. A client that has closed its half may still be listening:
 * it is believed for a while. */
static void await(struct conn *c, struct job *job)
{
    int64_t until = NEVER;
    struct await call;

    if (!await_begin(&call, job, o.max_stacks))
        return;
    while (!call.done && peer_working(c->peer)) {
        int happened = look_after(c, until == NEVER ? HUB_ENDED : 0, until);

        if (happened & HUB_ENDED)
            until = clock_now() + o.close_within;
        if (happened & HUB_LATE)
            peer_feed(c->peer, NULL, 0);
    }
    await_end(&call);
}

static void work(struct conn *c, struct job *job)
{
    int64_t until = clock_now() + job->n * MS;

    switch (job->kind) {
    case JOB_AWAIT:
        await(c, job);
        break;
    case JOB_SLEEP:
        while (peer_working(c->peer) && clock_now() < until)
            look_after(c, 0, until);
        break;
    default:                    /* DOC: coroutine-blocks. And nobody else is served */
        job_run(job);
    }
}

/* One client's whole life, and one coroutine's. */
static void serve(void *arg)
{
    struct conn *c = arg;
    bool waited = false;        /* so that the others could speak first */
    struct ask ask;
    ssize_t n;

    c->task = hub_self();
    for (;;)
        switch (peer_next(c->peer, &ask)) {
        case READ:
            waited = false;
            wait_for(c, ask.more ? HUB_READ : 0, ask.deadline);
            break;
        case JOIN:
            room_join(&rooms, ask.room, &c->seat, c);
            break;
        case WORK:
            work(c, ask.job);
            peer_done(c->peer);
            break;
        case RELAY:
            relay(c, ask.frame);
            break;
        case WRITE:             /* DOC: coroutine-write. Once everyone is read */
            if (!waited) {
                waited = true;
                hub_yield();
                break;
            }
            n = net_write(c->fd, ask.bytes);
            if (net_would_block(n))
                wait_for(c, HUB_WRITE | (ask.more ? HUB_READ : 0), ask.deadline);
            else
                peer_sent(c->peer, n);
            break;
        case CLOSE:
            finish(c);
            return;
        }
}

static void let_in(int fd)
{
    struct conn *c = must_alloc(sizeof *c);

    *c = (struct conn){ .fd = fd, .peer = peer_new(&o, net_port(fd)) };
    DL_APPEND(all, c);
    clients++;
    if (!(c->task = hub_spawn(serve, c))) {
        net_refuse(fd);
        finish(c);
    }
}

/* DOC: coroutine-door. Parks after each client, even if the next one is there: while a
 * crowd pushes in, nobody else would have a turn. */
static void keep_door(void *arg)
{
    int listener = net_listen(&o);

    (void)arg;
    while (!stopping) {
        int fd = net_accept(listener, clients < o.max_connections, 0);

        if (fd >= 0)
            let_in(fd);
        if (net_full())
            hub_park(-1, 0, clock_now() + NET_PAUSE);
        else
            hub_park(listener, HUB_READ, NEVER);
    }
    hub_forget();
    close(listener);
}

static void await_stop(void *arg)
{
    struct conn *c;

    (void)arg;
    hub_park(net_stop(), HUB_READ, NEVER);
    stopping = true;
    hub_wake(door);
    DL_FOREACH(all, c)
        hub_wake(c->task);
}

int main(int argc, char **argv)
{
    options_parse(&o, argc, argv);
    hub_open(o.max_connections + o.max_stacks + 2);
    if (!hub_spawn(await_stop, NULL) || !(door = hub_spawn(keep_door, NULL)))
        die("no memory for a stack");
    hub_run();
}
