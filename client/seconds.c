#include "seconds.h"
#include "clock.h"
#include "die.h"

#include <stdlib.h>
#include <string.h>

static void grow(struct seconds *s, size_t size)
{
    uint64_t *larger;

    while (s->room < size)
        s->room = s->room ? 2 * s->room : 16;
    larger = must_alloc(s->room * sizeof *larger);
    memset(larger, 0, s->room * sizeof *larger);
    if (s->size)
        memcpy(larger, s->count, s->size * sizeof *larger);
    free(s->count);
    s->count = larger;
}

void seconds_reach(struct seconds *s, size_t size)
{
    if (size > s->room)
        grow(s, size);
    if (size > s->size)
        s->size = size;
}

void seconds_add(struct seconds *s, int64_t ns)
{
    size_t second = (size_t)(ns / (1000 * MS));

    seconds_reach(s, second + 1);
    s->count[second]++;
}

void seconds_merge(struct seconds *into, const struct seconds *s)
{
    seconds_reach(into, s->size);
    for (size_t i = 0; i < s->size; i++)
        into->count[i] += s->count[i];
}

void seconds_free(struct seconds *s)
{
    free(s->count);
    *s = (struct seconds){ NULL, 0, 0 };
}
