/* coroutine.c - straight-line code for every client, and one thread runs them all.
 *
 * thread.c with the kernel's scheduler replaced by our own: where a thread would wait, a
 * coroutine parks on libev and another goes on. A switch costs nanoseconds, and nothing
 * needs a lock, for nobody is interrupted. The price: a stack per client, and as in every
 * loop a job that computes or naps makes everyone wait, unless it awaits.
 *
 * Predicts: cpu n, wait 1 */
#include "clock.h"
#include "coro.h"
#include "die.h"
#include "net.h"
#include "options.h"
#include "peer.h"
#include "room.h"

#include <ev.h>
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

enum { BUFFER = 65536, TURN = 1024 };

struct task {                   /* a coroutine, and what can wake it */
    struct co *co;
    ev_io io;
    ev_timer timer;
    int64_t deadline;
    int happened;               /* EV_READ, EV_WRITE, EV_TIMER: since it parked */
    bool ready;
    struct task *prev, *next;   /* the ready list */
};

struct conn {
    struct task task;
    int fd;
    struct peer *peer;
    struct member seat;
    bool stopped;               /* has heard that we are to end */
    struct conn *prev, *next;   /* all connections */
};

static struct options o;
static struct ev_loop *loop;
static struct task *ready_list;
static struct conn *all;
static struct rooms rooms;
static int clients;
static bool stopping;

/* ---- the scheduler ---- */

static void make_ready(struct task *t)
{
    if (!t->ready)
        DL_APPEND(ready_list, t);
    t->ready = true;
}

static void on_io(struct ev_loop *l, ev_io *w, int events)
{
    struct task *t = w->data;

    (void)l;
    t->happened |= events;
    make_ready(t);
}

/* The timer is left where it is while its deadline moves on; here it catches up. */
static void on_timer(struct ev_loop *l, ev_timer *w, int events)
{
    struct task *t = w->data;
    int64_t left = t->deadline - clock_now();

    if (t->deadline == NEVER)
        return;
    if (left <= 0) {
        t->happened |= events;
        make_ready(t);
    } else {
        ev_timer_set(w, (double)left / 1e9, 0);
        ev_timer_start(l, w);
    }
}

/* Lets go until the descriptor is ready, the deadline has come, or make_ready(): says which,
 * or 0. The watcher stays armed between calls, so a lively client costs no epoll_ctl. */
static int park(struct task *t, int fd, int events, int64_t deadline)
{
    if (t->io.fd != fd || (t->io.events & (EV_READ | EV_WRITE)) != events) {
        ev_io_stop(loop, &t->io);
        ev_io_set(&t->io, fd, events);
        if (events)
            ev_io_start(loop, &t->io);
    }
    if (deadline != NEVER && (deadline < t->deadline || !ev_is_active(&t->timer))) {
        ev_timer_stop(loop, &t->timer);
        ev_timer_set(&t->timer, (double)(deadline - clock_now()) / 1e9, 0);
        ev_timer_start(loop, &t->timer);
    }
    t->deadline = deadline;
    t->happened = 0;
    co_yield();
    return t->happened;
}

static bool start(struct task *t, void (*fn)(void *), void *arg)
{
    *t = (struct task){ .co = co_new(fn, arg), .deadline = NEVER };
    ev_io_init(&t->io, on_io, -1, 0);
    ev_timer_init(&t->timer, on_timer, 0, 0);
    t->io.data = t->timer.data = t;
    if (t->co)
        make_ready(t);
    return t->co;
}

/* What is ready runs, but not for ever: then the loop looks for news again. */
static void run_ready(void)
{
    for (int i = 0; i < TURN && ready_list; i++) {
        struct task *t = ready_list;

        DL_DELETE(ready_list, t);
        t->ready = false;
        co_resume(t->co);       /* it may have ended, and t with it */
    }
}

/* ---- DOC: coroutine-await. fib(n) where every call is a coroutine that is awaited ---- */

struct call {
    struct task task;
    struct task *caller;
    int64_t n, result;
    bool done;
};

static int64_t await_fib(struct task *self, int64_t n);

static void call_fib(void *arg)
{
    struct call *call = arg;

    call->result = await_fib(&call->task, call->n);
    call->done = true;
    make_ready(call->caller);
}

static int64_t await_call(struct task *self, int64_t n)
{
    struct call call = { .caller = self, .n = n };

    if (!start(&call.task, call_fib, &call))
        return job_fib(n);      /* no memory for another stack */
    while (!call.done)
        co_yield();
    return call.result;
}

static int64_t await_fib(struct task *self, int64_t n)
{
    return n < 2 ? n : await_call(self, n - 1) + await_call(self, n - 2);
}

/* ---- a client ---- */

static void relay(struct conn *c, struct frame *frame)
{
    struct member *m;

    DL_FOREACH(c->seat.room->members, m) {
        peer_push(m->conn->peer, frame);
        make_ready(&m->conn->task);
    }
}

static void finish(struct conn *c)
{
    room_leave(&rooms, &c->seat);
    if (c->task.ready)
        DL_DELETE(ready_list, &c->task);
    ev_io_stop(loop, &c->task.io);
    ev_timer_stop(loop, &c->task.timer);
    DL_DELETE(all, c);
    net_close(c->fd);
    peer_free(c->peer);
    free(c);
    clients--;
}

/* Parks until the client is ready for that: true, or something else has happened. */
static bool wait_for(struct conn *c, int events, int64_t deadline)
{
    int happened = park(&c->task, c->fd, events, deadline);

    if (happened & EV_TIMER)
        peer_late(c->peer);
    if (stopping && !c->stopped) {
        peer_stop(c->peer);
        c->stopped = true;
    }
    return happened & events;
}

static void work(struct conn *c, struct job *job)
{
    int64_t until = clock_now() + job->n * MS;

    if (job->kind == JOB_AWAIT)
        job->result = await_fib(&c->task, job->n);
    else if (job->kind != JOB_SLEEP)
        job_run(job);           /* DOC: coroutine-blocks. And nobody else is served */
    else
        while (!stopping && clock_now() < until)
            park(&c->task, c->fd, 0, until);
}

/* One client's whole life. */
static void serve(void *arg)
{
    static char buf[BUFFER];    /* one for all: what is not used at once, the peer keeps */
    struct conn *c = arg;
    bool floor = false;         /* everyone else has been read since we were */
    struct ask ask;
    ssize_t n;

    for (;;)
        switch (peer_next(c->peer, &ask)) {
        case READ:
            if (!wait_for(c, EV_READ, ask.deadline))
                break;
            n = read(c->fd, buf, sizeof buf);
            if (!net_would_block(n))
                peer_feed(c->peer, buf, n);
            floor = false;
            break;
        case JOIN:
            room_join(&rooms, ask.room, &c->seat, c);
            break;
        case WORK:
            work(c, ask.job);
            peer_done(c->peer);
            break;
        case RELAY:
            relay(c, ask.frame);
            break;
        case WRITE:             /* others may have more for us: one write takes it all */
            if (!floor) {
                floor = true;
                make_ready(&c->task);
                co_yield();
                break;
            }
            n = net_write(c->fd, ask.bytes);
            if (net_would_block(n))
                wait_for(c, EV_WRITE, ask.deadline);
            else
                peer_sent(c->peer, n);
            break;
        case CLOSE:
            finish(c);
            return;
        }
}

/* ---- the door ---- */

static void let_in(int fd)
{
    struct conn *c = must_alloc(sizeof *c);

    *c = (struct conn){ .fd = fd, .peer = peer_new(&o, net_port(fd)) };
    DL_APPEND(all, c);
    bool room = clients++ < o.max_connections;
    if (!room || !start(&c->task, serve, c)) {
        net_refuse(fd);
        finish(c);
    }
}

static void keep_door(void *arg)
{
    struct task *self = arg;
    int listener = net_listen(&o), fd;

    while (!stopping)
        if ((fd = net_accept(listener)) >= 0)
            let_in(fd);
        else if (net_full())
            park(self, listener, 0, clock_now() + NET_PAUSE);
        else
            park(self, listener, EV_READ, NEVER);
    ev_io_stop(loop, &self->io);
    ev_timer_stop(loop, &self->timer);
    close(listener);
}

static void watch_stop(void *arg)
{
    struct task *self = arg, *door = self + 1;
    struct conn *c;

    park(self, net_stop(), EV_READ, NEVER);
    ev_io_stop(loop, &self->io);
    stopping = true;
    make_ready(door);
    DL_FOREACH(all, c)
        make_ready(&c->task);
}

int main(int argc, char **argv)
{
    struct task tasks[2];       /* the signal, and the door */

    options_parse(&o, argc, argv);
    loop = ev_default_loop(EVFLAG_AUTO);
    if (!start(&tasks[0], watch_stop, &tasks[0]) || !start(&tasks[1], keep_door, &tasks[1]))
        die("no memory for a stack");
    while (run_ready(), !stopping || all || ready_list)
        ev_run(loop, ready_list ? EVRUN_NOWAIT : EVRUN_ONCE);
    ev_loop_destroy(loop);
}
