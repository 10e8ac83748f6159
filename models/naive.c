/* naive.c - one client at a time: accept, serve, close, and on to the next.
 *
 * The shortest server there is, and correct. The price: everyone else waits in the
 * backlog until the client before them has left, and a room never has two members.
 *
 * State: one stack, lent to one client after the other
 * Predicts: cpu n, wait n */
#include "net.h"
#include "options.h"
#include "peer.h"
#include "work.h"

#include <stdio.h>

struct conn {
    int fd;
    char *buf;                  /* on its stack; lent to the peer until it wants more */
    struct peer *peer;
    int stop;                   /* readable when we are to end; -1 once we know */
};

static struct options o = { .workers = ALONE };

static void receive(struct conn *c)
{
    ssize_t n = net_read(c->fd, c->buf, BUFFER);

    if (!net_would_block(n))
        peer_feed(c->peer, c->buf, n);
}

/* DOC: naive-wait. Sleeps until something has happened, and takes it in. */
static void wait_for(struct conn *c, short events, int64_t deadline)
{
    struct pollfd set[] = { net_poll(c->fd, events), net_poll(c->stop, POLLIN) };

    if (!net_wait(set, 2, deadline))
        peer_late(c->peer);
    if (set[1].revents) {
        peer_stop(c->peer);
        c->stop = -1;
    }
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
        case JOIN:              /* there is nobody to meet */
            break;
        case WORK:
            job_run(ask.job);
            peer_done(c->peer);
            break;
        case RELAY:             /* DOC: naive-relay. The room has one member */
            peer_push(c->peer, ask.frame);
            break;
        case WRITE:
            n = net_write(c->fd, ask.bytes);
            if (net_would_block(n))     /* DOC: naive-write. Meanwhile we read */
                wait_for(c, POLLOUT | (ask.more ? POLLIN : 0), ask.deadline);
            else
                peer_sent(c->peer, n);
            break;
        case CLOSE:
            net_close(c->fd);
            peer_free(c->peer);
            return;
        }
}

int main(int argc, char **argv)
{
    options_parse(&o, argc, argv);
    int stop = net_stop(), listener = net_listen(&o);
    struct pollfd set[] = { net_poll(stop, POLLIN), net_poll(listener, POLLIN) };

    if (!o.quiet)
        fprintf(stderr, "naive: one client at a time; all others wait until it leaves\n");
    while (net_wait(set, 2, NEVER) && !set[0].revents) {
        int fd = net_accept(listener);

        if (fd >= 0) {
            struct conn c = { .fd = fd, .peer = peer_new(&o, net_port(fd)),
                              .stop = stop };
            serve(&c);
        } else if (net_full()) {
            net_wait(set, 1, clock_now() + NET_PAUSE);
        }
    }
}
