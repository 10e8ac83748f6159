/* outbox.h - frames that wait for one receiver, in order.
 *
 * Many small frames leave as one run of bytes, so a burst of deliveries costs one
 * write; a large frame is lent as it is, without a copy. */
#ifndef OUTBOX_H
#define OUTBOX_H

#include "frame.h"

struct outbox {
    struct frame **frames;      /* [head] to [end - 1]; NULL: no place yet */
    unsigned head, end, room;   /* indices, and places there are */
    size_t offset;              /* bytes of the first frame that are gone already */
    size_t size;                /* bytes of memory that what waits takes */
    size_t lent;                /* bytes from the front that are being written; 0: none */
    char *loan;                 /* where these were gathered; NULL: they lie in a frame */
};

void outbox_init(struct outbox *);

/* Forgets everything and frees what it holds (the struct is its owner's), and what this
 * thread has gathered. */
void outbox_free(struct outbox *);

/* What a frame adds to size: itself, whole, though others may share it, and its place. */
size_t outbox_cost(const struct frame *);

/* Takes a reference of its own. */
void outbox_push(struct outbox *, struct frame *);

/* The frame that is next to leave, or NULL; the outbox keeps its reference. */
struct frame *outbox_first(const struct outbox *);

struct frame *outbox_last(const struct outbox *);       /* likewise, the newest */

unsigned outbox_count(const struct outbox *);   /* frames that are not wholly gone */

/* What to write next; empty only if the outbox is. Valid until this outbox is asked
 * anything else, or another of this thread's. */
struct bytes outbox_peek(struct outbox *);

/* These, which it has just given, or the first of them, are being written by somebody who
 * will say later how many were. Until outbox_sent() they stay where they are, whatever
 * else happens here or in another outbox; but nothing is peeked at. */
void outbox_lend(struct outbox *, struct bytes);

/* So many of them were written, at most as many as outbox_peek() gave. */
void outbox_sent(struct outbox *, size_t n);

/* Forgets all but the first `keep` frames, and all that has begun to leave, or is lent: a
 * frame is sent whole or not at all. */
void outbox_drop(struct outbox *, unsigned keep);

#endif
