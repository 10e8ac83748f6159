/* frame.h - bytes on their way to somebody, encoded once and shared by all receivers. */
#ifndef FRAME_H
#define FRAME_H

#include <stdatomic.h>
#include <stddef.h>

struct bytes {                  /* borrowed: who lends them says for how long */
    const char *data;
    size_t size;
};

/* A frame is born with one reference, its maker's. Once shared it never changes;
 * the count is atomic because its receivers may be threads. */
struct frame {
    atomic_uint refs;
    unsigned messages;          /* how many it carries: a run of them may share a frame */
    char *data;                 /* what goes on the wire */
    size_t size;
    size_t room;                /* bytes of store */
    char store[];               /* FRAME_HEAD bytes for a header, then the payload */
};

enum { FRAME_HEAD = 16 };       /* a header takes 2 to 10, RFC 6455 section 5.2 */

/* An empty frame whose payload may grow to `payload` bytes before it must move. */
struct frame *frame_new(size_t payload);

/* Makes room for N more bytes at the end of a frame not yet shared. Moves it when it
 * must: use what returns. */
struct frame *frame_reserve(struct frame *, size_t);

/* Appends to a frame not yet shared. Moves it when it must: use what returns. */
struct frame *frame_append(struct frame *, const char *, size_t);

/* Gives back what it has no use for: nothing will be appended. Use what returns. */
struct frame *frame_fit(struct frame *);

/* A frame of exactly these bytes, copied: an HTTP answer, or what came by post. */
struct frame *frame_copy(const char *, size_t);

/* Bytes of memory that it takes: payload, header's room, and the allocator's part. */
size_t frame_cost(const struct frame *);

struct frame *frame_ref(struct frame *);
void frame_unref(struct frame *);       /* the last one frees; NULL is harmless */

#endif
