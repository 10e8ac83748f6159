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

#endif
