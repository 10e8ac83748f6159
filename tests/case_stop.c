/* case_stop.c - SIGTERM and SIGINT: a word to everyone, exit 0 in time, nothing left. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Sets a scene on a fresh server and stops it in the midst; server_stop() is the judge.
 * A negative signal goes to the whole process group, as Ctrl-C in a terminal does. */
static void stop_amid(struct server *bare, void (*scene)(struct server *), int sig)
{
    struct server *s = server_start(bare->model, "", NULL);
    scene(s);
    server_stop(s, sig);
}

/* With nobody to say goodbye to there is nothing to wait for. */
static void stop_idle(struct server *bare)
{
    static const int signals[] = { SIGTERM, SIGINT, -SIGTERM, -SIGINT };
    for (int i = 0; i < 4; i++) {
        trying("signal %d", signals[i]);
        int ms = server_stop(server_start(bare->model, "", NULL), signals[i]);
        check(ms < 500 * SLOWER, "it takes %d ms, with nobody there", ms);
    }
}

static void handshakes(struct server *s)
{
    struct client *c[3];
    int n = s->model->single ? 1 : 3;
    for (int i = 0; i < n; i++) {
        char head[512];
        c[i] = client_connect(s);
        size_t size = client_head(c[i], "/relay/stop", head);
        client_write(c[i], head, size / (size_t)(i + 1) - 2);
    }
    pause_ms(20);
}

static void idle_line(struct server *s)
{
    struct client *c = client_connect(s);
    struct answer a;
    http_get(c, "/healthz", &a);
    check(a.status == 200, "/healthz is answered %d", a.status);
}

/* The job is asked for by request and, if more than one is served, by message. */
static void working(struct server *s, const char *job)
{
    char request[100], target[100];
    struct client *c = client_connect(s);
    if (!s->model->single) {
        snprintf(target, sizeof target, "/relay/stop?job=%s", job);
        client_text(client_join(s, target), "work");
    }
    int n = snprintf(request, sizeof request,
                     "GET /job/%s HTTP/1.1\r\nHost: h\r\n\r\n", job);
    client_write(c, request, n);
    pause_ms(50);
}

static void computing(struct server *s) { working(s, "cpu:45"); }
static void computing_politely(struct server *s) { working(s, "await:45"); }
static void sleeping(struct server *s) { working(s, "sleep:5000"); }
static void napping(struct server *s) { working(s, "nap:5000"); }

/* A member that reads nothing has megabytes waiting for it. */
static void slow_reader(struct server *s)
{
    enum { SIZE = 1 << 20 };
    char *data = calloc(1, SIZE);
    struct client *c = client_join(s, "/relay/stop"), *slow = client_slow(s);
    client_ask(slow, "/relay/stop");
    if (!s->model->single)
        check(client_answered(slow, PATIENCE), "no answer to the handshake");
    for (int i = 0; i < 4; i++) {
        client_send(c, FIN | BINARY, data, SIZE);
        expect_frame(c, BINARY, data, SIZE);
    }
    free(data);
}

static void closing_ones(struct server *s)
{
    struct client *c = client_join(s, "/relay/stop");
    client_write(c, "\xff\x80\0\0\0\0", 6);
    pause_ms(10);
}

static void crowd(struct server *s)
{
    for (int i = 0; i < 100; i++)
        client_join(s, "/relay/stop");
}

#define STOP(name, scene, sig) \
    static void name(struct server *s) { stop_amid(s, scene, sig); }
STOP(handshakes_term, handshakes, SIGTERM)
STOP(idle_line_int, idle_line, SIGINT)
STOP(computing_term, computing, SIGTERM)
STOP(await_term, computing_politely, SIGTERM)
STOP(sleeping_term, sleeping, SIGTERM)
STOP(napping_ctrl_c, napping, -SIGINT)
STOP(slow_reader_term, slow_reader, SIGTERM)
STOP(closing_int, closing_ones, SIGINT)
STOP(crowd_term, crowd, SIGTERM)

/* Who is impatient does not put the end off: each word would, if each were the first. */
static void told_again(struct server *bare)
{
    static const int signals[] = { SIGTERM, -SIGINT };
    for (int i = 0; i < 2; i++) {
        trying(i ? "Ctrl-C" : "SIGTERM");
        struct server *s = server_start(bare->model, "", NULL);
        napping(s);
        s->told = true;
        for (int k = 0; k < 3; k++) {
            kill(i ? -s->pid : s->pid, abs(signals[i]));
            pause_ms(400);
        }
        int ms = server_stop(s, signals[i]);
        check(ms < 700 * SLOWER, "after 1200 ms it takes %d more", ms);
        clients_close();
    }
}

/* The members do not answer before the server is gone: it must not wait for them long. */
static void members_are_told(struct server *bare)
{
    static const int signals[] = { SIGTERM, -SIGINT };
    for (int i = 0; i < 2; i++) {
        struct client *c[3];
        int n = bare->model->single ? 1 : 3;
        trying(i ? "Ctrl-C" : "SIGTERM");
        struct server *s = server_start(bare->model, "", NULL);
        clients_join(s, "/relay/stop", c, n);
        client_text(c[0], "the last word");
        expect_texts(c, n, "the last word");
        server_stop(s, signals[i]);
        for (int k = 0; k < n; k++)
            expect_close(c[k], 1001);
        clients_close();
    }
}

static void silent_members(struct server *s)
{
    struct client *c[3];
    clients_join(s, "/relay/stop", c, s->model->single ? 1 : 3);
}

/* What lasts from SIGTERM to the end is a wait, whatever it is for: a client's own close,
 * one that reads nothing, a job. A descriptor that is closed and still asked about, or a
 * deadline that stays in the past, ends every wait at once. */
static void rests_at_the_end(struct server *bare)
{
    static const struct { const char *name; void (*set)(struct server *); } scenes[] = {
        { "clients that say nothing", silent_members },
        { "one that does not read", slow_reader },
        { "one whose job is out", sleeping },
    };
    enum { LOOK = 10, AT_ONCE = 25 * SLOWER, SHARE = 16 };  /* ms; of the time */
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++) {
        trying("with %s", scenes[i].name);
        struct server *s = server_start(bare->model, "", NULL);
        scenes[i].set(s);
        int64_t before = server_cpu(s), used = 0, start = clock_now(), now = start;
        s->told = true;
        kill(s->pid, SIGTERM);
        while (!server_has_ended(s) && now < start + PATIENCE * MS) {
            pause_ms(LOOK);
            int64_t more = server_cpu(s) - before;      /* of those that are left */
            used = more > used ? more : used;
            now = clock_now();
        }
        check(used < (now - start) / SHARE * SLOWER + AT_ONCE * MS,
              "it burns %d ms of CPU in the %d ms from SIGTERM to its end",
              (int)(used / MS), (int)((now - start) / MS));
        server_stop(s, SIGTERM);
        clients_close();
    }
}

/* Once stopped, the port is free for the next. */
static void starts_again(struct server *bare)
{
    char options[100];
    int port, held = server_hold_port(&port);
    snprintf(options, sizeof options, "--port %d", port);
    for (int i = 0; i < 2; i++) {
        trying(i ? "started again" : "started");
        struct server *s = server_start(bare->model, options, NULL);
        client_close(client_join(s, "/relay/again"));
        server_stop(s, SIGTERM);
    }
    close(held);
}

const struct trial stop_trials[] = {
    TRIAL("every member is told 1001", members_are_told, .bare = true),
    TRIAL("stopped when idle", stop_idle, .step = STARTS, .bare = true),
    TRIAL("SIGTERM amid handshakes", handshakes_term, .bare = true),
    TRIAL("SIGINT with an idle line", idle_line_int, .bare = true),
    TRIAL("SIGTERM amid computing", computing_term, .bare = true),
    TRIAL("SIGTERM amid computing politely", await_term, .bare = true),
    TRIAL("SIGTERM amid a sleep", sleeping_term, .bare = true),
    TRIAL("Ctrl-C amid a nap", napping_ctrl_c, .bare = true),
    TRIAL("SIGTERM and Ctrl-C, again and again", told_again, .bare = true),
    TRIAL("SIGTERM with a slow reader", slow_reader_term, .bare = true),
    TRIAL("SIGINT amid a close", closing_int, .bare = true),
    TRIAL("SIGTERM with a hundred members", crowd_term, .bare = true, .needs = A_CROWD),
    TRIAL("nobody answers the goodbye", rests_at_the_end, .bare = true),
    TRIAL("its port is free again", starts_again, .step = SERVES, .bare = true),
    { 0 },
};
