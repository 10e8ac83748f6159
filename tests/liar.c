#include "liar.h"
#include "clock.h"
#include "http.h"
#include "local.h"
#include "options.h"
#include "unit.h"
#include "ws.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
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
    int asked;                  /* of a script: requests that it has read */
    int64_t since;              /* and when the last came, or it itself */
};

static enum lie lie;
static struct script script;    /* its answers[0] is NULL: there is none */
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

static void bid_farewell(struct guest *g)
{
    close(g->fd);
    http_free(g->http);
    frame_unref(g->held);
    ws_free(&g->ws);
    *g = (struct guest){ 0 };
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

static void relay(const struct guest *from, const struct frame *f)
{
    if (!still_kind())
        return;
    for (struct guest *g = guests; g < guests + GUESTS; g++)
        if (g->fd && !g->http && (lie != ECHOES || g == from)
            && (lie != SPARES_THE_SENDER || g != from))
            deliver(g, f);
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

/* ---- by the book ---- */

static void recite(struct guest *g, const char *line, const char *accept)
{
    char text[4096];
    const char *key = strstr(line, "$A");
    int n = key ? snprintf(text, sizeof text, "%.*s%s%s", (int)(key - line), line, accept,
                           key + 2)
                : snprintf(text, sizeof text, "%s", line);

    for (int i = 0; i < n; i += script.by_bytes ? 1 : n)
        send(g->fd, text + i, (size_t)(script.by_bytes ? 1 : n), MSG_NOSIGNAL);
}

/* The answer to the next request of this guest. */
static const char *next_answer(const struct guest *g)
{
    int i = 0;

    while (i < g->asked && i + 1 < (int)COUNT(script.answers) && script.answers[i + 1])
        i++;
    return script.answers[i];
}

static void answer_by_the_book(struct guest *g, struct bytes *in)
{
    struct request r;

    while (g->http && in->size && http_feed(g->http, in, &r)) {
        const char *line = next_answer(g);
        g->asked++;
        recite(g, line, r.accept);
        http_free(g->http);
        g->http = strstr(line, " 101") ? NULL : http_new(&options);
        if (g->asked == script.closes_after) {
            bid_farewell(g);
            return;
        }
    }
}

/* Of those who have been idle for too long. */
static void end_the_idle(void)
{
    for (struct guest *g = guests; g < guests + GUESTS; g++)
        if (g->fd && g->http && clock_now() > g->since + script.idle_ms * MS) {
            if (script.last_word)
                say_text(g, script.last_word);
            bid_farewell(g);
        }
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
    if (g->http && script.answers[0] && *next_answer(g) == '!') {
        bid_farewell(g);
        return;
    }

    char buf[65536];
    ssize_t n = recv(g->fd, buf, sizeof buf, 0);
    struct bytes in = { buf, (size_t)n };
    enum ws_event event;

    if (n <= 0) {
        bid_farewell(g);
        return;
    }
    g->since = clock_now();
    if (g->http && script.answers[0])
        answer_by_the_book(g, &in);
    else if (g->http)
        greet(g, &in);
    while (!g->http && (event = ws_next(&g->ws, &in)) != WS_NOTHING && event != WS_ERROR)
        if (event == WS_MESSAGE)
            relay(g, g->ws.frame);
        else
            answer_control(g);
}

static void welcome(int listener)
{
    for (struct guest *g = guests; g < guests + GUESTS; g++)
        if (!g->fd) {
            *g = (struct guest){ .fd = accept(listener, NULL, NULL),
                                 .http = http_new(&options), .since = clock_now() };
            ws_init(&g->ws, WS_SERVER, 1 << 20);
            setsockopt(g->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
            if (script.idle_ms < 0)
                bid_farewell(g);
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
        poll(set, GUESTS + 1, script.idle_ms > 0 ? script.idle_ms / 4 : -1);
        for (int i = 0; i < GUESTS; i++)
            if (set[i].revents && guests[i].fd)
                serve(&guests[i]);
        if (set[GUESTS].revents)
            welcome(listener);
        if (script.idle_ms > 0)
            end_the_idle();
    }
}

static struct liar start(void)
{
    struct sockaddr_in four = local_address(1, 0);
    struct sockaddr_in6 six = { .sin6_family = AF_INET6,
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    struct sockaddr *own = (struct sockaddr *)(script.on_six ? (void *)&six : &four);
    socklen_t size = script.on_six ? sizeof six : sizeof four;
    int fd = socket(own->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct liar l;

    assert_int_equal(bind(fd, own, size), 0);
    assert_int_equal(listen(fd, 64), 0);
    getsockname(fd, own, &size);
    options_default(&options);
    l = (struct liar){ .pid = fork(),
                       .port = ntohs(script.on_six ? six.sin6_port : four.sin_port) };
    if (l.pid == 0)
        lead_a_life(fd);
    close(fd);
    return l;
}

struct liar liar_start(enum lie which)
{
    lie = which;
    script = (struct script){ .idle_ms = 0 };
    return start();
}

struct liar liar_recite(struct script s)
{
    lie = HONEST;
    script = s;
    return start();
}

void liar_stop(struct liar *l)
{
    kill(l->pid, SIGKILL);
    waitpid(l->pid, NULL, 0);
}
