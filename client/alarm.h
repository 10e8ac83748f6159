/* alarm.h - a call at a moment, tens of microseconds late at most.
 *
 * libev's own timers wait in epoll_wait(2), whose patience is counted in milliseconds. A
 * timerfd_create(2) set to an absolute time is one more descriptor to be readable. */
#ifndef ALARM_H
#define ALARM_H

#include <ev.h>
#include <stdint.h>

struct alarm {
    ev_io io;
    struct ev_loop *loop;
    int fd;
    int64_t when;               /* NEVER: it is not set */
    void (*ring)(void *owner);
    void *owner;
};

/* Makes one that calls ring(owner). It holds a descriptor until alarm_free(). */
void alarm_init(struct alarm *, struct ev_loop *, void (*ring)(void *), void *owner);
void alarm_free(struct alarm *);

/* Rings once, at that time of clock_now(): at once if it has passed, not at all if it is
 * NEVER. What was set before is forgotten. */
void alarm_set(struct alarm *, int64_t when);

#endif
