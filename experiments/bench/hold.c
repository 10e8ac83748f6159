/* hold.c - opens many WebSocket connections, and then nothing: so that one can see what a
 * silent client costs the server. Prints "hold: N open" and waits for SIGTERM.
 *
 *   hold N ws://127.0.0.1:9000/relay/ROOM      fifty share a room: ROOM-0, ROOM-1 ...
 *   hold N tcp://127.0.0.1:9000    that do not even ask for a room
 *   hold N pairs       bare connections with both ends in this process: what the kernel
 *                      takes for one is twice what it takes for a client's end */
#include "die.h"
#include "start.h"
#include "url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ROOM = 50, PATIENCE = 5, HANDFUL = 32 };

static char text[URL_PATH + 1024];         /* the last request, or its answer */

/* Connects, and asks for its room. -1: it can't, and errno says why. */
static int ask_one(const struct url *url, int i)
{
    struct timeval patience = { .tv_sec = PATIENCE };
    int fd = url_connect(url);

    text[0] = '\0';
    if (fd < 0 || url->scheme == URL_TCP)
        return fd;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    int size = snprintf(text, sizeof text,
        "GET %s-%d HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: cmVsYXlyYWNlIHJ1bnMhIQ==\r\n\r\n",
        url->path, i / ROOM, url->authority);
    if (send(fd, text, (size_t)size, MSG_NOSIGNAL) < 0)
        shutdown(fd, SHUT_RDWR);        /* no answer will come */
    return fd;
}

static bool answered(int fd)
{
    size_t got = 0;
    ssize_t n = 1;

    text[0] = '\0';
    while (n > 0 && got < sizeof text - 1) {
        n = read(fd, text + got, sizeof text - 1 - got);
        got += n > 0 ? (size_t)n : 0;
        text[got] = '\0';
        if (strstr(text, "\r\n\r\n"))
            return strncmp(text, "HTTP/1.1 101", 12) == 0;
    }
    return false;
}

/* A handful connect and ask before the first is waited for: a loop that asks about all
 * its clients then does so once for several who come. Returns how many are let in; fewer
 * than these, and errno or `text` says why. */
static int open_some(const struct url *url, int from, int these)
{
    int fds[HANDFUL], asked = 0, in = 0;

    while (asked < these && (fds[asked] = ask_one(url, from + asked)) >= 0)
        asked++;
    int why = errno;
    while (in < asked && (url->scheme == URL_TCP || answered(fds[in])))
        in++;
    for (int i = in; i < asked; i++)
        close(fds[i]);
    if (in == asked) {
        text[0] = '\0';
        errno = why;
    }
    return in;
}

/* A connection to ourselves; the listener is on any free port. */
static bool open_pair(void)
{
    static struct sockaddr_in here = { .sin_family = AF_INET };
    static int listener = -1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    if (listener < 0) {
        here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        listener = socket(AF_INET, SOCK_STREAM, 0);
        if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0
            || listen(listener, 1) < 0
            || getsockname(listener, (struct sockaddr *)&here,
                           &(socklen_t){ sizeof here }) < 0)
            return false;
    }
    return fd >= 0 && connect(fd, (struct sockaddr *)&here, sizeof here) == 0
        && accept(listener, NULL, NULL) >= 0;
}

int main(int argc, char **argv)
{
    const char *why = "usage: hold N URL, or hold N pairs";
    struct url url;
    int wanted = argc == 3 ? atoi(argv[1]) : 0, n = 0;
    bool pairs = argc == 3 && strcmp(argv[2], "pairs") == 0;

    start_clean();              /* as many descriptors as we may have */
    if (wanted < 1 || (!pairs && !url_parse(argv[2], &url, &why)))
        die("%s", why);
    for (int these = 0, in = 0; n < wanted && in == these; n += in) {
        these = pairs ? 1 : n + HANDFUL < wanted ? HANDFUL : wanted - n;
        in = pairs ? open_pair() : open_some(&url, n, these);
    }
    why = text[0] ? text : errno == EAGAIN ? "no answer in time" : strerror(errno);
    if (n < wanted)
        fprintf(stderr, "the next got: %.*s\n", (int)strcspn(why, "\r\n"), why);
    printf("hold: %d open\n", n);
    fflush(stdout);
    for (;;)
        pause();
}
