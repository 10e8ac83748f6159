/* case_load.c - a thousand members come, talk and go, and every message is accounted for.
 *
 * The load client keeps the ledger: each message names its sender and its number, so
 * what is lost, doubled, damaged or out of order shows. An hour of fifty rooms, in each a
 * word a second, is compressed into two minutes; LOAD_SECONDS=N takes less of it. */
#include "trial.h"
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
    MAX_SAMPLES = 10000,
    SANE_GROWTH = 24 * 1024,    /* KiB */
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
             ROOMS, each * MEMBERS, 1000 * MEMBERS / RATE, each / GENERATIONS, s->port);
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
          && all > messages * (seconds < 60 ? 1 : 5),
          "%lld deliveries of %lld messages", all, messages);
    check(told(report, "connections_opened") > MEMBERS * (GENERATIONS - 2),
          "only %lld have come and gone", told(report, "connections_opened"));
}

/* Memory is flat at the end: the most it holds in the last quarter is what it held in the
 * third. Not in the second: each child of fork copies the pages that its parent's books
 * lie on, and those spread for some generations of members. Of a thousand processes some
 * more or less are there when one looks, and a short run is hardly over the spreading. */
static void check_flat(const long *samples, int count, int seconds)
{
    long peaks[4] = { 0 };
    for (int i = 0; i < count; i++)
        if (samples[i] > peaks[4 * i / count])
            peaks[4 * i / count] = samples[i];
    check(peaks[3] - peaks[2] < SANE_GROWTH + peaks[2] / (seconds < 60 ? 2 : 10),
          "it holds up to %ld KiB, then %ld, with nobody more there", peaks[2], peaks[3]);
}

static void ledger(struct server *s)
{
    static char report[65536];
    static long samples[MAX_SAMPLES];
    const char *short_of_time = getenv("LOAD_SECONDS");
    int seconds = short_of_time ? atoi(short_of_time) : 120, count = 0, status;
    int out = memfd_create("report", MFD_CLOEXEC);
    pid_t pid = start_load(s, seconds, out);
    for (; waitpid(pid, &status, WNOHANG) == 0 && count < MAX_SAMPLES; pause_ms(100))
        samples[count++] = server_memory(s);
    ssize_t n = pread(out, report, sizeof report - 1, 0);
    report[n > 0 ? n : 0] = '\0';
    close(out);
    /* 4: the machine was too busy for times to be believed, and none are read here. */
    const char *errors = strstr(report, "\"errors\"");
    check(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 4),
          "the load client ends with %x: %s", status, errors ? errors : report);
    check_ledger(report, seconds);
    check_flat(samples, count, seconds);
}

const struct trial load_trials[] = {
    TRIAL("a thousand members in fifty rooms, churning", ledger, .workers = MEMBERS + 50,
          .needs = SEVERAL, .thorough = true,
          .options = "--handshake-timeout 120000"),
    { 0 },
};
