#include "dial.h"
#include "clock.h"
#include "handshake.h"
#include "reply.h"
#include "url.h"
#include "wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PER_SOURCE = 10000 };    /* connections from one source address */

static void on_ready(struct ev_loop *, ev_io *, int events);

/* ---- one place after the other ---- */

/* The URL's place that is the i-th to be tried. */
static int place_to_try(const struct conn *c, int i)
{
    return (c->first + i) % c->all->url->place_count;
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
    const struct place *place = &c->all->url->places[place_to_try(c, c->tried)];

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
            place_name(&url->places[place_to_try(c, i)], name),
            alike && i < c->tried - 1 ? "" : ": ",
            alike && i < c->tried - 1 ? "" : strerror(errors[i]));
    if (refused && n < sizeof why)
        snprintf(why + n, sizeof why - n,
                 ": is a server running there? try bin/epoll --port %d", url->port);
    conn_break(c, NOT_CONNECTED, why);
}

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

/* ---- what the loop tells ---- */

static void connected(struct conn *c)
{
    struct sockaddr_storage ours;
    socklen_t size = sizeof ours;

    memset(&ours, 0, sizeof ours);
    getsockname(c->fd, (struct sockaddr *)&ours, &size);
    c->all->place = place_to_try(c, c->tried);
    c->port = ntohs(ours.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ours)->sin6_port
                                               : ((struct sockaddr_in *)&ours)->sin_port);
    if (c->all->wire != WIRE_WS) {
        conn_watch(c, EV_READ);
        conn_opened(c);
    } else {
        c->state = CONN_ASKING;
        conn_send(c, handshake_request(c->handshake));
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
        wire_read(c);
    if (events & EV_WRITE && c->state > CONN_CONNECTING && c->state < CONN_GONE)
        conn_writable(c);
}

/* ---- the beginning ---- */

void dial(struct conn *c, struct conns *all, int index, const char *path)
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
        c->handshake = handshake_new(all->url->authority, path, all->subprotocol,
                                     all->credential);
    if (all->wire == WIRE_HTTP)
        c->reply = reply_new();
    if (!try_place(c))
        next_place(c, errno);
}
