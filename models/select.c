/* select.c - one thread for all clients, and before each turn one question: who is ready?
 *
 * The oldest of the loops, and portable to everything. The price, beside epoll's: the
 * whole list of descriptors goes to the kernel and is searched, every time; and
 * descriptors from FD_SETSIZE (1024) on do not fit: such a client is turned away.
 *
 * State: a struct, in the list of all who are asked about
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
#include <sys/select.h>
#include <unistd.h>
#include <utlist.h>

enum { WRITES = 64, DELIVERIES = 1 << 17 };     /* in a turn */
enum { IN = 1, OUT = 2 };       /* what a client is watched for, and found ready for */

struct conn {
    int fd;
    struct peer *peer;
    struct member seat;
    int watched;                /* IN, OUT: what it is in the next question for */
    struct deadline late;
    int64_t asleep;             /* a sleep job: until when; 0 without one */
    struct ready ready;
    struct conn *prev, *next;   /* all connections */
};

static struct options o;
static int clients, delivered;  /* connections; deliveries in this turn */
static struct conn door, stop;  /* the listener and the signal, watched like any client */
static struct conn *all;
static struct ready *ready_list;
static struct deadlines deadlines;
static struct rooms rooms;
static bool stopping;

/* Waits for these events, or until then. The kernel is told at the next turn. */
static void watch(struct conn *c, int events, int64_t deadline)
{
    c->watched = events;
    deadlines_set(&deadlines, &c->late, c->asleep ? c->asleep : deadline, c);
}

/* It will be run once everyone else has been read. */
static void make_ready(struct conn *c) { ready_add(&ready_list, &c->ready, c); }

/* DOC: select-relay. Nobody is run from here: the stack would grow with the room. */
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
}

/* Goes on where the client had to wait, as far as it gets; `can` is what select says. */
static void run(struct conn *c, int can)
{
    struct ask ask;
    ssize_t n;

    if (can & IN)
        receive(c);
    if (!peer_working(c->peer))
        c->asleep = 0;          /* it is over, or called off */
    for (;;)
        switch (peer_next(c->peer, &ask)) {
        case READ:
            watch(c, ask.more ? IN : 0, ask.deadline);
            return;
        case JOIN:
            room_join(&rooms, ask.room, &c->seat, c);
            break;
        case WORK:
            if (ask.job->kind == JOB_SLEEP) {
                c->asleep = clock_now() + ask.job->n * MS;
            } else {
                job_run(ask.job);       /* DOC: select-blocks. Nobody else is served */
                peer_done(c->peer);
            }
            break;
        case RELAY:
            relay(c, ask.frame);
            break;
        case WRITE:
            if (!(can & OUT)) {
                make_ready(c);
                return;
            }
            n = net_write(c->fd, ask.bytes);
            if (net_would_block(n)) {
                watch(c, OUT | (ask.more ? IN : 0), ask.deadline);
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

static void let_in(void)
{
    int fd = net_accept(door.fd, clients < o.max_connections, 0);

    watch(&door, net_full() ? 0 : IN, net_full() ? clock_now() + NET_PAUSE : NEVER);
    if (fd < 0)
        return;
    if (fd >= FD_SETSIZE) {     /* DOC: select-wall. FD_SET would write past its set */
        net_refuse(fd);
        net_close(fd);
        return;
    }
    struct conn *c = must_alloc(sizeof *c);
    *c = (struct conn){ .fd = fd, .peer = peer_new(&o, net_port(fd)) };
    DL_APPEND(all, c);
    clients++;
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

/* DOC: select-question. What to read, what to write, and the highest of them. */
static int ask_about(struct conn *c, fd_set *in, fd_set *out, int highest)
{
    if (c->watched & IN)
        FD_SET(c->fd, in);
    if (c->watched & OUT)
        FD_SET(c->fd, out);
    return c->watched && c->fd > highest ? c->fd : highest;
}

static int wait_for_all(fd_set *in, fd_set *out)
{
    int highest = ask_about(&door, in, out, ask_about(&stop, in, out, -1));
    int ms = deadlines_ms(ready_list ? 0 : deadlines_next(&deadlines));
    struct timeval wait = { ms / 1000, ms % 1000 * 1000 };
    struct conn *c;

    DL_FOREACH(all, c)
        highest = ask_about(c, in, out, highest);
    return select(highest + 1, in, out, NULL, ms < 0 ? NULL : &wait);
}

/* One turn of the loop: read everyone who has something, then write to some who are to
 * get something. What is read meanwhile goes out with the rest: the more there is to do,
 * the more one write carries. */
static void turn(void)
{
    fd_set in, out;
    struct conn *c, *next;

    delivered = 0;
    FD_ZERO(&in);
    FD_ZERO(&out);
    if (wait_for_all(&in, &out) > 0) {
        DL_FOREACH_SAFE(all, c, next) {
            int can = (FD_ISSET(c->fd, &in) ? IN : 0) | (FD_ISSET(c->fd, &out) ? OUT : 0);
            if (can)
                run(c, can);
        }
        if (FD_ISSET(stop.fd, &in))
            say_goodbye();
        else if (FD_ISSET(door.fd, &in))
            let_in();
    }
    while ((c = deadlines_due(&deadlines, clock_now())))
        if (c == &door) let_in(); else wake(c);
    for (int i = 0; i < WRITES && (c = ready_next(&ready_list)); i++)
        run(c, OUT);
}

int main(int argc, char **argv)
{
    options_parse(&o, argc, argv);
    stop = (struct conn){ .fd = net_stop(), .watched = IN };
    if (net_next(o.trace ? 3 : 2) >= FD_SETSIZE)        /* the door, and one client */
        die("descriptors below FD_SETSIZE, %d, are taken: open fewer first", FD_SETSIZE);
    door = (struct conn){ .fd = net_listen(&o), .watched = IN };
    while (!stopping || all)
        turn();
    deadlines_free(&deadlines);
}
