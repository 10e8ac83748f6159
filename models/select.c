/* select.c - one thread for all clients, and before each turn one question: who is ready?
 *
 * The oldest of the loops, and portable to everything. The price, beside epoll's: the
 * whole list of descriptors goes to the kernel and is searched, every time; and
 * descriptors from FD_SETSIZE (1024) on do not fit: such a client is turned away.
 *
 * State: a struct, in the list of all who are asked about
 * Asks: select about all
 * Predicts: cpu n, wait 1 */
#include "die.h"
#include "loop.h"
#include "net.h"
#include "work.h"

#include <sys/select.h>
#include <utlist.h>

bool add(struct conn *c)
{
    c->watched = IN;
    return c->fd < FD_SETSIZE;  /* DOC: select-wall. FD_SET would write past its set */
}

/* The kernel is told at the next turn. */
void watch(struct conn *c, int events, int64_t deadline)
{
    c->watched = events;
    loop_deadline(c, deadline);
}

/* Goes on where the client had to wait, as far as it gets; `can` is what is possible. */
void run(struct conn *c, int can)
{
    struct ask ask;
    ssize_t n;

    if (can & ~OUT)             /* a broken line, too: reading tells */
        loop_read(c);
    for (;;)
        switch (peer_next(c->peer, &ask)) {
        case READ:
            watch(c, ask.more ? IN : 0, ask.deadline);
            return;
        case JOIN:
            room_join(&loop.rooms, ask.room, &c->seat, c);
            break;
        case WORK:              /* DOC: loop-blocks. cpu, nap, file, SQLite stop all */
            if (!loop_take(c, ask.job)) {
                job_run(ask.job);
                peer_done(c->peer);
            }
            break;
        case RELAY:
            loop_relay(c, ask.frame);
            break;
        case WRITE:             /* once everyone has been read */
            if (!(can & OUT)) {
                loop_ready(c);
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
            loop_finish(c);
            return;
        }
}

/* DOC: select-question. What to read, what to write, and the highest of them. */
static void turn(void)
{
    int highest = -1, ms = loop_patience();
    struct timeval wait = { ms / 1000, ms % 1000 * 1000 };
    struct conn *c, *next;
    fd_set in, out;

    FD_ZERO(&in);
    FD_ZERO(&out);
    DL_FOREACH(loop.all, c) {
        if (c->watched & IN)
            FD_SET(c->fd, &in);
        if (c->watched & OUT)
            FD_SET(c->fd, &out);
        if (c->watched && c->fd > highest)
            highest = c->fd;
    }
    if (select(highest + 1, &in, &out, NULL, ms < 0 ? NULL : &wait) > 0)
        DL_FOREACH_SAFE(loop.all, c, next) {
            int can = (FD_ISSET(c->fd, &in) ? IN : 0) | (FD_ISSET(c->fd, &out) ? OUT : 0);

            if (can)
                loop_heed(c, can);
        }
    loop_rest();
}

int main(int argc, char **argv)
{
    options_parse(&loop.o, argc, argv);
    if (net_next(loop.o.trace ? 4 : 3) >= FD_SETSIZE)   /* stop, door, and one client */
        die("descriptors below FD_SETSIZE, %d, are taken: open fewer first", FD_SETSIZE);
    loop_open();
    while (loop_goes_on())
        turn();
    loop_close();
}
