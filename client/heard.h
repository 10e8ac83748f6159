/* heard.h - what one receiver has heard of one sender: is this message new, and in order?
 *
 * Three words and no search: the sequence number expected next, and a bit for each of
 * the 64 before it. What comes later than 64 messages late is taken for a duplicate. */
#ifndef HEARD_H
#define HEARD_H

#include <stdint.h>

struct heard {                  /* all-zero: nothing yet */
    uint64_t first;             /* the first that it should hear: it came in then */
    uint64_t next;              /* one more than the highest that came */
    uint64_t recent;            /* bit i: next - 1 - i has come */
};

enum hearing {
    HEARD_NEW,                  /* in order, though others may be missing before it */
    HEARD_LATE,                 /* one that was missing: order is broken */
    HEARD_TWICE,                /* came before */
    HEARD_EARLY,                /* sent before the receiver came in: not its business */
};

static inline void heard_from(struct heard *h, uint64_t sequence)
{
    *h = (struct heard){ .first = sequence, .next = sequence };
}

static inline enum hearing heard(struct heard *h, uint64_t sequence)
{
    if (sequence < h->first)
        return HEARD_EARLY;
    if (sequence >= h->next) {
        uint64_t ahead = sequence - h->next + 1;
        h->recent = (ahead > 63 ? 0 : h->recent << ahead) | 1;
        h->next = sequence + 1;
        return HEARD_NEW;
    }
    uint64_t back = h->next - 1 - sequence;
    if (back > 63 || h->recent >> back & 1)
        return HEARD_TWICE;
    h->recent |= UINT64_C(1) << back;
    return HEARD_LATE;
}

#endif
