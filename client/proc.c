#include "proc.h"

#include "die.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void add_id(struct ids *ids, int id)
{
    if (ids->count == ids->room) {
        ids->room = ids->room ? 2 * ids->room : 16;
        ids->id = must_realloc(ids->id, ids->room * sizeof *ids->id);
    }
    ids->id[ids->count++] = id;
}

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

/* The second field of schedstat: see the kernel's Documentation/scheduler. */
static int64_t waited(const char *thread)
{
    char path[300];
    long long ns = UNKNOWN;
    FILE *f;

    snprintf(path, sizeof path, "%s/schedstat", thread);
    if (!(f = fopen(path, "re")))
        return UNKNOWN;
    if (fscanf(f, "%*d %lld", &ns) != 1)
        ns = UNKNOWN;
    fclose(f);
    return ns;
}

/* A thread that ends as we look is missed in the next look. */
static void add_waiting(int pid, const char *thread, struct family *all)
{
    char path[280];
    int64_t ns;
    cpu_set_t may;

    snprintf(path, sizeof path, "/proc/%d/task/%s", pid, thread);
    ns = waited(path);
    all->cost.waited = ns == UNKNOWN || all->cost.waited == UNKNOWN
                     ? UNKNOWN : all->cost.waited + ns;
    if (sched_getaffinity(atoi(thread), sizeof may, &may) == 0)
        CPU_OR(&all->may, &all->may, &may);
}

static bool add_process(int pid, struct family *);

static void add_children(int pid, const char *thread, struct family *all)
{
    char path[300];
    int child;
    FILE *f;

    snprintf(path, sizeof path, "/proc/%d/task/%s/children", pid, thread);
    if (!(f = fopen(path, "re")))
        return;
    while (fscanf(f, "%d", &child) == 1)
        add_process(child, all);
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

static bool add_process(int pid, struct family *all)
{
    char path[64];
    struct dirent *entry;
    DIR *threads;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    if (!(threads = opendir(path)))
        return false;
    add_time(pid, &all->cost);
    add_id(&all->processes, pid);
    while ((entry = readdir(threads))) {
        int id = atoi(entry->d_name);
        if (id == 0)
            continue;           /* . and .. */
        add_id(&all->threads, id);
        add_switches(pid, entry->d_name, &all->cost);
        add_waiting(pid, entry->d_name, all);
        add_children(pid, entry->d_name, all);
    }
    closedir(threads);
    return true;
}

static int by_id(const void *a, const void *b)
{
    int one = *(const int *)a, other = *(const int *)b;

    return (one > other) - (one < other);
}

bool proc_look(int pid, struct family *all)
{
    *all = (struct family){ .threads.id = NULL };
    if (!add_process(pid, all))
        return false;
    qsort(all->processes.id, all->processes.count, sizeof(int), by_id);
    qsort(all->threads.id, all->threads.count, sizeof(int), by_id);
    return true;
}

void proc_forget(struct family *all)
{
    free(all->processes.id);
    free(all->threads.id);
    *all = (struct family){ .threads.id = NULL };
}

/* Neither their number nor the highest id would tell: ids are given in a circle. */
static bool all_there(const struct ids *before, const struct ids *after)
{
    for (size_t i = 0; i < before->count; i++)
        if (!bsearch(&before->id[i], after->id, after->count, sizeof(int), by_id))
            return false;
    return true;
}

struct cost proc_between(const struct family *before, const struct family *after)
{
    struct cost cost = { after->cost.cpu - before->cost.cpu,
                         after->cost.switches - before->cost.switches,
                         after->cost.involuntary - before->cost.involuntary,
                         after->cost.waited - before->cost.waited };

    if (!all_there(&before->processes, &after->processes))
        cost.cpu = UNKNOWN;
    if (!all_there(&before->threads, &after->threads))
        cost.switches = cost.involuntary = cost.waited = UNKNOWN;
    if (before->cost.waited == UNKNOWN || after->cost.waited == UNKNOWN)
        cost.waited = UNKNOWN;
    return cost;
}

int64_t proc_waited(void)
{
    return waited("/proc/thread-self");
}
