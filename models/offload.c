/* offload.c - epoll.c, and a few threads for whatever would block it.
 *
 * The loop serves everybody, and does nothing that takes long: it hands that out, and a
 * helper that is free does it. The price: each such job costs two switches, and what the
 * helpers may touch has to be thought about. With more jobs than helpers, jobs wait for
 * each other; nobody else does.
 *
 * State: a struct, which epoll hands back; and a chore, if a helper is at work for it
 * Predicts: cpu ceil(n/min(W,C)), wait 1, nap ceil(n/W), beside 0 */
#include "crew.h"
#include "die.h"
#include "loop.h"
#include "net.h"

#include <sys/epoll.h>

enum { BATCH = 64, CACHED = 1 << 16 };  /* a turn: clients, and bytes that they send */

struct own { struct chore *chore; };    /* NULL, unless a helper is at work for it */

static int epoll, most = BATCH;
static struct conn bell;        /* the helpers', watched like any client */

bool add(struct conn *c)
{
    struct epoll_event e = { .events = c->watched = IN, .data.ptr = c };

    c->own = must_alloc(sizeof *c->own);
    *c->own = (struct own){ NULL };
    return epoll_ctl(epoll, EPOLL_CTL_ADD, c->fd, &e) == 0;
}

/* What epoll knows already costs no call. */
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
        case WORK:              /* DOC: offload-work. Whatever it is, the loop goes on */
            if (!loop_take(c, ask.job))
                c->own->chore = crew_take(ask.job, c);
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
        case CLOSE:             /* DOC: offload-drop. A helper may still be at it */
            crew_drop(c->own->chore);
            loop_finish(c);
            return;
        }
}

/* DOC: offload-done. Only here, in the loop, is the client touched. */
static void done(void *whose)
{
    struct conn *c = whose;

    c->own->chore = NULL;
    peer_done(c->peer);
    loop_ready(c);
}

/* One answer tells who is ready, and nobody is searched for. If many bytes come, the next
 * question is for fewer: what is read is still in the cache when it is written. */
static void turn(void)
{
    struct epoll_event events[BATCH];
    int n = epoll_wait(epoll, events, most, loop_patience());

    for (int i = 0; i < n; i++)
        if (events[i].data.ptr == &bell)
            crew_bring_back(done);
        else
            loop_heed(events[i].data.ptr, events[i].events);
    most = loop.read > CACHED ? 1 + n * CACHED / loop.read : BATCH;
    loop_rest();
}

int main(int argc, char **argv)
{
    loop.o.helpers = 4;
    options_parse(&loop.o, argc, argv);
    epoll = epoll_create1(EPOLL_CLOEXEC);
    loop_open();
    bell.fd = crew_open(loop.o.helpers);
    if (!add(&bell))
        die("the kernel watches as many descriptors as it may");
    while (loop_goes_on())
        turn();
    loop_close();
}
