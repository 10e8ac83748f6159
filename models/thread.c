/* thread.c - a thread for every client: straight-line code, and the kernel schedules it.
 *
 * Each client's state is the stack of its thread, which waits whenever its client makes
 * it wait. The price: a stack per client, a switch per message, and what threads share
 * they must lock. A frame for another goes into their mailbox, and rings their bell.
 *
 * State: its thread's stack, and a mailbox that others can reach
 * Predicts: cpu max(1,n/C), wait 1 */
#include "die.h"
#include "mailbox.h"
#include "net.h"
#include "options.h"
#include "peer.h"
#include "room.h"
#include "work.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

struct conn {
    int fd;
    char *buf;                  /* on its stack; lent to the peer until it wants more */
    struct peer *peer;          /* only its own thread touches it */
    struct mailbox box;         /* anyone may post; its lock is inside */
    struct member seat;         /* under the lock */
    int stop;                   /* readable when we are to end; -1 once we know */
};

static struct options o;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rooms rooms;      /* under the lock */
static pthread_mutex_t door = PTHREAD_MUTEX_INITIALIZER;        /* no talker holds it */
static pthread_cond_t left = PTHREAD_COND_INITIALIZER;
static int clients;             /* under the door's lock */

/* DOC: thread-relay. Only mailboxes are touched here: a socket belongs to its thread. */
static void relay(struct conn *c, struct frame *frame)
{
    struct member *m;

    pthread_mutex_lock(&lock);
    DL_FOREACH(c->seat.room->members, m)
        if (m->conn == c)
            peer_push(c->peer, frame);
        else
            mailbox_post(&m->conn->box, frame);
    pthread_mutex_unlock(&lock);
}

static void seat(struct conn *c, const char *room)
{
    pthread_mutex_lock(&lock);
    room_join(&rooms, room, &c->seat, c);
    pthread_mutex_unlock(&lock);
}

static int count(int more)
{
    pthread_mutex_lock(&door);
    int now = clients += more;
    pthread_cond_signal(&left);
    pthread_mutex_unlock(&door);
    return now;
}

static void finish(struct conn *c)
{
    if (c->seat.room) {         /* or it has no need to wait for a talker */
        pthread_mutex_lock(&lock);
        room_leave(&rooms, &c->seat);   /* from here on nobody posts to us */
        pthread_mutex_unlock(&lock);
    }
    mailbox_close(&c->box);
    net_close(c->fd);
    peer_free(c->peer);
    free(c);
    count(-1);
}

static void receive(struct conn *c)
{
    ssize_t n = net_read(c->fd, c->buf, BUFFER);

    if (!net_would_block(n))
        peer_feed(c->peer, c->buf, n);
}

/* Sleeps until something has happened, and takes it in. */
static void wait_for(struct conn *c, short events, int64_t deadline)
{
    struct pollfd set[] = { net_poll(c->fd, events), net_poll(c->stop, POLLIN),
                            net_poll(c->box.bell, POLLIN) };

    if (!net_wait(set, 3, deadline))
        peer_late(c->peer);
    if (set[1].revents) {
        peer_stop(c->peer);
        c->stop = -1;
    }
    if (set[2].revents)
        mailbox_take(&c->box, c->peer);
    if (set[0].revents & ~POLLOUT)
        receive(c);
}

/* One client's whole life, and one thread's. */
static void *serve(void *arg)
{
    struct conn *c = arg;
    char buf[BUFFER];
    struct ask ask;
    ssize_t n;

    c->buf = buf;
    for (;;)
        switch (peer_next(c->peer, &ask)) {
        case READ:
            wait_for(c, ask.more ? POLLIN : 0, ask.deadline);
            break;
        case JOIN:
            seat(c, ask.room);
            break;
        case WORK:              /* DOC: thread-work. Only this client waits */
            job_run(ask.job);
            peer_done(c->peer);
            break;
        case RELAY:
            relay(c, ask.frame);
            break;
        case WRITE:
            n = net_write(c->fd, ask.bytes);
            if (net_would_block(n))
                wait_for(c, POLLOUT | (ask.more ? POLLIN : 0), ask.deadline);
            else
                peer_sent(c->peer, n);
            break;
        case CLOSE:
            finish(c);
            return NULL;
        }
}

/* DOC: thread-start. Allocated: a variable of the accept loop is soon the next one's. */
static void start(int fd, int stop)
{
    struct conn *c = must_alloc(sizeof *c);
    pthread_attr_t attr;
    pthread_t id;

    *c = (struct conn){ .fd = fd, .peer = peer_new(&o, net_port(fd)), .stop = stop };
    count(+1);
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, 256 * 1024);
    if (!mailbox_open(&c->box, o.max_output) || pthread_create(&id, &attr, serve, c)) {
        net_refuse(fd);
        finish(c);
    }
    pthread_attr_destroy(&attr);
}

int main(int argc, char **argv)
{
    options_parse(&o, argc, argv);
    int stop = net_stop(), listener = net_listen(&o);
    struct pollfd set[] = { net_poll(stop, POLLIN), net_poll(listener, POLLIN) };

    while (net_wait(set, 2, NEVER) && !set[0].revents) {
        int fd = net_accept(listener, .crowded = count(0) >= o.max_connections,
                            .besides = 1);
        if (fd >= 0)
            start(fd, stop);
        else if (net_full())
            net_wait(set, 1, clock_now() + NET_PAUSE);
    }
    close(listener);
    pthread_mutex_lock(&door);
    while (clients > 0)
        pthread_cond_wait(&left, &door);
    pthread_mutex_unlock(&door);
}
