#include "die.h"
#include "history.h"
#include "metrics.h"
#include "peer_inside.h"
#include "tell.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct peer *peer_new(const struct options *o, int connection)
{
    struct peer *p = must_alloc(sizeof *p);

    *p = (struct peer){ .options = o, .connection = connection };
    p->life.deadline = clock_now() + o->handshake;
    p->life.frame_until = NEVER;
    outbox_init(&p->out.box);
    ws_init(&p->ws, WS_SERVER, o->max_message);
    metrics_count(connections);
    tell_event(connection, "open");
    return p;
}

void peer_free(struct peer *p)
{
    if (!p)
        return;
    tell_event(p->connection, "close");
    metrics_count(closed);
    http_free(p->http);
    job_free(&p->request.job);
    ws_free(&p->ws);
    frame_unref(p->pending.frame);
    comet_free(p->comet);
    outbox_free(&p->out.box);
    free(p->in.stash);
    free(p);
}

/* ---- input ---- */

static void forget_input(struct peer *p)
{
    free(p->in.stash);
    p->in.stash = NULL;
    p->in.rest = (struct bytes){ NULL, 0 };
}

/* The bytes are only borrowed: what is left of them moves into our own keeping. */
static void keep_input(struct peer *p)
{
    if (p->in.rest.size == 0) {
        forget_input(p);
    } else if (!p->in.stash) {
        p->in.stash = must_alloc(p->in.rest.size);
        p->in.rest.data = memcpy(p->in.stash, p->in.rest.data, p->in.rest.size);
    }
}

/* More has come while some was kept, and if it comes byte by byte: what is kept is not
 * copied for each. */
static void add_input(struct peer *p, const char *data, size_t n)
{
    size_t have = p->in.rest.size;

    keep_input(p);
    if (p->in.rest.data != p->in.stash)
        memmove(p->in.stash, p->in.rest.data, have);
    p->in.stash = must_realloc(p->in.stash, have + n);
    memcpy(p->in.stash + have, data, n);
    p->in.rest = (struct bytes){ p->in.stash, have + n };
}

void peer_feed(struct peer *p, const char *data, ssize_t n)
{
    const struct options *o = p->options;

    if (n < 0 || (n == 0 && p->pending.job_out)) {
        p->state = GONE;        /* nobody is there to take an answer */
    } else if (n == 0) {
        p->in.peer_eof = true;
    } else if (p->in.rest.size == 0) {
        forget_input(p);
        p->in.rest = (struct bytes){ data, (size_t)n };
    } else if (p->in.rest.size + (size_t)n > o->max_message + o->max_head) {
        say_too_slow(p);        /* it reads nothing, and floods us */
        p->in.discard = true;
    } else {
        add_input(p, data, (size_t)n);
    }
}

/* ---- the time ---- */

/* Until when a frame under way must be whole: its bytes must keep up a rate. */
static void limit_frame(struct peer *p)
{
    const struct options *o = p->options;

    if (!ws_inside(&p->ws)) {
        p->life.frame_until = NEVER;
        return;
    }
    if (p->life.frame_until == NEVER || p->life.frame != p->ws.frames) {
        p->life.frame_since = clock_now();
        p->life.frame = p->ws.frames;
    }
    p->life.frame_until = p->life.frame_since + o->frame_within
        + (int64_t)((double)ws_got(&p->ws) * 1e9 / o->min_rate);
}

/* What was heard moves it, but not before the 101 has left. */
int64_t peer_deadline(struct peer *p)
{
    if (p->life.heard && p->out.handshake_frames == 0) {
        if (p->state == OPEN)
            p->life.deadline = clock_now() + p->options->ping_after;
        p->life.pinged = p->life.heard = false;
    }
    if (p->state == OPEN) {
        limit_frame(p);
        if (p->life.frame_until < p->life.deadline)
            p->life.deadline = p->life.frame_until;
    }
    return p->life.deadline;
}

void peer_late(struct peer *p)
{
    if (clock_now() < p->life.deadline)
        return;
    if (p->state == OPEN && p->life.frame_until <= p->life.deadline) {
        say_close(p, 1008, "a frame arrives too slowly");
    } else if (p->state == OPEN && !p->life.pinged) {
        say(p, ws_frame(WS_PING, "", 0));
        p->life.pinged = true;
        p->life.deadline = clock_now() + p->options->pong_within;
    } else if (p->state == OPEN) {
        say_close(p, 1008, "no pong");
    } else if (p->state > GONE) {
        visit_late(p);
    } else if (p->state == HEAD && p->http) {
        p->request = (struct request){ .route = ROUTE_ERROR };
        say_refusal(p, 408, "the request did not arrive in time");
        http_free(p->http);
        p->http = NULL;
    } else {
        p->state = GONE;
    }
}

/* While we did not listen a client could say nothing: its time begins now. */
static void listen_again(struct peer *p)
{
    p->life.heard = true;
    p->life.frame_until = NEVER;
}

/* ---- asking ---- */

static enum want ask_join(struct peer *p)
{
    p->pending.join = false;
    return JOIN;
}

static enum want ask_write(struct peer *p, struct ask *ask)
{
    if (!p->out.box.lent)
        ask->bytes = outbox_peek(&p->out.box);
    return WRITE;
}

static enum want ask_relay(struct peer *p, struct ask *ask)
{
    p->pending.relay = false;
    p->pending.frame_out = true;
    ask->frame = p->pending.frame;
    if (history_wanted())
        history_keep(p->request.room, ask->frame);
    return RELAY;
}

static enum want ask_work(struct peer *p, struct ask *ask)
{
    p->pending.work = false;
    p->pending.job_out = true;
    job_fail(&p->request.job, 0, NULL);
    ask->job = &p->request.job;
    tell_event(p->connection, "start");
    return WORK;
}

/* More of the input is used unless a look comes first, or so much waits to be written
 * that the line does. */
static bool may_hear(const struct peer *p, bool waiting)
{
    return p->in.rest.size && !p->in.paused
        && !(waiting && p->out.box.size > p->options->max_output / 2);
}

static enum want choose(struct peer *p, struct ask *ask)
{
    for (;;) {
        bool waiting = outbox_first(&p->out.box) != NULL;

        if (p->state >= GONE) {
            if (p->state == GONE)
                return CLOSE;
            if (visit_goes_on(p))
                continue;
        }
        if (p->pending.join)
            return ask_join(p);
        if (p->pending.job_out)
            return waiting ? ask_write(p, ask) : READ;
        if (p->pending.work)
            return ask_work(p, ask);
        if (p->pending.relay)
            return ask_relay(p, ask);
        if (may_hear(p, waiting)) {
            hear(p);
            continue;
        }
        if (waiting)
            return ask_write(p, ask);
        if (p->in.rest.size == 0 && (p->out.close_when_flushed || p->in.peer_eof))
            return CLOSE;
        return READ;
    }
}

enum want peer_next(struct peer *p, struct ask *ask)
{
    if (p->pending.frame_out) {
        frame_unref(p->pending.frame);
        p->pending.frame = NULL;
        p->pending.frame_out = false;
    }
    *ask = (struct ask){ .room = p->request.room, .deadline = NEVER };
    enum want want = choose(p, ask);
    if (want == JOIN || want == RELAY)
        return want;
    keep_input(p);
    if (want == READ || want == WRITE) {
        ask->deadline = want == READ && p->pending.job_out ? NEVER : peer_deadline(p);
        ask->more = !p->pending.job_out;
    }
    if (want == READ && !p->pending.job_out) {
        if (p->in.rest.size) {  /* a look, and then it goes on, unless a poll waits */
            ask->deadline = p->state == POLLING ? ask->deadline : 0;
            ask->more = false;
        }
        p->in.paused = false;
        p->in.taken = 0;
    }
    if (want == WRITE && p->out.box.lent) {     /* what it says ahead waits in its line */
        ask->more = ask->more && p->in.rest.size == 0;
        want = READ;
    }
    return want;
}

/* ---- what became of it ---- */

/* In a room, or among results, a text about it would pass for a message or a result. */
static void job_failed(struct peer *p)
{
    int status = p->request.job.status;
    const char *why = p->request.job.why;

    if (p->request.route == ROUTE_JOB)
        say_refusal(p, status, why);
    else if (p->state == SAYING)
        say_unsaid(p, status, why);
    else
        say_close(p, status == 503 || status == 504 ? 1013 : 1011, why);
}

static void say_number(struct peer *p)
{
    char text[32];
    int n = snprintf(text, sizeof text, "%" PRId64 "\n", p->request.job.result);

    if (p->request.route == ROUTE_JOB)
        say_answer(p, 200, text);
    else if (p->request.route == ROUTE_MESSAGE_JOB)
        say(p, ws_frame(WS_TEXT, text, (size_t)n - 1));
}

/* What a file or a database holds may be no text. It lies in a frame already, in which
 * only the header is missing. */
static void say_text(struct peer *p)
{
    struct frame *text = p->request.job.text;
    bool utf8 = utf8_text(text->data, text->size);

    if (p->request.route == ROUTE_JOB) {
        say_written(p, http_write(&p->request, 200, utf8 ? "text/plain; charset=utf-8"
                                  : "application/octet-stream", "",
                                  (struct bytes){ text->data, text->size }));
    } else if (p->request.route == ROUTE_MESSAGE_JOB) {
        p->request.job.text = NULL;
        say(p, ws_seal(text, utf8 ? WS_TEXT : WS_BINARY));
    }
}

void peer_done(struct peer *p)
{
    if (!peer_working(p))       /* it was abandoned */
        return;
    p->pending.job_out = false;
    p->in.paused = true;
    listen_again(p);
    if (p->state == SAYING)     /* now it goes to the room, however long that took */
        p->life.deadline = clock_now() + p->options->handshake;
    if (p->request.job.status) {
        job_failed(p);
    } else {
        metrics_count(jobs);
        tell_event(p->connection, "done");
        if (job_has_text(&p->request.job))
            say_text(p);
        else
            say_number(p);
    }
    if (p->state != OPEN)       /* a WebSocket does it again */
        job_free(&p->request.job);
}

bool peer_working(const struct peer *p) { return p->pending.job_out && p->state != GONE; }

void peer_pause(struct peer *p) { p->in.paused = true; }

void peer_push(struct peer *p, struct frame *f)
{
    if (p->state != OPEN)
        return;
    metrics_add(delivered, f->messages);
    say_shared(p, f);
}

void peer_lost(struct peer *p)
{
    if (p->state == OPEN)
        say_too_slow(p);
    else if (p->comet && p->state != CLOSING && p->state != GONE)
        visit_end(p);           /* it may not be woken again */
}

void peer_sending(struct peer *p, struct bytes bytes)
{
    outbox_lend(&p->out.box, bytes);
}

void peer_sent(struct peer *p, ssize_t n)
{
    struct outbox *box = &p->out.box;
    unsigned waited = outbox_count(box), *handshake = &p->out.handshake_frames;

    if (n < 0) {
        p->state = GONE;
        return;
    }
    outbox_sent(box, (size_t)n);
    unsigned left = waited - outbox_count(box);
    *handshake = *handshake > left ? *handshake - left : 0;
    /* Behind a full line no pong can come: that bytes leave is sign of life enough. Of an
     * event stream it is the only one. */
    if (n > 0 && (outbox_first(box) || p->state == STREAMING))
        listen_again(p);
}

void peer_stop(struct peer *p)
{
    if (p->state == OPEN)
        say_close(p, 1001, "the server is going away");
    else if (p->state == POLLING || p->state == STREAMING)
        visit_end(p);
    else if (p->pending.job_out || p->pending.work || !outbox_first(&p->out.box))
        p->state = GONE;
    else
        p->out.close_when_flushed = true;
}
