/* skeleton.c - in a sentence: how does one relay serve many clients here?
 *
 * What is easy in this model, and why. The price: what is dear, and who pays? The line
 * below tells how long n clients at once compute, and wait, in the time of one. Its
 * second half is not true yet: what there is now serves one after the other.
 *
 * State: where is what we know of a client, while it says nothing?
 * Predicts: cpu n, wait 1 */
#include "net.h"
#include "options.h"
#include "peer.h"
#include "work.h"


/* One client. Who owns it: a process, a thread, a loop? What may others touch, and what
 * has to guard that? */
struct conn {
    int fd;
    struct peer *peer;
};

static struct options o;

/* One client's whole life, and nobody else is served while it lasts. The lessons on fork
 * and thread give each client a serve() of its own, that on select takes it apart. */
static void serve(struct conn *c)
{
    struct pollfd set[] = { net_poll(c->fd, POLLIN) };
    char buf[BUFFER];
    struct ask ask;

    for (;;)
        switch (peer_next(c->peer, &ask)) {
        case READ:
            /* It may never speak. Who is back by ask.deadline, and says peer_late()? Who
             * notices that we are to stop, and says peer_stop()? And if ask.more is
             * false, there is input, and all it wants is a look: at what? The lesson on
             * naive has the answer. */
            if (ask.more) {
                net_wait(set, 1, NEVER);
                peer_feed(c->peer, buf, net_read(c->fd, buf, sizeof buf));
            }
            break;
        case JOIN:
            /* Who is in ask.room already, and where is that written down (room.h)? Who
             * else reads it at this moment? The lesson on thread. */
            break;
        case WORK:
            /* Done on the spot. Who waits meanwhile: this client, or everyone? And if
             * the job only sleeps? The lessons on thread and on epoll. */
            job_run(ask.job);
            peer_done(c->peer);
            break;
        case RELAY:
            /* Only its sender hears it. Where are the others, and may this code touch
             * their peers? If not: who may, and what wakes them? The lessons on fork (a
             * letter), thread (a mailbox) and select (a list). */
            peer_push(c->peer, ask.frame);
            break;
        case WRITE:
            /* A client that does not read: how much is written then, and what is -1?
             * Ask net_would_block(). Who reads what it says meanwhile? The lesson on
             * naive. */
            peer_sent(c->peer, net_write(c->fd, ask.bytes));
            break;
        case CLOSE:
            /* What else has it taken that must be given back? */
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

    /* Is there room for one more client, and enough descriptors (net_full())? And when we
     * stop: who says goodbye to those that are there, and who waits for them? */
    while (net_wait(set, 2, NEVER) && !set[0].revents) {
        int fd = net_accept(listener);

        if (fd >= 0) {
            struct conn c = { .fd = fd, .peer = peer_new(&o, net_port(fd)) };
            serve(&c);
        }
    }
}
