/* queue.h - what a sender has due, in a row: first in, first out. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stddef.h>
#include <stdint.h>

struct attempt {                /* to send a message, the first or another one */
    int64_t due;                /* the message: its response time counts from here */
    int64_t asked;              /* the attempt: --patience counts from here */
    uint32_t tries;             /* that came before it; 0: asked is due */
};

struct queue {                  /* a ring that grows; all-zero: empty */
    struct attempt *ring;
    size_t first, count;
    size_t room;                /* a power of two: no division for each message */
};

void queue_grow(struct queue *);
void queue_free(struct queue *);

static inline size_t queue_place(const struct queue *q, size_t i)
{
    return (q->first + i) & (q->room - 1);
}

static inline void queue_push(struct queue *q, struct attempt a)
{
    if (q->count == q->room)
        queue_grow(q);
    q->ring[queue_place(q, q->count++)] = a;
}

/* In front of all others. */
static inline void queue_push_first(struct queue *q, struct attempt a)
{
    queue_push(q, a);
    q->first = queue_place(q, q->room - 1);
    q->ring[q->first] = a;
}

/* The first of a queue that is not empty; lent until the queue changes. */
static inline const struct attempt *queue_first(const struct queue *q)
{
    return &q->ring[q->first];
}

/* Takes it out. */
static inline struct attempt queue_pop(struct queue *q)
{
    struct attempt a = q->ring[q->first];

    q->first = queue_place(q, 1);
    q->count--;
    return a;
}

#endif
