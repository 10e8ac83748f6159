#include "traffic.h"
#include "clock.h"
#include "die.h"

#include <stdlib.h>
#include <unistd.h>

bool traffic_owns(const struct traffic *t, int index)
{
    return thread_of(t->flags, index) == t->thread;
}

/* ---- making ---- */

static void *zeroed(size_t count, size_t size)
{
    void *p = calloc(count, size);  /* costs no pages that nobody touches */

    if (!p)
        die("out of memory for %zu of %zu bytes", count, size);
    return p;
}

static void make_client(struct traffic *t, int index)
{
    const struct flags *f = t->flags;
    struct client *c = &t->clients[index];

    c->group = &t->groups[room_of(f, index)];
    c->heard = zeroed((size_t)f->senders, sizeof *c->heard);
    if (place_of(f, index) >= f->senders)
        return;
    c->sender = zeroed(1, sizeof *c->sender);
    c->sender->thinks_until = NEVER;
    t->senders[t->sender_count++] = index;
}

void traffic_init(struct traffic *t, const struct flags *f, int thread)
{
    uint32_t run;

    if (getentropy(&run, sizeof run) != 0)
        die("the system has no random numbers");
    *t = (struct traffic){ .flags = f, .thread = thread, .budget = UINT64_MAX };
    tally_init(&t->tally);
    payload_init(&t->payload, run, f->size_least, f->size);
    t->plain = must_alloc(f->size + 1);
    t->clients = zeroed((size_t)f->connections, sizeof *t->clients);
    t->groups = zeroed((size_t)f->rooms, sizeof *t->groups);
    t->senders = zeroed((size_t)f->connections, sizeof *t->senders);
    for (int i = 0; i < f->connections; i++)
        if (traffic_owns(t, i))
            make_client(t, i);
}

static void sender_free(struct sender *s)
{
    if (!s)
        return;
    queue_free(&s->due);
    flight_free(&s->flight);
    free(s->out);
    free(s);
}

void traffic_free(struct traffic *t)
{
    for (int i = 0; i < t->flags->connections; i++) {
        conn_drop(&t->clients[i].conn);
        sender_free(t->clients[i].sender);
        free(t->clients[i].heard);
    }
    free(t->clients);
    free(t->groups);
    free(t->senders);
    free(t->plain);
    payload_free(&t->payload);
    hist_free(t->window);
    tally_free(&t->tally);
}

/* ---- when ---- */

/* How long an open loop's schedule is: -d, or until the last of -n is due. */
static int64_t schedule(const struct flags *f)
{
    double rate = (f->rate + f->rate_to) / 2;
    double all = f->messages < UINT64_MAX ? (double)f->messages / rate * 1e9 : 1e18;

    return !f->open_loop ? 0 : all < (double)f->duration ? (int64_t)all : f->duration;
}

void traffic_plan(struct traffic *t, int64_t t0)
{
    const struct flags *f = t->flags;

    t->epoch = t0;
    tally_begin(&t->tally, t0 + f->warmup, schedule(f));
    t->tally.until = f->duration == NEVER ? NEVER : t->tally.first + f->duration;
}

/* ---- who is owed what ---- */

void traffic_enter(struct traffic *t, struct client *c)
{
    const struct flags *f = t->flags;

    c->member = c->active = true;
    c->group->living++;
    c->since = c->group->sent;
    c->got = 0;
    for (int i = 0; i < f->senders; i++) {
        int index = i * f->rooms + room_of(f, c->conn.index);
        if (index < f->connections)
            heard_from(&c->heard[i], t->clients[index].sender->sequence);
    }
}

/* How many deliveries it still had to get. */
static uint64_t outstanding(const struct client *c)
{
    return c->member ? c->group->sent - c->since - c->got : 0;
}

int64_t traffic_waits_since(struct client *c, int64_t now)
{
    uint64_t awaited = outstanding(c) ? c->since + c->got + 1 : 0;

    if (awaited == 0 || awaited != c->awaited)
        c->waits = now;
    c->awaited = awaited;
    return c->waits;
}

void traffic_part(struct traffic *t, struct client *c)
{
    if (!c->member)
        return;
    t->owed -= outstanding(c);
    c->member = false;
    c->group->living--;
}

void traffic_leave(struct traffic *t, struct client *c)
{
    t->tally.expected -= outstanding(c);
    traffic_part(t, c);
    c->leaves = true;
    conn_leave(&c->conn);
}

void traffic_settle(struct traffic *t)
{
    if (t->owed == 0 && t->waiting == 0 && (!t->sending || t->budget == 0))
        t->settled(t->owner);
}
