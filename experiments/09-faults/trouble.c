/* trouble.c - clients who do not behave.
 *
 *   trouble reset N ws://127.0.0.1:9000/relay/ROOM   half a frame, then a reset; and ends
 *   trouble half N URL                               half a request, and waits
 *   trouble crowd N URL                              a whole one, and waits
 *
 * Prints "trouble: ready" when N have done it; who waits does so until SIGTERM. */
#include "die.h"
#include "url.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { MOST = 1000, PATIENCE_MS = 100 };

static struct url url;

static int line(void)
{
    struct timeval patience = { .tv_usec = PATIENCE_MS * 1000 };
    int fd = url_connect(&url);

    if (fd < 0)
        die("connect: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

/* Whether all of it arrives is the server's business. */
static void say(int fd, const char *data, int size)
{
    (void)!send(fd, data, (size_t)size, MSG_NOSIGNAL);
}

static void request(int fd, bool whole)
{
    char text[URL_PATH + 1024];
    int size = snprintf(text, sizeof text,
        "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: cmVsYXlyYWNlIHJ1bnMhIQ==\r\n\r\n",
        url.path, url.authority);

    say(fd, text, whole ? size : size / 2);
}

/* Joins, if there is a seat, begins a message of 100 bytes, and tears the line. */
static void reset(int fd)
{
    static const char half[] = "\x82\xE4mask and a few of a hundred bytes";
    struct linger at_once = { 1, 0 };
    char answer[1024];

    request(fd, true);
    (void)!recv(fd, answer, sizeof answer, 0);
    say(fd, half, sizeof half - 1);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

int main(int argc, char **argv)
{
    const char *what = argc == 4 ? argv[1] : "", *why = NULL;
    bool resets = strcmp(what, "reset") == 0, half = strcmp(what, "half") == 0;
    int n = argc == 4 ? atoi(argv[2]) : 0;

    if (n < 1 || n > MOST || (!resets && !half && strcmp(what, "crowd") != 0))
        die("usage: trouble reset|half|crowd N, to %d, ws://ADDRESS:PORT/relay/ROOM",
            MOST);
    if (!url_parse(argv[3], &url, &why))
        die("%s", why);
    for (int i = 0; i < n; i++) {
        int fd = line();

        if (resets)
            reset(fd);
        else
            request(fd, !half);
    }
    puts("trouble: ready");
    fflush(stdout);
    if (!resets)
        pause();                /* the signal that ends it */
    return 0;
}
