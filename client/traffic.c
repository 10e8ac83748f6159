#include "traffic.h"
#include "clock.h"
#include "die.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

static struct client *client_of(struct conn *c)
{
    return (struct client *)c;
}

/* ---- who is where: connection i sits in room i mod rooms, at place i / rooms ---- */

static int room_of(const struct flags *f, int index) { return index % f->rooms; }
static int place_of(const struct flags *f, int index) { return index / f->rooms; }

static bool sends(const struct flags *f, int index)
{
    return place_of(f, index) < f->senders;
}

/* ---- making ---- */

static void *zeroed(size_t count, size_t size)
{
    void *p = calloc(count, size);  /* costs no pages that nobody touches */

    if (!p)
        die("out of memory for %zu of %zu bytes", count, size);
    return p;
}

/* A client must mask what it sends, each frame under a new key (section 5.3). We mask,
 * but keep the keys: the rule protects proxies, and there is none on the way. */
static void write_burst(struct traffic *t, struct client *c, uint32_t sender)
{
    const struct flags *f = t->flags;
    char *payload = must_alloc(f->size);
    enum ws_opcode opcode = f->text ? WS_TEXT : WS_BINARY;
    uint32_t mask;

    payload_write(&t->payload, sender, payload);
    for (int i = 0; i < f->burst; i++) {
        if (RAND_bytes((unsigned char *)&mask, sizeof mask) != 1)
            die("no random numbers to be had");
        struct frame *frame = f->mode == MODE_RAW
            ? frame_copy(payload, f->size)
            : ws_masked_frame(opcode, payload, f->size, mask);
        if (!c->burst) {
            t->frame = frame->size;
            t->head = frame->size - f->size;
            c->burst = must_alloc(t->frame * (size_t)f->burst);
        }
        memcpy(c->burst + (size_t)i * t->frame, frame->data, t->frame);
        frame_unref(frame);
    }
    free(payload);
}

/* What a job answers is known beforehand where it is a number; elsewhere all answers have
 * to be like the first. */
static void foresee_answer(struct traffic *t)
{
    const char *path = t->flags->url.path;
    long long n, a = 0, b = 1, next;

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

void traffic_init(struct traffic *t, const struct flags *f)
{
    uint32_t run;

    if (RAND_bytes((unsigned char *)&run, sizeof run) != 1)
        die("no random numbers to be had");
    *t = (struct traffic){ .flags = f, .left = UINT64_MAX };
    payload_init(&t->payload, run, f->size);
    foresee_answer(t);
    t->clients = zeroed((size_t)f->connections, sizeof *t->clients);
    t->groups = zeroed((size_t)f->rooms, sizeof *t->groups);
    for (int i = 0; i < f->connections; i++) {
        struct client *c = &t->clients[i];
        c->group = &t->groups[room_of(f, i)];
        c->group->living++;
        c->heard = zeroed((size_t)f->senders, sizeof *c->heard);
        if (sends(f, i))
            write_burst(t, c, (uint32_t)i);
    }
    t->tally.first = NEVER;
    t->tally.round_trip = hist_new();
    if (f->connections > f->rooms)
        t->tally.delivery = hist_new();
}

void traffic_free(struct traffic *t)
{
    for (int i = 0; i < t->flags->connections; i++) {
        conn_drop(&t->clients[i].conn);
        free(t->clients[i].heard);
        free(t->clients[i].burst);
    }
    free(t->clients);
    free(t->groups);
    payload_free(&t->payload);
    hist_free(t->tally.round_trip);
    hist_free(t->tally.delivery);
}

/* ---- sending ---- */

static void send_burst(struct traffic *t, struct client *c)
{
    static const uint8_t bare[4];
    uint64_t burst = (uint64_t)t->flags->burst;
    uint64_t n = burst < t->left ? burst : t->left;
    int64_t now = clock_now();

    if (!t->sending || n == 0 || c->conn.state != CONN_OPEN || !conn_idle(&c->conn))
        return;
    for (uint64_t i = 0; i < n; i++) {
        char *payload = c->burst + i * t->frame + t->head;
        const uint8_t *mask = t->head ? (const uint8_t *)payload - 4 : bare;
        payload_stamp(&t->payload, payload, mask, c->sequence++, now - t->epoch);
    }
    c->sent_at = now;
    c->in_flight = (int)n;
    if (t->left != UINT64_MAX)
        t->left -= n;
    c->group->sent += n;
    t->owed += n * (uint64_t)c->group->living;
    t->tally.expected += n * (uint64_t)c->group->living;
    conn_send(&c->conn, (struct bytes){ c->burst, n * t->frame });
}

void traffic_start(struct traffic *t)
{
    t->epoch = t->progress = clock_now();
    t->sending = true;
    for (int i = 0; i < t->flags->connections; i++)
        if (t->clients[i].burst)
            send_burst(t, &t->clients[i]);
}

void traffic_count(struct traffic *t, uint64_t limit)
{
    t->left = limit;
    t->tally.first = t->tally.last = clock_now();
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

/* Without a stamp, the order says which message this is: then nobody shares the room. */
static bool answers(struct traffic *t, struct client *c, struct bytes p, struct stamp *s)
{
    *s = (struct stamp){ .sender = (uint32_t)c->conn.index, .sequence = c->got,
                         .when = c->sent_at - t->epoch };
    if (t->flags->mode != MODE_JOB)
        return payload_check(&t->payload, p, s);
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
        corrupted(t, p, f->mode == MODE_JOB ? "not the result" : "not what was sent");
        return false;
    }
    if (f->mode == MODE_RELAY && opcode != (f->text ? WS_TEXT : WS_BINARY)) {
        corrupted(t, p, f->text ? "text came as binary" : "binary came as text");
        return false;
    }
    if (s->sender >= (uint32_t)f->connections || !sends(f, (int)s->sender)
        || t->clients[s->sender].group != c->group
        || s->sequence >= t->clients[s->sender].sequence) {
        corrupted(t, p, "a message that nobody sent to this room");
        return false;
    }
    return true;
}

static bool heard_before(struct traffic *t, struct client *c, const struct stamp *s)
{
    switch (heard(&c->heard[place_of(t->flags, (int)s->sender)], s->sequence)) {
    case HEARD_TWICE:
        t->tally.duplicated++;
        return true;
    case HEARD_LATE:
        t->tally.reordered++;
        return false;
    case HEARD_NEW:
        break;
    }
    return false;
}

/* One of its own messages is back: this is what a round trip is. */
static void back(struct traffic *t, struct client *c, int64_t sent, int64_t now)
{
    if (sent >= t->tally.first) {
        t->tally.messages++;
        t->tally.last = now;
        hist_record(t->tally.round_trip, now - sent);
        if (t->timeline)
            fprintf(t->timeline, "%lld,%lld,%d,%d\n", (long long)sent, (long long)now,
                    c->conn.index, c->conn.port);
    }
    if (--c->in_flight == 0)
        send_burst(t, c);
}

void traffic_message(struct traffic *t, struct conn *conn, uint8_t opcode,
                     struct bytes payload, int64_t now)
{
    struct client *c = client_of(conn);
    struct stamp s;

    t->progress = now;
    if (!genuine(t, c, opcode, payload, &s) || heard_before(t, c, &s))
        return;
    int64_t sent = t->epoch + s.when;
    c->got++;
    t->tally.got++;
    t->owed--;
    if (t->tally.delivery && sent >= t->tally.first)
        hist_record(t->tally.delivery, now - sent);
    if (s.sender == (uint32_t)conn->index)
        back(t, c, sent, now);
    if (t->owed == 0 && (!t->sending || t->left == 0))
        t->settled();
}

void traffic_over(struct traffic *t, struct conn *conn)
{
    struct client *c = client_of(conn);

    c->group->living--;
    t->owed -= c->group->sent - c->got;
    if (t->owed == 0 && (!t->sending || t->left == 0))
        t->settled();
}
