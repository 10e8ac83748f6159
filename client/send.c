/* The sending half of traffic.h: when a message is due, and who writes it. */
#include "clock.h"
#include "die.h"
#include "masked.h"
#include "traffic.h"
#include "wire.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

static const int64_t STALE = 10 * MS;

enum { AT_ONCE = 256 };         /* messages of the schedule, then answers get a look in */

/* ---- what is due ---- */

/* The ring's size is a power of two: no division for each message. */
static size_t due_place(const struct sender *s, size_t i)
{
    return (s->due_first + i) & (s->due_room - 1);
}

static void dues_push(struct traffic *t, struct sender *s, int64_t due)
{
    if (s->due_count == s->due_room) {
        size_t room = s->due_room ? 2 * s->due_room : 4;
        int64_t *ring = must_alloc(room * sizeof *ring);
        for (size_t i = 0; i < s->due_count; i++)
            ring[i] = s->dues[due_place(s, i)];
        free(s->dues);
        s->dues = ring;
        s->due_first = 0;
        s->due_room = room;
    }
    s->dues[due_place(s, s->due_count++)] = due;
    t->waiting++;
}

static void dues_push_first(struct traffic *t, struct sender *s, int64_t due)
{
    dues_push(t, s, due);
    s->due_first = due_place(s, s->due_room - 1);
    s->dues[s->due_first] = due;
}

static int64_t dues_pop(struct traffic *t, struct sender *s)
{
    int64_t due = s->dues[s->due_first];

    s->due_first = due_place(s, 1);
    s->due_count--;
    t->waiting--;
    return due;
}

void sender_free(struct sender *s)
{
    if (!s)
        return;
    free(s->dues);
    free(s->out);
    flight_free(&s->flight);
    free(s);
}

/* ---- what is written ---- */

static struct frame *request(const struct traffic *t)
{
    const struct flags *f = t->flags;
    char text[URL_PATH + URL_HOST + 100];
    int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n",
                     f->url.path, f->url.authority,
                     f->churn == 1 ? "Connection: close\r\n" : "");

    return frame_copy(text, (size_t)n);
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
        die("no random numbers to be had");
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
        m->due = dues_pop(t, s);
        m->written = now;
        m->left = (uint32_t)c->group->living;
        end = put(t, c, end, s->sequence++, m->due);
        if (m->due >= t->tally.first && now < t->tally.until)
            t->tally.written++;
    }
    s->in_flight += n;
    s->fresh += n;
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
    size_t n = s->due_count < t->batch ? s->due_count : t->batch;

    if (!c->member || c->conn.state != CONN_OPEN || !conn_idle(&c->conn) || c->conn.last)
        return 0;
    if (f->mode == MODE_HTTP)
        return n && s->in_flight == 0;
    if (f->churn && n > f->churn - s->fresh)
        return f->churn - s->fresh;
    return n;
}

static bool worn_out(const struct traffic *t, const struct client *c)
{
    return c->conn.last || (t->flags->churn && c->sender->fresh >= t->flags->churn);
}

/* A server closes what has been idle. If that is known before the request is written, it
 * has not been in vain; while answers come quickly, it is not worth a look each time. */
static bool is_stale(const struct traffic *t, struct client *c)
{
    const struct sender *s = c->sender;
    int64_t now;

    if (t->flags->mode != MODE_HTTP || c->conn.state != CONN_OPEN || s->in_flight
        || s->due_count == 0)
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
    if (c->away && s->due_count)
        t->wanted(t->owner, c->conn.index);
    if (s->in_flight || !c->member)
        return;
    if (worn_out(t, c)) {
        c->again = s->due_count || (c->wanted && t->sending);
        traffic_leave(t, c);
    } else if (!c->wanted && s->due_count == 0) {
        traffic_leave(t, c);
    }
}

/* ---- a closed loop: the answer before it says when the next message is due ---- */

static void turn(struct traffic *t, struct client *c, int64_t due)
{
    uint64_t burst = (uint64_t)t->flags->burst;
    uint64_t n = burst < t->left ? burst : t->left;

    if (!t->sending || !c->wanted)
        return;
    if (t->left != UINT64_MAX)
        t->left -= n;
    for (uint64_t i = 0; i < n; i++)
        dues_push(t, c->sender, due);
}

static void think(struct traffic *t, struct client *c, int64_t until)
{
    c->sender->turn = until;
    if (!t->thinking)
        alarm_set(&t->thought, until);
    DL_APPEND(t->thinking, c);
}

static bool thinks(const struct client *c)
{
    return c->sender->turn != NEVER;
}

static void think_no_more(struct traffic *t, struct client *c)
{
    c->sender->turn = NEVER;
    DL_DELETE(t->thinking, c);
}

/* All think for the same time, so who began first is the first to have done. */
static void on_thought(void *owner)
{
    struct traffic *t = owner;
    struct client *c;

    while ((c = t->thinking)) {
        int64_t due = c->sender->turn;
        if (due > clock_now())
            break;
        think_no_more(t, c);
        turn(t, c, due);
        send_pump(t, c);
    }
    alarm_set(&t->thought, t->thinking ? t->thinking->sender->turn : NEVER);
    traffic_settle(t);
}

static void next_turn(struct traffic *t, struct client *c, int64_t now)
{
    if (t->flags->think && t->sending)
        think(t, c, now + t->flags->think);
    else
        turn(t, c, now);
}

void send_back(struct traffic *t, struct client *c, int64_t now)
{
    struct sender *s = c->sender;

    s->in_flight--;
    s->answered = now;
    ready_add(&t->ready, &s->ready, &c->conn);
}

/* libev has no more to tell, and would wait now: all that came has been read. */
static void on_all_read(struct ev_loop *loop, ev_prepare *all_read, int events)
{
    struct traffic *t = all_read->data;
    struct conn *conn;

    (void)loop, (void)events;
    while ((conn = ready_next(&t->ready))) {
        struct client *c = client_of(conn);
        struct sender *s = c->sender;
        if (!t->flags->open_loop && s->in_flight == 0 && s->due_count == 0)
            next_turn(t, c, s->answered);
        send_pump(t, c);
    }
}

/* ---- an open loop: the schedule says when ---- */

/* The senders take turns. One that is not there is passed over, if any other is. */
static struct client *whose_turn(struct traffic *t)
{
    struct client *c = NULL;

    for (int i = 0; i < t->sender_count; i++) {
        c = &t->clients[t->senders[t->turn]];
        t->turn = (t->turn + 1) % t->sender_count;
        if (c->wanted)
            break;
    }
    return c;
}

static void hand_out(struct traffic *t, int64_t due, int64_t now)
{
    struct client *c = whose_turn(t);

    if (t->left != UINT64_MAX)
        t->left--;
    if (due >= t->tally.first) {
        t->tally.asked++;
        hist_record(t->tally.times[LAG], now - due);
    }
    if (!c->wanted) {
        t->tally.unsent++;
        return;
    }
    dues_push(t, c->sender, due);
    send_pump(t, c);
}

static void on_due(void *owner)
{
    struct traffic *t = owner;
    int64_t due = NEVER;

    for (int i = 0; i < AT_ONCE && t->sending && t->left; i++) {
        int64_t now = clock_now();
        due = pace_due(&t->pace);
        if (due > now || due >= t->tally.until)
            break;
        hand_out(t, due, now);
        pace_step(&t->pace);
    }
    if (t->sending && t->left && due < t->tally.until)
        alarm_set(&t->due, due);
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
    alarm_set(&t->due, t->sender_count ? pace_due(&t->pace) : NEVER);
}

/* ---- beginning and end ---- */

void send_init(struct traffic *t, struct ev_loop *loop)
{
    const struct flags *f = t->flags;
    struct frame *largest = encode(t, 0, f->size);

    t->frame = largest->size;
    frame_unref(largest);
    t->batch = (size_t)f->burst;
    if (f->open_loop && f->mode != MODE_HTTP)
        t->batch = t->frame < 1024 ? 16 : 1;    /* when it has fallen behind */
    ev_prepare_init(&t->all_read, on_all_read);
    t->all_read.data = t;
    ev_prepare_start(loop, &t->all_read);
    alarm_init(&t->due, loop, on_due, t);
    alarm_init(&t->thought, loop, on_thought, t);
}

void send_free(struct traffic *t)
{
    ev_prepare_stop(t->due.loop, &t->all_read);
    alarm_free(&t->due);
    alarm_free(&t->thought);
}

void send_start(struct traffic *t)
{
    if (t->flags->open_loop) {
        schedule(t);
        return;
    }
    for (int i = 0; i < t->sender_count; i++) {
        struct client *c = &t->clients[t->senders[i]];
        if (c->member || c->away) {
            turn(t, c, clock_now());
            send_pump(t, c);
        }
    }
}

/* In an open loop, what was due before the end is due, even if nobody turned to it. */
void send_stop(struct traffic *t)
{
    if (t->flags->open_loop)
        while (t->left && pace_due(&t->pace) < t->tally.until
               && pace_due(&t->pace) <= clock_now())
            on_due(t);
    t->sending = false;
    alarm_set(&t->due, NEVER);
    alarm_set(&t->thought, NEVER);
}

void send_join(struct traffic *t, struct client *c)
{
    struct sender *s = c->sender;

    s->fresh = s->in_flight = 0;
    if (!t->flags->open_loop && s->due_count == 0 && !thinks(c))
        turn(t, c, clock_now());
    send_pump(t, c);            /* what was due while it was away, too */
}

/* HTTP has one message under way, so it was the last to be written. */
void send_undo(struct traffic *t, struct client *c)
{
    struct sender *s = c->sender;
    struct message *m = flight_find(&s->flight, --s->sequence);

    if (m->due >= t->tally.first && m->written < t->tally.until)
        t->tally.written--;
    m->left = 0;
    s->in_flight = 0;
    c->group->sent--;
    t->owed--;
    t->tally.expected--;
    dues_push_first(t, s, m->due);
}

void send_drop(struct traffic *t, struct client *c)
{
    struct sender *s = c->sender;

    ready_drop(&t->ready, &s->ready);
    t->tally.unsent += s->due_count;
    t->waiting -= s->due_count;
    s->due_count = 0;
    s->in_flight = 0;
    if (thinks(c))
        think_no_more(t, c);
}
