#include "again.h"
#include "clock.h"
#include "die.h"
#include "due.h"
#include "send.h"

#include <stdlib.h>
#include <utlist.h>

static const int64_t GRAIN = MS;    /* from one look at all senders to the next */

struct retry {                  /* a message that pauses before it is asked again */
    struct attempt attempt;     /* asked: when the pause is over */
    struct client *client;
    struct retry *prev, *next;
};

/* ---- when to look ---- */

static int64_t deadline(const struct traffic *t, int64_t asked)
{
    bool some = asked != NEVER && t->flags->patience != NEVER;

    return some ? asked + t->flags->patience : NEVER;
}

static void look_by(struct traffic *t, int64_t when)
{
    if (t->looks && when < t->next_look.when)
        alarm_set(&t->next_look, when);
}

void again_watch(struct traffic *t, int64_t asked)
{
    look_by(t, deadline(t, asked));
}

/* ---- asking again ---- */

static void ask(struct traffic *t, struct client *c, struct attempt a)
{
    queue_push(&c->sender->due, a);
    t->waiting++;
    t->tally.retried++;
    again_watch(t, a.asked);
}

static void pause_first(struct traffic *t, struct client *c, struct attempt a)
{
    struct retry *r = must_alloc(sizeof *r);

    *r = (struct retry){ .attempt = a, .client = c };
    DL_APPEND(t->retries, r);
    c->sender->pauses++;
    t->waiting++;
    look_by(t, a.asked);
}

static void end_pause(struct traffic *t, struct retry *r)
{
    DL_DELETE(t->retries, r);
    r->client->sender->pauses--;
    t->waiting--;
    free(r);
}

void again_ask(struct traffic *t, struct client *c, struct attempt a, int64_t now)
{
    const struct flags *f = t->flags;

    if (!t->sending || a.tries == f->retries)
        return;
    a.tries++;
    a.asked = now + f->retry_after;
    if (f->retry_after)
        pause_first(t, c, a);
    else
        ask(t, c, a);
}

/* All pause for the same time, so the first to begin is the first to have done. In an
 * open loop its connection may be busy by now. */
static void ask_the_paused(struct traffic *t, int64_t now)
{
    struct retry *r;

    while ((r = t->retries) && r->attempt.asked <= now) {
        struct client *c = t->flags->open_loop ? due_turn(t) : r->client;
        struct attempt a = r->attempt;
        end_pause(t, r);
        if (c->active) {
            ask(t, c, a);
            send_pump(t, c);
        } else {
            t->tally.unsent++;
        }
    }
}

/* ---- giving up ---- */

/* Of a sender's messages the one that was asked first: it is in flight, or else the next
 * to be written. */
static int64_t first_asked(const struct sender *s)
{
    const struct message *m = NULL;

    if (s->in_flight)
        m = flight_find(&s->flight, s->sequence - 1);
    return m ? m->asked : s->due.count ? queue_first(&s->due)->asked : NEVER;
}

static bool is_late(const struct traffic *t, const struct sender *s, int64_t now)
{
    return deadline(t, first_asked(s)) < now;
}

/* Was it written when half of the patience was over, since its connection was busy? */
static bool came_late(const struct traffic *t, const struct client *c,
                      const struct message *m)
{
    int64_t turn = c->conn.since > m->asked ? c->conn.since : m->written;

    return turn - m->asked > t->flags->patience / 2;
}

static void give_up_flight(struct traffic *t, struct client *c, int64_t now)
{
    const struct message *m = due_ended(t, c, now);

    t->tally.unsent += came_late(t, c, m);
    t->tally.expected--;
    t->tally.gave_up++;
    again_ask(t, c, (struct attempt){ m->due, m->asked, m->tries }, now);
}

/* Has it waited for the server to take its connection, most of its time? */
static bool waits_outside(const struct traffic *t, const struct client *c, int64_t now)
{
    return c->conn.state == CONN_CONNECTING
        && now - c->conn.since > t->flags->patience / 2;
}

/* One that was never written. If it has waited outside, that is how it was asked. Else
 * there are too few connections, and that is our fault. */
static void give_up_waiting(struct traffic *t, struct client *c, bool outside,
                            int64_t now)
{
    struct attempt a = queue_pop(&c->sender->due);

    t->waiting--;
    t->tally.gave_up++;
    t->tally.unsent += !outside;
    if (outside && a.tries == 0 && a.due >= t->tally.first && a.due < t->tally.until)
        t->tally.written++;
    due_passed(t, c, now);
    again_ask(t, c, a, now);
}

static void look_at(struct traffic *t, struct client *c, int64_t now)
{
    bool outside = waits_outside(t, c, now), over = false;

    while (is_late(t, c->sender, now)) {
        over |= outside || c->sender->in_flight;
        if (c->sender->in_flight)
            give_up_flight(t, c, now);
        else
            give_up_waiting(t, c, outside, now);
        outside = false;
    }
    if (over)
        conn_break(&c->conn, GIVEN_UP, "");
}

bool again_too_late(struct traffic *t, struct client *c, int64_t now)
{
    if (!is_late(t, c->sender, now))
        return false;
    give_up_flight(t, c, now);
    return true;
}

/* Returns when the next message will be late. Breaking a connection may end the run. */
static int64_t look_at_all(struct traffic *t, int64_t now)
{
    int64_t first = NEVER;

    for (int i = 0; t->looks && i < t->sender_count; i++) {
        struct client *c = &t->clients[t->senders[i]];
        look_at(t, c, now);
        first = first_asked(c->sender) < first ? first_asked(c->sender) : first;
    }
    return deadline(t, first);
}

static void on_time(void *owner)
{
    struct traffic *t = owner;
    int64_t now = clock_now(), next;

    ask_the_paused(t, now);
    next = look_at_all(t, now);
    if (t->retries && t->retries->attempt.asked < next)
        next = t->retries->attempt.asked;
    if (t->looks)
        alarm_set(&t->next_look, next < now + GRAIN ? now + GRAIN : next);
    traffic_settle(t);
}

/* ---- beginning and end ---- */

void again_init(struct traffic *t, struct ev_loop *loop)
{
    t->looks = t->flags->patience != NEVER || t->flags->retries;
    if (t->looks)
        alarm_init(&t->next_look, loop, on_time, t);
}

void again_stop(struct traffic *t)
{
    while (t->retries)
        end_pause(t, t->retries);
}

void again_end(struct traffic *t)
{
    again_stop(t);
    if (t->looks)
        alarm_set(&t->next_look, NEVER);
    t->looks = false;
}

void again_free(struct traffic *t)
{
    again_end(t);
    alarm_free(&t->next_look);
}
