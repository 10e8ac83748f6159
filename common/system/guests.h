/* guests.h - how many clients each address has here: the book behind --max-per-address.
 *
 * One book for all threads and processes of a server, in memory that they share. A guest
 * stands in it for the process that serves it: when that is killed, its places are free
 * again as soon as somebody wants them. What it costs depends on our own clients, and not
 * on what else the machine is doing. Net keeps it; a model has no business here. */
#ifndef GUESTS_H
#define GUESTS_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/types.h>

/* Before the first fork: at most so many of one address, and so many in all. */
void guests_open(int most_of_one, int most);

/* The client behind this descriptor comes in. False: its address has as many as it may.
 * Without a book everyone may come in, and the other calls do nothing. */
bool guests_enter(int fd, const struct sockaddr *);

/* It is to be closed. Harmless if it has not come in. */
void guests_leave(int fd);

/* That process, a child of ours which has it from us, serves it now; it may have ended
 * already. */
void guests_hand_over(int fd, pid_t);

#endif
