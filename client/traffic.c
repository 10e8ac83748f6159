#include "traffic.h"
#include "clock.h"
#include "die.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool traffic_owns(const struct traffic *t, int index)
{
    return room_of(t->flags, index) % t->flags->threads == t->thread;
}

/* ---- making ---- */

static void *zeroed(size_t count, size_t size)
{
    void *p = calloc(count, size);  /* costs no pages that nobody touches */

    if (!p)
        die("out of memory for %zu of %zu bytes", count, size);
    return p;
}

/* What a job answers is known beforehand where it is a number; of other jobs all answers
 * have to be like the first. Other pages may say something else each time. */
static void foresee_answer(struct traffic *t)
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

static void make_client(struct traffic *t, int index)
{
    const struct flags *f = t->flags;
    struct client *c = &t->clients[index];

    c->group = &t->groups[room_of(f, index)];
    c->heard = zeroed((size_t)f->senders, sizeof *c->heard);
    if (place_of(f, index) >= f->senders)
        return;
    c->sender = zeroed(1, sizeof *c->sender);
    c->sender->turn = NEVER;
    t->senders[t->sender_count++] = index;
}

void traffic_init(struct traffic *t, const struct flags *f, int thread,
                  struct ev_loop *loop)
{
    uint32_t run;

    if (getentropy(&run, sizeof run) != 0)
        die("no random numbers to be had");
    *t = (struct traffic){ .flags = f, .thread = thread, .left = UINT64_MAX };
    payload_init(&t->payload, run, f->size_least, f->size);
    t->plain = must_alloc(f->size + 1);
    foresee_answer(t);
    t->clients = zeroed((size_t)f->connections, sizeof *t->clients);
    t->groups = zeroed((size_t)f->rooms, sizeof *t->groups);
    t->senders = zeroed((size_t)f->connections, sizeof *t->senders);
    for (int i = 0; i < f->connections; i++)
        if (traffic_owns(t, i))
            make_client(t, i);
    tally_init(&t->tally);
    send_init(t, loop);
}

void traffic_free(struct traffic *t)
{
    for (int i = 0; i < t->flags->connections; i++) {
        conn_drop(&t->clients[i].conn);
        sender_free(t->clients[i].sender);
        free(t->clients[i].heard);
    }
    send_free(t);
    free(t->clients);
    free(t->groups);
    free(t->senders);
    free(t->plain);
    payload_free(&t->payload);
    hist_free(t->window);
    tally_free(&t->tally);
}

/* ---- beginning and end ---- */

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

void traffic_start(struct traffic *t)
{
    t->sending = true;
    send_start(t);
    traffic_settle(t);          /* a thread's share of -n may be nothing */
}

/* A closed loop's messages that are due already were of the warm-up. An open loop's may
 * have been handed out already, if we are late. */
void traffic_count(struct traffic *t, uint64_t limit)
{
    uint64_t begun = t->tally.asked < limit ? t->tally.asked : limit;

    t->left = limit == UINT64_MAX ? limit : limit - begun;
    if (!t->flags->open_loop)
        t->tally.first = t->tally.last = clock_now();
}

void traffic_stop(struct traffic *t)
{
    if (t->sending)
        send_stop(t);
}

void traffic_settle(struct traffic *t)
{
    if (t->owed == 0 && t->waiting == 0 && (!t->sending || t->left == 0))
        t->settled(t->owner);
}

/* ---- who is there ---- */

void traffic_join(struct traffic *t, struct conn *conn)
{
    struct client *c = client_of(conn);
    const struct flags *f = t->flags;

    c->member = c->wanted = true;
    c->group->living++;
    c->since = c->group->sent;
    c->got = 0;
    for (int i = 0; i < f->senders; i++) {
        int index = i * f->rooms + room_of(f, conn->index);
        if (index < f->connections)
            heard_from(&c->heard[i], t->clients[index].sender->sequence);
    }
    t->tally.opened++;
    hist_record(t->tally.times[CONNECT], clock_now() - conn->since);
    if (c->sender)
        send_join(t, c);
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

static void part(struct traffic *t, struct client *c)
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
    part(t, c);
    c->leaves = true;
    conn_leave(&c->conn);
}

void traffic_retire(struct traffic *t, struct client *c)
{
    if (!c->wanted)
        return;
    c->wanted = false;
    if (c->away && c->sender->due_count == 0) {
        c->away = false;
        t->away--;
    } else if (c->sender)
        send_pump(t, c);
    else
        traffic_leave(t, c);
}

void traffic_recall(struct client *c)
{
    if (c->conn.state == CONN_OPEN)
        c->wanted = true;
    if (c->conn.state == CONN_LEAVING)
        c->again = true;
}

bool traffic_parted(struct traffic *t, struct conn *conn, bool not_read)
{
    struct client *c = client_of(conn);

    if (not_read) {
        t->tally.repeated++;
        send_undo(t, c);
    }
    part(t, c);
    if (c->wanted || c->sender->due_count) {
        c->away = true;
        t->away++;
    }
    return c->sender->due_count;
}

void traffic_opens(struct traffic *t, struct client *c)
{
    if (!c->away)
        return;
    c->away = false;
    t->away--;
    t->tally.reopened++;
}

bool traffic_over(struct traffic *t, struct conn *conn)
{
    struct client *c = client_of(conn);
    bool again = c->again && (t->sending || (c->sender && c->sender->due_count));

    t->tally.reopened += again && conn->last && t->flags->churn != 1;
    part(t, c);
    c->leaves = c->again = false;
    if (again)
        return true;
    c->wanted = false;
    if (c->sender)
        send_drop(t, c);
    traffic_settle(t);
    return false;
}

void traffic_idle(struct traffic *t, struct conn *conn)
{
    if (client_of(conn)->sender)
        send_pump(t, client_of(conn));
}

/* ---- receiving ---- */

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

static bool is_job(const struct traffic *t)
{
    return t->flags->mode == MODE_JOB || t->flags->mode == MODE_HTTP;
}

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
static bool news(struct traffic *t, struct client *c, const struct stamp *s)
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

static void record(struct traffic *t, enum measure what, int64_t ns)
{
    hist_record(t->tally.times[what], ns);
}

/* One of the room has it: the first, the last, or one between them. */
static void spread(struct traffic *t, struct message *m, int64_t now)
{
    m->left--;
    if (m->due < t->tally.first)
        return;
    if (m->first == 0) {
        m->first = now;
        record(t, FIRST, now - m->due);
    }
    if (m->left == 0) {
        record(t, LAST, now - m->due);
        record(t, SPREAD, now - m->first);
    }
}

/* A message has its answer. Does it count? */
static bool counts(struct traffic *t, int64_t due, int64_t now)
{
    t->answered++;
    return tally_answer(&t->tally, due, now);
}

/* The sender has its own message back: this is what a response is. */
static void back(struct traffic *t, struct client *c, int64_t due, int64_t written,
                 int64_t now)
{
    if (t->window)
        hist_record(t->window, now - due);
    if (counts(t, due, now)) {
        t->tally.messages++;
        record(t, RESPONSE, now - due);
        if (written)
            record(t, SERVICE, now - written);
        if (t->timeline)
            fprintf(t->timeline, "%lld,%lld,%d,%d,%lld\n",
                    (long long)(written ? written : due), (long long)now, c->conn.index,
                    c->conn.port, (long long)due);
    }
    send_back(t, c, now);
}

/* The one message that is under way has an answer, which is not what was hoped for: the
 * next may be asked for all the same. */
static struct message *end_turn(struct traffic *t, struct client *c, int64_t now)
{
    uint64_t sequence = c->heard[0].next;
    struct message *m = flight_find(&c->sender->flight, sequence);

    heard(&c->heard[0], sequence);
    if (m)
        m->left = 0;
    c->got++;
    t->owed--;
    send_back(t, c, now);
    return m;
}

/* Nobody who is refused quickly makes the others' times look better: each kind has times
 * of its own. */
void traffic_refused(struct traffic *t, struct conn *conn, int status, const char *why,
                     int64_t now)
{
    struct client *c = client_of(conn);
    struct message *m = end_turn(t, c, now);
    int what = status == 503 ? RESPONSE_503 : RESPONSE_3XX + status / 100 - 3;
    struct refusals *its = &t->tally.refusals[what - RESPONSE_3XX];

    t->tally.got++;
    t->tally.refused++;
    if (its->count++ == 0)
        snprintf(its->first, sizeof its->first, "%s", why);
    if (m && counts(t, m->due, now))
        record(t, (enum measure)what, now - m->due);
    traffic_settle(t);
}

void traffic_message(struct traffic *t, struct conn *conn, uint8_t opcode,
                     struct bytes payload, int64_t now)
{
    struct client *c = client_of(conn);
    struct message *m;
    struct stamp s;

    if (!genuine(t, c, opcode, payload, &s)) {
        if (is_job(t) && c->sender->in_flight) {
            end_turn(t, c, now);
            traffic_settle(t);
        }
        return;
    }
    if (!news(t, c, &s))
        return;
    m = flight_find(&t->clients[s.sender].sender->flight, s.sequence);
    int64_t due = m ? m->due : t->epoch + s.when, written = m ? m->written : 0;
    c->got++;
    t->tally.got++;
    t->owed--;
    if (t->flags->connections == t->flags->rooms) {
        if (m)
            m->left = 0;
    } else {
        if (due >= t->tally.first)
            record(t, DELIVERY, now - due);
        if (m)
            spread(t, m, now);
    }
    if (s.sender == (uint32_t)conn->index) {
        t->tally.own++;
        back(t, c, due, written, now);
    }
    traffic_settle(t);
}
