/* pool.c - a fixed crew of threads, each serving one client at a time.
 *
 * No thread is made while anyone waits for it, and there are never more than the
 * machine can bear. The price: the crew's size is the number of clients served, and all
 * others wait in the backlog. What the threads share they lock, as in thread.c.
 *
 * State: the stack of one thread of a fixed crew; others can reach its mailbox
 * Predicts: cpu ceil(n/min(W,C)), wait ceil(n/W) */
#include "die.h"
#include "mailbox.h"
#include "net.h"
#include "options.h"
#include "peer.h"
#include "room.h"
#include "work.h"

#include <pthread.h>
#include <stdlib.h>
#include <utlist.h>

struct conn {
    int fd;
    char *buf;                  /* on its stack; lent to the peer until it wants more */
    struct peer *peer;          /* only its own thread touches it */
    struct mailbox box;         /* anyone may post; its lock is inside */
    struct member seat;         /* under the lock */
    int stop;                   /* readable when we are to end; -1 once we know */
};

static struct options o = { .workers = 4 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct rooms rooms;      /* under the lock */
static int stop, listener;

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

static void finish(struct conn *c)
{
    pthread_mutex_lock(&lock);
    room_leave(&rooms, &c->seat);       /* from here on nobody posts to us */
    pthread_mutex_unlock(&lock);
    mailbox_close(&c->box);
    net_close(c->fd);
    peer_free(c->peer);
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

/* One client's whole life. */
static void serve(struct conn *c)
{
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
        case WORK:
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
            return;
        }
}

/* DOC: pool-crew. One worker's whole life: whoever is free takes the next client. All
 * who are free are woken for it, and one gets it: the herd is too small to hurt. */
static void *work(void *arg)
{
    struct pollfd set[] = { net_poll(stop, POLLIN), net_poll(listener, POLLIN) };

    while (net_wait(set, 2, NEVER) && !set[0].revents) {
        int fd = net_accept(listener, .besides = 1);

        if (fd < 0) {
            if (net_full())
                net_wait(set, 1, clock_now() + NET_PAUSE);
            continue;
        }
        struct conn c = { .fd = fd, .peer = peer_new(&o, net_port(fd)), .stop = stop };
        if (mailbox_open(&c.box, o.max_output)) {
            serve(&c);
        } else {
            net_refuse(fd);
            finish(&c);
        }
    }
    return arg;
}

int main(int argc, char **argv)
{
    options_parse(&o, argc, argv);
    pthread_t *crew = must_alloc((size_t)o.workers * sizeof *crew);

    stop = net_stop();
    listener = net_listen(&o);
    for (int i = 0; i < o.workers; i++)
        if (pthread_create(&crew[i], NULL, work, NULL) != 0)
            die("cannot start thread %d of %d: try fewer --workers", i + 1, o.workers);
    for (int i = 0; i < o.workers; i++)
        pthread_join(crew[i], NULL);
    free(crew);
}
