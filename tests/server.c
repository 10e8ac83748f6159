/* server.c - a model under test: started in a session of its own, watched, stopped. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
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

/* In the child: becomes the model, in a session of its own. It dies with us. */
static _Noreturn void become(const char *name, char **argv, int out, int err, int files)
{
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(out, 1);
    if (err >= 0)
        dup2(err, 2);
    if (files)
        setrlimit(RLIMIT_NOFILE, &(struct rlimit){ files, files });
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
        become(model->name, argv, files[0], files[1], 0);
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

/* Reads the first line, "MODEL: listening on 127.0.0.1:PORT" or "... on [::1]:PORT". */
static int read_port(struct server *s)
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
    snprintf(expected, sizeof expected, "%s: listening on %s:%%d%%c", s->model->name,
             s->v6 ? "[::1]" : "127.0.0.1");
    int port;
    char newline;
    check(sscanf(line, expected, &port, &newline) == 2 && newline == '\n' && port > 0,
          "%s says \"%s\" at first, not where it listens", s->model->name, line);
    return port;
}

static struct server **place_for(const struct server *s)
{
    for (int i = 0; i < MAX_RUNNING; i++)
        if (running[i] == s)
            return &running[i];
    return NULL;
}

static struct server *launch(const struct model *model, const char *options, int files,
                             int port)
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
        become(model->name, argv, out[1], -1, files);
    *place = s;
    close(out[1]);
    s->v6 = strstr(options, "--bind ::1") != NULL;
    return s;
}

struct server *server_start(const struct model *model, const char *options, int files)
{
    struct server *s = launch(model, options, files, 0);
    s->port = read_port(s);
    return s;
}

struct server *server_start_mute(const struct model *model, const char *options, int port)
{
    struct server *s = launch(model, options, 0, port);
    for (int64_t end = clock_now() + PATIENCE * MS; server_backlog(s) < 0; usleep(500))
        check(clock_now() < end, "%s does not listen on port %d", model->name, port);
    return s;
}

/* Bound, and not listened at, it may still be asked for by its number: SO_REUSEADDR in
 * socket(7). */
int server_hold_port(int *port)
{
    struct sockaddr_in own = { .sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof own;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    check(bind(fd, (struct sockaddr *)&own, size) == 0
          && getsockname(fd, (struct sockaddr *)&own, &size) == 0, "no port is free");
    *port = ntohs(own.sin_port);
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
    struct server *s = launch(model, options, 0, 0);
    dup2(own, 2);
    close(own);
    struct pollfd line = { s->out, POLLIN, 0 };
    poll(&line, 1, PATIENCE);
    if (line.revents & POLLIN) {
        close(file);
        s->port = read_port(s);
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

/* Orphans of the server become our children (main() asked for that): reap them. */
static bool group_gone(pid_t group, int ms)
{
    for (int64_t end = clock_now() + ms * MS; clock_now() < end; usleep(500)) {
        while (waitpid(-group, NULL, WNOHANG) > 0)
            ;
        if (kill(-group, 0) < 0 && errno == ESRCH)
            return true;
    }
    return false;
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
    check(kill(s->pid, 0) == 0, "the server is gone");
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
    check(group_gone(s->pid, GRACE), "the server has left processes behind");
    char more;
    check(read(s->out, &more, 1) == 0, "there is more than one line on its stdout");
    forget(s);
    return ms;
}

bool server_orphans_end(struct server *s, int ms)
{
    kill(s->pid, SIGKILL);
    bool gone = group_gone(s->pid, ms);
    if (gone)
        forget(s);
    return gone;
}

void servers_kill(void)
{
    for (int i = 0; i < MAX_RUNNING; i++)
        if (running[i]) {
            kill(-running[i]->pid, SIGKILL);
            group_gone(running[i]->pid, PATIENCE);
            forget(running[i]);
        }
}

/* ---- what is this model? ---- */

const char *model_predicts(const char *name)
{
    static char formula[40];
    char path[200], line[200], *wait = NULL;
    snprintf(path, sizeof path, "models/%.60s.c", name);
    FILE *file = fopen(path, "re");
    while (file && !wait && fgets(line, sizeof line, file))
        wait = strstr(line, "Predicts: ") ? strstr(line, ", wait ") : NULL;
    if (!wait || sscanf(wait, ", wait %39[^, \n]", formula) != 1)
        *formula = '\0';
    if (file)
        fclose(file);
    return formula;
}

/* Of a model that serves one client at a time the second is still in the backlog. One
 * that takes it and does not answer is no such model, only broken. What is to answer may
 * take its time; `wait n` says that it will not. */
static bool serves_one(const struct model *model)
{
    int ms = strcmp(model_predicts(model->name), "n") ? PATIENCE : 500;
    struct server *s = server_start(model, "", 0);
    struct client *first = client_join(s, "/relay/probe");
    struct client *second = client_connect(s);
    client_ask(second, "/relay/probe");
    bool single = !client_answered(second, ms) && server_backlog(s) == 1;
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
    model.single = answers && !model.crew && serves_one(&model);
    return model;
}
