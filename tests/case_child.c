/* case_child.c - a child process is killed: its client is gone, and nobody else. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <signal.h>
#include <string.h>

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

const struct trial child_trials[] = {
    TRIAL("a child is killed", killed_child, .workers = CLIENTS, .needs = SEVERAL),
    TRIAL("all children are killed", killed_children, .workers = CLIENTS,
          .needs = SEVERAL),
    TRIAL("a job crashes", crash, .workers = CLIENTS + 1, .needs = SEVERAL,
          .options = "--allow-crash"),
    TRIAL("a job may not crash", crash_is_refused),
    { 0 },
};
