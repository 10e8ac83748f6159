#include "queue.h"
#include "die.h"

#include <stdlib.h>

void queue_grow(struct queue *q)
{
    struct queue larger = { .count = q->count, .room = q->room ? 2 * q->room : 4 };

    larger.ring = must_alloc(larger.room * sizeof *larger.ring);
    for (size_t i = 0; i < q->count; i++)
        larger.ring[i] = q->ring[queue_place(q, i)];
    free(q->ring);
    *q = larger;
}

void queue_free(struct queue *q)
{
    free(q->ring);
}
