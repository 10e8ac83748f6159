/* prefork.c - a fixed crew of processes, each serving one client at a time.
 *
 * Forking was the slow part, so it happens before anyone calls. The price: the crew's
 * size is the number of clients served, and all others wait in the backlog. A worker
 * that dies takes one client along, and is replaced.
 *
 * State: one process of a fixed crew
 * Predicts: cpu ceil(n/min(W,C)), wait ceil(n/W) */
#include "net.h"
#include "options.h"
#include "peer.h"
#include "post.h"
#include "work.h"

#include <stdlib.h>
#include <unistd.h>

struct conn {
    int fd;
    char *buf;                  /* on its stack; lent to the peer until it wants more */
    struct peer *peer;
    struct post *post;          /* to the parent, and through it to the room */
    int mail;                   /* readable when a frame has come; -1 if none will */
    int stop;                   /* readable when we are to end; -1 once we know */
};

static struct options o = { .workers = 4 };

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
                            net_poll(c->mail, POLLIN) };

    if (!net_wait(set, 3, deadline))
        peer_late(c->peer);
    if (set[1].revents) {
        peer_stop(c->peer);
        c->stop = -1;
    }
    if (set[2].revents && !post_take(c->post, c->peer)) {
        peer_stop(c->peer);     /* without a parent there is no relay */
        c->mail = -1;
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
        case JOIN:
            post_join(c->post, ask.room);
            break;
        case WORK:
            job_run(ask.job);
            peer_done(c->peer);
            break;
        case RELAY:             /* our own copy needs no post */
            peer_push(c->peer, ask.frame);
            post_send(c->post, ask.frame);
            break;
        case WRITE:
            n = net_write(c->fd, ask.bytes);
            if (net_would_block(n))
                wait_for(c, POLLOUT | (ask.more ? POLLIN : 0), ask.deadline);
            else
                peer_sent(c->peer, n);
            break;
        case CLOSE:             /* DOC: prefork-seat. The process stays */
            post_leave(c->post);
            net_close(c->fd);
            peer_free(c->peer);
            return;
        }
}

/* DOC: prefork-herd. One worker's whole life: whoever is free takes the next client. All
 * who are free are woken for it, and one gets it: the herd is too small to hurt. */
static void work(int listener, struct post *post)
{
    int stop = net_stop();
    struct pollfd set[] = { net_poll(stop, POLLIN), net_poll(post_fd(post), POLLIN),
                            net_poll(listener, POLLIN) };

    while (net_wait(set, 3, NEVER) && !set[0].revents) {
        if (set[1].revents && !post_take(post, NULL))
            break;
        int fd = net_accept(listener);

        if (fd >= 0) {
            struct conn c = { .fd = fd, .peer = peer_new(&o, net_port(fd)), .post = post,
                              .mail = post_fd(post), .stop = stop };
            post_attend(post, c.peer, fd, stop);
            serve(&c);
        } else if (net_full()) {
            net_wait(set, 2, clock_now() + NET_PAUSE);
        }
    }
    post_close(post);
}

/* DOC: prefork-hire. Brings the crew to its full number, or says when to try again. */
static int64_t hire(struct office *office, int listener)
{
    struct post *post;

    while (office_count(office) < o.workers) {
        pid_t pid = office_fork(office, &post);

        if (pid == 0) {
            work(listener, post);
            exit(0);
        }
        if (pid < 0)
            return clock_now() + NET_PAUSE;
    }
    return NEVER;
}

int main(int argc, char **argv)
{
    options_parse(&o, argc, argv);
    int stop = net_stop(), listener = net_listen(&o);
    struct office *office = office_open(&o);
    struct pollfd set[] = { net_poll(stop, POLLIN), net_poll(office_fd(office), POLLIN) };

    for (;;) {
        net_wait(set, 2, hire(office, listener));
        if (set[0].revents)
            break;
        office_serve(office);
    }
    close(listener);
    office_close(office);
}
