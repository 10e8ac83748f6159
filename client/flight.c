#include "flight.h"
#include "die.h"

#include <stdlib.h>
#include <string.h>

enum { LEAST = 4, ENOUGH = 256 };

static struct message *place(const struct flight *f, uint64_t sequence)
{
    return &f->ring[sequence & (f->size - 1)];
}

/* Twice the ring; messages in flight are looked for by number, so they move. */
static void grow(struct flight *f)
{
    struct flight larger = { NULL, f->size ? 2 * f->size : LEAST };

    larger.ring = must_alloc(larger.size * sizeof *larger.ring);
    memset(larger.ring, 0, larger.size * sizeof *larger.ring);
    for (uint64_t i = 0; i < f->size; i++)
        if (f->ring[i].owed)
            *place(&larger, f->ring[i].sequence) = f->ring[i];
    free(f->ring);
    *f = larger;
}

struct message *flight_new(struct flight *f, uint64_t sequence, uint64_t open)
{
    uint64_t most = open < ENOUGH / 4 ? ENOUGH : 4 * open;

    while (f->size == 0 || (place(f, sequence)->owed && f->size < most))
        grow(f);
    struct message *m = place(f, sequence);
    *m = (struct message){ .sequence = sequence };
    return m;
}

struct message *flight_find(const struct flight *f, uint64_t sequence)
{
    struct message *m = f->size ? place(f, sequence) : NULL;

    return m && m->sequence == sequence && m->owed ? m : NULL;
}

void flight_free(struct flight *f)
{
    free(f->ring);
    *f = (struct flight){ NULL, 0 };
}
