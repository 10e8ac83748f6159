/* unkind.c - loaded into a server (LD_PRELOAD), it makes the machine unkind:
 *
 *   UNKIND=signals   every thread gets a signal every millisecond, so that whatever
 *                    waits or reads fails with EINTR, again and again
 *   UNKIND=clock     the wall clock jumps by an hour, to and fro, at every look
 *   UNKIND=proc      nothing in /proc can be read
 *   UNKIND=watches   no more than a few descriptors may be watched by epoll(7), or read
 *                    from by io_uring(7)
 *   UNKIND=forks     every other fork(2) fails, as if there were processes enough
 *   UNKIND=stacks    no more than a few stacks can be mapped (MAP_STACK)
 *
 * A shared object of its own: see the Makefile. */
#include <dlfcn.h>
#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { HOUR = 3600, MILLISECOND = 1000000 };

static int is(const char *what)
{
    const char *told = getenv("UNKIND");
    return told && !strcmp(told, what);
}

/* ---- signals ---- */

static void ignore(int sig) { (void)sig; }

/* Without SA_RESTART, which would hide it. The timer is the calling thread's. */
static timer_t disturb(void)
{
    struct sigaction action = { .sa_handler = ignore };
    struct sigevent event = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGUSR1 };
    struct itimerspec every = { { 0, MILLISECOND }, { 0, MILLISECOND } };
    timer_t timer;
    sigaction(SIGUSR1, &action, NULL);
    event._sigev_un._tid = gettid();
    if (timer_create(CLOCK_MONOTONIC, &event, &timer))
        abort();
    timer_settime(timer, 0, &every, NULL);
    return timer;
}

static void disturb_child(void) { disturb(); }

__attribute__((constructor)) static void begin(void)
{
    if (is("signals")) {
        disturb();
        pthread_atfork(NULL, NULL, disturb_child);      /* timers are not inherited */
    }
}

struct start {
    void *(*run)(void *);
    void *arg;
};

static void *run_disturbed(void *arg)
{
    struct start start = *(struct start *)arg;
    free(arg);
    timer_t timer = disturb();
    void *result = start.run(start.arg);
    timer_delete(timer);
    return result;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *),
                   void *arg)
{
    int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&next = dlsym(RTLD_NEXT, "pthread_create");
    if (!is("signals"))
        return next(thread, attr, run, arg);
    struct start *start = malloc(sizeof *start);
    *start = (struct start){ run, arg };
    return next(thread, attr, run_disturbed, start);
}

/* ---- the clock ---- */

static time_t step(void)
{
    static int looks;
    return !is("clock") ? 0 : looks++ % 2 ? HOUR : -HOUR;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
    int (*next)(clockid_t, struct timespec *);
    *(void **)&next = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = next(clock, t);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        t->tv_sec += step();
    return failed;
}

time_t time(time_t *to)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return to ? *to = t.tv_sec : t.tv_sec;
}

int gettimeofday(struct timeval *restrict to, void *restrict zone)
{
    struct timespec t;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &t);
    *to = (struct timeval){ t.tv_sec, t.tv_nsec / 1000 };
    return 0;
}

/* ---- what the kernel says of the machine ---- */

static int forbidden(const char *path)
{
    errno = EACCES;
    return is("proc") && !strncmp(path, "/proc/", 6);
}

FILE *fopen(const char *path, const char *mode)
{
    FILE *(*next)(const char *, const char *);
    *(void **)&next = dlsym(RTLD_NEXT, "fopen");
    return forbidden(path) ? NULL : next(path, mode);
}

int access(const char *path, int how)
{
    int (*next)(const char *, int);
    *(void **)&next = dlsym(RTLD_NEXT, "access");
    return forbidden(path) ? -1 : next(path, how);
}

/* ---- watches ---- */

int epoll_ctl(int epoll, int how, int fd, struct epoll_event *event)
{
    enum { MOST = 8 };
    static int watched;
    int (*next)(int, int, int, struct epoll_event *);
    *(void **)&next = dlsym(RTLD_NEXT, "epoll_ctl");
    if (is("watches") && how == EPOLL_CTL_ADD && ++watched > MOST) {
        errno = ENOSPC;
        return -1;
    }
    return next(epoll, how, fd, event);
}

/* Of the orders that are about to go out, those that read from one descriptor too many
 * are for none: they come back with EBADF. */
static void spoil_orders(struct io_uring *ring)
{
    enum { MOST = 8, ANY = 1024 };
    static char seen[ANY];
    static int watched;
    unsigned from = *ring->sq.khead, mask = *ring->sq.kring_mask;
    for (; from != ring->sq.sqe_tail; from++) {
        struct io_uring_sqe *order = &ring->sq.sqes[from & mask];
        int fd = order->fd;
        if (order->opcode != IORING_OP_RECV || fd < 0 || fd >= ANY)
            continue;
        if (!seen[fd])
            seen[fd] = ++watched > MOST ? 2 : 1;
        if (seen[fd] == 2) {
            seen[fd] = 0;       /* the number is another's when it comes again */
            order->fd = -1;
        }
    }
}

int io_uring_submit_and_wait_timeout(struct io_uring *ring, struct io_uring_cqe **cqe,
                                     unsigned n, struct __kernel_timespec *wait,
                                     sigset_t *mask)
{
    int (*next)(struct io_uring *, struct io_uring_cqe **, unsigned,
                struct __kernel_timespec *, sigset_t *);
    *(void **)&next = dlsym(RTLD_NEXT, "io_uring_submit_and_wait_timeout");
    if (is("watches"))
        spoil_orders(ring);
    return next(ring, cqe, n, wait, mask);
}

/* ---- processes ---- */

pid_t fork(void)
{
    static int asked;
    pid_t (*next)(void);
    *(void **)&next = dlsym(RTLD_NEXT, "fork");
    if (is("forks") && ++asked % 2 == 0) {
        errno = EAGAIN;
        return -1;
    }
    return next();
}

/* ---- stacks ---- */

void *mmap(void *at, size_t size, int access, int flags, int fd, off_t offset)
{
    enum { MOST = 40 };
    static int stacks;
    void *(*next)(void *, size_t, int, int, int, off_t);
    *(void **)&next = dlsym(RTLD_NEXT, "mmap");
    if (is("stacks") && flags & MAP_STACK && ++stacks > MOST) {
        errno = ENOMEM;
        return MAP_FAILED;
    }
    return next(at, size, access, flags, fd, offset);
}
