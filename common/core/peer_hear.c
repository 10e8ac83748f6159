#include "metrics.h"
#include "peer_inside.h"
#include "tell.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 256 };    /* messages or requests, from one client before there is a look */

static void take_one(struct peer *p) { p->in.paused = ++p->in.taken >= MOST; }

/* ---- a request ---- */

/* A visit has made the connection a member of a room, and it may still be told something
 * from there, so that is the one room where it can become a WebSocket. */
static void open_websocket(struct peer *p)
{
    bool relay = p->request.route == ROUTE_RELAY;
    bool visited = p->comet && *p->comet->room;

    if (visited && (!relay || strcmp(p->comet->room, p->request.room) != 0)) {
        p->request.keep_alive = false;
        say_refusal(p, 421, "this connection has been in a room: use one of its own");
        return;
    }
    say(p, http_switch(&p->request));
    p->state = OPEN;
    p->life.heard = true;
    p->out.handshake_frames = outbox_count(&p->out.box);
    p->pending.join = relay && !visited;
}

static void serve_request(struct peer *p)
{
    char *text;

    metrics_count(requests);
    tell_event(p->connection, "request");
    take_one(p);
    switch (p->request.route) {
    case ROUTE_RELAY:
    case ROUTE_MESSAGE_JOB:
        open_websocket(p);
        break;
    case ROUTE_JOB:
        p->pending.work = true;
        break;
    case ROUTE_HEALTH:
        say_answer(p, 200, "ok\n");
        break;
    case ROUTE_METRICS:
        text = metrics_text();
        say_answer(p, 200, text);
        free(text);
        break;
    case ROUTE_POLL:
    case ROUTE_STREAM:
    case ROUTE_SAY:
        begin_visit(p);
        break;
    case ROUTE_ERROR:
        say_refusal(p, p->request.status, p->request.why);
        break;
    }
}

static void read_head(struct peer *p)
{
    if (!p->http) {
        job_free(&p->request.job);      /* that of the last request, if it was refused */
        p->http = http_new(p->options);
    }
    if (!http_feed(p->http, &p->in.rest, &p->request))
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
    take_one(p);
}

/* What has come with it for the same room, and wants no job, goes on as one with it. */
static void take_message(struct peer *p)
{
    note_message(p);
    p->pending.relay = p->request.route == ROUTE_RELAY;
    if (p->pending.relay)
        p->pending.frame = p->ws.frame;
    else
        frame_unref(p->ws.frame);
    p->ws.frame = NULL;
    if (p->request.has_job) {
        p->pending.work = true;
    } else if (p->pending.relay) {
        while (!p->in.paused && ws_append(&p->ws, &p->pending.frame, &p->in.rest))
            note_message(p);
    }
}

/* A client that pings and does not read gets one pong for many (section 5.5.3). */
static void send_pong(struct peer *p)
{
    struct frame *last = outbox_last(&p->out.box);

    if (last && ws_opcode(last) == WS_PONG
        && p->out.box.size > p->options->max_output / 8)
        outbox_drop(&p->out.box, outbox_count(&p->out.box) - 1);
    say(p, ws_frame(WS_PONG, p->ws.control, p->ws.size));
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
            say(p, ws_frame(WS_CLOSE, ws->control, ws->size ? 2 : 0));
        p->state = CLOSING;
        p->out.close_when_flushed = p->in.discard = true;
        break;
    default:                    /* a pong: that it came is all it says */
        break;
    }
}

/* Tells the client what it did wrong. In the middle of a frame it is still writing, and
 * would lose our answer to a reset if we closed at once: that frame may be finished. */
static void fail(struct peer *p)
{
    if (p->state == OPEN)
        say_close(p, p->ws.status, p->ws.why);
    p->in.discard = true;
    p->out.close_when_flushed = ws_left(&p->ws) <= p->in.rest.size;
}

/* Inside a frame a client cannot answer a ping: bytes are sign of life enough. */
static void read_messages(struct peer *p)
{
    p->life.heard = true;
    switch (ws_next(&p->ws, &p->in.rest)) {
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

void hear(struct peer *p)
{
    if (p->in.discard || p->out.close_when_flushed)
        p->in.rest.size = 0;
    else if (p->state == HEAD)
        read_head(p);
    else if (p->state == SAYING)
        hear_body(p);
    else
        read_messages(p);
}
