#include "due.h"
#include "again.h"
#include "clock.h"
#include "send.h"

#include <utlist.h>

enum { AT_ONCE = 256 };         /* messages of the schedule, then answers get a look in */

static void add(struct traffic *t, struct client *c, int64_t due)
{
    queue_push(&c->sender->due, (struct attempt){ .due = due, .asked = due });
    t->waiting++;
    if (t->looks)
        again_watch(t, due);
}

static void spend(struct traffic *t, uint64_t n)
{
    if (t->budget != UINT64_MAX)
        t->budget -= n;
}

/* ---- a closed loop: the answer before it says when the next message is due ---- */

static void next_burst(struct traffic *t, struct client *c, int64_t due)
{
    uint64_t burst = (uint64_t)t->flags->burst;
    uint64_t n = burst < t->budget ? burst : t->budget;

    if (!t->sending || !c->active)
        return;
    spend(t, n);
    for (uint64_t i = 0; i < n; i++)
        add(t, c, due);
}

static void think(struct traffic *t, struct client *c, int64_t until)
{
    c->sender->thinks_until = until;
    if (!t->thinking)
        alarm_set(&t->next_thought, until);
    DL_APPEND(t->thinking, c);
}

static bool thinks(const struct client *c)
{
    return c->sender->thinks_until != NEVER;
}

static void think_no_more(struct traffic *t, struct client *c)
{
    c->sender->thinks_until = NEVER;
    DL_DELETE(t->thinking, c);
}

/* All think for the same time, so the first to begin is the first to have done. */
static void on_thought(void *owner)
{
    struct traffic *t = owner;
    struct client *c;

    while ((c = t->thinking)) {
        int64_t due = c->sender->thinks_until;
        if (due > clock_now())
            break;
        think_no_more(t, c);
        next_burst(t, c, due);
        send_pump(t, c);
    }
    alarm_set(&t->next_thought, t->thinking ? t->thinking->sender->thinks_until : NEVER);
    traffic_settle(t);
}

static void think_or_send(struct traffic *t, struct client *c, int64_t now)
{
    if (t->flags->think && t->sending)
        think(t, c, now + t->flags->think);
    else
        next_burst(t, c, now);
}

void due_passed(struct traffic *t, struct client *c, int64_t now)
{
    c->sender->answered = now;
    ready_add(&t->ready, &c->sender->ready, &c->conn);
}

void due_answered(struct traffic *t, struct client *c, int64_t now)
{
    c->sender->in_flight--;
    due_passed(t, c, now);
}

struct message *due_ended(struct traffic *t, struct client *c, int64_t now)
{
    uint64_t sequence = c->heard[0].next;
    struct message *m = flight_find(&c->sender->flight, sequence);

    heard(&c->heard[0], sequence);
    if (m)
        m->owed = 0;
    c->got++;
    t->owed--;
    due_answered(t, c, now);
    return m;
}

/* Nothing is to come before its next message. */
static bool has_done(const struct client *c)
{
    const struct sender *s = c->sender;

    return s->in_flight == 0 && s->due.count == 0 && s->pauses == 0;
}

/* libev has no more to tell, and would wait now: all that came has been read. */
static void on_all_read(struct ev_loop *loop, ev_prepare *all_read, int events)
{
    struct traffic *t = all_read->data;
    struct conn *conn;

    (void)loop, (void)events;
    while ((conn = ready_next(&t->ready))) {
        struct client *c = client_of(conn);
        if (!t->flags->open_loop && has_done(c))
            think_or_send(t, c, c->sender->answered);
        send_pump(t, c);
    }
}

/* ---- an open loop: the schedule says when ---- */

static bool is_active(const struct client *c)
{
    return c->active;
}

static bool is_free(const struct client *c)
{
    return c->active && c->sender->in_flight == 0 && c->sender->due.count == 0;
}

/* The senders take turns, those that fit; NULL if none does. */
static struct client *turn(struct traffic *t, bool (*fits)(const struct client *))
{
    for (int i = 0; i < t->sender_count; i++) {
        int place = (t->next_sender + i) % t->sender_count;
        struct client *c = &t->clients[t->senders[place]];
        if (fits(c)) {
            t->next_sender = (place + 1) % t->sender_count;
            return c;
        }
    }
    return NULL;
}

/* Where messages are given up, none is to wait for one that is not answered, as long as
 * there is a connection besides. */
struct client *due_turn(struct traffic *t)
{
    struct client *c = t->flags->patience == NEVER ? NULL : turn(t, is_free);

    c = c ? c : turn(t, is_active);
    return c ? c : &t->clients[t->senders[t->next_sender]];
}

static void hand_out(struct traffic *t, int64_t due, int64_t now)
{
    struct client *c = due_turn(t);

    spend(t, 1);
    if (due >= t->tally.first) {
        t->tally.asked++;
        hist_record(t->tally.times[LAG], now - due);
    }
    if (!c->active) {
        t->tally.unsent++;
        return;
    }
    add(t, c, due);
    send_pump(t, c);
}

static void on_due(void *owner)
{
    struct traffic *t = owner;
    int64_t due = NEVER;

    for (int i = 0; i < AT_ONCE && t->sending && t->budget; i++) {
        int64_t now = clock_now();
        due = pace_due(&t->pace);
        if (due > now || due >= t->tally.until)
            break;
        hand_out(t, due, now);
        pace_step(&t->pace);
    }
    if (t->sending && t->budget && due < t->tally.until)
        alarm_set(&t->next_due, due);
    traffic_settle(t);
}

/* Each thread takes the part of the schedule that its senders are of all senders, and
 * begins at another place of the first gap; random gaps come from a seed of its own. */
static void schedule(struct traffic *t)
{
    const struct flags *f = t->flags;
    int all = f->senders * f->rooms;
    double part;

    all = all < f->connections ? all : f->connections;
    part = (double)t->sender_count / all;
    t->pace = (struct pace){
        .from = f->rate * part, .to = f->rate_to * part, .poisson = f->poisson,
        .flat = (double)f->warmup / 1e9,
        .ramp = f->rate == f->rate_to ? 0 : (double)f->duration / 1e9,
    };
    pace_start(&t->pace, t->epoch, (double)t->thread / f->threads,
               f->seed + UINT64_C(0x9E3779B97F4A7C15) * (uint64_t)t->thread);
    alarm_set(&t->next_due, t->sender_count ? pace_due(&t->pace) : NEVER);
}

/* ---- beginning and end ---- */

void due_init(struct traffic *t, struct ev_loop *loop)
{
    ev_prepare_init(&t->all_read, on_all_read);
    t->all_read.data = t;
    ev_prepare_start(loop, &t->all_read);
    alarm_init(&t->next_due, loop, on_due, t);
    alarm_init(&t->next_thought, loop, on_thought, t);
}

void due_free(struct traffic *t)
{
    ev_prepare_stop(t->next_due.loop, &t->all_read);
    alarm_free(&t->next_due);
    alarm_free(&t->next_thought);
}

static void begin_bursts(struct traffic *t)
{
    for (int i = 0; i < t->sender_count; i++) {
        struct client *c = &t->clients[t->senders[i]];
        if (c->member || c->away) {
            next_burst(t, c, clock_now());
            send_pump(t, c);
        }
    }
}

void due_start(struct traffic *t)
{
    t->sending = true;
    if (t->flags->open_loop)
        schedule(t);
    else
        begin_bursts(t);
    traffic_settle(t);          /* a thread's share of -n may be nothing */
}

/* A closed loop's messages that are due already were of the warm-up. An open loop's may
 * have been handed out already, if we are late. */
void due_count(struct traffic *t, uint64_t limit)
{
    uint64_t begun = t->tally.asked < limit ? t->tally.asked : limit;

    t->budget = limit == UINT64_MAX ? limit : limit - begun;
    if (!t->flags->open_loop)
        t->tally.first = t->tally.last = clock_now();
}

/* In an open loop, what was due before the end is due, even if nobody turned to it. */
void due_stop(struct traffic *t)
{
    if (!t->sending)
        return;
    t->tally.stopped = clock_now();
    if (t->flags->open_loop)
        while (t->budget && pace_due(&t->pace) < t->tally.until
               && pace_due(&t->pace) <= clock_now())
            on_due(t);
    t->sending = false;
    again_stop(t);
    alarm_set(&t->next_due, NEVER);
    alarm_set(&t->next_thought, NEVER);
}

/* ---- a sender comes and goes ---- */

void due_join(struct traffic *t, struct client *c)
{
    struct sender *s = c->sender;

    s->carried = s->in_flight = 0;
    if (!t->flags->open_loop && has_done(c) && !thinks(c))
        next_burst(t, c, clock_now());
    send_pump(t, c);            /* what was due while it was away, too */
}

void due_drop(struct traffic *t, struct client *c)
{
    struct sender *s = c->sender;

    ready_drop(&t->ready, &s->ready);
    t->tally.unsent += s->due.count;
    t->waiting -= s->due.count;
    s->due.count = 0;
    s->in_flight = 0;
    if (thinks(c))
        think_no_more(t, c);
}
