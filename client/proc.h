/* proc.h - what a process has cost so far, from /proc: see proc(5). */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stdint.h>

#define UNKNOWN (-1)

struct cost {
    int64_t cpu;                /* ns on a core, user and system; or UNKNOWN */
    int64_t switches;           /* context switches, voluntary or not; or UNKNOWN */
    int64_t involuntary;        /* those of them where others came first; or UNKNOWN */
};

struct family {                 /* a process with all its descendants, at a moment */
    struct cost cost;
    int processes, threads;     /* how many of them */
    int newest;                 /* the highest id among them */
};

/* Looks at a family, but leaves out of the counts of processes and threads who has an id
 * above `newest`: so one can tell whether all those of an earlier look are still there.
 * False: there is no such process. */
bool proc_look(int pid, int newest, struct family *);

/* What it has cost from one look to another, whose `newest` was the first one's. A thread
 * that ended takes its switches with it, and a process its CPU time, too: UNKNOWN. */
struct cost proc_between(const struct family *before, const struct family *after);

/* Time that all cores together were busy since boot, in ns: with interrupts, with what a
 * hypervisor took away, and in steps of 10 ms; see proc_stat(5). */
int64_t proc_busy(void);

#endif
