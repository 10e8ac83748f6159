#include "proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void add_switches(int pid, const char *thread, struct cost *cost)
{
    char path[300], line[128];
    long long n;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/task/%s/status", pid, thread);
    if (!(f = fopen(path, "re")))
        return;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "voluntary_ctxt_switches: %lld", &n) == 1) {
            cost->switches += n;
        } else if (sscanf(line, "nonvoluntary_ctxt_switches: %lld", &n) == 1) {
            cost->switches += n;
            cost->involuntary += n;
        }
    fclose(f);
}

static bool add_process(int pid, int newest, struct family *);

static void add_children(int pid, const char *thread, int newest, struct family *all)
{
    char path[300];
    int child;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/task/%s/children", pid, thread);
    if (!(f = fopen(path, "re")))
        return;
    while (fscanf(f, "%d", &child) == 1)
        add_process(child, newest, all);
    fclose(f);
}

/* A process's clock runs for all its threads, those that have ended too. */
static void add_time(int pid, struct cost *cost)
{
    clockid_t clock;
    struct timespec t;

    if (clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &t) == 0)
        cost->cpu += (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool add_process(int pid, int newest, struct family *all)
{
    char path[64];
    struct dirent *entry;
    DIR *threads;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    if (!(threads = opendir(path)))
        return false;
    add_time(pid, &all->cost);
    all->processes += pid <= newest;
    while ((entry = readdir(threads))) {
        int id = atoi(entry->d_name);
        if (id == 0)
            continue;           /* . and .. */
        all->threads += id <= newest;
        all->newest = id > all->newest ? id : all->newest;
        add_switches(pid, entry->d_name, &all->cost);
        add_children(pid, entry->d_name, newest, all);
    }
    closedir(threads);
    return true;
}

bool proc_look(int pid, int newest, struct family *all)
{
    *all = (struct family){ .newest = 0 };
    return add_process(pid, newest, all);
}

struct cost proc_between(const struct family *before, const struct family *after)
{
    struct cost cost = { after->cost.cpu - before->cost.cpu,
                         after->cost.switches - before->cost.switches,
                         after->cost.involuntary - before->cost.involuntary };

    if (after->processes < before->processes)
        cost.cpu = UNKNOWN;
    if (after->threads < before->threads)
        cost.switches = cost.involuntary = UNKNOWN;
    return cost;
}

int64_t proc_busy(void)
{
    long long user, nice, system, irq, softirq, steal, sum = 0;
    FILE *f = fopen("/proc/stat", "re");

    if (!f)
        return 0;
    if (fscanf(f, "cpu %lld %lld %lld %*d %*d %lld %lld %lld", &user, &nice, &system,
               &irq, &softirq, &steal) == 6)
        sum = user + nice + system + irq + softirq + steal;
    fclose(f);
    return sum * (1000000000 / sysconf(_SC_CLK_TCK));
}
