#include "conn.h"
#include "clock.h"
#include "handshake.h"
#include "masked.h"
#include "reply.h"
#include "words.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- how it begins, and how it is over ---- */

void conn_opened(struct conn *c)
{
    c->state = CONN_OPEN;
    c->quiet = clock_now();
    c->all->opened(c);
}

void conn_drop(struct conn *c)
{
    if (c->state == CONN_NEW)
        return;
    if (c->fd >= 0) {
        ev_io_stop(c->all->loop, &c->io);
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
                   sizeof(struct linger));
        close(c->fd);
    }
    handshake_free(c->handshake);
    ws_free(&c->ws);
    frame_unref(c->piece);
    reply_free(c->reply);
    c->fd = -1;
    c->handshake = NULL;
    c->piece = NULL;
    c->reply = NULL;
    c->state = CONN_GONE;
}

/* The one exit. `why` may lie in what conn_drop() frees. */
void conn_break(struct conn *c, enum failure failure, const char *why)
{
    char copy[WORDS];

    harmless(why, copy);
    conn_drop(c);
    c->all->over(c, failure, copy);
}

/* ---- writing ---- */

void conn_watch(struct conn *c, int events)
{
    if (c->io.events == events)
        return;
    ev_io_stop(c->all->loop, &c->io);
    ev_io_set(&c->io, c->fd, events);
    ev_io_start(c->all->loop, &c->io);
}

/* Writes some of it. False: the socket is full, or the line is broken; reading from it
 * tells which, and why. */
static bool put(struct conn *c, struct bytes *b)
{
    ssize_t n = send(c->fd, b->data, b->size, MSG_NOSIGNAL);

    if (n < 0)
        return false;
    b->data += n;
    b->size -= (size_t)n;
    return b->size == 0;
}

static bool put_control(struct conn *c)
{
    struct control *k = &c->control;
    struct bytes rest = { k->data + k->sent, (size_t)(k->size - k->sent) };
    bool whole = put(c, &rest);

    k->sent = (uint8_t)(k->size - rest.size);
    if (whole)
        k->size = k->sent = 0;
    return whole;
}

/* A control frame may stand between two messages, never inside one. */
static void flush(struct conn *c)
{
    bool whole = true;

    if (c->control.sent)
        whole = put_control(c);
    if (whole && c->out.size)
        whole = put(c, &c->out);
    if (whole && c->control.size)
        whole = put_control(c);
    conn_watch(c, whole ? EV_READ : EV_READ | EV_WRITE);
}

void conn_writable(struct conn *c)
{
    bool waiting = c->out.size > 0;

    flush(c);
    if (waiting && conn_idle(c) && c->state == CONN_OPEN)
        c->all->idle(c);
}

void conn_send(struct conn *c, struct bytes bytes)
{
    c->out = bytes;
    c->asked = true;
    flush(c);
}

bool conn_idle(const struct conn *c)
{
    return c->out.size == 0;
}

void conn_say(struct conn *c, enum ws_opcode opcode, const char *data, size_t size)
{
    struct frame *f;

    if (c->control.sent)
        return;
    f = masked_frame(opcode, data, size, (uint32_t)clock_now());
    memcpy(c->control.data, f->data, f->size);
    c->control.size = (uint8_t)f->size;
    frame_unref(f);
    flush(c);
}

void conn_leave(struct conn *c)
{
    if (c->state != CONN_OPEN || c->all->wire != WIRE_WS || !conn_idle(c)) {
        conn_break(c, CUT_OFF, "");
        return;
    }
    c->state = CONN_LEAVING;
    conn_say(c, WS_CLOSE, "\x03\xe8", 2);    /* 1000: all is well */
}
