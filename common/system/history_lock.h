/* history_lock.h - the history (history.h) for threads and processes: opens it, and lets
 * in one of them at a time. */
#ifndef HISTORY_LOCK_H
#define HISTORY_LOCK_H

struct options;

/* Before the first fork or thread. Net does it; a model has no business here. A process
 * may be killed inside: the next one finds the lock free, and the history void. */
void history_share(const struct options *);

#endif
