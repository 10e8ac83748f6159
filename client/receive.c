#include "receive.h"
#include "again.h"
#include "clock.h"
#include "due.h"
#include "reply.h"

#include <string.h>

/* ---- what is to come back ---- */

static bool is_job(const struct traffic *t)
{
    return t->flags->mode == MODE_JOB || t->flags->mode == MODE_HTTP;
}

/* What a job answers is known beforehand where it is a number; of other jobs all answers
 * have to be like the first. Other pages may say something else each time. */
void receive_init(struct traffic *t)
{
    const char *path = t->flags->url.path;
    long long n, a = 0, b = 1, next;

    t->judges = strncmp(path, "/job/", 5) == 0;

    if (sscanf(path, "/job/sleep:%lld", &n) == 1
        || sscanf(path, "/job/nap:%lld", &n) == 1) {
        snprintf(t->answer, sizeof t->answer, "%lld", n);
    } else if (sscanf(path, "/job/cpu:%lld", &n) == 1
               || sscanf(path, "/job/await:%lld", &n) == 1) {
        for (; n > 0 && n <= 90; n--, a = b, b = next)
            next = a + b;
        snprintf(t->answer, sizeof t->answer, "%lld", a);
    }
}

/* ---- is it that? ---- */

/* Without a stamp, the order says which message this is: then nobody shares the room. */
static bool answers(struct traffic *t, struct client *c, struct bytes p, struct stamp *s)
{
    *s = (struct stamp){ .sender = (uint32_t)c->conn.index,
                         .sequence = c->heard[0].next };
    if (!is_job(t))
        return payload_check(&t->payload, p, s);
    if (!t->judges)
        return true;
    if (p.size && p.data[p.size - 1] == '\n')
        p.size--;
    if (!t->answer[0])
        snprintf(t->answer, sizeof t->answer, "%.*s", (int)p.size, p.data);
    return p.size == strlen(t->answer) && memcmp(p.data, t->answer, p.size) == 0;
}

static void corrupted(struct traffic *t, struct bytes p, const char *what)
{
    int n = p.size < 40 ? (int)p.size : 40;

    if (t->tally.corrupted++)
        return;
    snprintf(t->tally.corruption, sizeof t->tally.corruption, "%s: %zu bytes, \"%.*s\"%s",
             what, p.size, n, p.data, p.size > 40 ? "..." : "");
    for (char *s = t->tally.corruption; *s; s++)
        if (*s < ' ' || *s > '~')
            *s = '.';
}

/* Is this a message that was sent to this client? If it is, s says which. */
static bool genuine(struct traffic *t, struct client *c, uint8_t opcode, struct bytes p,
                    struct stamp *s)
{
    const struct flags *f = t->flags;

    if (!answers(t, c, p, s)) {
        corrupted(t, p, is_job(t) ? "not the result" : "not what was sent");
        return false;
    }
    if (f->mode == MODE_RELAY && opcode != (f->text ? WS_TEXT : WS_BINARY)) {
        corrupted(t, p, f->text ? "text came as binary" : "binary came as text");
        return false;
    }
    const struct client *from =
        s->sender < (uint32_t)f->connections ? &t->clients[s->sender] : NULL;
    if (from && from->sender && from->group != c->group) {
        corrupted(t, p, "a message of another room, see --room-path");
        return false;
    }
    if (!from || !from->sender || s->sequence >= from->sender->sequence) {
        corrupted(t, p, "a message that nobody sent to this room");
        return false;
    }
    return true;
}

/* False: nothing that it still had to get. */
static bool is_news(struct traffic *t, struct client *c, const struct stamp *s)
{
    switch (heard(&c->heard[place_of(t->flags, (int)s->sender)], s->sequence)) {
    case HEARD_TWICE:
        t->tally.duplicated++;
        return false;
    case HEARD_EARLY:
        return false;
    case HEARD_LATE:
        t->tally.reordered++;
        return true;
    case HEARD_NEW:
        break;
    }
    return true;
}

/* ---- it counts ---- */

static void record(struct traffic *t, enum measure what, int64_t ns)
{
    hist_record(t->tally.times[what], ns);
}

/* One of the room has it: the first, the last, or one between them. */
static void spread(struct traffic *t, struct message *m, int64_t now)
{
    m->owed--;
    if (m->due < t->tally.first)
        return;
    if (m->first == 0) {
        m->first = now;
        record(t, FIRST, now - m->due);
    }
    if (m->owed == 0) {
        record(t, LAST, now - m->due);
        record(t, SPREAD, now - m->first);
    }
}

/* A member has it. Where nobody shares a room, that is its sender. */
static void deliver(struct traffic *t, struct client *c, struct message *m, int64_t due,
                    int64_t now)
{
    c->got++;
    t->tally.got++;
    t->owed--;
    if (t->flags->connections == t->flags->rooms) {
        if (m)
            m->owed = 0;
        return;
    }
    if (due >= t->tally.first)
        record(t, DELIVERY, now - due);
    if (m)
        spread(t, m, now);
}

/* A message has its answer. Does it count? */
static bool counts(struct traffic *t, int64_t due, int64_t now)
{
    t->answered++;
    return tally_answer(&t->tally, due, now);
}

/* The sender has its own message back: this is what a response is. */
static void respond(struct traffic *t, struct client *c, int64_t due, int64_t written,
                    int64_t now)
{
    t->tally.own++;
    if (t->window)
        hist_record(t->window, now - due);
    if (counts(t, due, now)) {
        t->tally.messages++;
        seconds_add(&t->tally.goodput, now - t->tally.first);
        record(t, RESPONSE, now - due);
        if (written)
            record(t, SERVICE, now - written);
        if (t->timeline)
            fprintf(t->timeline, "%lld,%lld,%d,%d,%lld\n",
                    (long long)(written ? written : due), (long long)now, c->conn.index,
                    c->conn.port, (long long)due);
    }
    due_answered(t, c, now);
}

/* Nobody who is refused quickly makes the others' times look better: each kind has times
 * of its own, which count from when this attempt was asked. */
void receive_refused(struct traffic *t, struct client *c, int status, const char *why,
                     int64_t now)
{
    struct message *m = due_ended(t, c, now);
    int what = status == 503 ? RESPONSE_503 : RESPONSE_3XX + status / 100 - 3;
    struct refusals *its = &t->tally.refusals[what - RESPONSE_3XX];

    tally_status(&t->tally, status);
    t->tally.got++;
    t->tally.refused++;
    if (its->count++ == 0)
        snprintf(its->first, sizeof its->first, "%s", why);
    if (m && counts(t, m->due, now))
        record(t, (enum measure)what, now - m->asked);
    if (m && status >= 500)
        again_ask(t, c, (struct attempt){ m->due, m->asked, m->tries }, now);
    traffic_settle(t);
}

void receive_message(struct traffic *t, struct client *c, uint8_t opcode,
                     struct bytes payload, int64_t now)
{
    struct message *m;
    struct stamp s;

    if (t->flags->mode == MODE_HTTP)
        tally_status(&t->tally, reply_status(c->conn.reply));
    if (!genuine(t, c, opcode, payload, &s)) {
        if (is_job(t) && c->sender->in_flight) {
            due_ended(t, c, now);
            traffic_settle(t);
        }
        return;
    }
    if (t->flags->patience != NEVER && again_too_late(t, c, now)) {
        traffic_settle(t);
        return;
    }
    if (!is_news(t, c, &s))
        return;
    m = flight_find(&t->clients[s.sender].sender->flight, s.sequence);
    int64_t due = m ? m->due : t->epoch + s.when, written = m ? m->written : 0;
    deliver(t, c, m, due, now);
    if (s.sender == (uint32_t)c->conn.index)
        respond(t, c, due, written, now);
    traffic_settle(t);
}
