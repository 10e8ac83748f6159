/* enclosure.h - runs what is not trusted, and leaves nothing of it behind.
 *
 * A function runs in a process of its own, the inmate. All that the inmate starts stays
 * below it, whatever sessions it makes and however often it forks: it is the first
 * process of a PID namespace, with a /proc of its own, see pid_namespaces(7). When it
 * ends, the kernel kills the rest. Where there are no such namespaces (in many
 * containers), orphans come back to us, PR_SET_CHILD_SUBREAPER in prctl(2), and are
 * killed one by one; only root's that fork without end, each in a session of its own,
 * may then be too fast.
 *
 * This keeps processes together. It is no sandbox: files and the network are open. */
#ifndef ENCLOSURE_H
#define ENCLOSURE_H

#include <stddef.h>

/* What an inmate may have. They are far above what a model needs: they end what has run
 * wild before it takes the machine along. */
enum {
    MOST_TASKS = 3000,          /* processes and threads together */
    MOST_OUTPUT = 1 << 20,      /* bytes on its stdout and stderr */
    MOST_MEMORY = 4096,         /* MiB, of shared pages their share */
};

/* Runs the function in an enclosure, for so many seconds at most. What the inmate prints
 * comes out on our stderr. Returns the inmate's exit status once all is gone, or -1, and
 * why: a few words that follow "it". NAMESPACE=0 in the environment: without one. */
int enclose(void (*run)(void *), void *arg, int seconds, char *why, size_t size);

/* For a signal handler: ends what runs in enclose(), and waits until all is gone. */
void enclosure_break(void);

#endif
