/* echo.c - the speed of light: bytes come in and go out, and nothing is done to them.
 *
 * The same kernel, the same sockets, one read(2) and one write(2) each time somebody is
 * ready, and no HTTP, no WebSocket, no rooms. What a model takes longer than this is what
 * the protocol and its concurrency cost.
 *
 *   echo [OPTION...] [http]    http: the same, but whatever comes is answered with 200:
 *                              so a client that speaks nothing else can be timed, too */
#include "die.h"
#include "net.h"
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { BATCH = 512 };

struct conn {
    int fd;
    char *rest;                 /* what the socket did not take, or NULL: then we read */
    size_t from, to;
};

static int epoll;
static struct bytes answer;     /* http: instead of what came */

static void watch(struct conn *c, int how, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = c };

    if (epoll_ctl(epoll, how, c->fd, &e) < 0)
        die("epoll_ctl: %s", strerror(errno));
}

static void finish(struct conn *c)
{
    close(c->fd);
    free(c->rest);
    free(c);
}

static void take(int listener)
{
    int fd = net_accept(listener);

    if (fd < 0)
        return;
    struct conn *c = must_alloc(sizeof *c);
    *c = (struct conn){ .fd = fd };
    watch(c, EPOLL_CTL_ADD, EPOLLIN);
}

/* Keeps what is left over, and reads no more until it is gone: that is backpressure. */
static void keep(struct conn *c, const char *data, size_t n)
{
    c->rest = must_alloc(n);
    memcpy(c->rest, data, n);
    c->from = 0;
    c->to = n;
    watch(c, EPOLL_CTL_MOD, EPOLLOUT);
}

static void echo(struct conn *c)
{
    static char buf[BUFFER];
    ssize_t n = read(c->fd, buf, sizeof buf);

    if (n <= 0) {
        if (!net_would_block(n))
            finish(c);
        return;
    }
    struct bytes out = answer.size ? answer : (struct bytes){ buf, (size_t)n };
    ssize_t sent = net_write(c->fd, out);
    size_t gone = sent > 0 ? (size_t)sent : 0;
    if (sent < 0 && !net_would_block(sent))
        finish(c);
    else if (gone < out.size)
        keep(c, out.data + gone, out.size - gone);
}

static void drain(struct conn *c)
{
    ssize_t n = net_write(c->fd, (struct bytes){ c->rest + c->from, c->to - c->from });

    if (n < 0) {
        if (!net_would_block(n))
            finish(c);
        return;
    }
    c->from += (size_t)n;
    if (c->from < c->to)
        return;
    free(c->rest);
    c->rest = NULL;
    watch(c, EPOLL_CTL_MOD, EPOLLIN);
}

int main(int argc, char **argv)
{
    static const char ok[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    struct epoll_event events[BATCH];
    struct options o = { .workers = 0 };
    int http = argc > 1 && strcmp(argv[argc - 1], "http") == 0;

    if (http)
        answer = (struct bytes){ ok, sizeof ok - 1 };
    options_parse(&o, argc - http, argv);
    struct conn stop = { .fd = net_stop() }, door = { .fd = net_listen(&o) };
    epoll = epoll_create1(EPOLL_CLOEXEC);
    watch(&stop, EPOLL_CTL_ADD, EPOLLIN);
    watch(&door, EPOLL_CTL_ADD, EPOLLIN);
    for (;;) {
        int n = epoll_wait(epoll, events, BATCH, -1);

        for (int i = 0; i < n; i++) {
            struct conn *c = events[i].data.ptr;

            if (c == &stop)
                return 0;
            if (c == &door)
                take(door.fd);
            else if (c->rest)
                drain(c);
            else
                echo(c);
        }
    }
}
