/* hub.h - where coroutines wait: one libev loop, and a list of those who can go on.
 *
 * gevent's architecture in C. A task is a coroutine (coro.h) that parks here until its
 * descriptor is ready, its deadline has come or somebody wakes it. Nothing is polled:
 * while all are parked, the process sleeps in epoll_wait(2). */
#ifndef HUB_H
#define HUB_H

#include <stdbool.h>
#include <stdint.h>

struct task;

enum {                          /* what has happened */
    HUB_READ = 1, HUB_WRITE = 2, HUB_LATE = 4,
    HUB_ENDED = 8,              /* the other side has closed its half; it may listen */
    HUB_BROKEN = 16,            /* the line is gone, both ways */
};

/* Before all else. There will be that many tasks at a time, or fewer. Dies with a line
 * that says what to do if the machine has no room for their stacks, or no descriptor. */
void hub_open(int most);

/* A new task that will run fn(arg) in its turn; it is gone when fn returns. NULL: no
 * memory for a stack. */
struct task *hub_spawn(void (*fn)(void *), void *arg);

/* The task that runs now. */
struct task *hub_self(void);

/* Parks the running task until the descriptor is ready for that (HUB_READ, HUB_WRITE), or
 * until then (ns, or NEVER), or until hub_wake(). Returns what has happened, 0 if it was
 * woken. A task that wants neither to read nor to write learns when the line is broken,
 * and, if it asks for HUB_ENDED, when the other side has closed its half; with -1 for a
 * descriptor, nothing. A task uses one descriptor, and tells before it closes it. */
int hub_park(int fd, int events, int64_t deadline);

/* Lets others go who can go now, and comes back: a few dozen, if there is a crowd. */
void hub_yield(void);

/* It goes on in its turn, from hub_park() or hub_yield(). */
void hub_wake(struct task *);

/* The running task will close its descriptor: the hub forgets it. */
void hub_forget(void);

/* Calls fn(arg) in a task of its own and waits until it returns. False: no memory for a
 * stack, and it was not called. */
bool hub_await(void (*fn)(void *), void *arg);

/* Runs the tasks until none is left. */
void hub_run(void);

#endif
