#include "peer.h"
#include "die.h"
#include "http.h"
#include "metrics.h"
#include "outbox.h"
#include "settings.h"
#include "tell.h"
#include "ws.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES = 256 };        /* taken from one client before there is a look */

enum state {
    HEAD,                       /* waiting for a request, reading one, or answering it */
    OPEN,                       /* a WebSocket */
    CLOSING,                    /* our close is on its way; what comes in is void */
    GONE,                       /* nothing more to say or to hear */
};

struct peer {
    const struct options *options;
    int connection;
    enum state state;

    struct bytes in;            /* what is fed and not used; borrowed, or the stash */
    char *stash;
    struct outbox out;
    int64_t deadline;
    int64_t begun, limit;       /* the frame under way: since when, until when or NEVER */
    unsigned frames;            /* which one that is */

    struct http *http;          /* a head that is arriving */
    struct request request;
    struct ws ws;
    struct frame *frame;        /* a message: to be worked on, then relayed */

    bool join, work, relay;     /* to be asked for */
    bool pause;                 /* a look before more of the input is used */
    unsigned taken;             /* messages since the last one */
    bool working;               /* the job is out */
    bool relayed;               /* the frame was handed out: the next call drops it */
    bool ended;                 /* no more input */
    bool finished;              /* CLOSE as soon as the output is gone */
    bool deaf;                  /* input makes no sense any more */
    bool heard;                 /* it lives: the deadline moves at the next wait */
    bool pinged;                /* and must answer by the deadline */
    unsigned greeting;          /* frames that are to leave first: up to the 101 */
};

struct peer *peer_new(const struct options *o, int connection)
{
    struct peer *p = must_alloc(sizeof *p);

    *p = (struct peer){ .options = o, .connection = connection };
    p->deadline = clock_now() + o->handshake;
    p->limit = NEVER;
    outbox_init(&p->out);
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
    ws_free(&p->ws);
    frame_unref(p->frame);
    outbox_free(&p->out);
    free(p->stash);
    free(p);
}

/* ---- output ---- */

static void overflow(struct peer *p);

/* Every byte we say goes through here, and what waits is bounded. */
static void queue(struct peer *p, struct frame *f)
{
    outbox_push(&p->out, f);
    if (p->out.size > p->options->max_output && p->state < CLOSING)
        overflow(p);
}

static void send_frame(struct peer *p, struct frame *f)
{
    queue(p, f);
    frame_unref(f);
}

/* Says our close, once; from here on only the client's counts. */
static void say_close(struct peer *p, uint16_t status, const char *why)
{
    p->state = CLOSING;
    p->work = p->relay = p->working = false;
    p->deadline = clock_now() + p->options->close_within;
    send_frame(p, ws_close_frame(status, why));
}

/* It reads too slowly, or not at all. Whole frames, then the reason: no frame is cut. */
static void overflow(struct peer *p)
{
    metrics_count(overflowed);
    outbox_drop(&p->out, p->greeting);
    if (p->state == OPEN)
        say_close(p, 1013, "reading too slowly");
    else
        p->state = GONE;
}

static void answer(struct peer *p, int status, const char *text)
{
    send_frame(p, http_answer(&p->request, status, text));
    p->finished = !p->request.keep_alive;
    p->deadline = clock_now() + p->options->handshake;
}

static void refuse(struct peer *p, int status, const char *why)
{
    char text[256];

    snprintf(text, sizeof text, "%d %s\n", status, why);
    metrics_count(refused);
    answer(p, status, text);
}

/* ---- a request ---- */

static void open_websocket(struct peer *p)
{
    send_frame(p, http_switch(&p->request));
    p->state = OPEN;
    p->heard = true;
    p->greeting = outbox_count(&p->out);
    p->join = p->request.route == ROUTE_RELAY;
}

static void serve_request(struct peer *p)
{
    char *text;

    metrics_count(requests);
    tell_event(p->connection, "request");
    switch (p->request.route) {
    case ROUTE_RELAY:
    case ROUTE_MESSAGE_JOB:
        open_websocket(p);
        break;
    case ROUTE_JOB:
        p->work = true;
        break;
    case ROUTE_HEALTH:
        answer(p, 200, "ok\n");
        break;
    case ROUTE_METRICS:
        text = metrics_text();
        answer(p, 200, text);
        free(text);
        break;
    case ROUTE_ERROR:
        refuse(p, p->request.status, p->request.why);
        break;
    }
}

static void read_head(struct peer *p)
{
    if (!p->http)
        p->http = http_new(p->options);
    if (!http_feed(p->http, &p->in, &p->request))
        return;
    http_free(p->http);
    p->http = NULL;
    serve_request(p);
}

/* ---- messages ---- */

static void note_message(struct peer *p)
{
    metrics_count(received);
    tell_event(p->connection, "request");
    p->pause = ++p->taken == MESSAGES;
}

/* What has come with it for the same room, and wants no job, goes on as one with it. */
static void take_message(struct peer *p)
{
    note_message(p);
    p->relay = p->request.route == ROUTE_RELAY;
    if (p->relay)
        p->frame = p->ws.frame;
    else
        frame_unref(p->ws.frame);
    p->ws.frame = NULL;
    if (p->request.has_job) {
        p->work = true;
    } else if (p->relay) {
        while (!p->pause && ws_append(&p->ws, &p->frame, &p->in))
            note_message(p);
    }
}

/* A client that pings and does not read gets one pong for many (section 5.5.3). */
static void send_pong(struct peer *p)
{
    struct frame *last = outbox_last(&p->out);

    if (last && ws_opcode(last) == WS_PONG && p->out.size > p->options->max_output / 8)
        outbox_drop(&p->out, outbox_count(&p->out) - 1);
    send_frame(p, ws_frame(WS_PONG, p->ws.control, p->ws.size));
}

static void take_control(struct peer *p)
{
    struct ws *ws = &p->ws;

    switch (ws->opcode) {
    case WS_PING:
        if (p->state == OPEN)
            send_pong(p);
        break;
    case WS_CLOSE:
        if (p->state == OPEN)   /* echo its status, section 5.5.1 */
            send_frame(p, ws_frame(WS_CLOSE, ws->control, ws->size ? 2 : 0));
        p->state = CLOSING;
        p->finished = p->deaf = true;
        break;
    default:                    /* a pong: that it came is all it says */
        break;
    }
}

/* Tells the client what it did wrong. Who is in the midst of a frame is still writing,
 * and would lose our answer to a reset if we closed at once: that one may finish. */
static void fail(struct peer *p)
{
    if (p->state == OPEN)
        say_close(p, p->ws.status, p->ws.why);
    p->deaf = true;
    p->finished = ws_left(&p->ws) <= p->in.size;
}

/* Inside a frame a client cannot answer a ping: bytes are sign of life enough. */
static void read_messages(struct peer *p)
{
    p->heard = true;
    switch (ws_next(&p->ws, &p->in)) {
    case WS_NOTHING:
        return;
    case WS_MESSAGE:
        if (p->state == OPEN)
            take_message(p);
        break;
    case WS_CONTROL:
        take_control(p);
        break;
    case WS_ERROR:
        fail(p);
        break;
    }
}

/* ---- input ---- */

static void forget_input(struct peer *p)
{
    free(p->stash);
    p->stash = NULL;
    p->in = (struct bytes){ NULL, 0 };
}

/* The bytes are only borrowed: what is left of them moves into our own keeping. */
static void keep_input(struct peer *p)
{
    if (p->in.size == 0) {
        forget_input(p);
    } else if (!p->stash) {
        p->stash = memcpy(must_alloc(p->in.size), p->in.data, p->in.size);
        p->in.data = p->stash;
    }
}

void peer_feed(struct peer *p, const char *data, ssize_t n)
{
    if (n < 0 || (n == 0 && p->working)) {
        p->state = GONE;        /* nobody is there to take an answer */
    } else if (n == 0) {
        p->ended = true;
    } else if (p->in.size == 0) {
        forget_input(p);
        p->in = (struct bytes){ data, (size_t)n };
    } else if (p->in.size + (size_t)n > p->options->max_message + p->options->max_head) {
        overflow(p);            /* it reads nothing, and floods us */
        p->deaf = true;
    } else {
        char *both = must_alloc(p->in.size + (size_t)n);

        memcpy(both, p->in.data, p->in.size);
        memcpy(both + p->in.size, data, (size_t)n);
        free(p->stash);
        p->stash = both;
        p->in = (struct bytes){ both, p->in.size + (size_t)n };
    }
}

/* Does what we would say wait in such amounts that the line comes first? */
static bool must_write(const struct peer *p)
{
    return p->out.size > p->options->max_output / 2;
}

static void use_input(struct peer *p)
{
    if (p->deaf || p->finished)
        p->in.size = 0;
    else if (p->state == HEAD)
        read_head(p);
    else
        read_messages(p);
}

/* ---- asking ---- */

static enum want ask_write(struct peer *p, struct ask *ask)
{
    ask->bytes = outbox_peek(&p->out);
    return WRITE;
}

static enum want ask_relay(struct peer *p, struct ask *ask)
{
    p->relay = false;
    p->relayed = true;
    ask->frame = p->frame;
    return RELAY;
}

static enum want ask_work(struct peer *p, struct ask *ask)
{
    p->work = false;
    p->working = true;
    p->request.job.status = 0;
    ask->job = &p->request.job;
    tell_event(p->connection, "start");
    return WORK;
}

static enum want choose(struct peer *p, struct ask *ask)
{
    for (;;) {
        bool waiting = outbox_first(&p->out) != NULL;

        if (p->state == GONE)
            return CLOSE;
        if (p->join)
            return p->join = false, JOIN;
        if (p->working)
            return waiting ? ask_write(p, ask) : READ;
        if (p->work)
            return ask_work(p, ask);
        if (p->relay)
            return ask_relay(p, ask);
        if (p->in.size && !p->pause && !(waiting && must_write(p))) {
            use_input(p);
            continue;
        }
        if (waiting)
            return ask_write(p, ask);
        if (p->in.size == 0 && (p->finished || p->ended))
            return CLOSE;
        return READ;
    }
}

/* Until when a frame under way must be whole: its bytes must keep up a rate. */
static void limit_frame(struct peer *p)
{
    const struct options *o = p->options;

    if (!ws_inside(&p->ws)) {
        p->limit = NEVER;
        return;
    }
    if (p->limit == NEVER || p->frames != p->ws.frames) {
        p->begun = clock_now();
        p->frames = p->ws.frames;
    }
    p->limit = p->begun + o->frame_within
        + (int64_t)((double)ws_got(&p->ws) * 1e9 / o->min_rate);
}

enum want peer_next(struct peer *p, struct ask *ask)
{
    if (p->relayed) {
        frame_unref(p->frame);
        p->frame = NULL;
        p->relayed = false;
    }
    *ask = (struct ask){ .room = p->request.room, .deadline = NEVER };
    enum want want = choose(p, ask);
    if (want == JOIN || want == RELAY)
        return want;
    keep_input(p);
    if (want == READ || want == WRITE) {
        ask->deadline = want == READ && p->working ? NEVER : peer_deadline(p);
        ask->more = !p->working;
    }
    if (want == READ && !p->working) {
        if (p->in.size) {       /* a look, and then it goes on */
            ask->deadline = 0;
            ask->more = false;
        }
        p->pause = false;
        p->taken = 0;
    }
    return want;
}

/* What was heard moves it, but not before the 101 has left. */
int64_t peer_deadline(struct peer *p)
{
    if (p->heard && p->greeting == 0) {
        if (p->state == OPEN)
            p->deadline = clock_now() + p->options->ping_after;
        p->pinged = p->heard = false;
    }
    if (p->state == OPEN) {
        limit_frame(p);
        if (p->limit < p->deadline)
            p->deadline = p->limit;
    }
    return p->deadline;
}

/* ---- what became of it ---- */

void peer_late(struct peer *p)
{
    if (clock_now() < p->deadline)
        return;
    if (p->state == OPEN && p->limit <= p->deadline) {
        say_close(p, 1008, "a frame arrives too slowly");
    } else if (p->state == OPEN && !p->pinged) {
        send_frame(p, ws_frame(WS_PING, "", 0));
        p->pinged = true;
        p->deadline = clock_now() + p->options->pong_within;
    } else if (p->state == OPEN) {
        say_close(p, 1008, "no pong");
    } else if (p->state == HEAD && p->http) {
        p->request = (struct request){ .route = ROUTE_ERROR };
        refuse(p, 408, "the request did not arrive in time");
        http_free(p->http);
        p->http = NULL;
    } else {
        p->state = GONE;
    }
}

/* While we did not listen a client could say nothing: its time begins now. */
static void listen_again(struct peer *p)
{
    p->heard = true;
    p->limit = NEVER;
}

/* In a room, or among results, a text about it would pass for a message or a result. */
static void job_failed(struct peer *p)
{
    if (p->request.route == ROUTE_JOB)
        refuse(p, p->request.job.status, p->request.job.why);
    else
        say_close(p, 1013, p->request.job.why);
}

void peer_done(struct peer *p)
{
    char text[32];

    if (!peer_working(p))       /* it was abandoned */
        return;
    p->working = false;
    p->pause = true;
    listen_again(p);
    if (p->request.job.status) {
        job_failed(p);
        return;
    }
    metrics_count(jobs);
    tell_event(p->connection, "done");
    int n = snprintf(text, sizeof text, "%" PRId64 "\n", p->request.job.result);
    if (p->request.route == ROUTE_JOB)
        answer(p, 200, text);
    else if (p->request.route == ROUTE_MESSAGE_JOB)
        send_frame(p, ws_frame(WS_TEXT, text, (size_t)n - 1));
}

bool peer_working(const struct peer *p) { return p->working && p->state != GONE; }

void peer_pause(struct peer *p) { p->pause = true; }

void peer_push(struct peer *p, struct frame *f)
{
    if (p->state != OPEN)
        return;
    metrics_add(delivered, f->messages);
    queue(p, f);
}

void peer_lost(struct peer *p)
{
    if (p->state == OPEN)
        overflow(p);
}

void peer_sent(struct peer *p, ssize_t n)
{
    if (n < 0) {
        p->state = GONE;
        return;
    }
    unsigned waited = outbox_count(&p->out);
    outbox_sent(&p->out, (size_t)n);
    unsigned left = waited - outbox_count(&p->out);
    p->greeting = p->greeting > left ? p->greeting - left : 0;
    /* Behind a full line no pong can come: that bytes leave is sign of life enough. */
    if (n > 0 && outbox_first(&p->out))
        listen_again(p);
}

void peer_stop(struct peer *p)
{
    if (p->state == OPEN)
        say_close(p, 1001, "the server is going away");
    else if (p->working || p->work || !outbox_first(&p->out))
        p->state = GONE;
    else
        p->finished = true;
}
