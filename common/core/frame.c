#include "frame.h"
#include "die.h"

#include <stdlib.h>
#include <string.h>

struct frame *frame_new(size_t payload)
{
    struct frame *f = must_alloc(sizeof *f + FRAME_HEAD + payload);

    atomic_init(&f->refs, 1);
    f->messages = 0;
    f->data = f->store + FRAME_HEAD;
    f->size = 0;
    f->room = FRAME_HEAD + payload;
    return f;
}

struct frame *frame_reserve(struct frame *f, size_t more)
{
    size_t head = (size_t)(f->data - f->store), used = head + f->size;

    if (more > f->room - used) {
        f->room = used + more > 2 * f->room ? used + more : 2 * f->room;
        f = must_realloc(f, sizeof *f + f->room);
        f->data = f->store + head;
    }
    return f;
}

struct frame *frame_append(struct frame *f, const char *data, size_t size)
{
    f = frame_reserve(f, size);
    memcpy(f->data + f->size, data, size);
    f->size += size;
    return f;
}

struct frame *frame_fit(struct frame *f)
{
    size_t head = (size_t)(f->data - f->store);

    f->room = head + f->size;
    f = must_realloc(f, sizeof *f + f->room);
    f->data = f->store + head;
    return f;
}

struct frame *frame_copy(const char *data, size_t size)
{
    return frame_append(frame_new(size), data, size);
}

/* malloc(3) of glibc adds a size before each piece and rounds up to 16 bytes. */
size_t frame_cost(const struct frame *f)
{
    return (sizeof *f + f->room + sizeof(size_t) + 15) / 16 * 16;
}

struct frame *frame_ref(struct frame *f)
{
    atomic_fetch_add_explicit(&f->refs, 1, memory_order_relaxed);
    return f;
}

void frame_unref(struct frame *f)
{
    /* Release: what we read of it happened before; acquire: the last one may free it. */
    if (f && atomic_fetch_sub_explicit(&f->refs, 1, memory_order_acq_rel) == 1)
        free(f);
}
