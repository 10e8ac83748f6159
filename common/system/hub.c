#include "hub.h"
#include "clock.h"
#include "die.h"
#include "events.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utlist.h>

_Static_assert((int)HUB_READ == EV_READ && (int)HUB_WRITE == EV_WRITE, "as in libev");

enum {
    TURN = 128,                 /* tasks that run before the loop looks for news again */
    CROWD = 64,                 /* and before those go on who have let them */
    BATCH = 64,
    TOLD = 1,                   /* no event that we ask for */
};

struct task {
    bool (*resume)(void *);
    void *what;
    ev_io io;
    ev_timer timer;
    int64_t deadline, armed;    /* when it wants to be woken; when the timer will ring */
    int happened;
    uint32_t end;               /* which end of its line it will be told; TOLD; or 0 */
    bool ready;
    struct task *prev, *next;   /* the ready list */
};

static struct ev_loop *loop;
static int ends;                /* an epoll(7) for those who wait for an end */
static ev_io ends_io;
static struct task *ready_list, *yielded, *running;
static int tasks, yields;       /* how many there are, and have yielded */

void hub_wake(struct task *t)
{
    if (t->ready)
        return;
    DL_APPEND(ready_list, t);
    t->ready = true;
}

static void end(struct task *t)
{
    ev_io_stop(loop, &t->io);
    ev_timer_stop(loop, &t->timer);
    if (t->ready)
        DL_DELETE(ready_list, t);
    free(t);
    tasks--;
}

static void go_on(struct task *t)
{
    running = t;
    t->ready = false;
    if (!t->resume(t->what))
        end(t);
}

/* Those that have let others go. */
static void let_go(void)
{
    struct task *list = yielded, *t;

    yielded = NULL;
    yields = 0;
    while ((t = list)) {
        DL_DELETE(list, t);
        go_on(t);
    }
}

/* DOC: hub-io. It goes on right here, while libev's word of it is still in the cache; and
 * when a few dozen have let others go, these go on, too. */
static void on_io(struct ev_loop *l, ev_io *w, int events)
{
    struct task *t = w->data;

    (void)l;
    t->happened |= events;
    if (!t->ready)
        go_on(t);
    if (yields >= CROWD)
        let_go();
}

/* Sets the timer, unless it rings early enough as it is: a deadline that moves into the
 * future, as a lively client's does at every message, costs a comparison. */
static void arm(struct task *t)
{
    if (t->deadline >= t->armed)
        return;
    ev_timer_stop(loop, &t->timer);
    ev_timer_set(&t->timer, (double)(t->deadline - clock_now()) / 1e9, 0);
    ev_timer_start(loop, &t->timer);
    t->armed = t->deadline;
}

static void on_timer(struct ev_loop *l, ev_timer *w, int events)
{
    struct task *t = w->data;

    (void)l;
    (void)events;
    t->armed = NEVER;
    if (t->deadline <= clock_now()) {
        t->happened |= HUB_LATE;
        hub_wake(t);
    } else {
        arm(t);                 /* it had moved on since */
    }
}

/* DOC: hub-end. libev knows of reading and writing, and who waits for neither would not
 * learn that its line is over. The kernel tells it once: it stays so. */
static bool watch_end(struct task *t, int fd, int events)
{
    struct epoll_event e = { .events = EPOLLONESHOT, .data.ptr = t };

    if (events & HUB_ENDED)
        e.events |= EPOLLRDHUP;
    if (t->end == e.events)
        return true;
    if (epoll_ctl(ends, t->end ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &e) < 0)
        return false;
    t->end = e.events;
    return true;
}

static void on_ends(struct ev_loop *l, ev_io *w, int events)
{
    struct epoll_event e[BATCH];
    int n = epoll_wait(ends, e, BATCH, 0);

    (void)l;
    (void)w;
    (void)events;
    for (int i = 0; i < n; i++) {
        struct task *t = e[i].data.ptr;

        t->end = TOLD;
        t->happened |= e[i].events & (EPOLLHUP | EPOLLERR) ? HUB_BROKEN : HUB_ENDED;
        hub_wake(t);
    }
}

void hub_open(void)
{
    loop = events_open();
    ends = epoll_create1(EPOLL_CLOEXEC);
    if (ends < 0)
        die("epoll_create1: %s", strerror(errno));
    ev_io_init(&ends_io, on_ends, ends, EV_READ);
    ev_io_start(loop, &ends_io);
}

struct task *hub_spawn(bool (*resume)(void *), void *what)
{
    struct task *t = must_alloc(sizeof *t);

    *t = (struct task){ .resume = resume, .what = what, .deadline = NEVER,
                        .armed = NEVER };
    ev_io_init(&t->io, on_io, -1, 0);
    ev_timer_init(&t->timer, on_timer, 0, 0);
    t->io.data = t->timer.data = t;
    tasks++;
    hub_wake(t);
    return t;
}

struct task *hub_self(void) { return running; }

void hub_wait(int fd, int events, int64_t deadline)
{
    struct task *t = running;
    int io = events & (EV_READ | EV_WRITE);

    /* DOC: hub-wait. The watcher stays armed between waits: no epoll_ctl(2) a message. */
    if (t->io.fd != fd || (t->io.events & (EV_READ | EV_WRITE)) != io) {
        ev_io_stop(loop, &t->io);
        ev_io_set(&t->io, fd, io);
        if (io)
            ev_io_start(loop, &t->io);
    }
    t->deadline = deadline;
    t->happened = 0;
    if (!io && fd >= 0 && !watch_end(t, fd, events)) {
        t->happened = HUB_BROKEN;       /* the kernel watches as many as it may */
        hub_wake(t);
    }
    arm(t);
}

int hub_happened(void) { return running->happened; }

/* DOC: hub-pass. A crowd is not let go all at once: what a task has read is still in the
 * cache when it writes. */
void hub_pass(void)
{
    if (running->ready)
        return;
    DL_APPEND(yielded, running);
    running->ready = true;
    yields++;
}

void hub_forget(void)
{
    ev_io_stop(loop, &running->io);
    ev_io_set(&running->io, -1, 0);
    running->end = 0;           /* close(2) takes it out of the list */
}

/* Those who are ready run, but not for ever: others may have become ready in the
 * kernel. */
static void turn(void)
{
    for (int i = 0; i < TURN && ready_list; i++) {
        struct task *t = ready_list;

        DL_DELETE(ready_list, t);
        go_on(t);
        if (yields >= CROWD)
            let_go();
    }
    if (yielded)
        let_go();
}

void hub_run(void)
{
    while (turn(), tasks > 0)
        ev_run(loop, ready_list || yielded ? EVRUN_NOWAIT : EVRUN_ONCE);
    ev_loop_destroy(loop);
    close(ends);
}
