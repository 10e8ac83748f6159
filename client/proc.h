/* proc.h - what a process has cost so far, from /proc: see proc(5). */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stdint.h>

struct cost {
    int64_t cpu;                /* ns on a core, user and system */
    int64_t switches;           /* context switches, voluntary or not */
};

/* Adds up the living threads of a process and of all its descendants; what has ended
 * meanwhile is not in it. False: there is no such process. */
bool proc_cost(int pid, struct cost *);

/* Time that all cores together were busy since boot, in ns: with interrupts, with what a
 * hypervisor took away, and in steps of 10 ms; see proc_stat(5). */
int64_t proc_busy(void);

#endif
