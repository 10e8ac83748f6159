/* case_machine.c - the machine is unkind: signals, clocks, memory, disks, IPv6. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static char *bin_file(const char *name)
{
    static char path[4096];
    const char *dir = getenv("BIN");
    snprintf(path, sizeof path, "%s/%s", dir ? dir : "bin", name);
    return path;
}

/* Sanitizers want to be loaded before all others, and all of the address space; gcov
 * talks. The Makefile keeps such builds in build/. */
static bool checked_build(void) { return strstr(bin_file(""), "build/") != NULL; }

/* Whether the server has loaded it: what cannot be preloaded is left out with a word to
 * stderr, and the machine would be kind. */
static bool has_loaded(const struct server *s, const char *library)
{
    char path[64], line[4096];
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/maps", s->pid);
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file))
        found = strstr(line, library) != NULL;
    if (file)
        fclose(file);
    return found;
}

/* A server with that library in it, which makes its machine unkind. A blank ends a path
 * in LD_PRELOAD, not in LD_LIBRARY_PATH: ld.so(8). */
static struct server *start_unkind(const struct server *bare, const char *how,
                                   const char *options)
{
    static const char library[] = "unkind.so";
    char folder[4096];
    if (checked_build())
        pass_over("a checked build takes no other library before its own");
    check(realpath(bin_file(""), folder) && access(bin_file(library), R_OK) == 0,
          "%s is not built", bin_file(library));
    setenv("LD_LIBRARY_PATH", folder, 1);
    setenv("LD_PRELOAD", library, 1);
    setenv("UNKIND", how, 1);
    struct server *s = server_start(bare->model, options, NULL);
    unsetenv("LD_LIBRARY_PATH");
    unsetenv("LD_PRELOAD");
    unsetenv("UNKIND");
    check(has_loaded(s, library), "%s is not loaded", library);
    return s;
}

/* ---- what must go as ever ---- */

enum { LARGE = 1 << 20 };

static void chat(struct server *s, int times)
{
    struct client *c[2];
    char text[32], *large = calloc(1, LARGE);
    int n = s->model->single ? 1 : 2;
    clients_join(s, "/relay/chat", c, n);
    for (int i = 0; i < times; i++) {
        snprintf(text, sizeof text, "word %d", i);
        client_text(c[i % n], text);
        expect_texts(c, n, text);
    }
    trying("a large message");
    client_send(c[0], FIN | BINARY, large, LARGE);
    for (int i = 0; i < n; i++)
        expect_frame(c[i], BINARY, large, LARGE);
    free(large);
    for (int i = 0; i < n; i++)
        client_close(c[i]);
}

/* A job takes the time it is to take, whatever disturbs it. */
static void work(struct server *s)
{
    static const struct {
        const char *target, *result;
        int ms;
    } jobs[] = { { "/job/sleep:120", "120\n", 120 }, { "/job/nap:120", "120\n", 120 },
                 { "/job/cpu:20", "6765\n", 0 }, { "/job/await:15", "610\n", 0 } };
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        struct answer a;
        struct client *c = client_connect(s);
        trying("%s", jobs[i].target);
        int64_t start = clock_now();
        http_get(c, jobs[i].target, &a);
        int ms = (clock_now() - start) / MS;
        check(a.status == 200 && !strcmp(a.body, jobs[i].result), "is answered %d %s",
              a.status, a.body);
        check(ms >= jobs[i].ms && ms < jobs[i].ms + 2000, "takes %d ms", ms);
        client_close(c);
    }
}

/* ---- signals ---- */

/* It is disturbed all the time, even when it has nothing to do: as soon as a busy machine
 * has let it run at all. */
static void check_disturbed(struct server *s)
{
    enum { WATCHED = 200, FEWEST = WATCHED / 10 };
    int switches = 0;
    for (int ms = 0; ms < PATIENCE && switches < FEWEST; ms += WATCHED) {
        long before = server_switches(s);
        pause_ms(WATCHED);
        switches = (int)(server_switches(s) - before);
    }
    check(switches >= FEWEST, "woken %d times in %d ms: this is no storm", switches,
          WATCHED);
}

static void storm(struct server *bare, int times)
{
    struct server *s = start_unkind(bare, "signals", "");
    check_disturbed(s);
    chat(s, times);
    work(s);
    clients_close();
    server_stop(s, SIGTERM);
}

static void short_storm(struct server *bare) { storm(bare, 200); }
static void long_storm(struct server *bare) { storm(bare, 20000); }

/* A process that was stopped finds all that has come when it goes on. */
static void stopped_and_continued(struct server *s)
{
    struct client *c[2];
    int n = s->model->single ? 1 : 2;
    char text[32];
    clients_join(s, "/relay/stopped", c, n);
    for (int round = 0; round < 3; round++) {
        server_freeze(s);
        pause_ms(50);
        for (int i = 0; i < 50; i++) {
            snprintf(text, sizeof text, "round %d, word %d", round, i);
            client_text(c[0], text);
        }
        for (int i = 0; i < n; i++)
            expect_silence(c[i], 50);
        kill(-s->pid, SIGCONT);
        for (int i = 0; i < 50; i++) {
            snprintf(text, sizeof text, "round %d, word %d", round, i);
            expect_texts(c, n, text);
        }
    }
}

/* ---- the clock ---- */

static void clock_steps(struct server *bare)
{
    struct server *s = start_unkind(bare, "clock",
                                    "--ping-after 500 --pong-timeout 1000");
    struct got got;
    chat(s, 50);
    work(s);
    int64_t start = clock_now();
    struct client *c = client_join(s, "/relay/quiet");
    check(client_frame(c, &got, PATIENCE) == FRAME && got.first == (FIN | PING),
          "no ping after silence");
    int ms = (clock_now() - start) / MS;
    check(ms >= 490, "the ping after 500 ms comes after %d", ms);
    clients_close();
    server_stop(s, SIGTERM);
}

/* ---- limits ---- */

static void limit(int what, rlim_t soft)
{
    struct rlimit l;
    getrlimit(what, &l);
    l.rlim_cur = soft < l.rlim_max ? soft : l.rlim_max;
    setrlimit(what, &l);
}

/* With little memory it starts, or says in one line why it does not. It never crashes.
 * The port is taken, so that it ends in either case. */
static void little_memory(struct server *s)
{
    char options[40], out[2000], err[2000];
    if (checked_build())
        pass_over("a checked build needs all of the address space");
    snprintf(options, sizeof options, "--port %d", s->port);
    for (int kib = 64 * 1024; kib > 1024; kib -= kib / 16) {
        trying("%d KiB of address space", kib);
        limit(RLIMIT_AS, (rlim_t)kib * 1024);
        int status = model_run(s->model, options, out, err, sizeof err);
        limit(RLIMIT_AS, RLIM_INFINITY);
        if (status == 127 || strstr(err, "shared librar"))
            break;              /* it did not come as far as main() */
        check(status == 2, "it ended with %s %d: %s", status < 0 ? "signal" : "status",
              abs(status), err);
        check(strchr(err, '\n') == err + strlen(err) - 1, "more than a line: %s", err);
    }
}

/* Whom the kernel will not watch is turned away, if only for his silence, and the others
 * never notice. */
static void no_more_watches(struct server *bare)
{
    enum { TRIES = 10 };
    struct server *s = start_unkind(bare, "watches", "--handshake-timeout 300");
    struct client *c = client_join(s, "/relay/watched");
    struct answer a;
    for (int i = 0; i < TRIES; i++) {
        struct client *extra = client_connect(s);
        client_ask(extra, "/relay/others");
        http_read(extra, &a, false);
        client_text(c, "still here");
        expect_text(c, "still here");
    }
    clients_close();
    server_stop(s, SIGTERM);
}

/* As RLIMIT_NPROC has it, which root does not feel: a crew is complete a little later,
 * and a client that would need a process is turned away. The others never notice. */
static void no_more_processes(struct server *bare)
{
    enum { TRIES = 10 };
    struct server *s = start_unkind(bare, "forks", "");
    struct client *c = client_join_patiently(s, "/relay/born");
    struct answer a;
    for (int i = 0; i < TRIES; i++) {
        struct client *extra = client_connect(s);
        http_get(extra, "/healthz", &a);
        check(a.status == 200 || a.status == 503, "client %d is answered %d", i,
              a.status);
        client_close(extra);
        client_text(c, "still here");
        expect_text(c, "still here");
    }
    clients_close();
    server_stop(s, SIGTERM);
}

/* With so few there are none for the whole of a computation, and not for everyone: each
 * is told so, and who is served goes on being served. */
static void no_more_stacks(struct server *bare)
{
    enum { CROWD = 60 };
    struct client *crowd[CROWD];
    struct answer a;
    struct server *s = start_unkind(bare, "stacks", "");
    struct client *member = client_join(s, "/relay/inside"), *c = client_connect(s);
    for (int i = 0; i < 3; i++) {
        http_get(c, "/job/await:45", &a);
        check(a.status == 503, "a job without a stack is answered %d %s", a.status,
              a.body);
        http_get(c, "/job/await:20", &a);
        check(a.status == 200 && !strcmp(a.body, "6765\n"), "and the next one %d %s",
              a.status, a.body);
    }
    int served = 0, refused = 0;
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = client_connect(s);
        client_ask(crowd[i], "/relay/others");
        http_read(crowd[i], &a, false);
        check(a.status == 101 || a.status == 503, "client %d is answered %d", i,
              a.status);
        *(a.status == 101 ? &served : &refused) += 1;
        client_text(member, "still here");
        expect_text(member, "still here");
    }
    check(served > 20 && refused > 10, "%d served, %d refused", served, refused);
    clients_close();
    server_stop(s, SIGTERM);
}

/* How many come from an address we know by ourselves: the machine's list of connections
 * may be long, and somebody else's. */
static void counts_its_own(struct server *bare)
{
    enum { MOST = 2 };
    struct client *c[MOST];
    struct answer a;
    struct server *s = start_unkind(bare, "proc", "--max-per-address 2");
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MOST; i++)
            c[i] = client_join(s, "/relay/own");
        struct client *extra = client_connect(s);
        client_ask(extra, "/relay/own");
        http_read(extra, &a, false);
        check(a.status == 503, "one more is answered %d", a.status);
        client_close(extra);
        for (int i = 0; i < MOST; i++) {
            client_send_close(c[i], 1000, "");
            expect_close(c[i], 1000);
            client_close(c[i]);
        }
    }
    server_stop(s, SIGTERM);
}

/* Everyone's row is the one that has no room, at the same time. */
static void crowd(struct server *s)
{
    static const char request[] = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";
    struct client *c[8];
    struct answer a;
    int n = s->model->single ? 1 : 8;
    for (int i = 0; i < n; i++)
        c[i] = client_connect(s);
    for (int k = 0; k < 40; k++) {
        for (int i = 0; i < n; i++)
            client_write(c[i], request, sizeof request - 1);
        for (int i = 0; i < n; i++) {
            http_read(c[i], &a, false);
            check(a.status == 200, "client %d is answered %d", i, a.status);
        }
    }
    for (int i = 0; i < n; i++)
        client_close(c[i]);
}

/* The trace ends with one word and a whole row on a full disk; the relay goes on. */
static void no_room_for_the_trace(struct server *bare)
{
    enum { ROOM = 1000 };
    char folder[] = "/tmp/conformance-XXXXXX", file[64], options[100], text[ROOM + 1];
    if (strstr(bin_file(""), "coverage"))
        pass_over("gcov writes files of its own");
    check(mkdtemp(folder), "no folder for a trace");
    snprintf(file, sizeof file, "%s/trace", folder);
    snprintf(options, sizeof options, "--trace %s", file);
    int err = memfd_create("stderr", MFD_CLOEXEC), own = dup(2);
    dup2(err, 2);
    limit(RLIMIT_FSIZE, ROOM);
    struct server *s = server_start(bare->model, options, NULL);
    limit(RLIMIT_FSIZE, RLIM_INFINITY);
    dup2(own, 2);
    close(own);
    crowd(s);
    chat(s, 10);
    clients_close();
    server_stop(s, SIGTERM);
    text[pread(err, text, ROOM, 0)] = '\0';
    close(err);
    const char *word = strstr(text, ": the trace ends here: ");
    check(word && strchr(text, '\n') == text + strlen(text) - 1, "it says: %s", text);
    int trace = open(file, O_RDONLY | O_CLOEXEC);
    ssize_t size = pread(trace, text, sizeof text, 0);
    close(trace);
    check(size > ROOM - 100 && size <= ROOM, "the trace has %zd bytes", size);
    check(text[size - 1] == '\n', "its last row is torn");
    unlink(file);
    check(rmdir(folder) == 0, "more than a trace was written");
}

/* ---- the other Internet ---- */

static void version_6(struct server *bare)
{
    if (!has_ipv6())
        pass_over("this machine has no IPv6");
    struct server *s = server_start(bare->model, "--bind ::1", NULL);
    chat(s, 20);
    work(s);
    clients_close();
    server_stop(s, SIGTERM);
}

const struct trial machine_trials[] = {
    TRIAL("a signal every millisecond", short_storm, .bare = true),
    TRIAL("a signal every millisecond, for long", long_storm, .bare = true,
          .thorough = true),
    TRIAL("SIGSTOP and SIGCONT", stopped_and_continued),
    TRIAL("the wall clock jumps to and fro", clock_steps, .bare = true),
    TRIAL("little memory at the start", little_memory),
    TRIAL("no more descriptors may be watched", no_more_watches, .bare = true,
          .needs = A_CROWD),
    TRIAL("no more processes", no_more_processes, .bare = true, .needs = SEVERAL),
    TRIAL("no memory for a stack", no_more_stacks, .bare = true, .stacks = true),
    TRIAL("nothing to read in /proc", counts_its_own, .bare = true, .needs = SEVERAL),
    TRIAL("no room for the trace", no_room_for_the_trace, .bare = true),
    TRIAL("IPv6", version_6, .bare = true),
    { 0 },
};
