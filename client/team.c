#include "team.h"
#include "clock.h"
#include "die.h"

#include <stdlib.h>
#include <string.h>

void team_init(struct team *team, const struct flags *f)
{
    size_t size = (size_t)f->threads * sizeof *team->mates;

    *team = (struct team){ .flags = f, .mates = must_alloc(size) };
    memset(team->mates, 0, size);
    atomic_store(&team->working, f->threads);
    atomic_store(&team->running, f->threads - 1);
}

void team_free(struct team *team)
{
    free(team->mates);
}

void team_enlist(struct team *team, int number, struct ev_loop *loop, int senders,
                 void (*called)(struct ev_loop *, ev_async *, int), void *data)
{
    struct mate *m = &team->mates[number];

    m->loop = loop;
    m->senders = senders;
    ev_async_init(&m->called, called);
    m->called.data = data;
    ev_async_start(loop, &m->called);
}

static void call_all(struct team *team)
{
    for (int i = 0; i < team->flags->threads; i++)
        ev_async_send(team->mates[i].loop, &team->mates[i].called);
}

/* ---- beginning ---- */

/* Soon enough, and late enough for all to hear of it. */
int64_t team_ready(struct team *team)
{
    int64_t now = clock_now();
    bool alone = team->flags->threads == 1;

    if (atomic_fetch_add(&team->ready, 1) + 1 < team->flags->threads)
        return 0;
    team->opened = now;
    atomic_store(&team->t0, alone ? now : now + 5 * MS);
    if (alone)
        return now;
    call_all(team);
    return 0;
}

static uint64_t senders_before(const struct team *team, int number)
{
    uint64_t n = 0;

    for (int i = 0; i < number; i++)
        n += (uint64_t)team->mates[i].senders;
    return n;
}

static uint64_t part_of(uint64_t all, uint64_t some, uint64_t of)
{
    return all / of * some + all % of * some / of;
}

uint64_t team_share(const struct team *team, int number)
{
    uint64_t all = team->flags->messages;
    uint64_t senders = senders_before(team, team->flags->threads);

    if (all == UINT64_MAX || senders == 0)
        return all;
    return part_of(all, senders_before(team, number + 1), senders)
         - part_of(all, senders_before(team, number), senders);
}

/* ---- stopping ---- */

void team_call_off(struct team *team)
{
    atomic_store(&team->called_off, true);
    call_all(team);
}

void team_interrupt(struct team *team)
{
    atomic_fetch_add(&team->interrupts, 1);
    call_all(team);
}

bool team_leave(struct team *team)
{
    return atomic_fetch_sub(&team->working, 1) == 1;
}

void team_end(struct team *team)
{
    atomic_fetch_sub(&team->running, 1);
    ev_async_send(team->mates[0].loop, &team->mates[0].called);
}

_Noreturn void team_fail(const struct team *team, const char *why)
{
    series_clear(&team->series);
    fprintf(stderr, "load: %s\n", why);
    exit(1);
}
