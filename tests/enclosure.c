/* enclosure.c - runs what is not trusted, and leaves nothing of it behind.
 *
 * Between us and the inmate stands its keeper, which does nothing but watch: the clock,
 * what the inmate prints, how much of the machine it takes, and whether we are still
 * there. */
#include "enclosure.h"
#include "clock.h"
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK = 20, MEMORY_LOOK = 300,       /* ms between looks */
    NO_NAMESPACE = 121,                 /* a status */
    MAX_TASKS = 32768,
};

/* What the keeper tells us when it ends. */
struct word {
    bool no_namespace;
    int status;                 /* the inmate's, or -1 */
    char why[120];
};

struct keeper {
    pid_t inmate;
    int signals, output;        /* descriptors to read from */
    size_t printed;
    struct sysinfo before;      /* the machine, when it began */
    long mib_before;
    int64_t deadline, memory_look;
    int seconds;
    struct word *word;
};

static volatile pid_t keeping;  /* the keeper, while there is one */

/* ---- a world of its own ---- */

static bool put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return done;
}

/* Who may not make namespaces may as the root of a user namespace, which has us as its
 * one user: user_namespaces(7). */
static bool leave_the_world(void)
{
    enum { WORLD = CLONE_NEWPID | CLONE_NEWNS };
    char uid[40], gid[40];
    snprintf(uid, sizeof uid, "%d %d 1", geteuid(), geteuid());
    snprintf(gid, sizeof gid, "%d %d 1", getegid(), getegid());
    return unshare(WORLD) == 0
           || (unshare(WORLD | CLONE_NEWUSER) == 0 && put("/proc/self/setgroups", "deny")
               && put("/proc/self/uid_map", uid) && put("/proc/self/gid_map", gid));
}

/* Only the processes of the new namespace are in its /proc; that of others is left. */
static bool furnish(void)
{
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0
           && mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0;
}

/* A bound that root is above, and that counts all tasks of a user: so those that there
 * are on the machine come on top. */
static void limit_tasks(const struct sysinfo *before)
{
    struct rlimit tasks;
    rlim_t most = MOST_TASKS + before->procs;
    getrlimit(RLIMIT_NPROC, &tasks);
    if (tasks.rlim_cur > most)
        tasks.rlim_cur = most;
    setrlimit(RLIMIT_NPROC, &tasks);
}

static _Noreturn void live(bool namespace, const struct keeper *k, int output,
                           void (*run)(void *), void *arg)
{
    sigset_t none;
    sigemptyset(&none);
    if (namespace && !furnish())
        _exit(NO_NAMESPACE);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    limit_tasks(&k->before);
    dup2(output, 1);
    dup2(output, 2);
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
    run(arg);
    fflush(NULL);
    _exit(0);
}

/* ---- what it takes of the machine ---- */

struct task {
    int pid, parent;
    long threads, pages;        /* resident, shared ones too */
    bool below;                 /* us */
};

static bool read_task(const char *pid, struct task *t)
{
    char path[300], text[1024];
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[n] = '\0';
    /* The second field is the program's name, and may hold anything but its last ')'. */
    char *rest = strrchr(text, ')');
    *t = (struct task){ .pid = atoi(pid) };
    return rest && sscanf(rest + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u "
                          "%*d %*d %*d %*d %ld %*d %*u %*u %ld", &t->parent, &t->threads,
                          &t->pages) == 3;
}

static int by_pid(const void *a, const void *b)
{
    return ((const struct task *)a)->pid - ((const struct task *)b)->pid;
}

/* Parents come before their children, but where numbers have begun again from below. */
static void find_descendants(struct task *tasks, int count, bool all)
{
    int found = -1;
    qsort(tasks, count, sizeof *tasks, by_pid);
    for (int before = -2; found != before; ) {
        before = found;
        found = 0;
        for (int i = 0; i < count; i++) {
            struct task *parent = bsearch(&(struct task){ .pid = tasks[i].parent }, tasks,
                                          count, sizeof *tasks, by_pid);
            tasks[i].below = all || tasks[i].parent == getpid()
                             || (parent && parent->below);
            found += tasks[i].below;
        }
    }
}

/* The memory of one process in MiB, of shared pages its share. */
static double memory(int pid)
{
    char path[64], line[200];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        sscanf(line, "Pss: %ld", &kib);
    if (file)
        fclose(file);
    return kib / 1024.0;
}

/* Calls it for each process in /proc, so many at most; returns how many there are. */
static int with_each(bool (*call)(const char *pid, struct task *), struct task *tasks,
                     int most)
{
    int count = 0;
    DIR *proc = opendir("/proc");
    for (struct dirent *entry; proc && count < most && (entry = readdir(proc)); )
        count += atoi(entry->d_name) > 0 && call(entry->d_name, &tasks[count]);
    if (proc)
        closedir(proc);
    return count;
}

static bool count_it(const char *pid, struct task *t) { (void)t; return *pid; }

/* Of shared pages each process has its share; to ask for that takes long. */
static bool is_too_large(const struct task *tasks, int count)
{
    double mib = 0, resident = 0;
    for (int i = 0; i < count; i++)
        resident += tasks[i].below ? tasks[i].pages : 0;
    if (resident * sysconf(_SC_PAGESIZE) / (1 << 20) <= MOST_MEMORY)
        return false;
    for (int i = 0; i < count; i++)
        mib += tasks[i].below ? memory(tasks[i].pid) : 0;
    return mib > MOST_MEMORY;
}

/* In a namespace all that /proc shows is below us. Those that fork without end are only
 * counted there: there is no time to look at each. */
static bool is_too_much(bool namespace, struct word *word)
{
    static struct task tasks[MAX_TASKS];
    long threads = 0;
    if (namespace && with_each(count_it, tasks, MOST_TASKS + 1) > MOST_TASKS)
        threads = MOST_TASKS + 1;
    int count = threads ? 0 : with_each(read_task, tasks, MAX_TASKS);
    find_descendants(tasks, count, namespace);
    for (int i = 0; i < count; i++)
        threads += tasks[i].below ? tasks[i].threads : 0;
    if (threads > MOST_TASKS)
        snprintf(word->why, sizeof word->why, "has more than %d processes and threads",
                 MOST_TASKS);
    else if (is_too_large(tasks, count))
        snprintf(word->why, sizeof word->why, "takes more than %d MiB of memory",
                 MOST_MEMORY);
    else
        return false;
    return true;
}

/* MiB that processes could still have, the cache of files included. */
static long mib_free(void)
{
    char line[100];
    long kib = 0;
    FILE *file = fopen("/proc/meminfo", "re");
    while (file && !kib && fgets(line, sizeof line, file))
        sscanf(line, "MemAvailable: %ld", &kib);
    if (file)
        fclose(file);
    return kib / 1024;
}

/* The machine is asked first, which is cheap: only if it has got so much fuller may it be
 * the inmate's doing. Others may have filled it, so one look is far from the next. */
static bool too_much(struct keeper *k, bool namespace)
{
    struct sysinfo now;
    bool many, large = false;
    sysinfo(&now);
    many = (int16_t)(now.procs - k->before.procs) > MOST_TASKS / 2;
    if (clock_now() > k->memory_look) {
        k->memory_look = clock_now() + MEMORY_LOOK * MS;
        large = k->mib_before - mib_free() > MOST_MEMORY / 2;
    }
    return (many || large) && is_too_much(namespace, k->word);
}

/* ---- the keeper ---- */

/* What is printed goes through the keeper, who counts. False if it is too much. */
static bool pass_on(struct keeper *k)
{
    static char buf[65536];
    ssize_t n;
    while (k->printed <= MOST_OUTPUT && (n = read(k->output, buf, sizeof buf)) > 0) {
        k->printed += n;
        for (ssize_t at = 0, m; at < n && (m = write(2, buf + at, n - at)) > 0; )
            at += m;
    }
    if (k->printed <= MOST_OUTPUT)
        return true;
    snprintf(k->word->why, sizeof k->word->why, "prints without end");
    return false;
}

static void note_end(struct word *word, int status)
{
    word->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (WIFSIGNALED(status))
        snprintf(word->why, sizeof word->why, "was ended by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
}

/* Looks what a signal is about. False if the inmate is gone, or has to go. */
static bool heed(struct keeper *k)
{
    struct signalfd_siginfo info;
    int status;
    if (read(k->signals, &info, sizeof info) != sizeof info)
        return true;
    if (info.ssi_signo != SIGCHLD) {
        snprintf(k->word->why, sizeof k->word->why, "was interrupted");
        return false;
    }
    if (waitpid(k->inmate, &status, WNOHANG) != k->inmate)
        return true;
    k->inmate = 0;
    note_end(k->word, status);
    return false;
}

/* Until it ends, or has to. */
static void watch(struct keeper *k, bool namespace)
{
    int64_t look = 0;
    struct pollfd set[] = { { k->signals, POLLIN, 0 }, { k->output, POLLIN, 0 } };
    for (;;) {
        poll(set, 2, LOOK);
        if ((set[1].revents && !pass_on(k)) || (set[0].revents && !heed(k)))
            return;
        if (set[1].revents & POLLHUP)
            set[1].fd = -1;     /* nobody is left who could print */
        if (clock_now() < look)
            continue;
        look = clock_now() + LOOK * MS;
        if (too_much(k, namespace))
            return;
        if (clock_now() > k->deadline) {
            snprintf(k->word->why, sizeof k->word->why, "does not end within %d s",
                     k->seconds);
            return;
        }
    }
}

/* Without a namespace: a process whose parent was killed becomes our child, until there
 * are none. A whole group dies at once, however fast it forks. */
static void sweep(void)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    for (int64_t end = clock_now() + 20000 * MS; clock_now() < end; ) {
        pid_t pid;
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            ;
        if (pid < 0)
            return;
        FILE *children = fopen(path, "re");
        while (children && fscanf(children, "%d", &pid) == 1) {
            kill(-pid, SIGKILL);
            kill(pid, SIGKILL);
        }
        if (children)
            fclose(children);
    }
}

/* Among thousands that want the core the keeper must get it. If it may not go before all
 * others, it takes longer. */
static void get_ahead(void)
{
    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK,
                       &(struct sched_param){ .sched_priority = 1 });
}

static _Noreturn void keep(struct keeper *k, bool namespace, const sigset_t *signals,
                           void (*run)(void *), void *arg)
{
    int output[2];
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    get_ahead();
    namespace = namespace && leave_the_world();
    k->signals = signalfd(-1, signals, SFD_CLOEXEC);
    if (k->signals < 0 || pipe2(output, O_CLOEXEC) < 0)
        _exit(1);
    fcntl(output[0], F_SETFL, O_NONBLOCK);
    k->output = output[0];
    k->inmate = fork();
    if (k->inmate == 0)
        live(namespace, k, output[1], run, arg);
    close(output[1]);
    watch(k, namespace);
    if (k->inmate) {
        kill(k->inmate, SIGKILL);
        waitpid(k->inmate, NULL, 0);
    }
    sweep();
    pass_on(k);
    k->word->no_namespace = namespace && k->word->status == NO_NAMESPACE;
    _exit(0);
}

/* Once the keeper is there it may be told to end, and not before. */
static void begin(struct keeper *k, bool namespace, void (*run)(void *), void *arg)
{
    sigset_t signals, old;
    sigemptyset(&signals);
    sigaddset(&signals, SIGCHLD);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    fflush(NULL);
    sigprocmask(SIG_BLOCK, &signals, &old);
    *k->word = (struct word){ .status = -1, .why = "cannot be started" };
    keeping = fork();
    if (keeping == 0)
        keep(k, namespace, &signals, run, arg);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

int enclose(void (*run)(void *), void *arg, int seconds, char *why, size_t size)
{
    static int namespaces = -1;
    static struct word *word;
    struct keeper k = { .seconds = seconds,
                        .deadline = clock_now() + (int64_t)seconds * 1000 * MS };
    if (namespaces < 0) {
        const char *told = getenv("NAMESPACE");
        namespaces = !told || strcmp(told, "0");
        word = mmap(NULL, sizeof *word, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    }
    k.word = word;
    sysinfo(&k.before);
    k.mib_before = mib_free();
    begin(&k, namespaces, run, arg);
    waitpid(keeping, NULL, 0);
    keeping = 0;
    if (word->no_namespace) {
        namespaces = 0;
        return enclose(run, arg, seconds, why, size);
    }
    snprintf(why, size, "%s", word->why);
    return word->status;
}

void enclosure_break(void)
{
    pid_t keeper = keeping;
    if (keeper > 0) {
        kill(keeper, SIGTERM);
        waitpid(keeper, NULL, 0);
    }
}
