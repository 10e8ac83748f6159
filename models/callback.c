/* callback.c - nobody waits here: libev is told what to call when something has happened.
 *
 * epoll's loop turned inside out, as in Node.js, in Twisted, and in Tornado before await.
 * What a client waits for is which of its callbacks are armed, and no line of this file
 * says what comes after what. The price: a reader has to find that out. And, as in every
 * loop, nothing may block.
 *
 * State: a struct, and which of its callbacks are armed
 * Predicts: cpu n, wait 1 */
#include "clock.h"
#include "die.h"
#include "events.h"
#include "loop.h"
#include "net.h"
#include "work.h"

#include <ev.h>

struct own {                    /* its callbacks */
    ev_io readable, writable;
    ev_timer late;
};

static struct ev_loop *libev;
static ev_prepare prepare;
static ev_idle idle;

/* What libev cannot watch counts as a broken line. */
static void heed(struct conn *c, int happened, int can)
{
    if (happened & EV_ERROR && !c->peer)
        die("the kernel watches as many descriptors as it may");
    if (happened & EV_ERROR)
        peer_feed(c->peer, NULL, -1);
    loop_heed(c, happened & EV_ERROR ? 0 : can);
}

/* DOC: callback-three. What can happen to a client. The door and the signal are only
 * readable. */
static void on_readable(struct ev_loop *l, ev_io *w, int happened)
{
    (void)l;
    heed(w->data, happened, IN);
}

static void on_writable(struct ev_loop *l, ev_io *w, int happened)
{
    (void)l;
    heed(w->data, happened, OUT);
}

static void on_late(struct ev_loop *l, ev_timer *w, int happened)
{
    (void)l;
    (void)happened;
    loop_late(w->data);
}

bool add(struct conn *c)
{
    c->own = must_alloc(sizeof *c->own);
    ev_io_init(&c->own->readable, on_readable, c->fd, EV_READ);
    ev_io_init(&c->own->writable, on_writable, c->fd, EV_WRITE);
    ev_init(&c->own->late, on_late);
    c->own->readable.data = c->own->writable.data = c->own->late.data = c;
    ev_io_start(libev, &c->own->readable);
    return true;
}

static void arm(ev_io *w, bool armed)
{
    if (armed)
        ev_io_start(libev, w);
    else
        ev_io_stop(libev, w);
}

/* DOC: callback-clock. While callbacks run, libev's clock stands still. If it is not put
 * right, the timer rings too early: by as long as we have worked in this turn. */
static void arm_timer(ev_timer *w, int64_t due)
{
    ev_timer_stop(libev, w);
    if (due == NEVER)
        return;
    ev_now_update(libev);
    ev_timer_set(w, (double)(due - clock_now()) / (1000 * MS), 0);
    ev_timer_start(libev, w);
}

/* DOC: callback-arm. Nothing else remembers what the client waits for. */
void watch(struct conn *c, int events, int64_t deadline)
{
    arm(&c->own->readable, events & IN);
    arm(&c->own->writable, events & OUT);
    arm_timer(&c->own->late, loop_due(c, deadline));
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
            watch(c, 0, NEVER);
            loop_finish(c);
            return;
        }
}

/* Does nothing: while it is armed, libev does not wait. */
static void on_idle(struct ev_loop *l, ev_idle *w, int happened)
{
    (void)l;
    (void)w;
    (void)happened;
}

/* DOC: callback-prepare. libev is about to wait: all callbacks have run, so everyone who
 * has spoken has been read. Now some are written to. */
static void on_prepare(struct ev_loop *l, ev_prepare *w, int happened)
{
    (void)w;
    (void)happened;
    loop_rest();
    if (loop.ready)             /* others are left */
        ev_idle_start(l, &idle);
    else
        ev_idle_stop(l, &idle);
}

/* DOC: callback-end. libev returns when nothing is armed. on_prepare() always is, and
 * does not count. */
int main(int argc, char **argv)
{
    options_parse(&loop.o, argc, argv);
    libev = events_open();
    ev_idle_init(&idle, on_idle);
    ev_prepare_init(&prepare, on_prepare);
    ev_prepare_start(libev, &prepare);
    ev_unref(libev);
    loop_open();
    ev_run(libev, 0);
    ev_loop_destroy(libev);
    loop_close();
}
