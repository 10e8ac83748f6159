/* clerks.c - an upstream that serves a few requests at a time: what a database with as
 * many lines looks like from outside, for experiments on a machine that has none.
 *
 *   clerks --workers N [OPTION...]
 *
 * GET /3 takes 3 ms and GET /0 takes none; the answer is "done", and ends the connection.
 * A clerk is a thread that accepts, reads, waits and answers. The kernel wakes one of
 * them for each connection; if all are at work the next connections wait in the backlog,
 * first come, first served. */
#include "clock.h"
#include "die.h"
#include "net.h"
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener;

/* How many ms the request asks for; -1: none came. */
static int read_request(int fd)
{
    char head[4096];
    size_t have = 0;
    ssize_t n;

    do {
        n = recv(fd, head + have, sizeof head - 1 - have, 0);
        have += n > 0 ? (size_t)n : 0;
        head[have] = '\0';
    } while (n > 0 && !strstr(head, "\r\n\r\n"));
    return n > 0 && strncmp(head, "GET /", 5) == 0 ? atoi(head + 5) : -1;
}

static void wait_until(int64_t when)
{
    struct timespec t = { when / (1000 * MS), when % (1000 * MS) };

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

static void *serve(void *unused)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone";

    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        int64_t begun = clock_now();
        int ms = fd < 0 ? -1 : read_request(fd);

        if (ms > 0)
            wait_until(begun + ms * MS);
        if (ms >= 0)
            net_write(fd, (struct bytes){ answer, sizeof answer - 1 });
        if (fd >= 0)
            close(fd);
    }
    return unused;
}

int main(int argc, char **argv)
{
    struct options o = { .workers = 4 };
    struct pollfd stop;
    pthread_t clerk;

    options_parse(&o, argc, argv);
    stop = net_poll(net_stop(), POLLIN);
    listener = net_listen(&o);
    fcntl(listener, F_SETFL, 0);        /* accepting waits */
    for (int i = 0; i < o.workers; i++)
        if (pthread_create(&clerk, NULL, serve, NULL) != 0)
            die("cannot start thread %d of %d: try fewer --workers", i + 1, o.workers);
    net_wait(&stop, 1, NEVER);
    return 0;
}
