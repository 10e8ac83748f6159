/* case_start.c - what the program that starts a server may have left behind. */
#include "trial.h"
#include "forbidden.h"
#include "wsclient.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

static struct server *start_among(const struct server *bare, void (*what)(void),
                                  const char *options)
{
    server_surroundings = what;
    struct server *s = server_start(bare->model, options, NULL);
    server_surroundings = NULL;
    return s;
}

static void chat(struct server *s)
{
    struct client *c = client_join(s, "/relay/chat");
    client_text(c, "hello");
    expect_text(c, "hello");
    client_close(c);
}

/* It serves, and in the midst of a job it stops as fast as ever. */
static void serves_and_stops(struct server *s)
{
    chat(s);
    struct client *c = client_join(s, "/job/nap:5000");
    client_text(c, "work");
    pause_ms(50);
    server_stop(s, SIGTERM);
    clients_close();
}

/* ---- signals ---- */

static void block_all(void)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
}

static void ignore_all(void)
{
    for (int sig = 1; sig < SIGRTMIN; sig++)
        signal(sig, SIG_IGN);
}

static void ignore_and_block(void)
{
    ignore_all();
    block_all();
}

/* All of these outlive an execve(2). The signal is there already, and held back. */
static void wind_up_timers(void)
{
    struct itimerval soon = { .it_value.tv_usec = 300000 };
    block_all();
    setitimer(ITIMER_REAL, &soon, NULL);
    setitimer(ITIMER_VIRTUAL, &soon, NULL);
    setitimer(ITIMER_PROF, &soon, NULL);
    raise(SIGALRM);
    raise(SIGVTALRM);
    raise(SIGPROF);
}

static void signals(struct server *bare)
{
    static void (*const parents[])(void) = { block_all, ignore_all, ignore_and_block };
    for (int i = 0; i < 3; i++) {
        trying("signals %s", i == 0 ? "blocked" : i == 1 ? "ignored" : "both");
        serves_and_stops(start_among(bare, parents[i], ""));
    }
}

/* nohup(1) ignores SIGHUP, and wants it to stay so. */
static void hang_up(struct server *bare)
{
    struct server *s = start_among(bare, ignore_all, "");
    kill(-s->pid, SIGHUP);
    pause_ms(50);
    serves_and_stops(s);
}

static void timers(struct server *bare)
{
    struct answer a;
    struct server *s = start_among(bare, wind_up_timers, "");
    struct client *c = client_connect(s);
    http_get(c, "/job/cpu:34", &a);     /* computes: two timers run only then */
    check(a.status == 200, "a job is answered %d", a.status);
    pause_ms(400);
    client_close(c);
    serves_and_stops(s);
}

/* ---- descriptors ---- */

static int closed;              /* 1: stdin, 2: stdout, 4: stderr */

static void close_some(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (closed & 1 << fd)
            close(fd);
}

/* What was closed is /dev/null now, not somebody's socket. */
static void check_null(const struct server *s)
{
    pid_t pids[64];
    for (int i = 0, n = server_pids(s, pids, 64); i < n; i++)
        for (int fd = 0; fd < 3; fd++) {
            char link[64], target[100] = "";
            snprintf(link, sizeof link, "/proc/%d/fd/%d", pids[i], fd);
            if (readlink(link, target, sizeof target - 1) > 0 && closed & 1 << fd)
                check(!strcmp(target, "/dev/null"), "its descriptor %d is %s", fd,
                      target);
        }
}

static void closed_descriptors(struct server *bare)
{
    int port, held = server_hold_port(&port);
    server_surroundings = close_some;
    for (closed = 1; closed < 8; closed++) {
        trying("closed:%s%s%s", closed & 1 ? " stdin" : "", closed & 2 ? " stdout" : "",
               closed & 4 ? " stderr" : "");
        struct server *s = closed & 2 ? server_start_mute(bare->model, "", port)
                                      : server_start(bare->model, "", NULL);
        struct client *c = client_join(s, "/relay/null");
        check_null(s);
        client_close(c);
        server_stop(s, SIGTERM);
    }
    server_surroundings = NULL;
    close(held);
}

static int inherited;           /* the highest descriptor, and all below */

static void inherit(void)
{
    for (int fd = 3; fd <= inherited; fd++)
        dup2(2, fd);
    setenv("LIBEV_FLAGS", "1", 1);      /* select(2), says libev's manual */
}

/* Serves, or says in a line why it does not start: never after it has said that it
 * listens. */
static bool serves_or_says(struct server *bare, const char *word)
{
    char err[2000];
    struct server *s = server_try(bare->model, "", err, sizeof err);
    if (!s) {
        check(strstr(err, word), "it says: %s", err);
        return false;
    }
    chat(s);
    server_stop(s, SIGTERM);
    return true;
}

static void inherited_descriptors(struct server *bare)
{
    enum { MOST = 2000 };
    static const int numbers[] = { 900, 1015, 1016, 1017, 1018, 1019, 1020, 1021, 1022,
                                   1023, 1024, 1100, MOST };
    bool select = strcmp(bare->model->name, "select") == 0;
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_cur < MOST + 100)
        pass_over("descriptors are limited too low to try");
    server_surroundings = inherit;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        inherited = numbers[i];
        trying("%d inherited descriptors", inherited);
        bool serves = serves_or_says(bare, "FD_SETSIZE");
        check(serves == (!select || inherited <= 1020), "it %s",
              serves ? "serves" : "does not start");
    }
    server_surroundings = NULL;
}

static int files;               /* it may have, from now on */

static void limit_files(void)
{
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){ files, files });
}

static void few_descriptors(struct server *bare)
{
    bool served = false;
    if (SLOWER > 1)
        pass_over("a checked build wants some for itself");
    server_surroundings = limit_files;
    for (files = 4; files < 24; files++) {
        trying("%d descriptors", files);
        bool serves = serves_or_says(bare, "");
        check(serves || !served, "it does not start, and did with one fewer");
        served = serves;
    }
    server_surroundings = NULL;
    check(served, "with %d descriptors it does not start", files - 1);
}

/* The soft limit is what its parent thinks, the hard one what it may have. */
static void low_soft_limit(void)
{
    struct rlimit l;
    getrlimit(RLIMIT_NOFILE, &l);
    l.rlim_cur = 8;
    setrlimit(RLIMIT_NOFILE, &l);
}

/* ---- the rest ---- */

static void low_stack(void)
{
    setrlimit(RLIMIT_STACK, &(struct rlimit){ 64 * 1024, RLIM_INFINITY });
}

/* ThreadSanitizer writes a file before main() begins, or dies of SIGXFSZ. */
#ifdef __SANITIZE_THREAD__
enum { FILES_WANTED = 1 };
#else
enum { FILES_WANTED = 0 };
#endif

static void no_files(void)
{
    if (!FILES_WANTED)
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 0, 0 });
}
static void no_priority(void) { check(nice(19) != -2, "nice"); }

/* A folder that is gone, and an environment that means nothing to us; only what a checked
 * build is told stays. */
static void nowhere(void)
{
    const char *checks = getenv("TSAN_OPTIONS");
    char folder[] = "/tmp/conformance-XXXXXX";
    if (mkdtemp(folder) && chdir(folder) == 0)
        rmdir(folder);
    clearenv();
    if (checks)
        setenv("TSAN_OPTIONS", checks, 1);
    setenv("LC_ALL", "tr_TR.UTF-8", 1);
    setenv("LANGUAGE", "xx", 1);
    setenv("TZ", ":/nowhere", 1);
    setenv("POSIXLY_CORRECT", "1", 1);
    setenv("LIBEV_FLAGS", "1", 1);      /* select(2), says libev's manual */
}

static void surroundings(struct server *bare)
{
    static const struct {
        const char *name;
        void (*set)(void);
    } all[] = {
        { "a low soft limit of descriptors", low_soft_limit },
        { "a small stack", low_stack }, { "no file may grow", no_files },
        { "the lowest priority", no_priority },
        { "a folder that is gone, another environment", nowhere },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        trying("%s", all[i].name);
        serves_and_stops(start_among(bare, all[i].set, ""));
    }
}

static void no_umask(void) { umask(0777); }

/* Whoever has asked for a trace may read it. */
static void unreadable(struct server *bare)
{
    char folder[] = "/tmp/conformance-XXXXXX", file[64], options[100];
    struct stat st;
    check(mkdtemp(folder), "no folder for a trace");
    snprintf(file, sizeof file, "%s/trace", folder);
    snprintf(options, sizeof options, "--trace %s", file);
    server_stop(start_among(bare, no_umask, options), SIGTERM);
    bool made = stat(file, &st) == 0;
    unlink(file);
    rmdir(folder);
    check(made && (st.st_mode & 0777) == 0600, "the trace's mode is %03o",
          st.st_mode & 0777);
}

static const char *full;        /* what stdout is */

static void no_room(void)
{
    int fd = open(full, O_WRONLY);
    dup2(fd, 1);
    close(fd);
}

/* What it was to say and could not is an error, not a signal and no success. */
static void cannot_say(struct server *bare)
{
    static const char *const options[] = { "--port 0", "--help", "--version" };
    char out[100], err[2000];
    full = "/dev/full";
    server_surroundings = no_room;
    for (int i = 0; i < 3; i++) {
        trying("%s with a full disk", options[i]);
        int status = model_run(bare->model, options[i], out, err, sizeof err);
        check(status == 2 && strstr(err, "stdout"), "status %d: %s", status, err);
    }
    server_surroundings = no_files;
    for (int i = 0; i < 3 && !FILES_WANTED; i++) {
        trying("%s where no file may grow", options[i]);
        int status = model_run(bare->model, options[i], out, err, sizeof err);
        check(status == 2, "status %d", status);
    }
    server_surroundings = NULL;
}

/* ---- what is not allowed ---- */

static int refusal;

static void forbid(void) { forbid_uring(refusal); }

/* In a container, say. It serves all the same; or it says in a line that it can't, and is
 * skipped with that reason wherever all models are asked. Its file tells, too. */
static void without_uring(struct server *bare)
{
    static const int errors[] = { EPERM, ENOSYS };
    const char *name = bare->model->name;
    char err[2000];
    for (int i = 0; i < 2; i++) {
        trying("io_uring_setup(2) fails with %s", strerrorname_np(refusal = errors[i]));
        server_surroundings = forbid;
        struct server *s = server_try(bare->model, "", err, sizeof err);
        server_surroundings = NULL;
        if (s) {
            serves_and_stops(s);
            continue;
        }
        check(strstr(err, ": cannot run here: "), "it says: %s", err);
        check(strstr(model_needs(name), "io_uring"),
              "models/%s.c opens without a line \"Needs: io_uring\"", name);
    }
}

const struct trial start_trials[] = {
    TRIAL("signals that are blocked or ignored", signals, .bare = true),
    TRIAL("nohup", hang_up, .bare = true),
    TRIAL("timers that run, signals that wait", timers, .bare = true),
    TRIAL("0, 1 and 2 are closed", closed_descriptors, .bare = true),
    TRIAL("many descriptors are inherited", inherited_descriptors, .bare = true),
    TRIAL("few descriptors at the start", few_descriptors, .bare = true),
    TRIAL("limits, priority, folder and environment", surroundings, .bare = true),
    TRIAL("a umask that forbids everything", unreadable, .bare = true),
    TRIAL("a stdout that takes nothing", cannot_say, .bare = true),
    TRIAL("io_uring is forbidden", without_uring, .bare = true),
    { 0 },
};
