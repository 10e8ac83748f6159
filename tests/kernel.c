/* kernel.c - what the kernel says about a server, all its processes together: proc(5). */
#include "server.h"
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PIDS = 4096 };

static bool read_stat(pid_t pid, char *state, pid_t *parent, pid_t *session)
{
    char path[64], text[1024] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    size_t n = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[n] = '\0';
    /* The second field is the program's name, and may hold anything but its last ')'. */
    char *rest = strrchr(text, ')');
    return rest && sscanf(rest + 1, " %c %d %*d %d", state, parent, session) == 3;
}

/* A process of the server's session; or one that has made a session of its own, and, an
 * orphan now, has come back to us. */
static bool belongs(const struct server *s, pid_t parent, pid_t session)
{
    return session == s->pid
           || (parent == getpid() && session != getsid(0) && !server_leads(session));
}

/* Every process of the server, in this state if one is given. */
static int collect(const struct server *s, pid_t *pids, int max, char wanted)
{
    DIR *proc = opendir("/proc");
    int count = 0;
    for (struct dirent *entry; proc && count < max && (entry = readdir(proc)); ) {
        pid_t pid = atoi(entry->d_name), parent, session;
        char state;
        if (pid > 0 && read_stat(pid, &state, &parent, &session)
            && belongs(s, parent, session) && (!wanted || state == wanted))
            pids[count++] = pid;
    }
    if (proc)
        closedir(proc);
    for (int i = 1; i < count; i++)
        if (pids[i] == s->pid) {
            pids[i] = pids[0];
            pids[0] = s->pid;
        }
    return count;
}

int server_pids(const struct server *s, pid_t *pids, int max)
{
    return collect(s, pids, max, 0);
}

/* One that ends is a zombie for a moment, even where nobody has to wait for it. */
int server_zombies(const struct server *s)
{
    static pid_t pids[MAX_PIDS];
    int n;
    for (int tries = 500 * SLOWER; (n = collect(s, pids, MAX_PIDS, 'Z')) > 0 && tries--; )
        usleep(1000);
    return n;
}

/* How many entries /proc/PID/WHAT has, summed up. */
static int entries(const struct server *s, const char *what)
{
    static pid_t pids[MAX_PIDS];
    int total = 0;
    for (int i = 0, n = server_pids(s, pids, MAX_PIDS); i < n; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/%s", pids[i], what);
        DIR *dir = opendir(path);
        for (struct dirent *entry; dir && (entry = readdir(dir)); )
            total += entry->d_name[0] != '.';
        if (dir)
            closedir(dir);
    }
    return total;
}

/* Does a thread of it still run? */
static bool runs(pid_t pid)
{
    char path[64], state = 0;
    bool found = false;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *dir = opendir(path);
    for (struct dirent *entry; dir && !found && (entry = readdir(dir)); ) {
        pid_t task = atoi(entry->d_name), parent, session;
        found = task > 0 && read_stat(task, &state, &parent, &session)
             && !strchr("TZX", state);
    }
    if (dir)
        closedir(dir);
    return found;
}

static void wait_until_stopped(pid_t pid)
{
    for (int tries = 0; tries < PATIENCE && runs(pid); tries++)
        usleep(1000);
}

void process_freeze(pid_t pid)
{
    kill(pid, SIGSTOP);
    wait_until_stopped(pid);
}

void server_freeze(const struct server *s)
{
    static pid_t pids[MAX_PIDS];
    kill(-s->pid, SIGSTOP);
    for (int i = 0, n = server_pids(s, pids, MAX_PIDS); i < n; i++)
        wait_until_stopped(pids[i]);
}

int server_tasks(const struct server *s) { return entries(s, "task"); }
int server_files(const struct server *s) { return entries(s, "fd"); }

int64_t server_cpu(const struct server *s)
{
    static pid_t pids[MAX_PIDS];
    int64_t total = 0;
    for (int i = 0, n = server_pids(s, pids, MAX_PIDS); i < n; i++) {
        /* A process' CPU clock counts all its threads, and finer than /proc/PID/stat. */
        clockid_t clock;
        struct timespec t;
        if (clock_getcpuclockid(pids[i], &clock) == 0 && clock_gettime(clock, &t) == 0)
            total += (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    }
    return total;
}

/* Adds up the numbers behind this word in /proc/PID/WHAT; without, counts lines. */
static long add_up(const struct server *s, const char *what, const char *word)
{
    static pid_t pids[MAX_PIDS];
    long total = 0, number;
    for (int i = 0, n = server_pids(s, pids, MAX_PIDS); i < n; i++) {
        char path[64], line[256];
        snprintf(path, sizeof path, "/proc/%d/%s", pids[i], what);
        FILE *file = fopen(path, "re");
        while (file && fgets(line, sizeof line, file))
            if (!word)
                total += strchr(line, '\n') != NULL;
            else if (!strncmp(line, word, strlen(word))
                     && sscanf(line + strlen(word), " %ld", &number) == 1)
                total += number;
        if (file)
            fclose(file);
    }
    return total;
}

long server_memory(const struct server *s) { return add_up(s, "smaps_rollup", "Pss:"); }
long server_mappings(const struct server *s) { return add_up(s, "maps", NULL); }
long server_switches(const struct server *s)
{
    return add_up(s, "status", "voluntary_ctxt_switches:");
}

int server_backlog(const struct server *s)
{
    /* Of a listening socket (state 0A) the receive queue counts who is in the backlog.
     * These come first; of others there may be thousands. */
    FILE *file = fopen("/proc/net/tcp", "re");
    char line[512];
    int waiting = -1;
    while (file && waiting < 0 && fgets(line, sizeof line, file)) {
        unsigned port, state, queue;
        if (sscanf(line, " %*d: %*8x:%x %*8x:%*x %x %*x:%x", &port, &state, &queue) == 3
            && (int)port == s->port && state == 0x0A)
            waiting = queue;
    }
    if (file)
        fclose(file);
    return waiting;
}
