/* due.h - when is a message due?
 *
 * Here, and nowhere else, a closed loop differs from an open one. In a closed loop the
 * answer says when: a sender's next burst is due when it has read it, and has thought
 * for a while (--think). In an open loop the schedule says when (pace.h), and the senders
 * take turns at its messages. What is due is written by send.c. */
#ifndef DUE_H
#define DUE_H

#include "traffic.h"

/* Nothing becomes due before due_start(). The loop must outlive it. */
void due_init(struct traffic *, struct ev_loop *);
void due_free(struct traffic *);

/* The schedule begins, or every sender's first burst is due. */
void due_start(struct traffic *);

/* From now on messages count: `limit` more become due, UINT64_MAX is no limit. */
void due_count(struct traffic *, uint64_t limit);

/* No message becomes due any more. Those that are will still be written. */
void due_stop(struct traffic *);

/* A client that sends has come in. */
void due_join(struct traffic *, struct client *);

/* One of its messages is answered, at this time. Its next one is not written before all
 * that has come is read. */
void due_answered(struct traffic *, struct client *, int64_t now);

/* HTTP, and jobs: the message in flight, or the first one, is over, but has not come
 * back: it was refused, or given up. What follows is as above. Returns it, lent until the
 * next is written, or NULL if it is not followed. */
struct message *due_ended(struct traffic *, struct client *, int64_t now);

/* The same of one that was never written. */
void due_passed(struct traffic *, struct client *, int64_t now);

/* An open loop: whose turn is it? One that is not active, if none is. */
struct client *due_turn(struct traffic *);

/* It is gone: what it had due will not be sent. */
void due_drop(struct traffic *, struct client *);

#endif
