#include "net.h"
#include "deadlines.h"
#include "die.h"
#include "guests.h"
#include "history_lock.h"
#include "http.h"
#include "options.h"
#include "trace.h"
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- stopping ---- */

static int stop_fd = -1;
static atomic_flag told;

/* Only the first word counts: who says it again and again must not put off the end. */
static void on_stop(int signal)
{
    int saved = errno;

    (void)signal;
    if (!atomic_flag_test_and_set(&told) && eventfd_write(stop_fd, 1) == 0)
        alarm(1);
    errno = saved;
}

/* A job cannot be told to stop. The clock can. */
static void on_alarm(int signal)
{
    (void)signal;
    _exit(0);
}

void net_hold_signals(bool hold)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

/* No descriptor to begin with. */
_Noreturn static void die_of(const char *what)
{
    die("%s: %s%s", what, strerror(errno),
        errno == EMFILE ? ": allow more descriptors (ulimit -n)" : "");
}

int net_stop(void)
{
    bool child = stop_fd >= 0;
    struct sigaction stop = { .sa_handler = on_stop, .sa_flags = SA_RESTART };
    struct sigaction late = { .sa_handler = on_alarm };

    if (child)
        close(stop_fd);
    atomic_flag_clear(&told);
    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (stop_fd < 0)
        die_of("eventfd");
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGALRM, &late, NULL);
    if (child)
        prctl(PR_SET_PDEATHSIG, SIGTERM);
    net_hold_signals(false);
    return stop_fd;
}

/* ---- listening ---- */

static struct addrinfo *resolve(const struct options *o)
{
    struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
                              .ai_socktype = SOCK_STREAM };
    struct addrinfo *address;
    char port[8];

    snprintf(port, sizeof port, "%d", o->port);
    if (getaddrinfo(o->bind, port, &hints, &address) != 0)
        die("--bind takes an IPv4 or IPv6 address, not '%s'", o->bind);
    return address;
}

static void announce(int fd, const struct options *o)
{
    struct sockaddr_storage own = { 0 };
    socklen_t size = sizeof own;
    char port[8];

    getsockname(fd, (struct sockaddr *)&own, &size);
    getnameinfo((struct sockaddr *)&own, size, NULL, 0, port, sizeof port,
                NI_NUMERICSERV);
    printf(own.ss_family == AF_INET6 ? "%s: listening on [%s]:%s\n"
                                     : "%s: listening on %s:%s\n",
           o->model, o->bind, port);
    if (fflush(stdout) != 0)
        die("cannot say on stdout where it listens: %s", strerror(errno));
}

int net_next(int n)
{
    int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0), highest = fd;

    if (fd < 0)
        return -1;
    if (n > 1)
        highest = net_next(n - 1);
    close(fd);
    return highest;
}

/* What a message frees, the next one needs: glibc would give 16 KiB back to the kernel
 * and fault it in again, which costs more than the message. See mallopt(3). */
static void keep_memory(void)
{
    mallopt(M_TRIM_THRESHOLD, 32 << 20);
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
}

/* A crew serves one each. */
static int most_clients(const struct options *o)
{
    return o->workers == 0 ? o->max_connections : o->workers == ALONE ? 1 : o->workers;
}

/* Descriptors that one client takes, in the model that needs most: fork has its socket,
 * a pair to the post office, and that office's epoll. */
enum { ONE_CLIENT = 4 };

int net_listen(const struct options *o)
{
    struct addrinfo *a = resolve(o);
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;

    keep_memory();
    if (o->max_per_address)
        guests_open(o->max_per_address, most_clients(o));
    history_share(o);
    work_open(o);
    if (fd < 0)
        die_of("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0) {
        if (errno == EADDRINUSE)
            die("port %d is taken: stop who has it, or choose another --port", o->port);
        if (errno == EACCES)
            die("port %d is for root: choose a --port from 1024 on", o->port);
        die("cannot listen on %s: %s: choose another --bind", o->bind, strerror(errno));
    }
    freeaddrinfo(a);
    if (net_next(o->trace ? ONE_CLIENT + 1 : ONE_CLIENT) < 0)
        die("no descriptor is left for a client: allow more of them (ulimit -n)");
    if (o->trace)               /* not before: a port that is taken leaves no file */
        trace_open(o->trace);
    announce(fd, o);
    return fd;
}

/* ---- clients ---- */

static _Thread_local bool full;

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Accepts if so many descriptors are free besides: it takes them, and gives them back. */
static int accept_with(int listener, int more, union address *from)
{
    socklen_t size = sizeof *from;

    if (more == 0)
        return accept4(listener, &from->any, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    int reserve = fcntl(listener, F_DUPFD_CLOEXEC, 0);
    if (reserve < 0)
        return -1;
    int fd = accept_with(listener, more - 1, from), saved = errno;
    close(reserve);
    errno = saved;
    return fd;
}

int net_accept_as(int listener, struct terms terms)
{
    union address from = { 0 };
    int fd = accept_with(listener, terms.besides, &from), on = 1;

    full = fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
                      || errno == ENOMEM);
    if (fd >= 0 && (terms.crowded || !guests_enter(fd, &from.any))) {
        net_refuse(fd);
        net_close(fd);
        fd = -1;
    }
    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

bool net_full(void) { return full; }

int net_port(int fd)
{
    union address a = { 0 };
    socklen_t size = sizeof a;

    if (getpeername(fd, &a.any, &size) < 0)
        return 0;
    return ntohs(a.any.sa_family == AF_INET6 ? a.v6.sin6_port : a.v4.sin_port);
}

ssize_t net_write(int fd, struct bytes bytes)
{
    return send(fd, bytes.data, bytes.size, MSG_NOSIGNAL | MSG_DONTWAIT);
}

ssize_t net_read(int fd, char *buf, size_t size) { return recv(fd, buf, size, 0); }

bool net_would_block(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EINTR);
}

struct pollfd net_poll(int fd, short events)
{
    return (struct pollfd){ .fd = fd, .events = events };
}

bool net_wait(struct pollfd *set, int n, int64_t deadline)
{
    int ready = poll(set, (nfds_t)n, deadlines_ms(deadline));

    if (ready < 0)
        for (int i = 0; i < n; i++)
            set[i].revents = 0;
    return ready != 0;
}

void net_hand_over(int fd, pid_t child)
{
    guests_hand_over(fd, child);
    close(fd);
}

void net_close(int fd)
{
    static const int enough = 64;       /* reads: a flood is not waited for */
    char rest[16384];

    guests_leave(fd);           /* first: a client that sees its end may come again */
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < enough && recv(fd, rest, sizeof rest, MSG_DONTWAIT) > 0; i++)
        ;
    close(fd);
}

void net_refuse(int fd)
{
    net_write(fd, http_unavailable());
}
