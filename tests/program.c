#include "program.h"
#include "clock.h"
#include "unit.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORDS = 64, PATIENT = 20 };

static double now(void) { return (double)clock_now() / 1e9; }

/* The folder that this test was started from. */
static void folder(char *to, size_t size)
{
    ssize_t n = readlink("/proc/self/exe", to, size - 1);

    to[n > 0 ? n : 0] = '\0';
    *strrchr(to, '/') = '\0';
}

static _Noreturn void become(char *words, FILE *out, FILE *err)
{
    char dir[4000], path[4200], *argv[WORDS] = { 0 }, *rest;
    int n = 0;

    for (char *w = strtok_r(words, " ", &rest); w && n < WORDS - 1;
         w = strtok_r(NULL, " ", &rest))
        argv[n++] = w;
    folder(dir, sizeof dir);
    snprintf(path, sizeof path, "%s/%s", dir, argv[0]);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(fileno(out), 1);
    dup2(fileno(err), 2);
    execv(path, argv);
    _exit(127);
}

struct program program_start(const char *format, ...)
{
    char words[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    struct program p = { .out = tmpfile(), .err = tmpfile(), .began = now() };
    fflush(NULL);
    p.pid = fork();
    if (p.pid == 0)
        become(words, p.out, p.err);
    return p;
}

void program_end(struct program *p, struct result *r)
{
    double called = now();
    int status = 0;
    pid_t over;

    while ((over = waitpid(p->pid, &status, WNOHANG)) == 0 && now() - called < PATIENT)
        pause_for(2 * MS);
    if (over == 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, &status, 0);
    }
    r->seconds = now() - p->began;
    r->status = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    slurp(p->out, r->out, sizeof r->out);
    slurp(p->err, r->err, sizeof r->err);
    check(over > 0, "it does not end; so far: %s%s", r->out, r->err);
}

int model_start(struct program *p, const char *model, const char *options)
{
    char line[200] = "";
    int port = 0;

    *p = program_start("%s --port 0 --quiet %s", model, options);
    while (now() - p->began < PATIENT && !strchr(line, '\n')) {
        pause_for(2 * MS);
        ssize_t n = pread(fileno(p->out), line, sizeof line - 1, 0);
        line[n > 0 ? n : 0] = '\0';
    }
    check(sscanf(line, "%*[^:]: listening on 127.0.0.1:%d", &port) == 1,
          "bin/%s does not come up: %s", model, line);
    return port;
}

void model_stop(struct program *p)
{
    struct result r;

    kill(p->pid, SIGTERM);
    program_end(p, &r);
}

double json_number(const char *json, const char *key, const char *inner)
{
    char quoted[80];
    const char *at;

    snprintf(quoted, sizeof quoted, "\n  \"%s\": ", key);
    at = strstr(json, quoted);
    check(at, "there is no \"%s\" in %s", key, json);
    at += strlen(quoted);
    if (inner) {
        size_t line = strcspn(at, "\n");
        snprintf(quoted, sizeof quoted, "\"%s\": ", inner);
        at = memmem(at, line, quoted, strlen(quoted));
        check(at, "there is no \"%s\" in \"%s\"", inner, key);
        at += strlen(quoted);
    }
    return strncmp(at, "null", 4) == 0 ? -1 : strtod(at, NULL);
}
