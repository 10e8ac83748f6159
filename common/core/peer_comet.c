#include "clock.h"
#include "die.h"
#include "history.h"
#include "metrics.h"
#include "peer_inside.h"
#include "utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of what has been said, as much goes into one answer or one frame of events as will stay
 * below half of max_output, however it is written: an event of one byte takes 36. */
enum { PART = 32 };

static size_t half(const struct peer *p) { return p->options->max_output / 2; }

static struct comet *comet_of(struct peer *p)
{
    if (!p->comet) {
        p->comet = must_alloc(sizeof *p->comet);
        *p->comet = (struct comet){ .room = "" };
    }
    return p->comet;
}

/* Once for a room: until the connection ends, it stays a member. */
static void join(struct peer *p, enum state state)
{
    p->pending.join = strcmp(p->comet->room, p->request.room) != 0;
    strcpy(p->comet->room, p->request.room);
    p->life.deadline = clock_now() + p->options->handshake;
    p->state = state;
}

/* To a poll. That may have taken as long as a job, so there is a look. */
static void answer(struct peer *p, int status, const char *type, struct bytes body)
{
    char lines[80];

    snprintf(lines, sizeof lines,
             "Cache-Control: no-store\r\nRelay-Cursor: %" PRIu64 "\r\n", p->comet->known);
    p->state = HEAD;
    p->in.paused = true;
    say_written(p, http_write(&p->request, status, type, lines, body));
}

static void refuse(struct peer *p, int status, const char *why)
{
    p->state = HEAD;
    say_refusal(p, status, why);
}

/* ---- saying something ---- */

/* From here on it is a message like any other. */
static void body_is_whole(struct peer *p)
{
    struct comet *c = p->comet;
    bool binary = p->request.visit.binary;

    if (!binary && !utf8_text(c->body->data, c->body->size)) {
        refuse(p, 400, "a text is UTF-8; other bytes are application/octet-stream");
        frame_unref(c->body);
    } else {
        p->pending.frame = ws_seal(c->body, binary ? WS_BINARY : WS_TEXT);
        p->pending.frame->messages = 1;
        metrics_count(received);
        join(p, SAYING);
        p->pending.relay = true;
        p->pending.work = p->request.has_job;
    }
    c->body = NULL;
}

/* Its bytes must keep up a rate, as a WebSocket frame's do: what is announced and does
 * not come is not waited for. */
static void limit_body(struct peer *p)
{
    struct comet *c = p->comet;

    p->life.deadline = c->until
        + (int64_t)((double)c->body->size * 1e9 / p->options->min_rate);
}

/* Its buffer grows with what comes. */
static void begin_body(struct peer *p)
{
    struct visit *v = &p->request.visit;

    p->state = SAYING;
    p->comet->body = frame_new(v->size < 65536 ? v->size : 65536);
    p->comet->until = clock_now() + p->options->frame_within;
    limit_body(p);
    if (v->expects && v->size)
        say(p, frame_copy("HTTP/1.1 100 Continue\r\n\r\n", 25));
    if (v->size == 0)
        body_is_whole(p);
}

void hear_body(struct peer *p)
{
    struct bytes *rest = &p->in.rest;
    struct visit *v = &p->request.visit;
    size_t n = rest->size < v->size ? rest->size : v->size;

    p->comet->body = frame_append(p->comet->body, rest->data, n);
    rest->data += n;
    rest->size -= n;
    v->size -= n;
    if (v->size == 0)
        body_is_whole(p);
    else
        limit_body(p);
}

/* It is with the room. */
static void answer_said(struct peer *p)
{
    p->state = HEAD;
    say_written(p, http_write(&p->request, 204, NULL, "", (struct bytes){ NULL, 0 }));
}

void say_unsaid(struct peer *p, int status, const char *why)
{
    frame_unref(p->pending.frame);
    p->pending.frame = NULL;
    p->pending.relay = false;
    refuse(p, status, why);
}

/* ---- hearing what was said ---- */

static struct frame *write_down(struct peer *p, const struct frame *run)
{
    bool poll = p->state == POLLING;
    struct frame *f = frame_new(run->size + 32 * run->messages + 2);
    struct bytes rest = { run->data, run->size }, message;
    uint64_t number = p->comet->known - run->messages;
    enum ws_opcode opcode;

    while ((message = ws_take(&rest, &opcode)).data)
        if (poll) {
            f = frame_append(f, f->size ? "," : "[", 1);
            f = comet_json(f, opcode == WS_TEXT, message);
        } else {
            f = comet_event(f, ++number, opcode == WS_TEXT, message);
        }
    return frame_fit(poll ? frame_append(f, "]\n", 2) : f);
}

static void tell_lost(struct peer *p)
{
    static const char why[] = "410 some messages have left the history: go on from this "
                              "answer's Relay-Cursor\n";
    struct bytes text = { why, sizeof why - 1 };
    char event[80];

    if (p->state == POLLING) {
        metrics_count(refused);
        answer(p, 410, "text/plain; charset=utf-8", text);
    } else {
        int n = snprintf(event, sizeof event, "id: %" PRIu64 "\nevent: lost\ndata: \n\n",
                         p->comet->known);

        say(p, frame_copy(event, (size_t)n));
    }
}

/* Tells what has come since the client was told anything. False: nothing has, or so much
 * waits to be written that the rest may wait in the history. A message that takes more
 * than half of what may wait for a client would only end its line, and do so again when
 * it comes back: it is lost. */
static bool tell_news(struct peer *p)
{
    struct comet *c = p->comet;
    uint64_t known = c->known;
    struct frame *run, *f = NULL;
    bool lost;

    if (p->out.box.size > half(p))
        return false;
    run = history_after(c->room, c->until, &c->known, p->options->max_output / PART,
                        &lost);
    if (!run && !lost)
        return false;
    if (run)
        f = write_down(p, run);
    if (lost || outbox_cost(f) > half(p)) {
        tell_lost(p);
        if (p->state == STREAMING && c->known == known)
            visit_end(p);       /* nothing is kept for it any more */
    } else {
        metrics_add(delivered, run->messages);
        if (p->state == POLLING)
            answer(p, 200, "application/json", (struct bytes){ f->data, f->size });
        else
            say_shared(p, f);
    }
    frame_unref(f);
    frame_unref(run);
    return true;
}

static void begin_hearing(struct peer *p)
{
    struct comet *c = p->comet;
    bool poll = p->request.route == ROUTE_POLL;
    uint64_t last;

    c->until = clock_now() + (poll ? p->request.visit.wait : p->options->ping_after);
    if (!history_attend(p->request.room, c->until, &last)) {
        refuse(p, 503, "the history has no place for another room");
        return;
    }
    c->known = p->request.visit.after != NO_NUMBER ? p->request.visit.after : last;
    join(p, poll ? POLLING : STREAMING);
    if (!poll) {
        p->in.discard = true;
        say(p, http_stream(&p->request));
    }
}

void begin_visit(struct peer *p)
{
    comet_of(p);
    if (p->request.route == ROUTE_SAY)
        begin_body(p);
    else
        begin_hearing(p);
}

/* While a poll waits, what its client may have sent behind it is not looked at. */
static bool wait_on(struct peer *p)
{
    struct comet *c = p->comet;

    if (p->state == POLLING && clock_now() >= c->until) {
        answer(p, 204, NULL, (struct bytes){ NULL, 0 });
        return true;
    }
    p->life.deadline = c->until;
    p->in.paused = p->state == POLLING;
    return false;
}

bool visit_goes_on(struct peer *p)
{
    if (p->pending.join || p->pending.work || p->pending.job_out || p->pending.relay)
        return false;
    if (p->state == STREAMING && p->life.heard) {       /* some of it has left */
        p->comet->until = clock_now() + p->options->ping_after;
        p->life.heard = false;
    }
    if (p->state != SAYING)
        return tell_news(p) || wait_on(p);
    if (p->comet->body)
        return false;           /* it is still to come */
    answer_said(p);
    return true;
}

/* ---- and how it ends ---- */

void comet_free(struct comet *c)
{
    if (c)
        frame_unref(c->body);
    free(c);
}

void visit_late(struct peer *p)
{
    struct comet *c = p->comet;

    if (p->state == SAYING && c->body) {
        p->request.keep_alive = false;
        refuse(p, 408, "the body did not arrive in time");
    } else if (p->state == SAYING || p->pending.join) {
        p->state = GONE;
    } else if (p->state == STREAMING && outbox_first(&p->out.box)) {
        p->state = GONE;        /* it takes nothing */
    } else if (p->state == STREAMING) {
        c->until = clock_now() + p->options->ping_after;
        say(p, frame_copy(":\n\n", 3));
    }
}

void visit_end(struct peer *p)
{
    p->request.keep_alive = false;
    if (p->state == POLLING) {
        answer(p, 204, NULL, (struct bytes){ NULL, 0 });
    } else if (p->state == STREAMING) {
        p->state = HEAD;
        p->out.close_when_flushed = true;
    } else if (p->state == HEAD) {
        p->out.close_when_flushed = true;
    }
}
