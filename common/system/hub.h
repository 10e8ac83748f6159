/* hub.h - where tasks wait: one libev loop, and a list of those who can go on.
 *
 * gevent's architecture in C. A task is anything that can be resumed: a stack that is
 * switched to again (stacks.h), or a function that is called again (stackless.h). The hub
 * does not know which. A task goes on as far as it gets, says here what it waits for, and
 * stops in its own way: it switches away, or returns. Nothing is polled: while all wait,
 * the process sleeps in epoll_wait(2). */
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

/* Before all else. */
void hub_open(void);

/* A new task: resume(what) is called in its turn, and after each stop when what it waits
 * for has happened, until it returns false. Then the task is gone. */
struct task *hub_spawn(bool (*resume)(void *), void *what);

/* The task that runs now. */
struct task *hub_self(void);

/* The running task, which stops now, goes on when the descriptor is ready for that
 * (HUB_READ, HUB_WRITE), or then (ns, or NEVER), or after hub_wake(). A task that wants
 * neither to read nor to write learns when the line is broken, and, if it asks for
 * HUB_ENDED, when the other side has closed its half; with -1 for a descriptor, nothing.
 * A task uses one descriptor, and tells before it closes it. */
void hub_wait(int fd, int events, int64_t deadline);

/* What has happened to the running task since its last hub_wait(); 0: it was woken. */
int hub_happened(void);

/* The running task, which stops now, lets others go who can go, and goes on after them: a
 * few dozen, if there is a crowd. */
void hub_pass(void);

/* It goes on in its turn, whatever it waits for. The running task may wake itself. */
void hub_wake(struct task *);

/* The running task will close its descriptor: the hub forgets it. */
void hub_forget(void);

/* Runs the tasks until none is left. */
void hub_run(void);

#endif
