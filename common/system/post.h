/* post.h - the post office: how processes relay to each other.
 *
 * The parent is the office. Each child has a socket pair to it and sends what its
 * client says; the office knows who is in which room and hands it on. What travels is
 * the finished WebSocket frame. The office never waits for a child: the mail that waits
 * for one is bounded as a client's output is, and the client of a child that misses some
 * is closed with 1013. Only mail is ever dropped. A child may be killed, stopped or gone
 * mad at any byte: the office ends it, and nobody else notices.
 *
 * post_office.c is the parent's side, post.c the child's. */
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
struct office *office_open(const struct options *);     /* a process has one */

/* Forks. In the child 0, *post is its end, all else of the office is closed there, and
 * signals are held back until its net_stop(). In the parent the pid, and the child is on
 * the books; or -1: no process or descriptor left. */
pid_t office_fork(struct office *, struct post **post);

int office_fd(const struct office *);           /* readable when there is work: poll it */
void office_serve(struct office *);             /* does it, never waits */
int office_count(const struct office *);        /* children alive, as far as it knows */

/* SIGTERM to every child; is back when all are gone, with SIGKILL in the end. */
void office_close(struct office *);

/* ---- the child's side ----
 *
 * The office may be busy, or stopped. A call that has to wait for it comes back early
 * when `stop` is readable, and post_join() also when the client's line is broken: the
 * caller's own next wait finds both. If the office takes longer than peer_deadline(), we
 * have none any more. */

/* Whom it serves from now on: a client on that descriptor. */
void post_attend(struct post *, struct peer *, int client, int stop);

int post_fd(const struct post *);               /* readable when mail has come: poll it */
void post_join(struct post *, const char *room);/* waits until we are a member */
void post_leave(struct post *);                 /* never waits; harmless if we are none */
void post_send(struct post *, struct frame *);  /* to every other member of our room */

/* Gives the mail to the peer; what is for nobody, or for a room that we have left, is
 * void, and so is all with NULL. False: the office is gone. */
bool post_take(struct post *, struct peer *);
void post_close(struct post *);

/* ---- a line made by hand, for tests: office_fork() makes both ends ---- */

bool office_enrol(struct office *, int fd);     /* the other end is no child's of ours */
struct post *post_open(const struct options *, int fd);

#endif
