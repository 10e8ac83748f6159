/* deaf.c - two members of a room: one listens all the time, the other stops reading.
 *
 *   deaf AFTER UNTIL ws://127.0.0.1:9000/relay/ROOM
 *
 * says "deaf: ready", and from the first message on, for UNTIL ms, writes down what the
 * listener hears; after AFTER ms of them the other stops. At the end that one reads what
 * the kernel still has for it: was it told 1013? Rows: stopped,US and heard,US,BYTES, by
 * the wall clock; silence,US, the longest between two readings of the listener from then
 * on; told,CODE; and kernel,BYTES, what two sockets take in unread. */
#include "die.h"
#include "url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE = 10000, WINDOW = 25000, SMALL = 65536, TAIL = 4096 };

static char buf[65536];

static int64_t wall_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Of two times since the last thing heard the longer one. */
static int64_t longer(int64_t silence, int64_t last)
{
    int64_t since = wall_us() - last;

    return since > silence ? since : silence;
}

static int connected(const struct sockaddr *address, socklen_t size, int receive)
{
    int fd = socket(address->sa_family, SOCK_STREAM, 0);

    if (receive)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive, sizeof receive);
    if (fd < 0 || connect(fd, address, size) < 0)
        die("cannot connect: %s", strerror(errno));
    return fd;
}

/* What the kernel takes of 16 KiB a millisecond before it says that it would block. */
static size_t kernel_takes(void)
{
    struct sockaddr_in any = { .sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    size_t taken = 0;
    ssize_t n;

    if (bind(listener, (struct sockaddr *)&any, sizeof any) < 0 || listen(listener, 1) < 0
        || getsockname(listener, (struct sockaddr *)&any, &(socklen_t){ sizeof any }) < 0)
        die("no socket: %s", strerror(errno));
    int deaf = connected((struct sockaddr *)&any, sizeof any, SMALL);
    int out = accept(listener, NULL, NULL);

    fcntl(out, F_SETFL, O_NONBLOCK);
    while ((n = send(out, buf, 16384, MSG_NOSIGNAL)) > 0) {
        taken += (size_t)n;
        usleep(1000);
    }
    close(out);
    close(deaf);
    close(listener);
    return taken;
}

static int join(const struct url *url, int receive)
{
    struct timeval patience = { .tv_sec = 2 };
    const struct place *at = &url->places[0];
    int fd = connected((const struct sockaddr *)&at->address, at->size, receive);
    size_t got = 0;
    ssize_t n;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    dprintf(fd, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: cmVsYXlyYWNlIHJ1bnMhIQ==\r\n\r\n",
            url->path, url->authority);
    do {
        n = read(fd, buf + got, sizeof buf - 1 - got);
        got += n > 0 ? (size_t)n : 0;
        buf[got] = '\0';
    } while (n > 0 && !strstr(buf, "\r\n\r\n"));
    if (strncmp(buf, "HTTP/1.1 101", 12) != 0)
        die("not let in: %.*s", (int)strcspn(buf, "\r\n"), buf);
    return fd;
}

/* A close frame is the last, and short: it is whole if it ends where the bytes end. */
static int close_code(const unsigned char *tail, int n)
{
    for (int i = 0; i + 4 <= n; i++)
        if (tail[i] == 0x88 && tail[i + 1] == n - i - 2)
            return tail[i + 2] * 256 + tail[i + 3];
    return 0;
}

/* Reads all that the kernel has kept. Returns the code of the close after it, or 0. */
static int last_words(int fd)
{
    struct timeval patience = { .tv_sec = 1 };
    unsigned char tail[2 * TAIL];
    int kept = 0, code = 0;
    ssize_t n;

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (!code && (n = read(fd, buf, TAIL)) > 0) {
        memcpy(tail + kept, buf, (size_t)n);
        kept += (int)n;
        code = close_code(tail, kept);
        if (kept > TAIL) {
            memmove(tail, tail + kept - TAIL, TAIL);
            kept = TAIL;
        }
    }
    return code;
}

int main(int argc, char **argv)
{
    const char *why = "usage: deaf AFTER UNTIL ws://ADDRESS:PORT/relay/ROOM";
    int64_t after = argc == 4 ? atoi(argv[1]) * 1000 : 0, stopped = 0;
    int64_t until = argc == 4 ? atoi(argv[2]) * 1000 : 0, begun, window;
    int64_t last, silence = 0;
    struct url url;
    size_t heard = 0;

    if (until <= 0 || !url_parse(argv[3], &url, &why))
        die("%s", why);
    printf("kernel,%zu\n", kernel_takes());
    struct pollfd fds[2] = { { .fd = join(&url, 0), .events = POLLIN },
                             { .fd = join(&url, SMALL), .events = POLLIN } };
    int deaf = fds[1].fd;
    printf("deaf: ready\n");
    fflush(stdout);

    poll(fds, 1, PATIENCE);     /* somebody speaks: now it begins */
    for (begun = window = last = wall_us(); wall_us() < begun + until;) {
        if (!stopped && wall_us() >= begun + after) {
            stopped = wall_us();
            fds[1].fd = -1;
        }
        poll(fds, 2, WINDOW / 1000);
        if (fds[0].revents) {
            ssize_t n = read(fds[0].fd, buf, sizeof buf);
            heard += n > 0 ? (size_t)n : 0;
            if (n <= 0)
                die("the listener was cut off");
            if (stopped)
                silence = longer(silence, last);
            last = wall_us();
        }
        if (fds[1].revents && fds[1].fd >= 0 && read(deaf, buf, sizeof buf) <= 0)
            die("cut off before it stopped");
        for (; wall_us() >= window + WINDOW; window += WINDOW, heard = 0)
            printf("heard,%lld,%zu\n", (long long)window, heard);
    }
    silence = longer(silence, last);
    close(fds[0].fd);
    printf("stopped,%lld\nsilence,%lld\ntold,%d\n", (long long)stopped,
           (long long)silence, last_words(deaf));
    return 0;
}
