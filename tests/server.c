/* server.c - a model under test: started in a session of its own, watched, stopped. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include "local.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_RUNNING = 8, MAX_PIDS = 2048, MAX_WORDS = 32 };

void (*server_surroundings)(void);

/* Bytes of a file: a trace; what a program prints that is run to its end. */
enum { MOST_WRITTEN = 256 << 20, MOST_SAID = 1 << 20 };

static struct server *running[MAX_RUNNING];

static const char *bin(void)
{
    const char *dir = getenv("BIN");
    return dir ? dir : "bin";
}

/* Cuts the options at blanks, into argv from `at` on. */
static void split(char *options, char **argv, int at)
{
    char *rest;
    for (char *word = strtok_r(options, " ", &rest); word && at < MAX_WORDS - 1;
         word = strtok_r(NULL, " ", &rest))
        argv[at++] = word;
    argv[at] = NULL;
}

static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    if (limit.rlim_cur > bytes)
        limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

static void limit(int what, int most)
{
    setrlimit(what, &(struct rlimit){ most, most });
}

/* Signals that wait for any process of our user: RLIMIT_SIGPENDING is for all of them. */
static int queued_signals(void)
{
    char line[200];
    int n = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file && fgets(line, sizeof line, file) && sscanf(line, "SigQ: %d/", &n) != 1)
        ;
    if (file)
        fclose(file);
    return n;
}

/* In the child: becomes the model, in a session of its own. It dies with us. */
static _Noreturn void become(const char *name, char **argv, int out, int err,
                             const struct limits *limits)
{
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    limit_files(err >= 0 ? MOST_SAID : MOST_WRITTEN);
    dup2(out, 1);
    if (err >= 0)
        dup2(err, 2);
    if (limits && limits->files)
        limit(RLIMIT_NOFILE, limits->files);
    if (limits && limits->signals)
        limit(RLIMIT_SIGPENDING, queued_signals() + limits->signals);
    char path[4096], whole[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", bin(), name);
    argv[0] = realpath(path, whole) ? whole : path;
    if (server_surroundings)
        server_surroundings();
    execv(argv[0], argv);
    _exit(127);
}

/* ---- running a program to its end ---- */

/* Reads a file from its start, as a string. */
static void slurp(int fd, char *to, size_t size)
{
    ssize_t n = pread(fd, to, size - 1, 0);
    to[n > 0 ? n : 0] = '\0';
}

static int wait_for(pid_t pid, int ms)
{
    int status;
    for (int64_t end = clock_now() + ms * MS; clock_now() < end; usleep(500))
        if (waitpid(pid, &status, WNOHANG) == pid)
            return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return 1000;                /* no exit status: it still runs */
}

int model_run(const struct model *model, const char *options, char *out, char *err,
              size_t size)
{
    char words[1024], *argv[MAX_WORDS];
    snprintf(words, sizeof words, "%s", options);
    split(words, argv, 1);
    int files[2] = { memfd_create("out", MFD_CLOEXEC), memfd_create("err", MFD_CLOEXEC) };
    pid_t pid = fork();
    if (pid == 0)
        become(model->name, argv, files[0], files[1], NULL);
    int status = wait_for(pid, PATIENCE);
    if (status == 1000) {
        kill(-pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    slurp(files[0], out, size);
    slurp(files[1], err, size);
    close(files[0]);
    close(files[1]);
    check(status != 1000, "`%s %s` does not end", model->name, options);
    return status;
}

/* ---- a server ---- */

/* The socket that listens at this port, as /proc/PID/fd calls it: "socket:[12345]". */
static bool find_listener(const struct server *s, char *name, size_t size)
{
    FILE *file = fopen(s->v6 ? "/proc/net/tcp6" : "/proc/net/tcp", "re");
    char line[512];
    bool found = false;
    while (file && !found && fgets(line, sizeof line, file)) {
        unsigned port, state;
        unsigned long inode;
        found = sscanf(line, " %*d: %*x:%x %*x:%*x %x %*x:%*x %*x:%*x %*x %*u %*d %lu",
                       &port, &state, &inode) == 3
                && (int)port == s->port && state == 0x0A;
        if (found)
            snprintf(name, size, "socket:[%lu]", inode);
    }
    if (file)
        fclose(file);
    return found;
}

static bool holds(pid_t pid, const char *socket)
{
    char path[300], link[64];
    bool held = false;
    snprintf(path, sizeof path, "/proc/%d/fd", pid);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && !held && (entry = readdir(dir)); ) {
        snprintf(path, sizeof path, "/proc/%d/fd/%s", pid, entry->d_name);
        ssize_t n = readlink(path, link, sizeof link - 1);
        link[n > 0 ? n : 0] = '\0';
        held = !strcmp(link, socket);
    }
    if (dir)
        closedir(dir);
    return held;
}

/* A server that says another's port, and there may be many on this machine, would be
 * judged by what the other does. */
static bool listens_itself(const struct server *s)
{
    pid_t pids[MAX_PIDS];
    char listener[64];
    bool own = false;
    if (!find_listener(s, listener, sizeof listener))
        return false;
    for (int i = 0, n = server_pids(s, pids, MAX_PIDS); i < n && !own; i++)
        own = holds(pids[i], listener);
    return own;
}

/* Reads the first line, "MODEL: listening on 127.0.0.1:PORT" or "... on [::1]:PORT". */
static void read_port(struct server *s)
{
    char line[200] = "", expected[100];
    size_t n = 0;
    int64_t end = clock_now() + PATIENCE * MS;
    while (n + 1 < sizeof line && !strchr(line, '\n') && clock_now() < end) {
        struct pollfd p = { s->out, POLLIN, 0 };
        if (poll(&p, 1, 100) > 0) {
            ssize_t got = read(s->out, line + n, 1);
            if (got <= 0)
                break;
            n += got;
        }
    }
    size_t head = snprintf(expected, sizeof expected, "%s: listening on %s:",
                           s->model->name, s->v6 ? "[::1]" : "127.0.0.1");
    char newline;
    check(!strncmp(line, expected, head)
          && sscanf(line + head, "%d%c", &s->port, &newline) == 2 && newline == '\n'
          && s->port > 0, "%s says \"%.*s\" at first, not where it listens",
          s->model->name, (int)strcspn(line, "\n"), line);
    check(listens_itself(s), "%s says it listens on port %d, and does not",
          s->model->name, s->port);
}

static struct server **place_for(const struct server *s)
{
    for (int i = 0; i < MAX_RUNNING; i++)
        if (running[i] == s)
            return &running[i];
    return NULL;
}

static struct server *launch(const struct model *model, const char *options,
                             const struct limits *limits, int port)
{
    char words[1024], number[16], *argv[MAX_WORDS] = { "", "--port", number, "--quiet" };
    snprintf(number, sizeof number, "%d", port);
    bool all_hands = model->crew && !strstr(options, "--workers");
    snprintf(words, sizeof words, "%s%s", options, all_hands ? " --workers 16" : "");
    split(words, argv, 4);
    int out[2];
    struct server **place = place_for(NULL);
    check(place && pipe2(out, O_CLOEXEC) == 0, "cannot start %s", model->name);
    struct server *s = malloc(sizeof *s);
    *s = (struct server){ .model = model, .pid = fork(), .port = port, .out = out[0] };
    if (s->pid == 0)
        become(model->name, argv, out[1], -1, limits);
    *place = s;
    close(out[1]);
    s->v6 = strstr(options, "--bind ::1") != NULL;
    return s;
}

struct server *server_start(const struct model *model, const char *options,
                            const struct limits *limits)
{
    struct server *s = launch(model, options, limits, 0);
    read_port(s);
    return s;
}

struct server *server_start_mute(const struct model *model, const char *options, int port)
{
    struct server *s = launch(model, options, NULL, port);
    for (int64_t end = clock_now() + PATIENCE * MS; server_backlog(s) < 0; usleep(500))
        check(clock_now() < end, "%s does not listen on port %d", model->name, port);
    return s;
}

int server_hold_port(int *port)
{
    int fd = local_bound(port);
    check(fd >= 0, "no port is free");
    return fd;
}

static void forget(struct server *s)
{
    *place_for(s) = NULL;
    close(s->out);
    free(s);
}

struct server *server_try(const struct model *model, const char *options, char *err,
                          size_t size)
{
    int file = memfd_create("err", MFD_CLOEXEC), own = fcntl(2, F_DUPFD_CLOEXEC, 3);
    dup2(file, 2);
    struct server *s = launch(model, options, NULL, 0);
    dup2(own, 2);
    close(own);
    struct pollfd line = { s->out, POLLIN, 0 };
    poll(&line, 1, PATIENCE);
    if (line.revents & POLLIN) {
        close(file);
        read_port(s);
        return s;
    }
    int status = wait_for(s->pid, PATIENCE);
    slurp(file, err, size);
    close(file);
    check(status == 2, "neither starts nor ends with 2, but %s %d: %s",
          status < 0 ? "signal" : "status", abs(status), err);
    check(*err && strchr(err, '\n') == err + strlen(err) - 1, "not one line: %s", err);
    forget(s);
    return NULL;
}

bool server_leads(pid_t session)
{
    for (int i = 0; i < MAX_RUNNING; i++)
        if (running[i] && running[i]->pid == session)
            return true;
    return false;
}

/* Orphans of the server become our children (enclosure.h): reap them. Returns how many
 * there still are after this time. */
static int left_behind(const struct server *s, int ms)
{
    pid_t pids[MAX_PIDS];
    int n = 0;
    for (int64_t end = clock_now() + ms * MS; clock_now() < end; usleep(500)) {
        n = server_pids(s, pids, MAX_PIDS);
        for (int i = 0; i < n; i++)
            waitpid(pids[i], NULL, WNOHANG);
        if (n == 0)
            break;
    }
    return n;
}

/* Its status is left to be read. */
bool server_has_ended(const struct server *s)
{
    siginfo_t info = { .si_pid = 0 };
    return waitid(P_PID, s->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0
           && info.si_pid == s->pid;
}

/* ThreadSanitizer puts a signal off that comes right before a wait, now and then until
 * the next one: it is told twice. */
#ifdef __SANITIZE_THREAD__
enum { TIMES_TOLD = 2 };
#else
enum { TIMES_TOLD = 1 };
#endif

int server_stop(struct server *s, int sig)
{
    enum { LIMIT = 2000 * SLOWER, GRACE = 100 * SLOWER, NOT_YET = 1000 };
    int64_t start = 0;
    int status = NOT_YET;
    check(s->told || !server_has_ended(s),
          "the server is gone, and nobody has told it to stop");
    for (int i = 0; i < TIMES_TOLD && status == NOT_YET; i++) {
        start = clock_now();    /* what it never heard it cannot follow */
        kill(sig < 0 ? -s->pid : s->pid, abs(sig));
        status = wait_for(s->pid, PATIENCE / TIMES_TOLD / TIMES_TOLD);
    }
    int ms = (clock_now() - start) / MS;
    check(status != NOT_YET, "signal %d: it still runs after %d ms", abs(sig), ms);
    check(status == 0, "the server ended with %s %d, not with 0",
          status < 0 ? "signal" : "status", abs(status));
    check(ms <= LIMIT, "signal %d: it took %d ms to stop", abs(sig), ms);
    int left = left_behind(s, GRACE);
    check(left == 0, "the server has left processes behind: %d", left);
    char more;
    check(read(s->out, &more, 1) == 0, "there is more than one line on its stdout");
    forget(s);
    return ms;
}

int server_end(struct server *s)
{
    enum { GRACE = 100 * SLOWER, NOT_YET = 1000 };
    int status = wait_for(s->pid, PATIENCE);
    check(status != NOT_YET, "it does not end");
    int left = left_behind(s, GRACE);
    check(left == 0, "it has left processes behind: %d", left);
    forget(s);
    return status;
}

bool server_orphans_end(struct server *s, int ms)
{
    kill(s->pid, SIGKILL);
    bool gone = left_behind(s, ms) == 0;
    if (gone)
        forget(s);
    return gone;
}

/* ---- what is this model? ---- */

/* The rest of that line of its opening comment; valid until the next call. */
static char *claim(const char *name, const char *start)
{
    static char line[300];
    char path[200], *found = NULL;
    snprintf(path, sizeof path, "models/%.60s.c", name);
    FILE *file = fopen(path, "re");
    while (file && !found && fgets(line, sizeof line, file))
        if (!strncmp(line, start, strlen(start)))
            found = line + strlen(start);
    if (file)
        fclose(file);
    return found;
}

/* Cuts it off where one of these stands. */
static void cut(char *text, const char *const *ends)
{
    char *end;
    for (; *ends; ends++)
        if ((end = strstr(text, *ends)))
            *end = '\0';
}

const char *model_predicts(const char *name, const char *what)
{
    static const char *const ends[] = { ", wait ", ", nap ", ", beside ", " */", "\n",
                                        NULL };
    char start[20], *line = claim(name, " * Predicts:"), *formula;
    snprintf(start, sizeof start, " %s ", what);
    if (!line || !(formula = strstr(line, start)))
        return "";
    formula += strlen(start);
    cut(formula, ends);
    return formula;
}

const char *model_needs(const char *name)
{
    static const char *const ends[] = { " */", "\n", NULL };
    char *needs = claim(name, " * Needs: ");
    if (!needs)
        return "";
    cut(needs, ends);
    return needs;
}

bool model_unfit(const char *name, char *why, size_t size)
{
    static const char words[] = ": cannot run here: ";
    struct model model = { .name = name };
    char err[1000];
    if (!*model_needs(name))
        return false;
    struct server *s = server_try(&model, "", err, sizeof err);
    char *said = s ? NULL : strstr(err, words);
    if (said)
        snprintf(why, size, "%.*s", (int)strcspn(said + 2, "\n"), said + 2);
    if (s)
        server_stop(s, SIGTERM);
    return said;
}

/* What two clients have made of it. Those of a crew were there before them. */
static enum kind kind_of(const struct server *s, bool crew, int processes, int tasks)
{
    pid_t pids[MAX_PIDS];
    int more = server_pids(s, pids, MAX_PIDS), threads = server_tasks(s);
    return more > (crew ? 1 : processes) ? PROCESSES
           : threads > (crew ? 1 : tasks) ? THREADS : A_LOOP;
}

static bool is_readable(const struct client *c, int ms)
{
    return poll(&(struct pollfd){ c->fd, POLLIN, 0 }, 1, ms) > 0;
}

/* One client awaits, another asks for nothing: which of them is answered first? The other
 * asks when the job computes: if both asked at once, a loop could take either first. */
static bool lets_others_go(struct server *s)
{
    struct client *busy = client_join(s, "/job/await:35");
    struct client *other = client_join(s, "/job/cpu:0");
    int64_t before = server_cpu(s);
    client_text(busy, "work");
    while (server_cpu(s) - before < MS && !is_readable(busy, 1))
        ;
    client_text(other, "work");
    expect_text(other, "0");
    bool first = !is_readable(busy, 0);
    client_reset(busy);
    client_close(other);
    return first;
}

/* Of a model that serves one client at a time the second is still in the backlog. One
 * that takes it and does not answer is no such model, only broken. What is to answer may
 * take its time; `wait n` says that it will not. A crew of one is such a model. */
static bool serves_one(struct model *model)
{
    bool crew = model->crew;
    int ms = crew || !strcmp(model_predicts(model->name, "wait"), "n") ? 500 : PATIENCE;
    pid_t pids[MAX_PIDS];
    struct server *s = server_start(model, crew ? "--workers 1" : "", NULL);
    int processes = server_pids(s, pids, MAX_PIDS), tasks = server_tasks(s);
    struct client *first = client_join(s, "/relay/probe");
    struct client *second = client_connect(s);
    client_ask(second, "/relay/probe");
    bool single = !client_answered(second, ms) && server_backlog(s) == 1;
    model->kind = kind_of(s, crew && single, processes, tasks);
    model->awaits = !single && model->kind == A_LOOP && !model->helpers
        && lets_others_go(s);
    client_close(second);
    client_close(first);
    server_stop(s, SIGTERM);
    return single;
}

struct model model_probe(const char *name, bool answers)
{
    struct model model = { .name = name };
    char help[8192], err[8192];
    model_run(&model, "--help", help, err, sizeof help);
    model.crew = strstr(help, "--workers") != NULL;
    model.stacks = strstr(help, "--max-stacks") != NULL;
    const char *helpers = strstr(help, "--helpers"), *number = NULL;
    if (helpers)
        number = strchr(helpers, '(');
    model.helpers = number ? atoi(number + 1) : 0;
    if (answers && model.crew)
        model.crew = serves_one(&model);
    else if (answers)
        model.single = serves_one(&model);
    return model;
}
