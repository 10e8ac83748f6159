/* threads.h - a team at work: its threads are started, interrupted, and joined. */
#ifndef THREADS_H
#define THREADS_H

#include "run.h"

/* Makes a run for each thread of the team, and runs them until all have left. Returns the
 * runs, which are the caller's. */
struct run *threads_run(struct team *);
void threads_free(struct run *, int count);

#endif
