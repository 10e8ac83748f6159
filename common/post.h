/* post.h - the post office: how processes relay to each other.
 *
 * The parent is the office. Each child has a socket pair to it and sends what its
 * client says; the office knows who is in which room and hands it on. What travels is
 * the finished WebSocket frame. The office never waits for a child: what waits for one
 * is bounded as a client's output is, and the client of a child that misses some is
 * closed with 1013. */
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

/* Also makes the metrics count across processes, and leaves dead children to the
 * kernel. */
struct office *office_open(const struct options *);

/* Forks. In the child 0, *post is its end, all else of the office is closed there, and
 * signals are held back until its net_stop(). In the parent the pid, and the child is on
 * the books; or -1: no process or descriptor left. */
pid_t office_fork(struct office *, struct post **post);

int office_fd(const struct office *);           /* readable when there is work: poll it */
void office_serve(struct office *);             /* does it, never waits */
int office_count(const struct office *);        /* children alive, as far as it knows */

/* SIGTERM to every child; frees the office when all are gone, with SIGKILL in the end. */
void office_close(struct office *);

/* ---- the child's side: each call takes as long as the office does ---- */

int post_fd(const struct post *);               /* readable when mail has come: poll it */
void post_join(struct post *, const char *room);/* returns when we are a member */
void post_leave(struct post *);                 /* returns when we are none */
void post_send(struct post *, struct frame *);  /* to every other member of our room */
bool post_take(struct post *, struct peer *);   /* mail to the peer; false: office gone */
void post_close(struct post *);

#endif
