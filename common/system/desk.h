/* desk.h - one descriptor for all jobs that wait for somebody else, so that a loop, which
 * serves everybody with one thread, can wait for them, too.
 *
 * The lines to the database and the sockets of fetches are watched by an epoll set that
 * is the desk's own. Such a set is itself a descriptor that becomes readable, so any loop
 * can ask about it as it asks about a client: select, poll or io_uring. When it is
 * readable, or its deadline has passed, the desk has news.
 *
 * The process has --db-lines lines to the database, each opened when it is wanted. If all
 * are in use, the next jobs queue, first come, first served: at most --db-queue of them,
 * for --queue-timeout. A fetch needs no line. Whatever becomes of a job that the desk has
 * taken, it comes back, unless it is dropped. */
#ifndef DESK_H
#define DESK_H

#include <stdint.h>

struct job;
struct options;
struct order;                   /* a job that the desk has */

/* After net_listen(), which has found the driver and the upstream. The descriptor; -1: no
 * job could ever be for it, and there is no desk. The options must outlive it. */
int desk_open(const struct options *);

/* NULL: the job can't be done in steps, and is one for job_run(). Else it is begun, or
 * queues, or has failed; in any case desk_next() tells its owner. The job stays where it
 * is until then, or until it is dropped. */
struct order *desk_take(struct job *, void *whose);

/* When the desk has news: whose job is done, and has its text or its status. The order is
 * gone. To be called until it returns NULL; in between, jobs may be taken and dropped,
 * also those that are done. */
void *desk_next(void);

/* It is called off, and gone; the job is not touched any more. NULL is harmless. */
void desk_drop(struct order *);

/* When to call desk_next() even if the descriptor is not readable: ns, 0 for at once, or
 * NEVER. It may change whenever a job is taken or dropped, or desk_next() was called. */
int64_t desk_deadline(void);

/* Drops all jobs, and closes all lines. */
void desk_close(void);

#endif
