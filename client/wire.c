#include "wire.h"
#include "answers.h"
#include "clock.h"
#include "handshake.h"
#include "reply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* ---- ws://: first the answer to the handshake, then frames ---- */

static void take_handshake(struct conn *c, struct bytes *in)
{
    switch (handshake_feed(c->handshake, in)) {
    case HANDSHAKE_MORE:
        break;
    case HANDSHAKE_REFUSED:
        conn_break(c, NOT_SWITCHED, handshake_why(c->handshake));
        break;
    case HANDSHAKE_DONE:
        handshake_free(c->handshake);
        c->handshake = NULL;
        c->out.size = 0;
        if (!c->all->prove) {
            conn_opened(c);
        } else {
            c->state = CONN_PROVING;
            conn_say(c, WS_PING, "", 0);
        }
        break;
    }
}

static void take_control(struct conn *c)
{
    char why[200];

    if (c->ws.opcode == WS_PING)
        conn_say(c, WS_PONG, c->ws.control, c->ws.size);
    if (c->ws.opcode == WS_PONG && c->state == CONN_PROVING)
        conn_opened(c);
    if (c->ws.opcode != WS_CLOSE)
        return;
    snprintf(why, sizeof why, "the server closed with %u%s%.*s", c->ws.status,
             c->ws.size > 2 ? ": " : "", c->ws.size > 2 ? c->ws.size - 2 : 0,
             c->ws.control + 2);
    conn_break(c, CLOSED, why);
}

/* A whole unfragmented message below 64 KiB that lies in the buffer is told from there:
 * ws_next() would copy it, and look for invalid UTF-8 in what is compared with the
 * original anyway. Everything else is left to it. */
static bool take_whole(struct conn *c, struct bytes *in, int64_t now)
{
    const uint8_t *b = (const uint8_t *)in->data;
    bool between = !ws_inside(&c->ws) && !c->ws.message;

    if (c->state != CONN_OPEN || !between || in->size < 4
        || (b[0] != (0x80 | WS_TEXT) && b[0] != (0x80 | WS_BINARY)) || b[1] > 126)
        return false;
    size_t head = b[1] < 126 ? 2 : 4;
    size_t size = b[1] < 126 ? b[1] : (size_t)(b[2] << 8 | b[3]);
    if (in->size - head < size || (head == 4 && size < 126))
        return false;
    struct bytes payload = { in->data + head, size };
    in->data += head + size;
    in->size -= head + size;
    c->all->message(c, b[0] & 15, payload, now);
    return true;
}

static void take_frames(struct conn *c, struct bytes *in, int64_t now)
{
    char why[200];

    while (c->state >= CONN_PROVING && c->state <= CONN_LEAVING) {
        if (take_whole(c, in, now)) {
            if (in->size)
                continue;
            return;
        }
        switch (ws_next(&c->ws, in)) {
        case WS_NOTHING:
            return;
        case WS_MESSAGE:
            if (c->state == CONN_OPEN)  /* ws.opcode is the last fragment's */
                c->all->message(c, c->ws.frame->data[0] & 15, ws_payload(c->ws.frame),
                                now);
            break;
        case WS_CONTROL:
            take_control(c);
            break;
        case WS_ERROR:
            snprintf(why, sizeof why, "the server's bytes are not WebSocket: %s",
                     c->ws.why);
            conn_break(c, GARBAGE, why);
            return;
        }
    }
}

/* ---- tcp:// ---- */

/* Messages of a known size and nothing else: whole ones are looked at where they lie. */
static void take_raw(struct conn *c, struct bytes *in, int64_t now)
{
    size_t size = c->all->size;

    while (c->state == CONN_OPEN && in->size) {
        size_t have = c->piece ? c->piece->size : 0;
        size_t n = size - have < in->size ? size - have : in->size;

        if (n == size) {
            c->all->message(c, WS_BINARY, (struct bytes){ in->data, n }, now);
        } else {
            c->piece = frame_append(c->piece ? c->piece : frame_new(size), in->data, n);
            if (have + n == size) {
                struct frame *whole = c->piece;
                c->piece = NULL;
                c->all->message(c, WS_BINARY, (struct bytes){ whole->data, size }, now);
                frame_unref(whole);
            }
        }
        in->data += n;
        in->size -= n;
    }
}

/* ---- one read, or the end ---- */

/* The server's side has ended (n == 0), or the line is broken. */
static void ended(struct conn *c, ssize_t n, int64_t now)
{
    int error = errno;
    char why[200];

    if (c->state == CONN_OPEN && c->all->wire == WIRE_HTTP && answers_end(c, n, now))
        return;
    if (c->state == CONN_ASKING && n == 0) {
        handshake_end(c->handshake);
        conn_break(c, NOT_SWITCHED, handshake_why(c->handshake));
        return;
    }
    snprintf(why, sizeof why, "the connection ended %s%s%s: did the server die?",
             c->all->wire != WIRE_HTTP ? "without a close frame"
             : reply_begun(c->reply) ? "within an answer" : "without an answer",
             n == 0 ? "" : ", by ", n == 0 ? "" : strerror(error));
    conn_break(c, c->state == CONN_ASKING ? NOT_SWITCHED : CUT_OFF, why);
}

/* One read a wake-up, into a buffer that all connections share. */
void wire_read(struct conn *c)
{
    static _Thread_local char buf[128 * 1024];
    ssize_t n = recv(c->fd, buf, sizeof buf, 0);
    int64_t now = clock_now();
    struct bytes in = { buf, (size_t)n };

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        ended(c, n, now);
        return;
    }
    if (c->state == CONN_ASKING)
        take_handshake(c, &in);
    switch (c->all->wire) {
    case WIRE_WS:   take_frames(c, &in, now); break;
    case WIRE_RAW:  take_raw(c, &in, now); break;
    case WIRE_HTTP: answers_take(c, &in, now); break;
    }
}

bool wire_has_ended(struct conn *c, int64_t now)
{
    char byte;

    c->idle = now - c->quiet;
    if (recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
        wire_read(c);
    return c->state == CONN_GONE;
}
