/* nonblocking.c - a client that has work of its own while the server does its.
 *
 * A call that would have to wait says EAGAIN at once, and what to do until then is up to
 * the caller: here, a Fibonacci number. The price: the answer is noticed only when the
 * program gets round to asking again. */
#include "clock.h"
#include "die.h"
#include "start.h"
#include "url.h"
#include "work.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct url url;
static int64_t began;

static double seconds(int64_t ns) { return (double)ns / 1e9; }

/* A core's time that this thread has had; the clock on the wall goes on without one. */
static int64_t cpu_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 * MS + t.tv_nsec;
}

/* A line with the time before it. */
static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *format, ...)
{
    va_list args;

    printf("%7.3f s  ", seconds(clock_now() - began));
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

_Noreturn static void fail(const char *what)
{
    fprintf(stderr, "nonblocking: %s %s: %s%s\n", what, url.authority, strerror(errno),
            errno == ECONNREFUSED ? ": is a server running there? try bin/epoll" : "");
    exit(1);
}

/* Connecting has to wait, too; its end shows as being writable, and how it ended in the
 * socket's error, connect(2). */
static int start_connecting(const struct place *p)
{
    int fd = socket(p->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);

    if (connect(fd, (const struct sockaddr *)&p->address, p->size) < 0
        && errno != EINPROGRESS)
        return -1;
    say("connecting to %s, which takes its time (EINPROGRESS)", url.authority);
    return fd;
}

static bool is_connected(int fd)
{
    if (fd < 0)
        return false;
    poll(&(struct pollfd){ .fd = fd, .events = POLLOUT }, 1, -1);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &errno, &(socklen_t){ sizeof errno });
    return errno == 0;
}

/* A name may have several addresses, and the server listen on one of them. */
static int connect_to_any(void)
{
    for (int i = 0; i < url.place_count; i++) {
        int fd = start_connecting(&url.places[i]);
        if (is_connected(fd))
            return fd;
        if (fd >= 0 && i < url.place_count - 1)
            close(fd);
    }
    fail("cannot connect to");
}

static void ask(int fd)
{
    dprintf(fd, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", url.path,
            url.authority);
    say("connected; asked for %s", url.path);
}

/* Some of the answer; -1: nothing yet. 0: that was all of it. */
static ssize_t look(int fd, char *buf, size_t size)
{
    ssize_t n = recv(fd, buf, size, 0);

    if (n < 0 && errno != EAGAIN)
        fail("no answer from");
    return n;
}

struct times { int64_t wall, cpu; };    /* ns */

/* The whole of the technique. Returns the answer's size; adds up the time worked. */
static size_t wait_working(int fd, char *answer, size_t size, int n, struct times *worked)
{
    int64_t said = 0;
    size_t got = 0;
    ssize_t more;
    int times = 0;

    while ((more = look(fd, answer + got, size - got)) != 0) {
        if (more > 0) {
            say("%zd bytes of the answer are here", more);
            got += (size_t)more;
            continue;
        }
        int64_t start = clock_now(), cpu = cpu_now();
        times++;
        if (start - said > 100 * MS) {  /* ten lines a second are enough to read */
            say("nothing yet (EAGAIN, no. %d), computing fib(%d) meanwhile", times, n);
            said = start;
        }
        job_fib(n);
        worked->wall += clock_now() - start;
        worked->cpu += cpu_now() - cpu;
    }
    say("fib(%d) was computed %d times", n, times);
    return got;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "fib", 1, NULL, 'f' }, { "help", 0, NULL, 'h' }, { NULL, 0, NULL, 0 },
    };
    static const char usage[] =
        "usage: nonblocking [--fib N (31)] http://127.0.0.1:9000/job/cpu:40";
    char answer[8192];
    const char *why;
    struct times worked = { 0 };
    int option, n = 31;

    start_clean();
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        switch (option) {
        case 'f': n = atoi(optarg); break;
        case 'h': puts(usage); return 0;
        default: return 2;
        }
    if (optind != argc - 1 || n < 0 || n > 60)
        die("%s", usage);
    if (!url_parse(argv[optind], &url, &why))
        die("\"%s\": %s", argv[optind], why);
    if (url.scheme != URL_HTTP)
        die("%s", usage);
    began = clock_now();
    int fd = connect_to_any();
    ask(fd);
    size_t size = wait_working(fd, answer, sizeof answer - 1, n, &worked);
    answer[size] = '\0';
    char *body = strstr(answer, "\r\n\r\n");
    say("the answer is complete: %s", body ? strtok(body, "\r\n") : "nothing");
    int64_t all = clock_now() - began;
    printf("%.3f s of %.3f s were spent on work of our own: %.0f %%, in which we had a "
           "core for %.3f s: %.0f %%\n", seconds(worked.wall), seconds(all),
           100 * seconds(worked.wall) / seconds(all), seconds(worked.cpu),
           100 * seconds(worked.cpu) / seconds(all));
    close(fd);
    return strncmp(answer, "HTTP/1.1 200 ", 13) != 0;
}
