/* case_child.c - a child process is killed, or gets no more memory: its client is gone,
 * and nobody else. Where there is one process, that ends, and says why. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

enum { CLIENTS = 3, MAX_PIDS = 64 };

/* The one client whose line is over; complains if there are others, or none. */
static int who_is_gone(struct client **c, int n)
{
    int gone = -1;
    for (int64_t end = clock_now() + PATIENCE * MS; gone < 0 && clock_now() < end; )
        for (int i = 0; i < n; i++) {
            struct got got;
            enum arrival a = client_frame(c[i], &got, 10);
            check(a != FRAME, "client %d gets a frame %02x", i, got.first);
            if (a != NOTHING) {
                check(gone < 0, "clients %d and %d are gone with one child", gone, i);
                gone = i;
            }
        }
    check(gone >= 0, "a child was killed, and no client's line ends");
    return gone;
}

static void killed_child(struct server *s)
{
    struct client *c[CLIENTS];
    pid_t pids[MAX_PIDS];
    clients_join(s, "/relay/killed", c, CLIENTS);
    for (int round = 0; round < 3; round++) {
        int n = server_pids(s, pids, MAX_PIDS);
        if (n < 2)
            pass_over("has no child processes");
        client_text(c[0], "before");
        expect_texts(c, CLIENTS, "before");
        trying("round %d", round);
        kill(pids[1 + round % (n - 1)], SIGKILL);
        int gone = who_is_gone(c, CLIENTS);
        client_close(c[gone]);
        c[gone] = c[CLIENTS - 1];
        client_text(c[0], "we go on");
        expect_texts(c, CLIENTS - 1, "we go on");
        c[CLIENTS - 1] = client_join(s, "/relay/killed");       /* a crew is replaced */
        client_text(c[0], "all again");
        expect_texts(c, CLIENTS, "all again");
        check(server_zombies(s) == 0, "%d zombies", server_zombies(s));
    }
}

/* Nobody is in: a crew that has lost all is made up again. */
static void killed_children(struct server *s)
{
    pid_t pids[MAX_PIDS];
    int n = server_pids(s, pids, MAX_PIDS);
    if (n < 2)
        pass_over("has no idle child processes");
    for (int i = 1; i < n; i++)
        kill(pids[i], SIGKILL);
    struct client *c[CLIENTS];
    clients_join(s, "/relay/killed", c, CLIENTS);
    client_text(c[0], "all new");
    expect_texts(c, CLIENTS, "all new");
    check(server_zombies(s) == 0, "%d zombies", server_zombies(s));
}

/* What dies of a job is the process that does it, and all who live in that. */
static void crash(struct server *s)
{
    struct client *c[CLIENTS];
    struct answer a;
    pid_t pids[MAX_PIDS];

    clients_join(s, "/relay/crash", c, CLIENTS);
    if (server_pids(s, pids, MAX_PIDS) < 2)
        pass_over("has one process, and crashes whole");
    for (int round = 0; round < 3; round++) {
        struct client *stranger = client_connect(s);
        trying("round %d", round);
        http_get(stranger, "/job/crash", &a);
        check(a.status == 0, "a crash is answered %d", a.status);
        client_close(stranger);
        client_text(c[round], "still here");
        expect_texts(c, CLIENTS, "still here");
    }
    client_close(client_join(s, "/relay/elsewhere"));
    check(server_zombies(s) == 0, "%d zombies", server_zombies(s));
}

static void crash_is_refused(struct server *s)
{
    struct client *c = client_connect(s);
    struct answer a;

    http_get(c, "/job/crash", &a);
    check(a.status == 400 && strstr(a.body, "--allow-crash"), "answered %d %s", a.status,
          a.body);
}

/* ---- no more memory ---- */

/* A server whose stderr is that file. */
static struct server *start_heard(const struct server *bare, const char *options, int err)
{
    int own = dup(2);
    dup2(err, 2);
    struct server *s = server_start(bare->model, options, NULL);
    dup2(own, 2);
    close(own);
    return s;
}

/* From now on it gets no more than it has, as by `ulimit -v`. */
static void starve(pid_t pid)
{
    char path[64];
    long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    FILE *file = fopen(path, "re");
    check(file && fscanf(file, "%ld", &pages) == 1, "cannot read %s", path);
    fclose(file);
    rlim_t has = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE);
    prlimit(pid, RLIMIT_AS, &(struct rlimit){ has, RLIM_INFINITY }, NULL);
}

/* A message that does not fit; its line is over. */
static void swell(struct client *c)
{
    enum { SIZE = 128 << 20, PIECE = 1 << 16 };
    static const char piece[PIECE];
    struct got got;
    client_write(c, "\x82\xff\0\0\0\0\x08\0\0\0mask", 14);
    for (int n = 0; n < SIZE && client_try(c, piece, PIECE); n += PIECE)
        ;
    enum arrival a = client_frame(c, &got, PATIENCE);
    check(a == END || a == BROKEN, "128 MiB find room where there is none");
}

static void memory_runs_out(struct server *bare)
{
    char said[1000];
    pid_t pids[MAX_PIDS];
    bool single = bare->model->single;
    const char *bin = getenv("BIN");
    if (bin && strstr(bin, "build/"))
        pass_over("a checked build needs all of the address space");
    int err = memfd_create("stderr", MFD_CLOEXEC);
    struct server *s = start_heard(bare, "--max-message 134217728", err);
    struct client *eater = client_join(s, "/relay/eats"),
                  *other = single ? NULL : client_join(s, "/relay/lives");
    int n = server_pids(s, pids, MAX_PIDS);
    for (int i = n > 1; i < n; i++)
        starve(pids[i]);
    swell(eater);
    if (n > 1) {
        client_text(other, "still here");
        expect_text(other, "still here");
        client_close(client_join_patiently(s, "/relay/lives"));
        clients_close();
        server_stop(s, SIGTERM);
    } else {
        int status = server_end(s);
        check(status == 2, "it ends with %s %d", status < 0 ? "signal" : "status",
              abs(status));
    }
    ssize_t size = pread(err, said, sizeof said - 1, 0);
    said[size > 0 ? size : 0] = '\0';
    close(err);
    check(strstr(said, ": out of memory for ")
          && strchr(said, '\n') == said + strlen(said) - 1, "it says: %s", said);
}

const struct trial child_trials[] = {
    TRIAL("a child is killed", killed_child, .workers = CLIENTS, .needs = SEVERAL),
    TRIAL("all children are killed", killed_children, .workers = CLIENTS,
          .needs = SEVERAL),
    TRIAL("a job crashes", crash, .workers = CLIENTS + 1, .needs = SEVERAL,
          .options = "--allow-crash"),
    TRIAL("a job may not crash", crash_is_refused),
    TRIAL("memory runs out while it serves", memory_runs_out, .bare = true),
    { 0 },
};
