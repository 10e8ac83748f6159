/* crew.h - helpers of a loop: a few threads do what would block it.
 *
 * The loop hands a job out, and goes on. A helper that is free does it, and rings. Such a
 * chore owns a copy of the job, since the client may have gone before the helper is done.
 * Whose it is only the loop knows, and forgets when that client goes. So a helper sees
 * nothing but the copy, and of a client nothing is under a lock. */
#ifndef CREW_H
#define CREW_H

struct job;
struct chore;

/* Starts that many helpers, which do not hear our signals; or dies. Returns their bell:
 * readable when a chore is done. */
int crew_open(int helpers);

/* Hands out a copy of the job; chores are begun in the order in which they come. The job
 * itself is to stay where it is until the chore is done or called off: its result, text
 * or status goes there. */
struct chore *crew_take(struct job *, void *whose);

/* Called off: its owner goes. One that is not begun leaves the queue; one that is, the
 * helper ends, and nobody hears of it. NULL is harmless. */
void crew_drop(struct chore *);

/* When the bell is readable: stills it, and for each chore that is done puts the result
 * into the job and calls done(whose). Then there is no such chore any more. */
void crew_bring_back(void (*done)(void *whose));

#endif
