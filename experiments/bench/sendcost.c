/* sendcost.c - what it costs to tell one small frame to one client with one send(2).
 *
 * A relay that writes once per message and receiver cannot deliver more often than this,
 * whatever its model: a loopback send carries the bytes through TCP to the receiver and
 * wakes it, all in the sender's time. Prints sends per second of the sender's CPU time.
 *
 *   sendcost [RECEIVERS (50) [BYTES (66) [SENDS (300000)]]] */
#include "clock.h"
#include "die.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST = 500 };

static struct pollfd receiver[MOST];
static int sender[MOST];

/* Stays on one of the cores that we may use, the first or the second, if there are two:
 * the sender's time is to be its own. */
static void stay_on(int core)
{
    cpu_set_t allowed, one;

    if (sched_getaffinity(0, sizeof allowed, &allowed) < 0 || CPU_COUNT(&allowed) < 2)
        return;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed) && core-- == 0) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            sched_setaffinity(0, sizeof one, &one);
        }
}

static void pair(int listener, const struct sockaddr_in *at, int i)
{
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

    receiver[i] = (struct pollfd){ .fd = fd, .events = POLLIN };
    if (connect(fd, (const struct sockaddr *)at, sizeof *at) < 0)
        die("connect: %s", strerror(errno));
    sender[i] = accept(listener, NULL, NULL);
    if (sender[i] < 0)
        die("accept: %s", strerror(errno));
    setsockopt(sender[i], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void pairs(int n)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM, 0);

    if (bind(listener, (struct sockaddr *)&at, size) < 0 || listen(listener, 1) < 0)
        die("listen: %s", strerror(errno));
    getsockname(listener, (struct sockaddr *)&at, &size);
    for (int i = 0; i < n; i++)
        pair(listener, &at, i);
}

/* The receivers: one process that reads whatever comes, on the other core. */
static _Noreturn void receive(int n)
{
    static char buf[65536];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    stay_on(1);
    for (;;) {
        poll(receiver, (nfds_t)n, -1);
        for (int i = 0; i < n; i++)
            if (receiver[i].revents && read(receiver[i].fd, buf, sizeof buf) <= 0)
                _exit(0);
    }
}

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int argument(int argc, char **argv, int i, int standard, int most)
{
    int n = i < argc ? atoi(argv[i]) : standard;

    if (n < 1 || n > most)
        die("usage: sendcost [RECEIVERS, to %d [BYTES, to 4096 [SENDS]]]", MOST);
    return n;
}

int main(int argc, char **argv)
{
    static const char frame[4096];
    int n = argument(argc, argv, 1, 50, MOST), size = argument(argc, argv, 2, 66, 4096);
    int sends = argument(argc, argv, 3, 300000, 1000000000);

    pairs(n);
    pid_t child = fork();
    if (child < 0)
        die("fork: %s", strerror(errno));
    if (child == 0)
        receive(n);
    stay_on(0);
    double began = cpu_seconds();
    for (int i = 0; i < sends; i++)
        if (send(sender[i % n], frame, (size_t)size, MSG_NOSIGNAL) != size)
            die("send: %s", strerror(errno));
    printf("%.0f\n", sends / (cpu_seconds() - began));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return 0;
}
