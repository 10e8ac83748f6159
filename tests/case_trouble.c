/* case_trouble.c - lines break and descriptors run out, and the others never notice. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include "local.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* A pair that has nothing to do with the trouble, where a model serves more than one. */
struct bystanders {
    struct client *c[2];
    int n;
};

static struct bystanders watch(struct server *s)
{
    struct bystanders b = { .n = s->model->single ? 0 : 2 };
    clients_join(s, "/relay/bystanders", b.c, b.n);
    return b;
}

static void still_well(struct bystanders *b)
{
    if (b->n) {
        client_text(b->c[0], "all well?");
        expect_texts(b->c, b->n, "all well?");
    }
}

/* Whoever spins does so all the time. What a busy machine adds to the count comes and
 * goes: the best of three counts. */
static void check_rests(struct server *s, const char *when)
{
    enum { WATCHED = 200, TIMES = 3, MOST = WATCHED * 1000 / 20 * SLOWER };
    int64_t us = MOST;
    for (int i = 0; i < TIMES && us >= MOST; i++) {
        int64_t before = server_cpu(s);
        pause_ms(WATCHED);
        us = (server_cpu(s) - before) / 1000;
    }
    check(us < MOST, "%s, it burns %d us of CPU in %d ms", when, (int)us, WATCHED);
}

/* ---- broken lines ---- */

/* The ways to leave: a reset, a close, half a close and the rest at once, and half a
 * close before a reset. After the last a write fails with EPIPE instead of ECONNRESET,
 * and kills who has not ignored SIGPIPE. */
enum { RESET, CLOSED, IN_HALVES, HALF_THEN_RESET, WAYS };

static void leave(struct client *c, int way)
{
    if (way >= IN_HALVES)
        shutdown(c->fd, SHUT_WR);
    if (way == RESET || way == HALF_THEN_RESET)
        client_reset(c);
    else
        client_close(c);
}

static void broken_handshakes(struct server *s)
{
    struct bystanders b = watch(s);
    for (int way = 0; way < WAYS; way++)
        for (size_t cut = 0;; cut += 9) {
            char head[512];
            struct client *c = client_connect(s);
            size_t n = client_head(c, "/relay/broken", head);
            trying("left in way %d after %zu bytes of a handshake", way, cut);
            client_try(c, head, cut < n ? cut : n);
            leave(c, way);
            still_well(&b);
            if (cut >= n)
                break;
        }
    struct client *c = client_join(s, "/relay/broken");
    client_text(c, "hello");
    expect_text(c, "hello");
}

static void broken_frames(struct server *s)
{
    struct bystanders b = watch(s);
    char frames[400], text[200];
    memset(text, 't', sizeof text);
    size_t n = frame_put(frames, FIN | TEXT, text, 150);
    n += frame_put(frames + n, FIN | PING, "p", 1);
    n += frame_put(frames + n, TEXT, "part", 4);
    n += frame_put(frames + n, FIN | CLOSING, "\x03\xe8", 2);
    for (int way = 0; way < WAYS; way++)
        for (size_t cut = 0; cut <= n; cut += cut < 16 || cut > 150 ? 3 : 40) {
            struct client *c = client_join(s, "/relay/broken");
            trying("left in way %d after %zu bytes of frames", way, cut);
            client_try(c, frames, cut);
            leave(c, way);
            still_well(&b);
        }
    trying("%s", "");
    struct client *c = client_join(s, "/relay/whole");
    client_text(c, "hello");
    expect_text(c, "hello");
}

static void broken_during_jobs(struct server *s)
{
    static const char *const targets[] = {
        "/relay/x?job=sleep:30", "/relay/x?job=nap:10", "/relay/x?job=cpu:15",
        "/relay/x?job=await:12", "/job/sleep:30", "/job/await:12",
    };
    struct bystanders b = watch(s);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        for (int way = 0; way < WAYS; way++) {
            trying("gone during %s, way %d", targets[i], way);
            struct client *c = client_join(s, targets[i]);
            client_text(c, "work");
            client_text(c, "more work");
            if (way & 1)
                pause_ms(2);
            leave(c, way);
            still_well(&b);
        }
    pause_ms(40);
    still_well(&b);
    struct client *c = client_join(s, "/job/cpu:10");
    client_text(c, "work");
    expect_text(c, "55");
}

/* Nobody waits for the result any more. Who polls that line all the same spins. */
static void gone_for_good(struct server *s)
{
    for (int way = 0; way < 3; way++) {
        struct client *c = client_join(s, "/relay/x?job=sleep:1000");
        client_text(c, "work");
        pause_ms(10);
        if (way == 2)
            shutdown(c->fd, SHUT_WR);
        else
            leave(c, way);
        trying("gone in way %d", way);
        check_rests(s, "waiting for nobody");
    }
}

/* Gone while the server writes to it: EPIPE and ECONNRESET, and never SIGPIPE. */
static void broken_deliveries(struct server *s)
{
    enum { SIZE = 1 << 20 };
    char *data = calloc(1, SIZE);
    for (int way = 0; way < 4; way++) {
        char target[] = "/relay/pipe0";
        target[sizeof target - 2] += way; /* what is left of one room is not the next's */
        struct client *c = client_join(s, target), *slow = client_slow(s);
        client_ask(slow, target);
        if (!s->model->single)
            check(client_answered(slow, PATIENCE), "no answer to the handshake");
        for (int i = 0; i < 3; i++) {
            client_send(c, FIN | BINARY, data, SIZE);
            if (i == way)
                client_reset(slow);
            expect_frame(c, BINARY, data, SIZE);
        }
        if (way == 3)
            client_reset(slow);
        client_send(c, FIN | BINARY, data, SIZE);       /* and who sent it goes itself */
        client_reset(c);
    }
    free(data);
    struct client *c = client_join(s, "/relay/pipe");
    client_text(c, "hello");
    expect_text(c, "hello");
}

/* ---- half-closed lines: the client has said all, and still listens ---- */

static void half_closed(struct server *s)
{
    static const char request[] = "GET /job/sleep:50 HTTP/1.1\r\nHost: h\r\n\r\n";
    struct answer a;
    struct client *c = client_connect(s);
    client_write(c, request, sizeof request - 1);
    shutdown(c->fd, SHUT_WR);
    http_read(c, &a, false);
    check(a.status == 200, "a request before a half close is answered %d", a.status);
    expect_end(c, PATIENCE);
    client_close(c);
    trying("two requests");
    c = client_connect(s);
    client_write(c, request, sizeof request - 1);
    client_write(c, request, sizeof request - 1);
    shutdown(c->fd, SHUT_WR);
    for (int i = 0; i < 2; i++) {
        http_read(c, &a, false);
        check(a.status == 200, "is answered %d", a.status);
    }
    expect_end(c, PATIENCE);
    client_close(c);
    trying("half a request");
    c = client_connect(s);
    client_write(c, request, 10);
    shutdown(c->fd, SHUT_WR);
    http_read(c, &a, false);
    check(a.status == 0 || a.status == 400, "is answered %d", a.status);
    expect_end(c, PATIENCE);
}

/* What was said and its end have both come before the server looks: there will be no more
 * news of this line. */
static void half_closed_before(struct server *s)
{
    enum { VISITORS = 5 };
    struct client *c[VISITORS];
    struct answer a;
    client_close(client_join(s, "/relay/before"));
    server_freeze(s);
    for (int i = 0; i < VISITORS; i++) {
        c[i] = client_connect(s);
        client_write(c[i], "GET /", 5);
        shutdown(c[i]->fd, SHUT_WR);
    }
    kill(-s->pid, SIGCONT);
    for (int i = 0; i < VISITORS; i++) {
        trying("visitor %d", i);
        http_read(c[i], &a, false);
        check(a.status == 0 || a.status == 400, "is answered %d", a.status);
        expect_end(c[i], PATIENCE);
    }
}

static void half_closed_members(struct server *s)
{
    struct bystanders b = watch(s);
    for (int i = 0; i < 3; i++) {
        struct client *c = client_join(s, "/relay/bystanders");
        client_text(c, "my last");
        shutdown(c->fd, SHUT_WR);
        for (int k = 0; k < b.n; k++)
            expect_text(b.c[k], "my last");
        still_well(&b);
        struct got got;
        enum arrival a;
        while ((a = client_frame(c, &got, PATIENCE)) == FRAME)
            ;
        check(a != NOTHING, "a line that is half closed stays");
        client_close(c);
    }
}

/* ---- crowds ---- */

static void idle_crowd(struct server *s)
{
    enum { CROWD = 100 };
    struct client *c[2];
    for (int i = 0; i < CROWD; i++) {
        struct client *idle = client_connect(s);
        if (i % 3 == 1)
            client_write(idle, "GET /", 5);
        if (i % 3 == 2) {
            client_ask(idle, "/relay/idle");
            check(client_answered(idle, PATIENCE), "member %d gets no answer", i);
        }
    }
    clients_join(s, "/relay/lively", c, 2);
    for (int i = 0; i < 10; i++) {
        client_text(c[i % 2], "anybody?");
        expect_texts(c, 2, "anybody?");
    }
}

/* Waits until no more are answered for a while; returns how many are. */
static int count_answered(struct client **c, bool *answered, int n, int more_than)
{
    enum { QUIET = 200 };
    int count = 0, before = 0;
    int64_t end = clock_now() + PATIENCE * MS, quiet = clock_now() + QUIET * MS;
    while (clock_now() < end && (count <= more_than || clock_now() < quiet)) {
        count = 0;
        for (int i = 0; i < n; i++) {
            if (c[i] && !answered[i])
                answered[i] = client_answered(c[i], 1);
            count += c[i] && answered[i];
        }
        if (count != before)
            quiet = clock_now() + QUIET * MS;
        before = count;
    }
    return count;
}

/* Who was answered late may have heard what was said before. */
static void hear(struct client *c, const char *text)
{
    struct got got;
    do
        check(client_frame(c, &got, PATIENCE) == FRAME, "nobody hears \"%s\"", text);
    while (got.size != strlen(text) || memcmp(got.data, text, got.size));
}

static void all_relay(struct client **c, const bool *answered, int n, const char *text)
{
    bool said = false;
    for (int i = 0; i < n && !said; i++)
        if (c[i] && answered[i]) {
            client_text(c[i], text);
            said = true;
        }
    for (int i = 0; i < n; i++)
        if (c[i] && answered[i])
            hear(c[i], text);
}

static void out_of_descriptors(struct server *s)
{
    enum { CLIENTS = 60 };
    struct client *c[CLIENTS];
    bool answered[CLIENTS] = { false };
    for (int i = 0; i < CLIENTS; i++) {
        c[i] = client_connect(s);
        client_ask(c[i], "/relay/full");
    }
    int served = count_answered(c, answered, CLIENTS, 0);
    check(served > 0 && served < CLIENTS, "%d of %d were served", served, CLIENTS);
    all_relay(c, answered, CLIENTS, "we are full");
    check_rests(s, "full");
    int closed = 0;
    for (int i = 0; i < CLIENTS && closed < (served + 1) / 2; i++)
        if (answered[i]) {
            client_close(c[i]);
            c[i] = NULL;
            closed++;
        }
    int now = count_answered(c, answered, CLIENTS, served - closed);
    check(now > served - closed, "%d clients have left, and nobody new is served",
          closed);
    all_relay(c, answered, CLIENTS, "welcome");
}

/* How many descriptors each of its processes may have from now on; 0: as at the start.
 * One that has just ended needs none. */
static void limit_files(const struct server *s, rlim_t most)
{
    pid_t pids[64];
    for (int i = 0, n = server_pids(s, pids, 64); i < n; i++) {
        struct rlimit l;
        bool done = prlimit(pids[i], RLIMIT_NOFILE, NULL, &l) == 0;
        if (done) {
            l.rlim_cur = most ? most : l.rlim_max;
            done = prlimit(pids[i], RLIMIT_NOFILE, &l, NULL) == 0;
        }
        check(done || errno == ESRCH, "cannot limit its files: %s", strerror(errno));
    }
}

/* There is none, however few the model needs. Clients wait in the backlog. */
static void no_descriptor(struct server *s)
{
    enum { STANDARD = 3 };      /* and those are taken */
    client_close(client_join(s, "/relay/before"));
    limit_files(s, STANDARD);
    struct client *c = client_connect(s);
    client_ask(c, "/relay/later");
    check_rests(s, "without a descriptor");
    check(!client_answered(c, 1), "there is an answer without a descriptor");
    limit_files(s, 0);
    check(client_answered(c, PATIENCE), "nobody is let in when there are some again");
}

/* The limit is lowered under clients that are there. They stay, or are told to go; and a
 * call that takes no more than the limit allows is not asked again and again. */
static void fewer_descriptors(struct server *s)
{
    enum { CLIENTS = 40, LEFT = 20 };
    struct client *c[CLIENTS];
    struct got got;
    int n = s->model->single ? 1 : CLIENTS, heard = 0;
    clients_join(s, "/relay/fewer", c, n);
    limit_files(s, LEFT);
    server_freeze(s);
    for (int i = 0; i < n; i++)
        client_text(c[i], "so few?");
    kill(-s->pid, SIGCONT);
    for (int i = 0; i < n; i++) {
        trying("client %d of %d", i, n);
        check(client_frame(c[i], &got, PATIENCE) == FRAME, "hears nothing");
        bool told = got.first == (FIN | CLOSING) && got.size >= 2
                    && !memcmp(got.data, "\x03\xe9", 2);        /* 1001 */
        check(told || got.first == (FIN | TEXT), "gets a frame %02x", got.first);
        heard += !told;
    }
    trying("%s", "");
    check(heard > 0, "all have to go");
    check_rests(s, "with fewer descriptors than clients");
    limit_files(s, 0);
    client_text(c[0], "again");
    hear(c[0], "again");
    client_close(c[n - 1]);
    client_join_patiently(s, "/relay/fewer");
}

/* They come and go, and wait in the backlog all the same, to be let in. */
static void crowd_the_door(const struct server *s, int n)
{
    struct sockaddr_in to = local_address(1, s->port);
    for (int i = 0; i < n; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        connect(fd, (struct sockaddr *)&to, sizeof to);
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
                   sizeof(struct linger));
        close(fd);
    }
}

/* Who is inside does not wait until everyone has come in. We may look too late to see
 * that, when the machine is busy: once is enough. */
static void crowd_at_the_door(struct server *s)
{
    enum { CROWD = 1000, ROUNDS = 10 };
    struct client *c = client_join(s, "/relay/inside");
    int outside = 0;
    for (int i = 0; i < ROUNDS && outside == 0; i++) {
        server_freeze(s);
        crowd_the_door(s, CROWD);
        client_text(c, "all well?");
        kill(-s->pid, SIGCONT);
        expect_text(c, "all well?");
        outside = server_backlog(s);
    }
    check(outside > 0, "a member is answered only when nobody is at the door any more");
}

/* FD_SETSIZE is no limit of the kernel's but one of select(2): only a model that is named
 * after it can meet it, and no outside sign would tell. So here a name is asked for. */
static void beyond_fd_setsize(struct server *s)
{
    enum { CLIENTS = 1100, ENOUGH = 1300 };
    static struct client *c[CLIENTS];
    struct rlimit files;
    int served = 0, refused = 0;
    if (strcmp(s->model->name, "select"))
        pass_over("does not use select(2)");
    getrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < ENOUGH)
        pass_over("descriptors are limited too low to try");
    for (int i = 0; i < CLIENTS; i++) {
        c[i] = client_connect(s);
        char target[40], head[512];
        snprintf(target, sizeof target, "/relay/r%d", i);
        client_try(c[i], head, client_head(c[i], target, head));
        struct answer a;
        http_read(c[i], &a, false);
        trying("client %d", i);
        check(a.status == 101 || a.status == 503, "is answered %d", a.status);
        *(a.status == 101 ? &served : &refused) += 1;
    }
    trying("%s", "");
    check(served > 900 && refused > 0, "%d served, %d refused", served, refused);
    client_text(c[served - 1], "the last one in");
    expect_text(c[served - 1], "the last one in");
    for (int i = 0; i < 50; i++)
        client_close(c[i]);
    pause_ms(20);
    client_join(s, "/relay/next");
}

/* ---- what stays behind ---- */

/* One visit, in one of several manners. */
static void visit(struct server *s, int manner)
{
    char head[512];
    struct client *c =
        manner % 5 < 2 ? client_connect(s) : client_join(s, "/relay/visit");
    if (manner % 5 == 0)
        client_try(c, head, client_head(c, "/relay/visit", head) / 2);
    if (manner % 5 == 1) {
        struct answer a;
        http_get(c, "/job/sleep:1", &a);
    }
    if (manner % 5 == 3) {
        client_text(c, "hello");
        expect_text(c, "hello");
    }
    if (manner % 5 == 4) {
        client_send_close(c, 1000, "");
        expect_close(c, 1000);
    }
    if (manner % 2)
        client_reset(c);
    else
        client_close(c);
}

/* How many descriptors and threads are there when it is quiet? */
static int settled(struct server *s, int wanted)
{
    int n;
    for (int64_t end = clock_now() + 2000 * MS;; pause_ms(10))
        if ((n = server_files(s) + server_tasks(s)) <= wanted || clock_now() > end)
            return n;
}

static void leaks(struct server *s)
{
    enum { WARM_UP = 20, VISITS = 200, TOLERANCE = 1, MORE_MAPPINGS = 100 };
    for (int i = 0; i < WARM_UP; i++)
        visit(s, i);
    pause_ms(100);
    int before = server_files(s) + server_tasks(s);
    long mappings = server_mappings(s);
    for (int i = 0; i < VISITS; i++)
        visit(s, i);
    int after = settled(s, before + TOLERANCE);
    check(after <= before + TOLERANCE,
          "%d descriptors and threads before %d visits, %d after", before, VISITS, after);
    check(server_zombies(s) == 0, "%d zombies", server_zombies(s));
    mappings = server_mappings(s) - mappings;   /* lost threads' stacks would show */
    check(mappings < MORE_MAPPINGS, "%d visits have left %ld mappings", VISITS, mappings);
}

/* All speak, and then all are gone, while the server cannot look: more than it can be
 * told of, if it is told by signals, of which no more than a few may wait. */
static void all_at_once(struct server *s)
{
    enum { CLIENTS = 40, ROUNDS = 3 };
    struct client *c[CLIENTS];
    char text[30];
    int n = s->model->single ? 1 : CLIENTS;
    for (int i = 0; i < n; i++)
        c[i] = client_join_alone(s);
    for (int round = 0; round < ROUNDS; round++) {
        server_freeze(s);
        for (int i = 0; i < n; i++) {
            snprintf(text, sizeof text, "round %d, client %d", round, i);
            client_text(c[i], text);
        }
        kill(-s->pid, SIGCONT);
        for (int i = 0; i < n; i++) {
            snprintf(text, sizeof text, "round %d, client %d", round, i);
            trying("%s", text);
            expect_text(c[i], text);
        }
    }
    trying("%s", "");
    int wanted = server_files(s) + server_tasks(s) - n;
    server_freeze(s);
    for (int i = 0; i < n; i++)
        client_reset(c[i]);
    kill(-s->pid, SIGCONT);
    int more = settled(s, wanted) - wanted;
    check(more <= 0, "%d have gone, of whom %d are not noticed", n, more);
}

static void idle_cpu(struct server *s)
{
    struct client *c[5];
    int n = s->model->single ? 1 : 5;
    clients_join(s, "/relay/idle", c, n);
    client_text(c[0], "and now silence");
    expect_texts(c, n, "and now silence");
    pause_ms(20);
    check_rests(s, "idle");
}

const struct trial trouble_trials[] = {
    TRIAL("lines break during the handshake", broken_handshakes),
    TRIAL("lines break within frames", broken_frames),
    TRIAL("lines break during jobs", broken_during_jobs),
    TRIAL("a line that broke during a job costs nothing", gone_for_good),
    TRIAL("lines break under large deliveries", broken_deliveries),
    TRIAL("a half-closed line still gets its answer", half_closed),
    TRIAL("half-closed before anybody looks", half_closed_before, .workers = 1,
          .options = "--handshake-timeout 60000"),
    TRIAL("members that half-close", half_closed_members),
    TRIAL("a hundred idle connections", idle_crowd, .step = RESTS, .needs = A_CROWD),
    TRIAL("out of descriptors", out_of_descriptors, .files = 40),
    TRIAL("out of descriptors, though one is left", out_of_descriptors, .files = 41),
    TRIAL("no descriptor at all", no_descriptor),
    TRIAL("fewer descriptors than clients", fewer_descriptors, .workers = 40),
    TRIAL("fewer descriptors than clients, and eight signals", fewer_descriptors,
          .workers = 40, .signals = 8),
    TRIAL("a crowd at the door", crowd_at_the_door, .workers = 1),
    TRIAL("more descriptors than select(2) can watch", beyond_fd_setsize,
          .needs = A_CROWD),
    TRIAL("all talk at once, and eight signals may wait", all_at_once, .signals = 8,
          .workers = 40),
    TRIAL("nothing leaks", leaks, .workers = 2),
    TRIAL("idle costs nothing", idle_cpu, .step = RESTS),
    { 0 },
};
