/* case_share.c - one client asks for all at once. What others get, what its own line gets
 * to hear, and what it makes the server keep, stay as they should be. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int ms_since(int64_t start) { return (int)((clock_now() - start) / MS); }

static int ask_health(struct server *s)
{
    struct answer a;
    int64_t start = clock_now();
    struct client *c = client_connect(s);
    http_get(c, "/healthz", &a);
    client_close(c);
    check(a.status == 200, "/healthz is answered %d", a.status);
    return ms_since(start);
}

/* Every client is closed in the end: the books say so, too. The one who asks is open. */
static void check_books(struct server *s)
{
    static const char opened[] = "\nrelay_connections_total ";
    static const char ended[] = "\nrelay_closed_total ";
    long open = 0;
    for (int64_t end = clock_now() + PATIENCE * MS; clock_now() < end; pause_ms(20)) {
        struct answer a;
        struct client *c = client_connect(s);
        http_get(c, "/metrics", &a);
        client_close(c);
        const char *all = strstr(a.body, opened), *over = strstr(a.body, ended);
        check(all && over, "/metrics does not tell how many have come and gone");
        open = atol(all + sizeof opened - 1) - atol(over + sizeof ended - 1);
        if (open == 1)
            return;
    }
    check(false, "nobody is there, and /metrics says that %ld are", open - 1);
}

/* ---- jobs in one write ---- */

enum { JOBS = 5, JOB_MS = 300 };

/* As many requests as that in one write. */
static void ask_for(struct client *c, const char *target, int times)
{
    char *all = malloc((size_t)times * 100);
    int n = 0;
    for (int i = 0; i < times; i++)
        n += sprintf(all + n, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", target);
    client_write(c, all, (size_t)n);
    free(all);
}

/* Each is answered when it is done, and not when all are. */
static void one_by_one(struct server *s)
{
    struct answer a;
    char target[50];
    struct client *c = client_connect(s);
    snprintf(target, sizeof target, "/job/sleep:%d", JOB_MS);
    int64_t start = clock_now();
    ask_for(c, target, JOBS);
    for (int i = 1; i <= JOBS; i++) {
        trying("request %d", i);
        http_read(c, &a, false);
        int ms = ms_since(start);
        check(a.status == 200, "is answered %d", a.status);
        check(ms >= i * JOB_MS - 5, "is answered after %d ms", ms);
        check(i > 1 || ms < (JOBS - 1) * JOB_MS, "is answered after %d ms, with all", ms);
    }
    client_close(c);
    c = client_join(s, target);
    char all[JOBS * 20], wanted[20];
    size_t n = 0;
    for (int i = 0; i < JOBS; i++)
        n += frame_put(all + n, FIN | TEXT, "work", 4);
    snprintf(wanted, sizeof wanted, "%d", JOB_MS);
    start = clock_now();
    client_write(c, all, n);
    for (int i = 1; i <= JOBS; i++) {
        trying("message %d", i);
        expect_text(c, wanted);
        int ms = ms_since(start);
        check(i > 1 || ms < (JOBS - 1) * JOB_MS, "is answered after %d ms, with all", ms);
    }
}

enum { BURST = 380 };

/* The ways in which so many jobs may be asked for in one write. */
static struct client *ask_by_request(struct server *s, const char *job)
{
    char target[50];
    struct client *c = client_connect(s);
    snprintf(target, sizeof target, "/job/%s", job);
    ask_for(c, target, BURST);
    return c;
}

static struct client *ask_by_message(struct server *s, const char *job)
{
    static char all[BURST * 10];
    char target[50];
    size_t n = 0;
    snprintf(target, sizeof target, "/relay/dead?job=%s", job);
    struct client *c = client_join(s, target);
    while (n < sizeof all)
        n += frame_put(all + n, FIN | TEXT, "work", 4);
    client_write(c, all, n);
    return c;
}

static struct client *ask_by_post(struct server *s, const char *job)
{
    static char all[BURST * 100];
    struct client *c = client_connect(s);
    int n = 0;
    for (int i = 0; i < BURST; i++)
        n += sprintf(all + n, "POST /relay/dead?job=%s HTTP/1.1\r\nHost: h\r\n"
                     "Content-Length: 4\r\n\r\nwork", job);
    client_write(c, all, n);
    return c;
}

/* A burst of jobs, and nobody there to hear of them: the worker is free again after
 * one, or two if it takes an answer to learn that the client is gone. */
static void jobs_of_the_dead(struct server *s)
{
    static const struct {
        const char *name;
        struct client *(*ask)(struct server *, const char *job);
        void (*leave)(struct client *);
    } all[] = {
        { "requests, then a reset", ask_by_request, client_reset },
        { "requests, then a close", ask_by_request, client_close },
        { "messages, then a reset", ask_by_message, client_reset },
        { "posts, then a close", ask_by_post, client_close },
    };
    for (size_t i = 0; i < 2 * sizeof all / sizeof *all; i++) {
        char job[20];
        snprintf(job, sizeof job, "%s:%d", i % 2 ? "nap" : "sleep", JOB_MS);
        trying("%s, jobs: %s", all[i / 2].name, job);
        struct client *c = all[i / 2].ask(s, job);
        pause_ms(50);
        all[i / 2].leave(c);
        int ms = ask_health(s);
        check(ms < PATIENCE / 2, "the next client waits for %d ms", ms);
    }
    trying("%s", "");
    check_books(s);
}

/* Where everyone's jobs block everyone, others still have their turn between two. */
static void others_between_jobs(struct server *s)
{
    enum { NAPS = 100, NAP_MS = 20, LONGEST = NAPS * NAP_MS / 4 };
    struct client *c = client_connect(s);
    struct answer a;
    ask_for(c, "/job/nap:20", NAPS);
    pause_ms(NAP_MS);
    for (int i = 0; i < 3; i++) {
        int ms = ask_health(s);
        check(ms < LONGEST, "beside %d naps of %d ms /healthz takes %d ms", NAPS, NAP_MS,
              ms);
    }
    for (int i = 0; i < NAPS; i++) {
        trying("answer %d", i);
        http_read(c, &a, false);
        check(a.status == 200, "is %d", a.status);
    }
}

/* A client may ask ahead as far as it likes: what is too much waits in its line. */
static void far_ahead(struct server *s)
{
    enum { TIMES = 60000 };
    static const char ask[] = "GET /job/cpu:0 HTTP/1.1\r\nHost: h\r\n\r\n";
    static const char body[] = "\r\n\r\n0\n";
    struct client *c = client_connect(s);
    size_t most = TIMES * (sizeof ask - 1), sent = 0, kept = 0;
    char buf[65536 + sizeof body];
    int answers = 0;
    while (answers < TIMES) {
        struct pollfd p = { c->fd, sent < most ? POLLIN | POLLOUT : POLLIN, 0 };
        trying("%d answers to %zu bytes of requests", answers, sent);
        check(poll(&p, 1, PATIENCE) > 0, "and then nothing");
        if (p.revents & POLLIN) {
            ssize_t n = recv(c->fd, buf + kept, 65536, 0);
            check(n > 0, "and then the line is over");
            kept += (size_t)n;
            buf[kept] = '\0';
            char *at = buf;
            for (char *next; (next = strstr(at, body)); at = next + sizeof body - 1)
                answers++;
            kept -= (size_t)(at - buf);
            size_t part = kept < sizeof body - 1 ? kept : sizeof body - 1;
            memmove(buf, at + kept - part, part);
            kept = part;
        }
        if (p.revents & POLLOUT) {
            size_t at = sent % (sizeof ask - 1);
            ssize_t n = send(c->fd, ask + at, sizeof ask - 1 - at,
                             MSG_DONTWAIT | MSG_NOSIGNAL);
            sent += n > 0 ? (size_t)n : 0;
        }
    }
}

/* ---- messages in one write ---- */

/* How many whole bytes wait for a client: what it has been sent so far. */
static size_t has_got(struct client *c)
{
    static char buf[1 << 20];
    ssize_t n = recv(c->fd, buf, sizeof buf, MSG_PEEK | MSG_DONTWAIT);
    return n > 0 ? (size_t)n : 0;
}

/* One read of small messages makes a million deliveries in a large room, where pings
 * between them keep each a message by itself. A stranger is served before most of it. */
static void tiny_to_many(struct server *s)
{
    enum { MEMBERS = 300, MESSAGES = 3000, TRIES = 3 };
    static char all[MESSAGES * 12];
    struct client *c[MEMBERS];
    size_t n = 0, got = 0, whole = MESSAGES * 2;
    for (int i = 0; i < MESSAGES; i++) {
        n += frame_put(all + n, FIN | TEXT, "", 0);
        n += frame_put(all + n, FIN | PONG, "", 0);
    }
    clients_join(s, "/relay/large", c, MEMBERS);
    if (server_tasks(s) > MEMBERS)
        pass_over("a task for each client: the kernel shares out the CPU");
    for (int i = 0; i < TRIES; i++) {
        struct client *stranger = client_connect(s);
        struct answer a;
        http_get(stranger, "/healthz", &a);
        client_write(c[0], all, n);
        pause_ms(1);
        http_get(stranger, "/healthz", &a);
        got = has_got(c[1]);
        client_close(stranger);
        for (int k = 0; k < MEMBERS; k++)
            for (int m = 0; m < MESSAGES; m++) {
                trying("message %d to member %d", m, k);
                expect_text(c[k], "");
            }
        trying("%s", "");
        if (got < whole / 2)
            return;
    }
    check(false, "a stranger is served after %zu of %zu bytes", got, whole);
}

/* With a task for each client the kernel shares out the CPU; but the door must not wait
 * for a lock that a talker takes again and again. A newcomer is served soon, or, on a
 * slow machine, while a member gets a small part of the burst. */
static void newcomers(struct server *s)
{
    enum { MEMBERS = 300, MESSAGES = 3000, WHOLE = MESSAGES * 2, ROUNDS = 3 };
    enum { SOON = 2000 * SLOWER };      /* ms */
    static char all[MESSAGES * 12];
    struct client *c[MEMBERS];
    size_t n = 0;
    for (int i = 0; i < MESSAGES; i++) {
        n += frame_put(all + n, FIN | TEXT, "", 0);
        n += frame_put(all + n, FIN | PONG, "", 0);
    }
    clients_join(s, "/relay/large", c, MEMBERS);
    if (server_tasks(s) <= MEMBERS)
        pass_over("no task for each client");
    for (int i = 0; i < ROUNDS; i++) {
        size_t before = 0, got = 0;
        client_write(c[0], all, n);
        for (; got < WHOLE / 2; before = got) {
            int ms = ask_health(s);
            got = has_got(c[1]);
            check(ms < SOON || got - before < WHOLE / 4,
                  "a newcomer is served after %d ms, and %zu of %d bytes", ms,
                  got - before, WHOLE);
            pause_ms(5);
        }
        for (int k = 0; k < MEMBERS; k++)
            for (int m = 0; m < MESSAGES; m++)
                expect_text(c[k], "");
    }
}

/* ---- a flood ---- */

enum { TALKERS = 6 };

/* They talk as fast as their lines take it, and read what they are answered. */
struct flood {
    struct client *c[TALKERS];
    const char *said;           /* again and again */
    size_t size, at[TALKERS];   /* of it; how far each has got */
    atomic_size_t total;        /* bytes that have been written */
    atomic_bool over;
};

static void *pour(void *arg)
{
    static char heard[65536];
    struct flood *f = arg;
    while (!f->over) {
        struct pollfd p[TALKERS];
        for (int i = 0; i < TALKERS; i++)
            p[i] = (struct pollfd){ f->c[i]->fd, POLLIN | POLLOUT, 0 };
        poll(p, TALKERS, 100);
        for (int i = 0; i < TALKERS; i++) {
            recv(p[i].fd, heard, sizeof heard, MSG_DONTWAIT);
            ssize_t n = send(p[i].fd, f->said + f->at[i], f->size - f->at[i],
                             MSG_DONTWAIT | MSG_NOSIGNAL);
            if (n <= 0)
                continue;
            f->at[i] = (f->at[i] + (size_t)n) % f->size;
            f->total += (size_t)n;
        }
    }
    return NULL;
}

/* Until that many more bytes have been poured out. */
static void wait_for_more(struct flood *f, size_t bytes)
{
    size_t before = f->total;
    for (int64_t end = clock_now() + PATIENCE * MS; f->total - before < bytes; ) {
        check(clock_now() < end, "the flood has dried up after %zu bytes", f->total);
        pause_ms(1);
    }
}

/* Whatever a loop puts off until nothing else is to be done, it never does. */
static void beside_a_flood(struct server *s)
{
    enum { ASKS = 5, FRAMES = 1000, ON = 1 << 18, LONGEST = PATIENCE / 2 };
    static const struct { const char *name; int first; } floods[] = {
        { "messages", FIN | TEXT }, { "pongs, to which nobody says a word", FIN | PONG },
    };
    static char said[FRAMES * 30];
    for (size_t k = 0; k < sizeof floods / sizeof *floods; k++) {
        struct flood f = { .said = said };
        struct client *quiet = client_join(s, "/relay/quiet");
        char target[] = "/relay/flood0";
        pthread_t thread;
        for (int i = 0; i < TALKERS; i++, target[sizeof target - 2]++)
            f.c[i] = client_join_patiently(s, target);
        for (int i = 0; i < FRAMES; i++)
            f.size += frame_put(said + f.size, floods[k].first, "a flood", 7);
        check(pthread_create(&thread, NULL, pour, &f) == 0, "no thread");
        trying("beside %d that flood with %s", TALKERS, floods[k].name);
        for (int i = 0; i < ASKS; i++) {
            wait_for_more(&f, ON);
            int64_t start = clock_now();
            client_text(quiet, "and I?");
            expect_text(quiet, "and I?");
            int ms = ms_since(start), stranger = ask_health(s);
            check(ms < LONGEST, "a quiet client waits for %d ms", ms);
            check(stranger < LONGEST, "/healthz takes %d ms", stranger);
        }
        wait_for_more(&f, ON);
        f.over = true;
        pthread_join(thread, NULL);
        clients_close();
    }
}

/* ---- a slow upload ---- */

/* A client cannot answer a ping within its own frame: its bytes have to do. */
static void slow_upload(struct server *s)
{
    enum { SIZE = 2000, PIECE = 20, EVERY_MS = 15 };
    char data[SIZE], frame[SIZE + 14];
    struct client *c = client_join(s, "/relay/slow");
    memset(data, 's', SIZE);
    size_t n = frame_put(frame, FIN | BINARY, data, SIZE);
    for (size_t at = 0; at < n; at += PIECE) {
        client_write(c, frame + at, n - at < PIECE ? n - at : PIECE);
        pause_ms(EVERY_MS);
    }
    struct got got;
    while (client_frame(c, &got, PATIENCE) == FRAME && got.first == (FIN | PING))
        ;
    check(got.first == (FIN | BINARY) && got.size == SIZE,
          "it is answered with %x, %zu bytes", got.first, got.size);
}

/* A byte now and then is no upload. */
static void slower_than_allowed(struct server *s)
{
    struct client *c = client_join(s, "/relay/slow");
    client_write(c, "\x82\xfe\x02\x80mask", 8);       /* of 640 bytes */
    int64_t start = clock_now();
    while (ms_since(start) < PATIENCE && client_try(c, "a", 1) && !has_got(c))
        pause_ms(20);
    int ms = ms_since(start);
    check(ms >= 250, "it is closed after %d ms", ms);
    check(ms < PATIENCE, "it is endured");
    expect_close(c, 1008);
}

const struct trial share_trials[] = {
    TRIAL("pipelined jobs are answered one by one", one_by_one),
    TRIAL("jobs of a client that is gone", jobs_of_the_dead, .workers = 1),
    TRIAL("others come between two pipelined jobs", others_between_jobs,
          .needs = SEVERAL),
    TRIAL("requests far ahead of their answers", far_ahead),
    TRIAL("a burst of tiny messages to a large room", tiny_to_many, .needs = A_CROWD),
    TRIAL("newcomers beside such a burst", newcomers, .needs = A_CROWD,
          .thorough = true, .options = "--ping-after 600000"),
    TRIAL("six clients that flood, and a quiet one", beside_a_flood, .needs = SEVERAL),
    TRIAL("a slow upload within one frame", slow_upload,
          .options = "--ping-after 300 --pong-timeout 300"),
    TRIAL("a frame below the least rate", slower_than_allowed,
          .options = "--frame-timeout 300 --min-rate 1000 --ping-after 2000"),
    { 0 },
};
