/* queue.h - times in a row: first in, first out. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct queue {                  /* a ring that grows; all-zero: empty */
    int64_t *times;
    size_t first, count;
    size_t room;                /* a power of two: no division for each message */
};

void queue_grow(struct queue *);
void queue_free(struct queue *);

static inline size_t queue_place(const struct queue *q, size_t i)
{
    return (q->first + i) & (q->room - 1);
}

static inline void queue_push(struct queue *q, int64_t time)
{
    if (q->count == q->room)
        queue_grow(q);
    q->times[queue_place(q, q->count++)] = time;
}

/* In front of all others. */
static inline void queue_push_first(struct queue *q, int64_t time)
{
    queue_push(q, time);
    q->first = queue_place(q, q->room - 1);
    q->times[q->first] = time;
}

/* Takes the first out of a queue that is not empty. */
static inline int64_t queue_pop(struct queue *q)
{
    int64_t time = q->times[q->first];

    q->first = queue_place(q, 1);
    q->count--;
    return time;
}

#endif
