#include "deadlines.h"
#include "clock.h"
#include "die.h"

#include <limits.h>
#include <stdlib.h>

static void put(struct deadlines *d, size_t place, struct deadline *t)
{
    d->heap[place - 1] = t;
    t->place = place;
}

static void sift_up(struct deadlines *d, struct deadline *t)
{
    size_t i = t->place;

    for (; i > 1 && d->heap[i / 2 - 1]->key > t->key; i /= 2)
        put(d, i, d->heap[i / 2 - 1]);
    put(d, i, t);
}

static void sift_down(struct deadlines *d, struct deadline *t)
{
    size_t i = t->place, child;

    for (; (child = 2 * i) <= d->count; i = child) {
        if (child < d->count && d->heap[child]->key < d->heap[child - 1]->key)
            child++;
        if (d->heap[child - 1]->key >= t->key)
            break;
        put(d, i, d->heap[child - 1]);
    }
    put(d, i, t);
}

static void add(struct deadlines *d, struct deadline *t)
{
    if (d->count == d->room) {
        d->room = d->room ? 2 * d->room : 64;
        d->heap = must_realloc(d->heap, d->room * sizeof *d->heap);
    }
    t->key = t->due;
    put(d, ++d->count, t);
    sift_up(d, t);
}

static void take_out(struct deadlines *d, struct deadline *t)
{
    struct deadline *last = d->heap[--d->count];

    if (last != t) {
        put(d, t->place, last);
        sift_up(d, last);
        sift_down(d, last);
    }
    t->place = 0;
}

void deadlines_set(struct deadlines *d, struct deadline *t, int64_t due, struct conn *c)
{
    t->due = due;
    t->conn = c;
    if (due == NEVER) {
        if (t->place)
            take_out(d, t);
    } else if (!t->place) {
        add(d, t);
    } else if (due < t->key) {
        t->key = due;
        sift_up(d, t);
    }
}

int64_t deadlines_next(const struct deadlines *d)
{
    return d->count ? d->heap[0]->key : NEVER;
}

struct conn *deadlines_due(struct deadlines *d, int64_t now)
{
    while (d->count && d->heap[0]->key <= now) {
        struct deadline *t = d->heap[0];

        if (t->due <= now) {
            take_out(d, t);
            return t->conn;
        }
        t->key = t->due;        /* it had moved on since */
        sift_down(d, t);
    }
    return NULL;
}

int deadlines_ms(int64_t due)
{
    if (due == NEVER)
        return -1;
    int64_t ms = (due - clock_now() + MS - 1) / MS;
    return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

void deadlines_free(struct deadlines *d)
{
    free(d->heap);
    *d = (struct deadlines){ 0 };
}
