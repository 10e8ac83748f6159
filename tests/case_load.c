/* case_load.c - a thousand members come, talk and go, and every message is accounted for.
 *
 * The load client keeps the ledger: each message names its sender and its number, so what
 * is lost, doubled, damaged or out of order shows. An hour of fifty rooms, in each a word a
 * second, is compressed into two minutes; LOAD_SECONDS=N takes less of it. */
#include "trial.h"
#include "clock.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MEMBERS = 1000, ROOMS = 50, RATE = 1500,
    GENERATIONS = 9,            /* of members that come and go */
    SANE_GROWTH = 24 * 1024,    /* KiB */
};

static pid_t start_load(const struct server *s, int seconds, int report)
{
    char command[1000];
    const char *bin = getenv("BIN") ? getenv("BIN") : "bin";
    snprintf(command, sizeof command,
             "exec %s/load -c %d --rooms %d --rate %d --churn %d -d %d --drain 60s "
             "--timeout 60s --quiet --json - ws://127.0.0.1:%d/relay/load", bin, MEMBERS,
             ROOMS, RATE, seconds * RATE / MEMBERS / GENERATIONS, seconds, s->port);
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
    check(told(report, "messages") == (long long)seconds * RATE,
          "only %lld messages were sent", told(report, "messages"));
    check(told(report, "deliveries") == told(report, "deliveries_expected")
          && told(report, "deliveries") > told(report, "messages") * 10,
          "%lld deliveries of %lld messages", told(report, "deliveries"),
          told(report, "messages"));
    check(told(report, "connections_opened") > MEMBERS * (GENERATIONS - 2),
          "only %lld have come and gone", told(report, "connections_opened"));
}

/* The most it has held at any time of this while. */
static long peak(const struct server *s, int ms)
{
    long most = 0, now;
    for (int64_t end = clock_now() + ms * MS; clock_now() < end; pause_ms(100))
        if ((now = server_memory(s)) > most)
            most = now;
    return most;
}

static void ledger(struct server *s)
{
    static char report[65536];
    const char *short_of_time = getenv("LOAD_SECONDS");
    int seconds = short_of_time ? atoi(short_of_time) : 120, status;
    int out = memfd_create("report", MFD_CLOEXEC);
    pid_t pid = start_load(s, seconds, out);
    pause_ms(seconds * 100);
    long early = peak(s, seconds * 400), grown = peak(s, seconds * 400) - early;
    check(waitpid(pid, &status, 0) == pid, "the load client is lost");
    ssize_t n = pread(out, report, sizeof report - 1, 0);
    report[n > 0 ? n : 0] = '\0';
    close(out);
    /* 4: the machine was too busy for times to be believed, and none are read here. */
    check(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 4),
          "the load client says %x: %s", status, report);
    check_ledger(report, seconds);
    check(grown < SANE_GROWTH, "it has grown by %ld KiB, with nobody more there", grown);
}

const struct trial load_trials[] = {
    TRIAL("a thousand members in fifty rooms, churning", ledger, .workers = MEMBERS + 50,
          .needs = SEVERAL, .thorough = true, .options = "--max-connections 5000"),
    { 0 },
};
