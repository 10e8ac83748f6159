/* post.h - the post office: how processes relay to each other.
 *
 * The parent is the office. Each child has a socket pair to it and sends what its client
 * says; the office knows who is in which room and hands it on. What travels is the
 * finished WebSocket frame. The office never waits for a child: what waits for one is
 * bounded as a client's output is. */
#ifndef POST_H
#define POST_H

#include "frame.h"
#include <stdbool.h>
#include <sys/types.h>

struct options;
struct peer;
struct office;
struct post;                    /* the child's end */

/* ---- the parent's side ---- */
struct office *office_open(const struct options *);

/* Forks. In the child returns 0 and sets *post, and everything of the office is closed;
 * in the parent returns the pid, and the child is on the books; -1: no more processes or
 * descriptors to be had. Children are reaped by the kernel (SIGCHLD is ignored). */
pid_t office_fork(struct office *, struct post **post);

int office_fd(const struct office *);           /* readable when a child has posted: poll it */
void office_serve(struct office *);             /* does what there is to do, never waits */
int office_count(const struct office *);        /* children on the books */

/* SIGTERM to every child; waits until all are gone, with SIGKILL in the end. */
void office_close(struct office *);

/* ---- the child's side; each blocks as long as the office is busy ---- */
int post_fd(const struct post *);               /* readable when mail has come: poll it */
void post_join(struct post *, const char *room);/* returns when we are a member */
void post_leave(struct post *);                 /* returns when we are none: later mail is void */
void post_send(struct post *, struct frame *);  /* to every member of our room, us included */
bool post_take(struct post *, struct peer *);   /* mail into the peer; false: the office is gone */
void post_close(struct post *);

#endif
