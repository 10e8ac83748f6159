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

enum { HUB_READ = 1, HUB_WRITE = 2, HUB_LATE = 4 };     /* what has happened */

/* A new task that will run fn(arg) in its turn; it is gone when fn returns. NULL: no
 * memory for a stack. */
struct task *hub_spawn(void (*fn)(void *), void *arg);

/* The task that runs now. */
struct task *hub_self(void);

/* Parks the running task until the descriptor is ready for that (HUB_READ or HUB_WRITE;
 * 0: leave it alone), or until then (ns, or NEVER), or until hub_wake(). Returns what
 * has happened, 0 if it was woken. A task uses one descriptor, and tells before it
 * closes it. */
int hub_park(int fd, int events, int64_t deadline);

/* Lets everyone go who can go now, and comes back. */
void hub_yield(void);

/* It goes on in its turn, from hub_park() or hub_yield(). */
void hub_wake(struct task *);

/* The running task will close its descriptor: the hub forgets it. */
void hub_forget(void);

/* Calls fn(arg) in a task of its own and waits until it returns. False: no memory. */
bool hub_await(void (*fn)(void *), void *arg);

/* Runs the tasks until none is left. */
void hub_run(void);

#endif
