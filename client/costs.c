#include "costs.h"
#include "clock.h"
#include "die.h"

#include <sys/resource.h>

/* ---- a thread of ours ---- */

static struct cost so_far(void)
{
    struct rusage use;
    struct timespec t;

    getrusage(RUSAGE_THREAD, &use);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (struct cost){ .cpu = t.tv_sec * 1000 * MS + t.tv_nsec,
                          .switches = use.ru_nvcsw + use.ru_nivcsw,
                          .involuntary = use.ru_nivcsw, .waited = proc_waited() };
}

void thread_cost_begin(struct thread_cost *c)
{
    c->cost = so_far();
    c->began = clock_now();
    c->share = -1;
}

/* Waiting for the last answers is no work, and would make the client look idle. */
void thread_cost_drain(struct thread_cost *c)
{
    int64_t time = clock_now() - c->began;

    if (c->share < 0 && time > 0)
        c->share = (double)(so_far().cpu - c->cost.cpu) / (double)time;
}

void thread_cost_end(struct thread_cost *c)
{
    struct cost now = so_far(), *before = &c->cost;

    thread_cost_drain(c);
    *before = (struct cost){ now.cpu - before->cpu, now.switches - before->switches,
                             now.involuntary - before->involuntary,
                             now.waited == UNKNOWN ? UNKNOWN
                                                   : now.waited - before->waited };
}

/* ---- the server ---- */

void server_cost_begin(struct server_cost *s, int pid)
{
    if (pid && !proc_look(pid, &s->before))
        die("--server-pid %d: there is no such process", pid);
    cores_look("/proc/stat", &s->cores[0]);
    s->began = clock_now();
}

void server_cost_end(struct server_cost *s, int pid)
{
    struct family after;

    s->cost = (struct cost){ UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN };
    if (pid && proc_look(pid, &after)) {
        s->cost = proc_between(&s->before, &after);
        s->lone = s->before.threads.count == 1 && after.threads.count == 1;
        s->places[0].may = after.may;
        proc_forget(&after);
    }
    proc_forget(&s->before);
    sched_getaffinity(0, sizeof s->places[1].may, &s->places[1].may);
    cores_look("/proc/stat", &s->cores[1]);
    s->ended = clock_now();
}
