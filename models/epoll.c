/* epoll.c - one thread for all clients: whoever is ready is taken as far as it gets.
 *
 * The kernel keeps the list of who waits for what, and tells only who is ready. A client
 * is a struct, not a stack, so ten thousand are cheap. The price: nothing may block here.
 * A job that computes or naps makes everyone wait.
 *
 * State: a struct, which epoll hands back when it is ready
 * Predicts: cpu n, wait 1 */
#include "loop.h"
#include "net.h"
#include "work.h"

#include <sys/epoll.h>

enum { BATCH = 64, CACHED = 1 << 16 };  /* a turn: clients, and bytes that they send */

static int epoll, most = BATCH;

bool add(struct conn *c)
{
    struct epoll_event e = { .events = c->watched = IN, .data.ptr = c };

    return epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e) == 0;
}

/* DOC: epoll-watch. What epoll knows already costs no call. */
void watch(struct conn *c, int events, int64_t deadline)
{
    struct epoll_event e = { .events = events, .data.ptr = c };

    if (c->watched != events)
        epoll_ctl(epoll, EPOLL_CTL_MOD, c->fd, &e);
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

/* DOC: epoll-turn. One answer tells who is ready, and nobody is searched for. If many
 * bytes come, the next question is for fewer: what is read is still in the cache when it
 * is written. */
static void turn(void)
{
    struct epoll_event events[BATCH];
    int n = epoll_wait(epoll, events, most, loop_patience());

    for (int i = 0; i < n; i++)
        loop_heed(events[i].data.ptr, events[i].events);
    most = loop.read > CACHED ? 1 + n * CACHED / loop.read : BATCH;
    loop_rest();
}

int main(int argc, char **argv)
{
    options_parse(&loop.o, argc, argv);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    loop_open();
    while (loop_goes_on())
        turn();
    loop_close();
}
