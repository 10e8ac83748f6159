#include "cores.h"
#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Idle time is measured, while who was busy is found by looking now and then: a server
 * that works in between, for some microseconds, may be missed, or met each time. So a
 * core was busy when it was not idle. */
bool cores_look(const char *path, struct cores *c)
{
    long long tick = 1000000000 / sysconf(_SC_CLK_TCK), idle, waiting, stolen;
    char line[512];
    int core;
    FILE *f = fopen(path, "re");

    memset(c, 0, sizeof *c);
    if (!f)
        return false;
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "cpu%d %*d %*d %*d %lld %lld %*d %*d %lld", &core, &idle,
                   &waiting, &stolen) == 4 && core >= 0 && core < CPU_SETSIZE) {
            CPU_SET(core, &c->there);
            c->idle[core] = (idle + waiting) * tick;
            c->stolen[core] = stolen * tick;
        }
    fclose(f);
    c->at = clock_now();
    return true;
}

bool cores_shared(const struct tenant *a, const struct tenant *b)
{
    cpu_set_t both;

    CPU_AND(&both, &a->may, &b->may);
    return CPU_COUNT(&both) > 0;
}

static double part(int64_t of, int64_t all)
{
    return of <= 0 ? 0 : (double)of / (double)all;
}

struct others cores_others(const struct cores *before, const struct cores *after,
                           const struct tenant *one, const struct tenant *second)
{
    int64_t time = after->at - before->at, all = 0, busy = 0, stolen = 0;

    for (int i = 0; i < CPU_SETSIZE; i++)
        if (CPU_ISSET(i, &one->may) && CPU_ISSET(i, &before->there)
            && CPU_ISSET(i, &after->there)) {
            int64_t taken = after->stolen[i] - before->stolen[i];
            all += time;
            stolen += taken;
            busy += time - (after->idle[i] - before->idle[i]) - taken;
        }
    if (all <= 0)
        return (struct others){ -1, -1 };
    busy -= one->cpu + (cores_shared(one, second) ? second->cpu : 0);
    return (struct others){ part(busy, all), part(stolen, all) };
}
