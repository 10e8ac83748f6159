/* cores.h - whose time was it on the cores that we use? See proc_stat(5).
 *
 * Of a whole machine's time a neighbour on the server's own core is a small part, and the
 * smaller the more cores there are, while the server loses half of what it has. So only
 * those cores count on which the server, or the client, may run. */
#ifndef CORES_H
#define CORES_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

struct cores {                  /* since boot, in ns, in steps of 10 ms */
    int64_t at;                 /* clock_now() of this look */
    cpu_set_t there;            /* cores that are on line */
    int64_t idle[CPU_SETSIZE];
    int64_t stolen[CPU_SETSIZE];        /* what a hypervisor gave to other guests */
};

/* Looks into "/proc/stat". False: it cannot be read, and no core is there. */
bool cores_look(const char *path, struct cores *);

struct tenant {                 /* server or client */
    cpu_set_t may;              /* run on these */
    int64_t cpu;                /* ns that it had between two looks */
};

struct others { double foreign, stolen; };      /* parts of the time; below 0: unknown */

/* What all others had, between two looks, of the cores where one tenant may run. If the
 * second may run on one of them, all its time is taken to have been there: so they are
 * never accused of what it did. Time that was stolen is no part of `foreign`. */
struct others cores_others(const struct cores *before, const struct cores *after,
                           const struct tenant *one, const struct tenant *second);

/* Is there a core on which both may run? */
bool cores_shared(const struct tenant *, const struct tenant *);

#endif
