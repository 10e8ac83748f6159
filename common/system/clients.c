#include "clients.h"
#include "desk.h"
#include "die.h"
#include "hub.h"
#include "net.h"

#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

enum { DELIVERIES = 1 << 17 };  /* before others have a turn */

struct clients clients;

static int listener, signalled;

/* ---- one client ---- */

/* DOC: clients-relay. No lock: nobody else runs until we stop. */
void client_relay(struct conn *c, struct frame *frame)
{
    struct member *m;

    DL_FOREACH(c->seat.room->members, m) {
        peer_push(m->conn->peer, frame);
        hub_wake(m->conn->task);
        clients.delivered++;
    }
    if (clients.delivered > DELIVERIES) {
        clients.delivered = 0;
        peer_pause(c->peer);
    }
}

static void receive(struct conn *c)
{
    static char buf[BUFFER];    /* one for all: what is not used now, the peer keeps */
    ssize_t n = net_read(c->fd, buf, sizeof buf);

    if (!net_would_block(n))
        peer_feed(c->peer, buf, n);
}

void client_heed(struct conn *c)
{
    int happened = hub_happened();

    if (happened & HUB_LATE)
        peer_late(c->peer);
    if (happened & HUB_READ)
        receive(c);
    else if (happened & HUB_BROKEN)
        peer_feed(c->peer, NULL, -1);
}

/* ---- a job that is out ---- */

/* The desk's task is told to look when it must be back. */
static void wake_desk(void)
{
    if (clients.desk)
        hub_wake(clients.desk);
}

bool client_takes(struct conn *c, struct job *job)
{
    bool sleeps = job->kind == JOB_SLEEP;

    c->until = sleeps ? clock_now() + job->n * MS : NEVER;
    c->order = sleeps ? NULL : desk_take(job, c);
    c->out = sleeps || c->order;
    if (c->order)
        wake_desk();
    return c->out;
}

/* What is at the desk ends in time, whether its client has closed its half or not. */
void client_parks(struct conn *c)
{
    hub_wait(c->fd, c->order || c->until != NEVER ? 0 : HUB_ENDED, c->until);
}

static void call_off(struct conn *c)
{
    c->out = false;
    if (!c->order)
        return;
    desk_drop(c->order);
    c->order = NULL;
    wake_desk();
}

/* DOC: clients-half. A reset is certain. A client that has closed its half may still be
 * listening: it is believed for a while. */
bool client_waits(struct conn *c)
{
    int happened = hub_happened();
    bool asleep = c->out && !c->order;

    if (happened & HUB_BROKEN)
        peer_feed(c->peer, NULL, -1);
    if (asleep)
        c->out = clock_now() < c->until;
    else if (happened & HUB_ENDED)
        c->until = clock_now() + clients.o.close_within;
    else if (happened & HUB_LATE)
        peer_feed(c->peer, NULL, 0);
    if (!peer_working(c->peer))
        call_off(c);
    return peer_working(c->peer);
}

static void take_out(struct conn *c)
{
    room_leave(&clients.rooms, &c->seat);
    DL_DELETE(clients.all, c);
    clients.count--;
    net_close(c->fd);
    peer_free(c->peer);
    free(c);
}

void client_finish(struct conn *c)
{
    hub_forget();
    take_out(c);
}

/* ---- the door, the desk and the goodbye: tasks that are functions, called again ---- */

static void let_in(int fd)
{
    struct conn *c = must_alloc(sizeof *c);

    *c = (struct conn){ .fd = fd, .peer = peer_new(&clients.o, net_port(fd)) };
    DL_APPEND(clients.all, c);
    clients.count++;
    if (!(c->task = begin(c))) {
        net_refuse(fd);
        take_out(c);
    }
}

/* DOC: clients-door. Stops after each client, even if the next one is there: while a
 * crowd pushes in, nobody else would have a turn. Without descriptors it waits a while:
 * the listener would be ready at once, and again. */
static bool keep_door(void *unused)
{
    (void)unused;
    if (clients.stopping) {
        hub_forget();
        close(listener);
        return false;
    }
    int fd = net_accept(listener, .crowded = clients.count >= clients.o.max_connections);
    if (fd >= 0)
        let_in(fd);
    if (net_full())
        hub_wait(-1, 0, clock_now() + NET_PAUSE);
    else
        hub_wait(listener, HUB_READ, NEVER);
    return true;
}

/* If it was only woken, its deadline has changed, and it has no news. */
static bool keep_desk(void *fd)
{
    struct conn *c;

    if (clients.stopping) {
        hub_forget();
        clients.desk = NULL;
        return false;
    }
    while (hub_happened() && (c = desk_next())) {
        c->order = NULL;
        c->out = false;
        hub_wake(c->task);
    }
    hub_wait(*(int *)fd, HUB_READ, desk_deadline());
    return true;
}

static bool say_goodbye(void *unused)
{
    struct conn *c;

    (void)unused;
    if (!hub_happened()) {      /* the first time */
        hub_wait(signalled, HUB_READ, NEVER);
        return true;
    }
    clients.stopping = true;
    hub_wake(clients.door);
    wake_desk();
    DL_FOREACH(clients.all, c) {
        peer_stop(c->peer);
        hub_wake(c->task);
    }
    return false;
}

void clients_serve(void)
{
    hub_open();
    signalled = net_stop();
    listener = net_listen(&clients.o);
    int desk = desk_open(&clients.o);
    hub_spawn(say_goodbye, NULL);
    clients.door = hub_spawn(keep_door, NULL);
    if (desk >= 0)
        clients.desk = hub_spawn(keep_desk, &desk);
    hub_run();
    desk_close();
}
