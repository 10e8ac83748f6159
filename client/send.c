#include "send.h"
#include "clock.h"
#include "die.h"
#include "masked.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int64_t STALE = 10 * MS;

/* ---- what a message is ---- */

static struct frame *request(const struct traffic *t)
{
    const struct flags *f = t->flags;
    char *text;
    int n = asprintf(&text, "GET %s HTTP/1.1\r\nHost: %s\r\n%s%s\r\n", f->url.path,
                     f->url.authority, f->credential ? f->credential : "",
                     f->churn == 1 ? "Connection: close\r\n" : "");

    if (n < 0)
        die("out of memory for a request");
    struct frame *frame = frame_copy(text, (size_t)n);
    free(text);
    return frame;
}

/* A client must mask what it sends, each frame under a new key (section 5.3). We mask,
 * but keep the keys: the rule protects proxies, and there is none on the way. */
static struct frame *encode(struct traffic *t, uint32_t sender, size_t size)
{
    const struct flags *f = t->flags;
    uint32_t mask;

    if (f->mode == MODE_HTTP)
        return request(t);
    payload_write(&t->payload, sender, size, t->plain);
    if (f->mode == MODE_RAW)
        return frame_copy(t->plain, size);
    if (getentropy(&mask, sizeof mask) != 0)
        die("the system has no random numbers");
    return masked_frame(f->text ? WS_TEXT : WS_BINARY, t->plain, size, mask);
}

/* Puts a message at this place of the client's output; returns its end. What lies there
 * from the last time needs only another stamp, as long as all are of one size. */
static size_t put(struct traffic *t, struct client *c, size_t at, uint64_t sequence,
                  int64_t due)
{
    static const uint8_t bare[4];
    const struct flags *f = t->flags;
    struct sender *s = c->sender;
    uint32_t sender = (uint32_t)c->conn.index;
    size_t size = payload_size(&t->payload, sender, sequence), n = t->frame;

    if (at >= s->filled) {
        struct frame *frame = encode(t, sender, size);
        n = frame->size;
        memcpy(s->out + at, frame->data, n);
        frame_unref(frame);
        if (f->size_least == f->size)
            s->filled = at + n;
    }
    if (f->mode != MODE_HTTP) {
        char *payload = s->out + at + n - size;
        const uint8_t *mask = f->mode == MODE_RAW ? bare : (const uint8_t *)payload - 4;
        payload_stamp(&t->payload, payload, mask, sequence, due - t->epoch);
    }
    return at + n;
}

void send_init(struct traffic *t)
{
    const struct flags *f = t->flags;
    struct frame *largest = encode(t, 0, f->size);

    t->frame = largest->size;
    frame_unref(largest);
    t->batch = (size_t)f->burst;
    if (f->open_loop && f->mode != MODE_HTTP)
        t->batch = t->frame < 1024 ? 16 : 1;    /* when it has fallen behind */
}

/* ---- writing ---- */

static void write_messages(struct traffic *t, struct client *c, size_t n)
{
    struct sender *s = c->sender;
    int64_t now = clock_now();
    uint64_t owed = n * (uint64_t)c->group->living;
    size_t end = 0;

    if (!s->out)
        s->out = must_alloc(t->frame * t->batch);
    for (size_t i = 0; i < n; i++) {
        struct message *m = flight_new(&s->flight, s->sequence, s->in_flight + i);
        struct attempt a = queue_pop(&s->due);
        m->due = a.due;
        m->asked = a.asked;
        m->tries = a.tries;
        m->written = now;
        m->owed = (uint32_t)c->group->living;
        end = put(t, c, end, s->sequence++, m->due);
        if (m->tries == 0 && m->due >= t->tally.first && now < t->tally.until)
            t->tally.written++;
    }
    t->waiting -= n;
    s->in_flight += n;
    s->carried += n;
    c->group->sent += n;
    t->owed += owed;
    t->tally.expected += owed;
    conn_send(&c->conn, (struct bytes){ s->out, end });
}

/* How many of its due messages can be written now? On HTTP one, and the next when it is
 * answered: there is no telling what a server does with more. */
static size_t writable(const struct traffic *t, const struct client *c)
{
    const struct flags *f = t->flags;
    const struct sender *s = c->sender;
    size_t n = s->due.count < t->batch ? s->due.count : t->batch;

    if (!c->member || c->conn.state != CONN_OPEN || !conn_idle(&c->conn) || c->conn.last)
        return 0;
    if (f->mode == MODE_HTTP)
        return n && s->in_flight == 0;
    if (f->churn && n > f->churn - s->carried)
        return f->churn - s->carried;
    return n;
}

/* ---- may it write, must it leave? ---- */

static bool worn_out(const struct traffic *t, const struct client *c)
{
    return c->conn.last || (t->flags->churn && c->sender->carried >= t->flags->churn);
}

/* A server closes what has been idle. If that is known before the request is written, it
 * has not been in vain; while answers come quickly, it is not worth a look each time. */
static bool is_stale(const struct traffic *t, struct client *c)
{
    const struct sender *s = c->sender;
    int64_t now;

    if (t->flags->mode != MODE_HTTP || c->conn.state != CONN_OPEN || s->in_flight
        || s->due.count == 0)
        return false;
    now = clock_now();
    return now - c->conn.quiet > STALE && wire_has_ended(&c->conn, now);
}

void send_pump(struct traffic *t, struct client *c)
{
    struct sender *s = c->sender;
    size_t n;

    if (is_stale(t, c))
        return;
    while ((n = writable(t, c)) > 0)
        write_messages(t, c, n);
    if (c->away && s->due.count)
        t->reopen(t->owner, c->conn.index);
    if (s->in_flight || !c->member)
        return;
    if (worn_out(t, c)) {
        c->returns = s->due.count || (c->active && t->sending);
        traffic_leave(t, c);
    } else if (!c->active && s->due.count == 0) {
        traffic_leave(t, c);
    }
}

/* ---- what was written in vain ---- */

/* HTTP has one message under way, so it was the last to be written. */
void send_undo(struct traffic *t, struct client *c)
{
    struct sender *s = c->sender;
    struct message *m = flight_find(&s->flight, --s->sequence);

    if (m->tries == 0 && m->due >= t->tally.first && m->written < t->tally.until)
        t->tally.written--;
    m->owed = 0;
    s->in_flight = 0;
    c->group->sent--;
    t->owed--;
    t->tally.expected--;
    queue_push_first(&s->due, (struct attempt){ m->due, m->asked, m->tries });
    t->waiting++;
}
