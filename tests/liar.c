#include "liar.h"
#include "http.h"
#include "options.h"
#include "unit.h"
#include "ws.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GUESTS = 64, ENOUGH = 50, SELDOM = 10 };

struct guest {
    int fd;                     /* 0: a free place */
    struct http *http;          /* until its handshake is over */
    struct ws ws;
    struct frame *held;         /* of SWAPS: to be sent after the next */
};

static enum lie lie;
static struct options options;
static struct guest guests[GUESTS];
static int heard, deliveries;

static void say(struct guest *g, const struct frame *f)
{
    for (size_t sent = 0; sent < f->size;) {
        ssize_t n = send(g->fd, f->data + sent, f->size - sent, MSG_NOSIGNAL);
        if (n < 0)
            return;
        sent += (size_t)n;
    }
}

static void say_text(struct guest *g, const char *text)
{
    send(g->fd, text, strlen(text), MSG_NOSIGNAL);
}

/* ---- lying ---- */

static void deliver(struct guest *g, const struct frame *f)
{
    bool now = ++deliveries % SELDOM == 0;
    struct frame *other;

    if (lie == DROPS && now)
        return;
    if (lie == SWAPS && now && !g->held) {
        g->held = frame_copy(f->data, f->size);
        return;
    }
    if (lie == CORRUPTS && now) {
        other = frame_copy(f->data, f->size);
        other->data[other->size - 1] ^= 1;
        say(g, other);
        frame_unref(other);
        return;
    }
    say(g, f);
    if (lie == REPEATS && now)
        say(g, f);
    if (g->held) {
        say(g, g->held);
        frame_unref(g->held);
        g->held = NULL;
    }
}

/* What happens at the fiftieth message. False: nothing more. */
static bool still_kind(void)
{
    if (++heard < ENOUGH)
        return true;
    if (lie == DIES)
        _exit(0);
    if (lie == BABBLES || lie == CLOSES)
        for (struct guest *g = guests; g < guests + GUESTS; g++)
            if (g->fd && !g->http)
                say_text(g, lie == CLOSES ? "\x88\x02\x03\xe9" : "\xff\xff\xff\xff");
    return lie != FALLS_SILENT && lie != BABBLES && lie != CLOSES;
}

/* ---- a relay ---- */

static void relay(const struct frame *f)
{
    if (!still_kind())
        return;
    for (struct guest *g = guests; g < guests + GUESTS; g++)
        if (g->fd && !g->http)
            deliver(g, f);
}

static void bid_farewell(struct guest *g)
{
    close(g->fd);
    http_free(g->http);
    frame_unref(g->held);
    ws_free(&g->ws);
    *g = (struct guest){ 0 };
}

static void greet(struct guest *g, struct bytes *in)
{
    struct request r;
    struct frame *answer;

    if (lie == NEVER_ANSWERS || !http_feed(g->http, in, &r))
        return;
    if (lie == REFUSES) {
        say_text(g, "HTTP/1.1 503 Service Unavailable\r\n"
                 "Content-Length: 5\r\n\r\nfull\n");
        return;
    }
    if (lie == ENDS_BY_CLOSING) {
        say_text(g, "HTTP/1.1 200 OK\r\n\r\nyes\n");
        shutdown(g->fd, SHUT_WR);
        return;
    }
    if (lie == WRONG_ACCEPT)
        r.accept[0] ^= 1;
    answer = http_switch(&r);
    say(g, answer);
    frame_unref(answer);
    http_free(g->http);
    g->http = NULL;
}

static void answer_control(struct guest *g)
{
    enum ws_opcode opcode = g->ws.opcode == WS_PING ? WS_PONG : WS_CLOSE;
    struct frame *f;

    if (g->ws.opcode == WS_PONG)
        return;
    f = ws_frame(opcode, g->ws.control, g->ws.size);
    say(g, f);
    frame_unref(f);
}

static void serve(struct guest *g)
{
    char buf[65536];
    ssize_t n = recv(g->fd, buf, sizeof buf, 0);
    struct bytes in = { buf, (size_t)n };
    enum ws_event event;

    if (n <= 0) {
        bid_farewell(g);
        return;
    }
    if (g->http)
        greet(g, &in);
    while (!g->http && (event = ws_next(&g->ws, &in)) != WS_NOTHING && event != WS_ERROR)
        if (event == WS_MESSAGE)
            relay(g->ws.frame);
        else
            answer_control(g);
}

static void welcome(int listener)
{
    for (struct guest *g = guests; g < guests + GUESTS; g++)
        if (!g->fd) {
            *g = (struct guest){ .fd = accept(listener, NULL, NULL),
                                 .http = http_new(&options) };
            ws_init(&g->ws, WS_SERVER, 1 << 20);
            if (lie == SPEAKS_SSH)
                say_text(g, "SSH-2.0-OpenSSH_9.2\r\n");
            return;
        }
}

static _Noreturn void lead_a_life(int listener)
{
    struct pollfd set[GUESTS + 1];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        bool full = lie == TAKES_NO_MORE && heard >= ENOUGH;
        set[GUESTS] = (struct pollfd){ .fd = full ? -1 : listener, .events = POLLIN };
        for (int i = 0; i < GUESTS; i++)
            set[i] = (struct pollfd){ .fd = guests[i].fd ? guests[i].fd : -1,
                                      .events = POLLIN };
        poll(set, GUESTS + 1, -1);
        for (int i = 0; i < GUESTS; i++)
            if (set[i].revents)
                serve(&guests[i]);
        if (set[GUESTS].revents)
            welcome(listener);
    }
}

struct liar liar_start(enum lie which)
{
    struct sockaddr_in own = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct liar l;

    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(listen(fd, 64), 0);
    getsockname(fd, (struct sockaddr *)&own, &(socklen_t){ sizeof own });
    lie = which;
    options_default(&options);
    l = (struct liar){ .pid = fork(), .port = ntohs(own.sin_port) };
    if (l.pid == 0)
        lead_a_life(fd);
    close(fd);
    return l;
}

void liar_stop(struct liar *l)
{
    kill(l->pid, SIGKILL);
    waitpid(l->pid, NULL, 0);
}
