/* case_load.c - a thousand members come, talk and go, and every message is accounted for.
 *
 * The load client keeps the ledger: each message names its sender and its number, so
 * what is lost, doubled, damaged or out of order shows. An hour of fifty rooms, in each a
 * word a second, is compressed into two minutes; LOAD_SECONDS=N takes less of it. They
 * come five times, to see whether what the server holds when all have left is flat. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MEMBERS = 1000, ROOMS = 50, RATE = 1500, WORKERS = MEMBERS + 50,
    VISITS = 5,
    GENERATIONS = 3,            /* of members that come and go in a visit */
    SANE_GROWTH = 1024,         /* KiB: 350 bytes a connection, 30 a message of an hour */
    LONG_PATIENCE = 60000 * SLOWER,     /* ms for a thousand, as the load client has it */
};

/* Each member speaks, hears itself, and thinks: a slow machine takes longer, and nothing
 * is left unsaid. */
static pid_t start_load(const struct server *s, int seconds, int report)
{
    char command[1000];
    const char *bin = getenv("BIN") ? getenv("BIN") : "bin";
    int each = (seconds * RATE + MEMBERS - 1) / MEMBERS;
    snprintf(command, sizeof command,
             "exec %s/load -c %d --rooms %d -n %d --think %dms --churn %d -d 300s "
             "--timeout 60s --quiet --json - ws://127.0.0.1:%d/relay/load", bin, MEMBERS,
             ROOMS, each * MEMBERS, 1000 * MEMBERS / RATE,
             (each + GENERATIONS - 1) / GENERATIONS, s->port);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(report, 1);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return pid;
}

/* The number behind a name in the report. */
static long long told(const char *report, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\": ", name);
    const char *at = strstr(report, key);
    check(at, "the load client does not tell %s: %s", name, report);
    return atoll(at + strlen(key));
}

static void check_ledger(const char *report, int seconds)
{
    static const char *const evils[] = { "lost", "duplicated", "reordered", "corrupted",
                                         "unsent" };
    for (size_t i = 0; i < sizeof evils / sizeof *evils; i++)
        check(told(report, evils[i]) == 0, "%lld %s of %lld deliveries",
              told(report, evils[i]), evils[i], told(report, "deliveries_expected"));
    check(strstr(report, "\"errors\": { }"), "there were errors: %s",
          strstr(report, "\"errors\""));
    long long messages = told(report, "messages"), all = told(report, "deliveries");
    check(messages >= (long long)seconds * RATE,
          "only %lld messages were sent", messages);
    /* A room has twenty members; most of a short run some of them are still to come. */
    check(all == told(report, "deliveries_expected")
          && all > messages * (seconds * VISITS < 60 ? 1 : 5),
          "%lld deliveries of %lld messages", all, messages);
    check(told(report, "connections_opened") > MEMBERS * (GENERATIONS - 1),
          "only %lld have come and gone", told(report, "connections_opened"));
}

/* Waits until it has as many tasks and files as this, or fewer. When the load ends, up to
 * 900 who came anew still stand at the door: each is let in first, and seen off. For
 * fork these are 900 processes, a second's work for it alone. */
static void wait_for_rest(struct server *s, int tasks, int files)
{
    int64_t end = clock_now() + LONG_PATIENCE * MS;
    while (server_tasks(s) > tasks || server_files(s) > files) {
        check(clock_now() < end, "all have left, and it has %d threads and %d files; "
              "it had %d and %d", server_tasks(s), server_files(s), tasks, files);
        pause_ms(10);
    }
}

/* When its door is open, what else it needs, a crew above all, may still be made: waits
 * until a first guest has been served, and has left, and the crew is there. */
static void wait_until_complete(struct server *s)
{
    struct client *guest;
    clients_join(s, "/relay/first", &guest, 1);
    client_close(guest);
    pause_ms(100);
    int64_t end = clock_now() + LONG_PATIENCE * MS;
    while (s->model->crew && server_tasks(s) <= WORKERS) {
        check(clock_now() < end, "of %d workers there are %d", WORKERS, server_tasks(s));
        pause_ms(10);
    }
}

static void visit(struct server *s, int seconds)
{
    static char report[65536];
    int out = memfd_create("report", MFD_CLOEXEC), status;
    waitpid(start_load(s, seconds, out), &status, 0);
    ssize_t n = pread(out, report, sizeof report - 1, 0);
    report[n > 0 ? n : 0] = '\0';
    close(out);
    /* 4: the machine was too busy for times to be believed, and none are read here. */
    const char *errors = strstr(report, "\"errors\"");
    check(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 4),
          "the load client ends with %x: %s", status, errors ? errors : report);
    check_ledger(report, seconds);
}

/* The heap grows in some visits, since how many are there at the same time, and how much
 * waits for them, is chance; what leaks, leaks in all. So the least growth counts. */
static void check_flat(const long *held)
{
    long least = LONG_MAX;
    for (int i = 1; i < VISITS; i++)
        if (held[i] - held[i - 1] < least)
            least = held[i] - held[i - 1];
    check(least < SANE_GROWTH * SLOWER, "each visit leaves %ld KiB or more behind: "
          "%ld KiB after the first, %ld after the last", least, held[0],
          held[VISITS - 1]);
}

static void ledger(struct server *s)
{
    const char *short_of_time = getenv("LOAD_SECONDS");
    int seconds = short_of_time ? atoi(short_of_time) : 120;
    long held[VISITS];
    wait_until_complete(s);
    int tasks = server_tasks(s), files = server_files(s);
    for (int i = 0; i < VISITS; i++) {
        trying("visit %d", i + 1);
        visit(s, (seconds + VISITS - 1) / VISITS);
        wait_for_rest(s, tasks, files);
        held[i] = server_memory(s);
    }
    trying("%s", "");
    check_flat(held);
}

const struct trial load_trials[] = {
    TRIAL("a thousand members in fifty rooms, churning", ledger, .workers = WORKERS,
          .needs = SEVERAL, .thorough = true,
          .options = "--handshake-timeout 120000"),
    { 0 },
};
