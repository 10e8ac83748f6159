#include "proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_thread(int pid, const char *thread, struct cost *cost)
{
    char path[300], line[128];
    long long ns = 0, n;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, thread);
    if ((f = fopen(path, "re"))) {      /* its first number is the time on a core */
        if (fscanf(f, "%lld", &ns) == 1)
            cost->cpu += ns;
        fclose(f);
    }
    snprintf(path, sizeof path, "/proc/%d/task/%s/status", pid, thread);
    if ((f = fopen(path, "re"))) {
        while (fgets(line, sizeof line, f))
            if (sscanf(line, "voluntary_ctxt_switches: %lld", &n) == 1
                || sscanf(line, "nonvoluntary_ctxt_switches: %lld", &n) == 1)
                cost->switches += n;
        fclose(f);
    }
}

static bool add_process(int pid, struct cost *cost);

static void add_children(int pid, const char *thread, struct cost *cost)
{
    char path[300];
    int child;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/task/%s/children", pid, thread);
    if (!(f = fopen(path, "re")))
        return;
    while (fscanf(f, "%d", &child) == 1)
        add_process(child, cost);
    fclose(f);
}

static bool add_process(int pid, struct cost *cost)
{
    char path[64];
    struct dirent *entry;
    DIR *threads;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    if (!(threads = opendir(path)))
        return false;
    while ((entry = readdir(threads)))
        if (entry->d_name[0] != '.') {
            add_thread(pid, entry->d_name, cost);
            add_children(pid, entry->d_name, cost);
        }
    closedir(threads);
    return true;
}

bool proc_cost(int pid, struct cost *cost)
{
    *cost = (struct cost){ 0, 0 };
    return add_process(pid, cost);
}

int64_t proc_busy(void)
{
    long long user, nice, system, irq, softirq, steal, sum = 0;
    FILE *f = fopen("/proc/stat", "re");

    if (!f)
        return 0;
    if (fscanf(f, "cpu %lld %lld %lld %*d %*d %lld %lld %lld", &user, &nice, &system, &irq,
               &softirq, &steal) == 6)
        sum = user + nice + system + irq + softirq + steal;
    fclose(f);
    return sum * (1000000000 / sysconf(_SC_CLK_TCK));
}
