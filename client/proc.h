/* proc.h - what a process has cost so far, from /proc: see proc(5). */
#ifndef PROC_H
#define PROC_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UNKNOWN (-1)

struct cost {
    int64_t cpu;                /* ns on a core, user and system; or UNKNOWN */
    int64_t switches;           /* context switches, voluntary or not; or UNKNOWN */
    int64_t involuntary;        /* those of them where others came first; or UNKNOWN */
    int64_t waited;             /* ns that its threads were ready but did not run, perhaps
                                   for another of its threads; or UNKNOWN */
};

struct ids {
    int *id;                    /* ascending */
    size_t count, room;
};

struct family {                 /* a process with all its descendants, at a moment */
    struct cost cost;
    struct ids processes, threads;
    cpu_set_t may;              /* run on these cores, the one thread or the other */
};

/* Looks at a family; what it has noted is the caller's, until proc_forget(). False: there
 * is no such process, and nothing to forget. */
bool proc_look(int pid, struct family *);
void proc_forget(struct family *);

/* What it has cost from one look to another. A thread that ended takes its switches with
 * it, and a process its CPU time, too: UNKNOWN. One that was born and ended between the
 * looks leaves no trace, and is not missed. */
struct cost proc_between(const struct family *before, const struct family *after);

/* What the calling thread has waited for a core so far: see waited above. */
int64_t proc_waited(void);

#endif
