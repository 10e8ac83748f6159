#include "start.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

enum { STACK = 8 << 20 };       /* bytes, as Linux gives where nobody says otherwise */

static void open_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
            exit(2);            /* where could we say why? */
}

/* Our parent's timer must not end us; one that has a handler is a profiler's, which was
 * loaded before main(). To ignore a signal drops one that is pending already. */
static void stop_timer(int timer, int sig)
{
    static const struct itimerval never;
    struct sigaction action;

    if (sigaction(sig, NULL, &action) < 0
        || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN))
        return;
    setitimer(timer, &never, NULL);
    signal(sig, SIG_IGN);
    signal(sig, SIG_DFL);
}

static void reset_signals(void)
{
    sigset_t none;

    stop_timer(ITIMER_REAL, SIGALRM);
    stop_timer(ITIMER_VIRTUAL, SIGVTALRM);
    stop_timer(ITIMER_PROF, SIGPROF);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN);   /* a file that may not grow is no reason to die */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* As much of it as we may have, up to what is wanted. */
static void raise_limit(int what, rlim_t wanted)
{
    struct rlimit limit;

    if (getrlimit(what, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        setrlimit(what, &limit);
    }
}

/* A thread's stack is as large as the limit was before main(), pthread_create(3). */
static void size_stacks(void)
{
    pthread_attr_t attr;

    raise_limit(RLIMIT_STACK, STACK);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    pthread_setattr_default_np(&attr);
    pthread_attr_destroy(&attr);
}

void start_clean(void)
{
    raise_limit(RLIMIT_NOFILE, RLIM_INFINITY);  /* every connection is a descriptor */
    open_descriptors();
    reset_signals();
    size_stacks();
    umask(umask(0) & ~(mode_t)(S_IRUSR | S_IWUSR));
}
