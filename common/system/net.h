/* net.h - sockets as every model needs them: non-blocking, close-on-exec, TCP_NODELAY. */
#ifndef NET_H
#define NET_H

#include "clock.h"
#include "frame.h"
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct options;

/* A descriptor that is readable from the first SIGTERM or SIGINT on, and stays so: put
 * it into every wait and never read it. Also ignores SIGPIPE. A forked child calls this
 * anew, and from then on is signalled for itself and when its parent is gone
 * (prctl(2)). Who is stuck in a job when the first signal comes is ended a second later,
 * with status 0. */
int net_stop(void);

/* Around a fork(2): holds these signals back, so that none that is meant for the child
 * reaches it before its own net_stop(), which lets them in. The parent calls it again. */
void net_hold_signals(bool hold);

/* The highest of the numbers that the next n descriptors will have; -1: there are not so
 * many. */
int net_next(int n);

/* Listens as the options say, opens the trace and prints "MODEL: listening on
 * ADDRESS:PORT", or dies; also if no descriptor would be left to serve a client with. */
int net_listen(const struct options *);

/* The next client, or -1: nobody there; or it is turned away with 503, as it must be if
 * its address has too many; or too few descriptors are left, which net_full() tells, and
 * it waits in the backlog. A client that is let in can be served. Any number of threads
 * and processes may ask at a time. Under --max-per-address a client takes one of its
 * address's places, which is free again at net_close(), or when the process that serves
 * it has ended in whatever way. */
#define net_accept(listener, ...) net_accept_as(listener, (struct terms){ __VA_ARGS__ })

struct terms {                  /* net_accept(listener, .besides = 1) */
    bool crowded;               /* there is no room for one more */
    int besides;                /* descriptors that it needs, with its own not counted */
};

int net_accept_as(int listener, struct terms);

/* Did the last net_accept() of this thread fail for want of descriptors or memory? Then
 * leave the listener alone for NET_PAUSE: it stays readable, and asking again would
 * spin. */
bool net_full(void);

#define NET_PAUSE (50 * MS)             /* ns */

/* The client's port: it names the connection in the trace. */
int net_port(int fd);

/* Writes what the socket takes now: send(2), without SIGPIPE. */
ssize_t net_write(int fd, struct bytes);

/* Reads what is there: recv(2), which takes some percent less per message than read(2):
 * it asks the socket, without the detour by what it has in common with files. */
ssize_t net_read(int fd, char *, size_t);

/* Bytes that a model reads at a time. It is one for all: where a large message takes two
 * reads in one model and one in another, that is what would be measured. */
enum { BUFFER = 65536 };

/* Did a read or write fail only because it would have to wait, or was disturbed? */
bool net_would_block(ssize_t n);

/* poll(2) until something is ready: true, or until the deadline: false. A signal wakes it
 * too, with nothing ready. */
bool net_wait(struct pollfd *, int n, int64_t deadline);

/* For net_wait(): poll this descriptor for that; -1 is passed over. */
struct pollfd net_poll(int fd, short events);

/* In a parent: the client, with its place, is the child's now. Closes our descriptor. */
void net_hand_over(int fd, pid_t child);

/* Closes so that what was written arrives: unread input would turn it into a reset. */
void net_close(int fd);

/* Answers 503 without waiting for the request. The descriptor stays its owner's. */
void net_refuse(int fd);

#endif
