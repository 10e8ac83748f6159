#include "alarm.h"
#include "clock.h"
#include "die.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* The timer stays readable until it is set again, which saves reading it: the function
 * that is called will set it, most likely. */
static void on_readable(struct ev_loop *loop, ev_io *io, int events)
{
    struct alarm *a = io->data;

    (void)loop, (void)events;
    if (a->when > clock_now())
        return;                 /* it was set again since epoll saw it */
    a->when = NEVER;
    a->ring(a->owner);
    if (a->loop && a->when == NEVER)
        alarm_set(a, NEVER);
}

void alarm_init(struct alarm *a, struct ev_loop *loop, void (*ring)(void *), void *owner)
{
    *a = (struct alarm){ .loop = loop, .when = NEVER, .ring = ring, .owner = owner };
    a->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (a->fd < 0)
        die("timerfd_create: %s", strerror(errno));
    ev_io_init(&a->io, on_readable, a->fd, EV_READ);
    a->io.data = a;
    ev_io_start(loop, &a->io);
}

void alarm_free(struct alarm *a)
{
    if (!a->loop)
        return;
    ev_io_stop(a->loop, &a->io);
    close(a->fd);
    a->loop = NULL;
}

void alarm_set(struct alarm *a, int64_t when)
{
    struct itimerspec at = { { 0, 0 }, { 0, 0 } };      /* zero: never */

    a->when = when;
    if (when != NEVER) {
        when = when < 1 ? 1 : when;
        at.it_value = (struct timespec){ when / (1000 * MS), when % (1000 * MS) };
    }
    timerfd_settime(a->fd, TFD_TIMER_ABSTIME, &at, NULL);
}
