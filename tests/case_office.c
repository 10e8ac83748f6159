/* case_office.c - processes that relay through their parent, the post office: it is late,
 * it is stopped, it is gone, and no child is lost by it.
 *
 * A model without child processes has no such office. The storms are for all models. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { CREW = 8, MAX_PIDS = 64 };

/* ---- guests ---- */

/* They write whenever they can and read whatever comes, and never wait for anything. */
struct guest {
    struct client *c;
    size_t said;                /* bytes of what they have to say */
    int64_t leaves;             /* when; NEVER: talks for as long as it may */
    bool heard;                 /* has been answered, or does not care */
};

enum { WORDS = 1500, FRAME_SIZE = WORDS + 8, FRAMES = 8 };

struct words { char head[512], frames[FRAMES * FRAME_SIZE]; size_t heading; };

static void prepare(struct words *w, struct client *c)
{
    static const char text[WORDS];
    w->heading = client_head(c, "/relay/storm", w->head);
    for (int i = 0; i < FRAMES; i++)
        frame_put(w->frames + i * FRAME_SIZE, FIN | BINARY, text, WORDS);
}

/* The handshake, then, if it talks, one message after the other. */
static bool say(struct guest *g, const struct words *w)
{
    const char *from = w->head + g->said;
    size_t size = w->heading - g->said;
    if (g->said >= w->heading) {
        if (g->leaves != NEVER)
            return true;
        size_t at = (g->said - w->heading) % sizeof w->frames;
        from = w->frames + at;
        size = sizeof w->frames - at;
    }
    ssize_t n = send(g->c->fd, from, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    g->said += n > 0 ? (size_t)n : 0;
    return n > 0 || errno == EAGAIN;
}

static bool hear(struct guest *g)
{
    char buf[65536];
    ssize_t n = recv(g->c->fd, buf, sizeof buf, MSG_DONTWAIT);
    g->heard = g->heard || n > 0;
    return n > 0 || (n < 0 && errno == EAGAIN);
}

/* One of three leaves with a reset, one of four without waiting for an answer: if all
 * did, a crowd would be at the door in the end. */
static void come_and_go(struct server *s, struct guest *g, struct words *w)
{
    int64_t now = clock_now();
    if (g->c && say(g, w) && hear(g) && (now < g->leaves || !g->heard))
        return;
    if (g->c && rand() % 3 == 0)
        client_reset(g->c);
    else if (g->c)
        client_close(g->c);
    g->c = client_connect(s);
    g->said = 0;
    g->heard = rand() % 4 == 0;
    if (g->leaves != NEVER)
        g->leaves = now + rand() % 20 * MS;
    prepare(w, g->c);
}

/* Every `stop` ms, if there is a number, the first process is stopped, or goes on. */
static void storm(struct server *s, int talkers, int others, int ms, int stop)
{
    static struct words words[CREW];
    struct guest guests[CREW] = { 0 };
    int64_t start = clock_now(), now;
    bool stopped = false;
    for (int i = 0; i < talkers; i++)
        guests[i].leaves = NEVER;
    for (; (now = clock_now()) < start + ms * MS; pause_ms(1)) {
        for (int i = 0; i < talkers + others; i++)
            come_and_go(s, &guests[i], &words[i]);
        if (stop && stopped != ((now - start) / MS / stop % 2 == 1)) {
            stopped = !stopped;
            kill(s->pid, stopped ? SIGSTOP : SIGCONT);
        }
    }
    kill(s->pid, SIGCONT);
    clients_close();
}

/* ---- what must be as before ---- */

static long long counter(const char *text, const char *name)
{
    char line[100];
    snprintf(line, sizeof line, "\nrelay_%s ", name);
    const char *at = strstr(text, line);
    check(at, "/metrics does not tell %s", name);
    return atoll(at + strlen(line));
}

/* All have left but the one who asks. */
static void check_metrics(struct server *s)
{
    struct answer a;
    long long open = 0;
    for (int64_t end = clock_now() + PATIENCE * MS; clock_now() < end; pause_ms(20)) {
        struct client *c = client_connect(s);
        http_get(c, "/metrics", &a);
        client_close(c);
        if (a.status != 200)
            continue;           /* places are not free yet */
        open = counter(a.body, "connections_total") - counter(a.body, "closed_total");
        if (open == 1)
            return;
    }
    check(false, "one is there, and %lld are said to be", open);
}

/* As many as can be served are, all in one room. */
static void check_usable(struct server *s)
{
    struct client *c[CREW];
    int n = s->model->single ? 1 : CREW;
    for (int i = 0; i < n; i++) {
        trying("client %d of %d, after the storm", i + 1, n);
        c[i] = client_join_patiently(s, "/relay/after");
    }
    for (int i = 0; i < n; i++) {
        client_text(c[i], "all here");
        expect_texts(c, n, "all here");
    }
    for (int i = 0; i < n; i++)
        client_close(c[i]);
    trying("%s", "");
}

static void check_at_rest(struct server *s, int tasks, int files)
{
    int64_t end = clock_now() + PATIENCE * MS;
    while (server_tasks(s) > tasks || server_files(s) > files || server_zombies(s)) {
        check(clock_now() < end, "all have left, and it has %d tasks, %d files and %d "
              "zombies; it had %d and %d", server_tasks(s), server_files(s),
              server_zombies(s), tasks, files);
        pause_ms(10);
    }
}

static void check_stops_at_once(struct server *s)
{
    int ms = server_stop(s, SIGTERM);
    check(ms < 500 * SLOWER, "nobody is there, and it takes %d ms to stop", ms);
}

/* Some of its clients are served by children. Sets how many processes there are. */
static int children(struct server *s, pid_t *pids)
{
    int n = server_pids(s, pids, MAX_PIDS);
    if (n < 2)
        pass_over("has no child processes");
    return n;
}

static void check_all_as_before(struct server *s, int tasks, int files)
{
    clients_close();
    check_usable(s);
    check_at_rest(s, tasks, files);
    check_metrics(s);
    check_stops_at_once(s);
}

static struct server *start(const struct server *bare, int workers, const char *options)
{
    char all[200];
    snprintf(all, sizeof all, "%s", options);
    if (bare->model->crew)
        snprintf(all, sizeof all, "%s --workers %d", options, workers);
    struct server *s = server_start(bare->model, all, NULL);
    if (workers >= CREW)
        check_usable(s);        /* the crew is complete */
    pause_ms(100);
    return s;
}

/* ---- storms ---- */

/* There are as many places as must be usable afterwards: one that leaks is missed. */
static void comes_and_goes(struct server *bare, int ms, int stop)
{
    bool single = bare->model->single, places = !single && !bare->model->crew;
    struct server *s = start(bare, CREW, places ? "--max-output 4096 --max-connections 8"
                                                : "--max-output 4096");
    int tasks = server_tasks(s), files = server_files(s);
    storm(s, single ? 1 : 3, single ? 0 : 5, ms, stop);
    check_all_as_before(s, tasks, files);
}

static void coming_and_going(struct server *bare) { comes_and_goes(bare, 1500, 0); }
static void long_coming_and_going(struct server *bare) { comes_and_goes(bare, 15000, 0); }
static void stopped_at_times(struct server *bare) { comes_and_goes(bare, 1500, 100); }
static void stopped_for_long(struct server *bare) { comes_and_goes(bare, 15000, 300); }

/* ---- the office is stopped ---- */

/* A client that has a process already, and asks for a room when the office is stopped. */
static struct client *stand_at_the_door(struct server *s)
{
    struct client *c = client_connect(s);
    struct answer a;
    pid_t pids[MAX_PIDS];
    http_get(c, "/healthz", &a);
    check(a.status == 200, "/healthz is answered %d", a.status);
    children(s, pids);
    process_freeze(s->pid);
    client_ask(c, "/relay/closed");
    expect_silence(c, 50);
    return c;
}

/* How long until the line is over, whatever else comes. */
static int ms_to_the_end(struct client *c)
{
    char buf[4096];
    int64_t start = clock_now(), end = start + PATIENCE * MS;
    while (clock_now() < end) {
        ssize_t n = recv(c->fd, buf, sizeof buf, MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN))
            break;
        pause_ms(1);
    }
    return (clock_now() - start) / MS;
}

/* Whom the office does not let in is told so when a handshake's time is over. */
static void waits_for_the_office(struct server *bare)
{
    struct server *s = start(bare, CREW, "--handshake-timeout 500");
    int tasks = server_tasks(s), files = server_files(s);
    int ms = ms_to_the_end(stand_at_the_door(s));
    check(ms < 1000 * SLOWER, "no room is free, and it is closed after %d ms", ms);
    kill(s->pid, SIGCONT);
    check_all_as_before(s, tasks, files);
}

/* Who leaves before he is in keeps no process from others. */
static void leaves_at_the_door(struct server *bare)
{
    struct server *s = start(bare, 1, "");
    int tasks = server_tasks(s), files = server_files(s);
    struct client *c = stand_at_the_door(s);
    struct answer a;
    client_reset(c);
    if (bare->model->crew) {
        http_get(client_connect(s), "/healthz", &a);
        check(a.status == 200, "/healthz is answered %d", a.status);
    } else {
        int64_t end = clock_now() + PATIENCE * MS;
        while (server_tasks(s) > tasks && clock_now() < end)
            pause_ms(1);
        check(server_tasks(s) == tasks, "its process is still there");
    }
    kill(s->pid, SIGCONT);
    clients_close();
    client_close(client_join_patiently(s, "/relay/closed"));
    check_at_rest(s, tasks, files);
    check_metrics(s);
    check_stops_at_once(s);
}

/* Whom the office takes no letters from hears SIGTERM. */
static void told_amid_letters(struct server *bare)
{
    enum { TALKERS = 3 };
    struct server *s = start(bare, CREW, "");
    pid_t pids[MAX_PIDS];
    struct client *c[TALKERS];
    static const char large[60000];
    clients_join(s, "/relay/full", c, TALKERS);
    int n = children(s, pids);
    process_freeze(s->pid);
    char *frame = malloc(sizeof large + 14);
    size_t size = frame_put(frame, FIN | BINARY, large, sizeof large);
    for (int i = 0; i < TALKERS; i++)
        for (int k = 0; k < 100; k++)
            send(c[i]->fd, frame, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    free(frame);
    pause_ms(100);
    clients_close();
    int64_t start = clock_now(), end = start + PATIENCE * MS;
    for (int i = 1; i < n; i++)
        kill(pids[i], SIGTERM);
    while (server_tasks(s) > 1 && clock_now() < end)
        pause_ms(1);
    int ms = (clock_now() - start) / MS;
    check(ms < 500 * SLOWER, "its children were told to stop, and %d ms later there are "
          "%d", ms, server_tasks(s) - 1);
    kill(s->pid, SIGCONT);
    check_stops_at_once(s);
}

/* ---- the office is gone, and children are stopped ---- */

static void the_office_is_killed(struct server *bare)
{
    struct server *s = start(bare, CREW, "");
    pid_t pids[MAX_PIDS];
    struct client *c[3];
    clients_join(s, "/relay/orphans", c, 3);
    int n = children(s, pids);
    client_text(c[0], "before");
    check(server_orphans_end(s, 2000 * SLOWER), "the first of %d processes was killed, "
          "and others stay", n);
}

/* Who answers a ping is served by a process that runs. */
static int find_lively(struct client **c, int n, struct client **lively, int most)
{
    int found = 0;
    struct got got;
    for (int i = 0; i < n; i++)
        client_send(c[i], FIN | PING, "", 0);
    pause_ms(200 * SLOWER);
    for (int i = 0; i < n; i++)
        if (client_frame(c[i], &got, 1) == FRAME && found < most)
            lively[found++] = c[i];
    return found;
}

/* Has missed nothing, or is told that it has. */
static void check_late_riser(struct client *c, int said)
{
    struct got got;
    enum arrival a;
    int heard = 0;
    while ((a = client_frame(c, &got, 1000)) == FRAME && got.first != (FIN | CLOSING))
        heard += got.first == (FIN | BINARY);
    check(heard == said || (a == FRAME && got.size >= 2 && got.data[0] == 3
                            && (unsigned char)got.data[1] == 0xf5),
          "it has %d of %d messages, and no close 1013", heard, said);
}

static void stopped_children(struct server *bare)
{
    enum { STOPPED = 8, ALL = STOPPED + 2, MESSAGES = 600, BOUND = 65536 };
    static const char text[WORDS];
    struct server *s = start(bare, ALL, "--max-output 65536 --ping-after 60000");
    struct client *c[ALL], *lively[ALL];
    pid_t pids[MAX_PIDS];
    clients_join(s, "/relay/asleep", c, ALL);
    if (children(s, pids) != ALL + 1)
        pass_over("has no process for each client");
    for (int i = 1; i <= STOPPED; i++)
        process_freeze(pids[i]);
    int n = find_lively(c, ALL, lively, ALL);
    check(n == 2, "%d clients answer, beside %d stopped children", n, STOPPED);
    long before = server_memory(s);
    for (int i = 0; i < MESSAGES; i++) {
        client_send(lively[0], FIN | BINARY, text, sizeof text);
        expect_frame(lively[0], BINARY, text, sizeof text);
        expect_frame(lively[1], BINARY, text, sizeof text);
    }
    long grown = server_memory(s) - before;
    if (SLOWER == 1)            /* a checked build hoards what is freed */
        check(grown < STOPPED * BOUND / 1024 + 1024,
              "%d messages, and it has grown by %ld KiB", MESSAGES, grown);
    for (int i = 1; i <= STOPPED; i++)
        kill(pids[i], SIGCONT);
    for (int i = 0; i < ALL; i++)
        if (c[i] != lively[0] && c[i] != lively[1])
            check_late_riser(c[i], MESSAGES);
    clients_close();
    server_stop(s, SIGTERM);
}

/* ---- a seat is given up ---- */

/* Whoever is served next, in the same process, hears nothing of the room. */
static void a_seat_is_given_up(struct server *s)
{
    struct client *talker = client_join(s, "/relay/seat"),
                  *member = client_join(s, "/relay/seat");
    client_text(talker, "hello");
    expect_text(member, "hello");
    client_close(member);
    struct client *next = client_join_patiently(s, "/job/cpu:1");
    for (int i = 0; i < 10; i++) {
        client_text(talker, "not for you");
        expect_silence(next, 10);
    }
}

const struct trial office_trials[] = {
    TRIAL("talkers, and others who come and go", coming_and_going, .bare = true),
    TRIAL("talkers, and others who come and go, for long", long_coming_and_going,
          .bare = true, .thorough = true),
    TRIAL("the same, and the first process is stopped at times", stopped_at_times,
          .bare = true),
    TRIAL("the same, and the first process is stopped at times, for long",
          stopped_for_long, .bare = true, .thorough = true),
    TRIAL("the office lets nobody in", waits_for_the_office, .bare = true),
    TRIAL("a client leaves while the office is stopped", leaves_at_the_door,
          .bare = true),
    TRIAL("SIGTERM while the office takes no letters", told_amid_letters, .bare = true,
          .needs = SEVERAL),
    TRIAL("the first process is killed", the_office_is_killed, .bare = true,
          .needs = SEVERAL),
    TRIAL("eight stopped children beside a talker", stopped_children, .bare = true,
          .needs = SEVERAL),
    TRIAL("a seat is given up", a_seat_is_given_up, .workers = 2, .needs = SEVERAL),
    { 0 },
};
