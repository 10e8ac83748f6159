#include "outbox.h"
#include "die.h"

#include <stdlib.h>
#include <string.h>

enum {
    SMALL = 2048,               /* bytes up to which copying beats a write of its own */
    GATHER = 16384,             /* bytes of small frames that leave in one write */
    KEEP = 64,                  /* frames an empty outbox keeps room for */
};

void outbox_init(struct outbox *o) { *o = (struct outbox){ .size = 0 }; }

unsigned outbox_count(const struct outbox *o) { return o->end - o->head; }

static struct frame *at(const struct outbox *o, unsigned i)
{
    return o->frames[o->head + i];
}

/* Of its place the array keeps up to four: it doubles when it is full, and what has left
 * gives its places back by halves. */
size_t outbox_cost(const struct frame *f) { return frame_cost(f) + 4 * sizeof f; }

void outbox_push(struct outbox *o, struct frame *f)
{
    if (o->end == o->room) {
        o->room = o->room ? 2 * o->room : 8;
        o->frames = must_realloc(o->frames, o->room * sizeof f);
    }
    o->frames[o->end++] = frame_ref(f);
    o->size += outbox_cost(f);
}

struct frame *outbox_first(const struct outbox *o)
{
    return outbox_count(o) ? at(o, 0) : NULL;
}

struct frame *outbox_last(const struct outbox *o)
{
    return outbox_count(o) ? at(o, outbox_count(o) - 1) : NULL;
}

/* A pointer, and not GATHER bytes: what is local to a thread, each has and the C library
 * clears, though it may never gather anything. */
static _Thread_local char *gathered;

/* Small frames from the front, as many as fit, side by side. */
static struct bytes gather(struct outbox *o)
{
    size_t have = 0;

    if (!gathered)
        gathered = must_alloc(GATHER);
    for (unsigned i = 0; i < outbox_count(o); i++) {
        size_t skip = i == 0 ? o->offset : 0, size = at(o, i)->size - skip;

        if (size > SMALL || have + size > GATHER)
            break;
        memcpy(gathered + have, at(o, i)->data + skip, size);
        have += size;
    }
    return (struct bytes){ gathered, have };
}

struct bytes outbox_peek(struct outbox *o)
{
    struct frame *f = outbox_first(o);

    if (!f)
        return (struct bytes){ NULL, 0 };
    if (outbox_count(o) > 1 && f->size - o->offset <= SMALL && at(o, 1)->size <= SMALL)
        return gather(o);
    return (struct bytes){ f->data + o->offset, f->size - o->offset };
}

/* The buffer goes along with its bytes: the outbox that gathers next gets another. */
void outbox_lend(struct outbox *o, struct bytes bytes)
{
    o->lent = bytes.size;
    if (bytes.data == gathered) {
        o->loan = gathered;
        gathered = NULL;
    }
}

static void take_back(struct outbox *o)
{
    if (gathered)
        free(o->loan);
    else
        gathered = o->loan;
    o->loan = NULL;
    o->lent = 0;
}

static void pop(struct outbox *o)
{
    struct frame *f = at(o, 0);

    o->head++;
    o->offset = 0;
    o->size -= outbox_cost(f);
    frame_unref(f);
}

/* What is gone from the front gives its place back: all of it when nothing waits, else
 * when it is the larger half, so that moving the rest is paid for by what left. */
static void tidy(struct outbox *o)
{
    if (outbox_count(o) == 0) {
        o->head = o->end = 0;
        if (o->room > KEEP) {
            free(o->frames);
            o->frames = NULL;
            o->room = 0;
        }
    } else if (o->head >= KEEP && o->head > outbox_count(o)) {
        memmove(o->frames, o->frames + o->head, outbox_count(o) * sizeof *o->frames);
        o->end -= o->head;
        o->head = 0;
    }
}

void outbox_sent(struct outbox *o, size_t n)
{
    if (o->lent)
        take_back(o);
    while (outbox_count(o) && n >= at(o, 0)->size - o->offset) {
        n -= at(o, 0)->size - o->offset;
        pop(o);
    }
    o->offset += n;
    tidy(o);
}

/* Frames of which something is gone already, or is being written. */
static unsigned begun(const struct outbox *o)
{
    size_t left = o->offset + o->lent;
    unsigned n = 0;

    for (; left > 0; n++)
        left -= left < at(o, n)->size ? left : at(o, n)->size;
    return n;
}

void outbox_drop(struct outbox *o, unsigned keep)
{
    if (keep < begun(o))
        keep = begun(o);
    while (outbox_count(o) > keep) {
        struct frame *f = at(o, outbox_count(o) - 1);

        o->size -= outbox_cost(f);
        o->end--;
        frame_unref(f);
    }
    tidy(o);
}

void outbox_free(struct outbox *o)
{
    take_back(o);
    o->offset = 0;
    outbox_drop(o, 0);
    free(o->frames);
    o->frames = NULL;
    free(gathered);             /* it may have been this thread's last one */
    gathered = NULL;
}
