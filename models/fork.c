/* fork.c - a process for every client: straight-line code, and nothing is shared.
 *
 * Each client has a memory of its own; one that crashes takes nobody along, and there
 * is nothing to lock. The price: a fork per client, and processes that want to talk
 * must send letters. The parent is the post office; what it brings is the frame itself.
 *
 * State: a process of its own
 * Predicts: cpu max(1,n/C), wait 1 */
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

static struct options o;

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

/* One client's whole life, and one process's. */
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
        case WORK:              /* DOC: fork-work. Only this client waits */
            job_run(ask.job);
            peer_done(c->peer);
            break;
        case RELAY:             /* DOC: fork-relay. Our own copy needs no post */
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
        case CLOSE:             /* our seat in the room ends with the process */
            net_close(c->fd);
            peer_free(c->peer);
            post_close(c->post);
            return;
        }
}

/* DOC: fork-child. Lets the next client in, with a process of its own. */
static void let_in(struct office *office, int listener)
{
    struct post *post;
    int fd = net_accept(listener, .crowded = office_count(office) >= o.max_connections,
                        .besides = 2);

    if (fd < 0)
        return;
    pid_t pid = office_fork(office, &post);
    if (pid == 0) {
        close(listener);
        struct conn c = { .fd = fd, .peer = peer_new(&o, net_port(fd)), .post = post,
                          .mail = post_fd(post), .stop = net_stop() };
        post_attend(post, c.peer, fd, c.stop);
        serve(&c);
        exit(0);
    }
    if (pid < 0) {
        net_refuse(fd);
        net_close(fd);
        return;
    }
    net_hand_over(fd, pid);     /* it is the child's now */
}

int main(int argc, char **argv)
{
    options_parse(&o, argc, argv);
    int stop = net_stop(), listener = net_listen(&o);
    struct office *office = office_open(&o);
    struct pollfd set[] = { net_poll(stop, POLLIN), net_poll(office_fd(office), POLLIN),
                            net_poll(listener, POLLIN) };

    for (;;) {
        net_wait(set, 3, NEVER);
        if (set[0].revents)
            break;
        if (set[1].revents)
            office_serve(office);
        if (set[2].revents)
            let_in(office, listener);
        if (net_full())
            net_wait(set, 2, clock_now() + NET_PAUSE);
    }
    close(listener);
    office_close(office);
}
