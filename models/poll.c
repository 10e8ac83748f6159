/* poll.c - one thread for all clients, and before each turn a list: who is ready?
 *
 * As select, with an array in place of sets of bits: any descriptor fits, and a line that
 * breaks is told of unasked. The price is the same: the whole list goes to the kernel and
 * is searched, every time.
 *
 * State: a struct, in the list of all who are asked about
 * Asks: poll about all
 * Predicts: cpu n, wait 1 */
#include "die.h"
#include "loop.h"
#include "net.h"
#include "work.h"

#include <errno.h>
#include <limits.h>
#include <sys/resource.h>
#include <utlist.h>

bool add(struct conn *c)
{
    c->watched = IN;
    return true;
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

/* DOC: poll-limit. No list may be longer than the number of descriptors that may be open.
 * Somebody has lowered it: the last clients have to go, and are not asked about. */
static rlim_t shorten(void)
{
    struct rlimit most;
    struct conn *c;
    rlim_t n = 0;

    getrlimit(RLIMIT_NOFILE, &most);
    DL_FOREACH(loop.all, c)
        if (n++ >= most.rlim_cur && c->peer) {
            peer_stop(c->peer);
            loop_ready(c);
        }
    return most.rlim_cur;
}

/* DOC: poll-question. All that is watched, in one list, and what is wanted of each. */
static void turn(void)
{
    static struct pollfd *list;
    static rlim_t room, most = RLIM_INFINITY;
    rlim_t n = NO_CLIENTS + loop.clients, i = 0;
    struct conn *c, *next;

    if (!list || n > room)
        list = must_realloc(list, (room = 2 * n) * sizeof *list);
    n = 0;
    DL_FOREACH(loop.all, c)
        list[n++] = net_poll(c->fd, c->watched);
    if (n > most)
        most = shorten();
    if (poll(list, n < most ? n : most, loop_patience()) < 0 && errno == EINVAL)
        most = shorten();
    DL_FOREACH_SAFE(loop.all, c, next)
        if (list[i++].revents)
            loop_heed(c, list[i - 1].revents);
    loop_rest();
}

int main(int argc, char **argv)
{
    options_parse(&loop.o, argc, argv);
    loop_open();
    while (loop_goes_on())
        turn();
    loop_close();
}
