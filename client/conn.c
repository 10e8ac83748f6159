#include "conn.h"
#include "clock.h"
#include "handshake.h"
#include "masked.h"
#include "reply.h"
#include "url.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PER_SOURCE = 10000 };    /* connections from one source address */
static const int64_t PATIENCE = 500 * MS;   /* no server's with idle clients is shorter */

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

/* The server's own words are not to play with the user's terminal. */
enum { WORDS = 400 };
static const char *harmless(const char *words, char copy[WORDS])
{
    snprintf(copy, WORDS, "%s", words);
    for (char *s = copy; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 127)
            *s = '.';
    return copy;
}

/* The one exit. `why` may lie in what conn_drop() frees. */
static void over(struct conn *c, enum failure failure, const char *why)
{
    char copy[WORDS];

    harmless(why, copy);
    conn_drop(c);
    c->all->over(c, failure, copy);
}

void conn_break(struct conn *c, enum failure failure, const char *why)
{
    over(c, failure, why);
}

static void watch(struct conn *c, int events)
{
    if (c->io.events == events)
        return;
    ev_io_stop(c->all->loop, &c->io);
    ev_io_set(&c->io, c->fd, events);
    ev_io_start(c->all->loop, &c->io);
}

/* ---- writing ---- */

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
    watch(c, whole ? EV_READ : EV_READ | EV_WRITE);
}

/* A bytes' sender that was kept waiting is told when they are gone. */
static void flush_more(struct conn *c)
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

/* A newer one takes the place of an older that has not begun to leave: only the latest
 * ping has to be answered (section 5.5.3). */
static void say(struct conn *c, enum ws_opcode opcode, const char *data, size_t size)
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
        over(c, CUT_OFF, "");
        return;
    }
    c->state = CONN_LEAVING;
    say(c, WS_CLOSE, "\x03\xe8", 2);    /* 1000: all is well */
}

/* ---- reading ---- */

static void opened(struct conn *c)
{
    c->state = CONN_OPEN;
    c->quiet = clock_now();
    c->all->opened(c);
}

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

static void take_control(struct conn *c)
{
    char why[200];

    if (c->ws.opcode == WS_PING)
        say(c, WS_PONG, c->ws.control, c->ws.size);
    if (c->ws.opcode == WS_PONG && c->state == CONN_PROVING)
        opened(c);
    if (c->ws.opcode != WS_CLOSE)
        return;
    snprintf(why, sizeof why, "the server closed with %u%s%.*s", c->ws.status,
             c->ws.size > 2 ? ": " : "", c->ws.size > 2 ? c->ws.size - 2 : 0,
             c->ws.control + 2);
    over(c, CLOSED, why);
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
            over(c, GARBAGE, why);
            return;
        }
    }
}

static void take_answer(struct conn *c, struct bytes *in)
{
    switch (handshake_feed(c->handshake, in)) {
    case HANDSHAKE_MORE:
        break;
    case HANDSHAKE_REFUSED:
        over(c, NOT_SWITCHED, handshake_why(c->handshake));
        break;
    case HANDSHAKE_DONE:
        handshake_free(c->handshake);
        c->handshake = NULL;
        c->out.size = 0;
        if (!c->all->prove) {
            opened(c);
        } else {
            c->state = CONN_PROVING;
            say(c, WS_PING, "", 0);
        }
        break;
    }
}

/* Before it closes a connection on which nothing is asked, a server may say why: 408 that
 * it has waited for long enough, 503 that it has no place for us. */
static void not_asked_for(struct conn *c, int status)
{
    if (status >= 400)
        over(c, CLOSED_IDLE, "");
    else
        over(c, GARBAGE, "the server answers what nobody asked for");
}

static void take_reply(struct conn *c, enum reply_event event, int64_t now)
{
    int status = reply_status(c->reply);
    char words[WORDS];

    if (event == REPLY_MORE)
        return;
    if (event == REPLY_GARBAGE) {
        over(c, GARBAGE, reply_why(c->reply));
    } else if (status == 101) {
        over(c, GARBAGE, "the server switches to a protocol that nobody asked for");
    } else if (!c->asked) {
        not_asked_for(c, status);
    } else {
        c->asked = false;
        c->answered = true;
        c->quiet = now;
        c->idle = 0;
        c->last = !reply_keeps_alive(c->reply);
        if (status / 100 == 2)
            c->all->message(c, WS_TEXT, reply_body(c->reply), now);
        else
            c->all->refused(c, status, harmless(reply_why(c->reply), words), now);
    }
}

static void take_replies(struct conn *c, struct bytes *in, int64_t now)
{
    while (c->state == CONN_OPEN && in->size)
        take_reply(c, reply_feed(c->reply, in), now);
}

/* A server that closes while a request is on its way has not read it, and its kernel says
 * so with a reset: instead of the end of its bytes, or after it. Without one it owes an
 * answer, unless its patience may just have ended: some read on, to throw it away. */
static bool not_read(const struct conn *c, ssize_t n)
{
    int error = 0;

    if (n == 0)
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){ sizeof error });
    return n < 0 || error || c->idle > PATIENCE;
}

/* HTTP: may it end here? Then that is told. */
static bool ended_well(struct conn *c, ssize_t n, int64_t now)
{
    if (n == 0 && reply_end(c->reply) == REPLY_DONE)
        take_reply(c, REPLY_DONE, now);
    else if (!c->asked)
        over(c, CLOSED_IDLE, "");
    else if ((c->answered || c->idle > PATIENCE) && !reply_begun(c->reply)
             && not_read(c, n))
        over(c, NOT_READ, "");
    else
        return false;
    return true;
}

/* The server's side has ended (n == 0), or the line is broken. */
static void ended(struct conn *c, ssize_t n, int64_t now)
{
    int error = errno;
    char why[200];

    if (c->state == CONN_OPEN && c->all->wire == WIRE_HTTP && ended_well(c, n, now))
        return;
    if (c->state == CONN_ASKING && n == 0) {
        handshake_end(c->handshake);
        over(c, NOT_SWITCHED, handshake_why(c->handshake));
        return;
    }
    snprintf(why, sizeof why, "the connection ended %s%s%s: did the server die?",
             c->all->wire != WIRE_HTTP ? "without a close frame"
             : reply_begun(c->reply) ? "within an answer" : "without an answer",
             n == 0 ? "" : ", by ", n == 0 ? "" : strerror(error));
    over(c, c->state == CONN_ASKING ? NOT_SWITCHED : CUT_OFF, why);
}

/* One read a wake-up, into a buffer that all connections share. */
static void readable(struct conn *c)
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
        take_answer(c, &in);
    switch (c->all->wire) {
    case WIRE_WS:   take_frames(c, &in, now); break;
    case WIRE_RAW:  take_raw(c, &in, now); break;
    case WIRE_HTTP: take_replies(c, &in, now); break;
    }
}

/* What is there is no answer, since nothing is asked. */
bool conn_has_ended(struct conn *c, int64_t now)
{
    char byte;

    c->idle = now - c->quiet;
    if (recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
        readable(c);
    return c->state == CONN_GONE;
}

/* ---- connecting ---- */

/* The URL's place that is the i-th to be tried. */
static int place_of(const struct conn *c, int i)
{
    return (c->first + i) % c->all->url->place_count;
}

static void connected(struct conn *c)
{
    struct sockaddr_storage ours;
    socklen_t size = sizeof ours;

    memset(&ours, 0, sizeof ours);
    getsockname(c->fd, (struct sockaddr *)&ours, &size);
    c->all->place = place_of(c, c->tried);
    c->port = ntohs(ours.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ours)->sin6_port
                                               : ((struct sockaddr_in *)&ours)->sin_port);
    if (c->all->wire != WIRE_WS) {
        watch(c, EV_READ);
        opened(c);
    } else {
        c->state = CONN_ASKING;
        conn_send(c, handshake_request(c->handshake));
    }
}

/* "127.0.0.1:9000 or [::1]:9000: Connection refused", or each with its own reason. */
static void not_connected(struct conn *c)
{
    const struct url *url = c->all->url;
    const uint8_t *errors = c->errors;
    char why[400] = "cannot connect to ", name[PLACE_NAME];
    bool alike = true, refused = true;
    size_t n = strlen(why);

    for (int i = 0; i < c->tried; i++) {
        alike &= errors[i] == errors[0];
        refused &= errors[i] == ECONNREFUSED;
    }
    for (int i = 0; i < c->tried && n < sizeof why; i++)
        n += (size_t)snprintf(why + n, sizeof why - n, "%s%s%s%s", i ? " or " : "",
            place_name(&url->places[place_of(c, i)], name),
            alike && i < c->tried - 1 ? "" : ": ",
            alike && i < c->tried - 1 ? "" : strerror(errors[i]));
    if (refused && n < sizeof why)
        snprintf(why + n, sizeof why - n,
                 ": is a server running there? try bin/epoll --port %d", url->port);
    over(c, NOT_CONNECTED, why);
}

static bool try_place(struct conn *c);

/* A name may have several addresses, and the server listen on one of them. */
static void next_place(struct conn *c, int error)
{
    for (;; error = errno) {
        if (c->fd >= 0) {
            ev_io_stop(c->all->loop, &c->io);
            close(c->fd);
            c->fd = -1;
        }
        c->errors[c->tried++] = (uint8_t)error;
        if (c->tried == c->all->url->place_count) {
            not_connected(c);
            return;
        }
        if (try_place(c))
            return;
    }
}

static void on_ready(struct ev_loop *loop, ev_io *io, int events)
{
    struct conn *c = io->data;
    int error = 0;

    (void)loop;
    if (c->state == CONN_CONNECTING) {
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){ sizeof error });
        if (error)
            next_place(c, error);
        else
            connected(c);
        return;
    }
    if (events & EV_READ)
        readable(c);
    if (events & EV_WRITE && c->state > CONN_CONNECTING && c->state < CONN_GONE)
        flush_more(c);
}

/* From one source address connect(2) slows down long before the ports run out, so on
 * 127.0.0.0/8 there is a next one for every ten thousand connections. */
static void bind_source(const struct conn *c, const struct place *place)
{
    const struct sockaddr_in *to = (const struct sockaddr_in *)&place->address;
    struct sockaddr_in from = { .sin_family = AF_INET };

    if (c->index < PER_SOURCE || to->sin_family != AF_INET
        || ntohl(to->sin_addr.s_addr) >> 24 != 127)
        return;
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + (unsigned)(c->index / PER_SOURCE));
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &(int){ 1 }, sizeof(int));
    bind(c->fd, (struct sockaddr *)&from, sizeof from);
}

/* False, and errno: it cannot even be tried. */
static bool try_place(struct conn *c)
{
    const struct place *place = &c->all->url->places[place_of(c, c->tried)];

    c->fd = socket(place->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                   0);
    if (c->fd < 0)
        return false;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    bind_source(c, place);
    ev_io_init(&c->io, on_ready, c->fd, EV_WRITE);
    c->io.data = c;
    ev_io_start(c->all->loop, &c->io);
    return connect(c->fd, (const struct sockaddr *)&place->address, place->size) == 0
        || errno == EINPROGRESS;
}

void conn_open(struct conn *c, struct conns *all, int index, const char *path)
{
    c->all = all;
    c->index = index;
    c->state = CONN_CONNECTING;
    c->since = clock_now();
    c->out.size = c->control.size = c->control.sent = 0;
    c->asked = c->answered = c->last = false;
    c->idle = 0;
    c->first = all->place;
    c->tried = 0;
    ws_init(&c->ws, WS_CLIENT, all->max_message);
    if (all->wire == WIRE_WS)
        c->handshake = handshake_new(all->url->authority, path, all->subprotocol);
    if (all->wire == WIRE_HTTP)
        c->reply = reply_new();
    if (!try_place(c))
        next_place(c, errno);
}
