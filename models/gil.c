/* gil.c - pool.c as CPython would run it: of the crew's threads only one goes on.
 *
 * It holds the interpreter's lock, and lets go of it around each call that may wait. So
 * waits overlap, and what the threads share needs no lock of its own. The price: however
 * many threads and cores there are, one computes; and while it does, a thread that only
 * wants to answer waits for an interval before it may ask for the lock.
 *
 * State: the stack of one thread of a fixed crew, which goes on if it has the lock
 * Predicts: cpu n, wait ceil(n/W), nap ceil(n/W), beside 0 */
#include "die.h"
#include "gil.h"
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
    struct member seat;
    int stop;                   /* readable when we are to end; -1 once we know */
};

static struct options o = { .workers = 4, .switch_interval = 5 * MS };
static struct rooms rooms;
static int stop, listener;

/* DOC: gil-relay. Nothing is locked: nobody else goes on until we wait. But the others'
 * peers are not touched. In the middle of a write one of them has let go of the lock. */
static void relay(struct conn *c, struct frame *frame)
{
    struct member *m;

    DL_FOREACH(c->seat.room->members, m)
        if (m->conn == c)
            peer_push(c->peer, frame);
        else
            mailbox_post(&m->conn->box, frame);
}

static void finish(struct conn *c)
{
    room_leave(&rooms, &c->seat);       /* from here on nobody posts to us */
    mailbox_close(&c->box);
    net_close(c->fd);
    peer_free(c->peer);
}

static void receive(struct conn *c)
{
    ssize_t n = ALLOW_THREADS(net_read(c->fd, c->buf, BUFFER));

    if (!net_would_block(n))
        peer_feed(c->peer, c->buf, n);
}

/* Sleeps until something has happened, and takes it in. */
static void wait_for(struct conn *c, short events, int64_t deadline)
{
    struct pollfd set[] = { net_poll(c->fd, events), net_poll(c->stop, POLLIN),
                            net_poll(c->box.bell, POLLIN) };

    if (!ALLOW_THREADS(net_wait(set, 3, deadline)))
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

/* DOC: gil-work. The interpreter computes with its lock, and a library waits without. */
static void work(struct job *job)
{
    if (job->kind == JOB_CPU || job->kind == JOB_AWAIT) {
        job->result = gil_fib(job->n);
        return;
    }
    gil_give();
    job_run(job);
    gil_take();
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
            room_join(&rooms, ask.room, &c->seat, c);
            break;
        case WORK:
            work(ask.job);
            peer_done(c->peer);
            break;
        case RELAY:
            relay(c, ask.frame);
            break;
        case WRITE:
            n = ALLOW_THREADS(net_write(c->fd, ask.bytes));
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

/* One worker's whole life: a free one takes the next client. */
static void *interpret(void *arg)
{
    struct pollfd set[] = { net_poll(stop, POLLIN), net_poll(listener, POLLIN) };

    gil_take();
    while (ALLOW_THREADS(net_wait(set, 2, NEVER)) && !set[0].revents) {
        int fd = net_accept(listener, .besides = 1);

        if (fd < 0) {
            if (net_full())
                ALLOW_THREADS(net_wait(set, 1, clock_now() + NET_PAUSE));
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
    gil_give();
    return arg;
}

int main(int argc, char **argv)
{
    options_parse(&o, argc, argv);
    pthread_t *crew = must_alloc((size_t)o.workers * sizeof *crew);

    gil_open(o.switch_interval);
    stop = net_stop();
    listener = net_listen(&o);
    for (int i = 0; i < o.workers; i++)
        if (pthread_create(&crew[i], NULL, interpret, NULL) != 0)
            die("cannot start thread %d of %d: try fewer --workers", i + 1, o.workers);
    for (int i = 0; i < o.workers; i++)
        pthread_join(crew[i], NULL);
    free(crew);
}
