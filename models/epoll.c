/* epoll.c - one thread for all clients: whoever is ready is taken as far as it gets.
 *
 * The kernel keeps the list of who waits for what, and tells only who is ready. A client
 * is a struct, not a stack, so ten thousand are cheap. The price: nothing may block here.
 * A job that computes or naps makes everyone wait.
 *
 * State: a struct, which epoll hands back when it is ready
 * Predicts: cpu n, wait 1 */
#include "deadlines.h"
#include "die.h"
#include "net.h"
#include "options.h"
#include "peer.h"
#include "ready.h"
#include "room.h"
#include "work.h"

#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utlist.h>

enum { BATCH = 64, WRITES = 64, DELIVERIES = 1 << 17, CACHED = 1 << 15 };     /* a turn */

struct conn {
    int fd;
    struct peer *peer;
    struct member seat;
    uint32_t watched;           /* what epoll waits for on our behalf */
    struct deadline late;
    int64_t asleep;             /* a sleep job: until when; 0 without one */
    struct ready ready;
    struct conn *prev, *next;   /* all connections */
};

static struct options o;
static int epoll, clients, delivered, taken, most = BATCH;   /* deliveries in this turn */
static struct conn door, stop;  /* the listener and the signal, watched like any client */
static struct conn *all;
static struct ready *ready_list;
static struct deadlines deadlines;
static struct rooms rooms;
static bool stopping;

/* DOC: epoll-watch. Waits for these events, or until then. What epoll knows already costs
 * no call. */
static void watch(struct conn *c, uint32_t events, int64_t deadline)
{
    struct epoll_event e = { .events = events, .data.ptr = c };

    if (c->watched != events)
        epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &e);
    c->watched = events;
    deadlines_set(&deadlines, &c->late, c->asleep ? c->asleep : deadline, c);
}

/* It will be run once everyone else has been read. */
static void make_ready(struct conn *c) { ready_add(&ready_list, &c->ready, c); }

/* DOC: epoll-relay. Nobody is run from here: the stack would grow with the room. */
static void relay(struct conn *c, struct frame *frame)
{
    struct member *m;

    DL_FOREACH(c->seat.room->members, m) {
        peer_push(m->conn->peer, frame);
        make_ready(m->conn);
        delivered++;
    }
    if (delivered > DELIVERIES)
        peer_pause(c->peer);
}

static void finish(struct conn *c)
{
    room_leave(&rooms, &c->seat);
    ready_drop(&ready_list, &c->ready);
    deadlines_set(&deadlines, &c->late, NEVER, c);
    DL_DELETE(all, c);
    net_close(c->fd);
    peer_free(c->peer);
    free(c);
    clients--;
}

/* Reads what is there, once a turn: a fast talker does not hold the floor. Nor does one
 * in a large room: relay() counts. */
static void receive(struct conn *c)
{
    static char buf[BUFFER];    /* one for all: what is not used now, the peer keeps */
    ssize_t n = read(c->fd, buf, sizeof buf);

    if (!net_would_block(n))
        peer_feed(c->peer, buf, n);
    taken += n > 0 ? (int)n : 0;
}

/* Goes on where the client had to wait, as far as it gets; `can` is what epoll says. */
static void run(struct conn *c, uint32_t can)
{
    struct ask ask;
    ssize_t n;

    if (can & (EPOLLIN | EPOLLHUP | EPOLLERR))
        receive(c);
    if (!peer_working(c->peer))
        c->asleep = 0;          /* it is over, or called off */
    for (;;)
        switch (peer_next(c->peer, &ask)) {
        case READ:
            watch(c, ask.more ? EPOLLIN : 0, ask.deadline);
            return;
        case JOIN:
            room_join(&rooms, ask.room, &c->seat, c);
            break;
        case WORK:
            if (ask.job->kind == JOB_SLEEP) {
                c->asleep = clock_now() + ask.job->n * MS;
            } else {
                job_run(ask.job);       /* DOC: epoll-blocks. And nobody else is served */
                peer_done(c->peer);
            }
            break;
        case RELAY:
            relay(c, ask.frame);
            break;
        case WRITE:
            if (!(can & EPOLLOUT)) {
                make_ready(c);
                return;
            }
            n = net_write(c->fd, ask.bytes);
            if (net_would_block(n)) {
                watch(c, EPOLLOUT | (ask.more ? EPOLLIN : 0), ask.deadline);
                return;
            }
            peer_sent(c->peer, n);
            break;
        case CLOSE:
            finish(c);
            return;
        }
}

static void wake(struct conn *c)
{
    if (c->asleep)
        peer_done(c->peer);
    else
        peer_late(c->peer);
    make_ready(c);
}

/* False if the kernel watches as many as it may. */
static bool add(struct conn *c)
{
    struct epoll_event e = { .events = c->watched = EPOLLIN, .data.ptr = c };

    return epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e) == 0;
}

static void let_in(void)
{
    int fd = net_accept(door.fd, clients < o.max_connections, 0);

    watch(&door, net_full() ? 0 : EPOLLIN, net_full() ? clock_now() + NET_PAUSE : NEVER);
    if (fd < 0)
        return;
    struct conn *c = must_alloc(sizeof *c);
    *c = (struct conn){ .fd = fd, .peer = peer_new(&o, net_port(fd)) };
    DL_APPEND(all, c);
    clients++;
    if (!add(c)) {
        net_refuse(fd);
        finish(c);
        return;
    }
    make_ready(c);
}

static void say_goodbye(void)
{
    struct conn *c;

    stopping = true;
    watch(&stop, 0, NEVER);
    watch(&door, 0, NEVER);
    close(door.fd);
    DL_FOREACH(all, c) {
        peer_stop(c->peer);
        make_ready(c);
    }
}

/* DOC: epoll-turn. Read everyone who has something, then write to some who are to get
 * something. What is read meanwhile goes out with the rest: the more there is to do, the
 * more one write carries. */
static void turn(void)
{
    int64_t until = ready_list ? 0 : deadlines_next(&deadlines);
    struct epoll_event events[BATCH];
    int n = epoll_wait(epoll, events, most, deadlines_ms(until));
    struct conn *c;

    delivered = taken = 0;
    for (int i = 0; i < n; i++)
        if ((c = events[i].data.ptr) == &door)
            let_in();
        else if (c == &stop)
            say_goodbye();
        else
            run(c, events[i].events);
    most = taken > CACHED ? 1 + n * CACHED / taken : BATCH;
    while ((c = deadlines_due(&deadlines, clock_now())))
        if (c == &door) let_in(); else wake(c);
    for (int i = 0; i < WRITES && (c = ready_next(&ready_list)); i++)
        run(c, EPOLLOUT);
}

int main(int argc, char **argv)
{
    options_parse(&o, argc, argv);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    stop = (struct conn){ .fd = net_stop() };
    door = (struct conn){ .fd = net_listen(&o) };
    if (!add(&stop) || !add(&door))
        die("epoll_ctl: the kernel watches as many descriptors as it may");
    while (!stopping || all)
        turn();
    deadlines_free(&deadlines);
}
