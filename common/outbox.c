#include "die.h"
#define utarray_oom() die("out of memory for a queue of frames")
#include "outbox.h"

enum {
    SMALL = 2048,               /* bytes up to which copying beats a write of its own */
    GATHER = 16384,             /* bytes of small frames that leave in one write */
    KEEP = 64,                  /* frames an empty outbox keeps room for */
};

static const UT_icd pointers = { sizeof(struct frame *), NULL, NULL, NULL };

void outbox_init(struct outbox *o)
{
    *o = (struct outbox){ .size = 0 };
    utarray_init(&o->frames, &pointers);
}

unsigned outbox_count(const struct outbox *o) { return o->frames.i - o->head; }

static struct frame *at(const struct outbox *o, unsigned i)
{
    return ((struct frame **)(void *)o->frames.d)[o->head + i];
}

/* Of its place the array keeps up to four: it doubles when it is full, and what has left
 * gives its places back by halves. */
size_t outbox_cost(const struct frame *f) { return frame_cost(f) + 4 * sizeof f; }

void outbox_push(struct outbox *o, struct frame *f)
{
    frame_ref(f);
    utarray_push_back(&o->frames, &f);
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

/* Small frames from the front, as many as fit, side by side. */
static struct bytes gather(struct outbox *o)
{
    static _Thread_local char gathered[GATHER];
    size_t have = 0;

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
        o->head = 0;
        utarray_clear(&o->frames);
        if (o->frames.n > KEEP) {
            utarray_done(&o->frames);
            utarray_init(&o->frames, &pointers);
        }
    } else if (o->head >= KEEP && o->head > outbox_count(o)) {
        utarray_erase(&o->frames, 0, o->head);
        o->head = 0;
    }
}

void outbox_sent(struct outbox *o, size_t n)
{
    while (outbox_count(o) && n >= at(o, 0)->size - o->offset) {
        n -= at(o, 0)->size - o->offset;
        pop(o);
    }
    o->offset += n;
    tidy(o);
}

void outbox_drop(struct outbox *o, unsigned keep)
{
    if (keep == 0 && o->offset > 0)
        keep = 1;
    while (outbox_count(o) > keep) {
        struct frame *f = at(o, outbox_count(o) - 1);

        o->size -= outbox_cost(f);
        utarray_pop_back(&o->frames);
        frame_unref(f);
    }
    tidy(o);
}

void outbox_free(struct outbox *o)
{
    o->offset = 0;
    outbox_drop(o, 0);
    utarray_done(&o->frames);
}
