/* asker.c - the bare question: asks about all its connections, and echoes.
 *
 * No HTTP, no WebSocket, no rooms, and the list is kept from turn to turn. So what a byte
 * costs more beside N silent connections is what the kernel needs to be asked about them,
 * and what it takes to look through its answer.
 *
 *   asker [OPTION...] poll|select */
#include "die.h"
#include "net.h"
#include "options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <unistd.h>

enum { STOP, DOOR, OWN };       /* the first of the list */

static struct pollfd *list;
static int n, room;
static fd_set all;              /* select: the same once more */
static int highest;
static bool bits;               /* is it select that asks? */

static bool add(int fd)
{
    if (bits && fd >= FD_SETSIZE)
        return false;
    if (n == room)
        list = must_realloc(list, (room += 1024) * sizeof *list);
    list[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
    if (bits)
        FD_SET(fd, &all);
    highest = fd > highest ? fd : highest;
    return true;
}

static void take(void)
{
    int fd;

    while ((fd = net_accept(list[DOOR].fd)) >= 0)
        if (!add(fd)) {
            net_refuse(fd);
            net_close(fd);
        }
}

static void drop(int i)
{
    if (bits)
        FD_CLR(list[i].fd, &all);
    net_close(list[i].fd);
    list[i] = list[--n];
}

static void echo(int i)
{
    static char buf[BUFFER];
    ssize_t got = read(list[i].fd, buf, sizeof buf);

    if (got > 0)
        net_write(list[i].fd, (struct bytes){ buf, (size_t)got });
    else if (!net_would_block(got))
        drop(i);
}

static void ask_select(void)
{
    fd_set in = all;

    if (select(highest + 1, &in, NULL, NULL, NULL) < 0)
        FD_ZERO(&in);
    for (int i = 0; i < n; i++)
        list[i].revents = FD_ISSET(list[i].fd, &in) ? POLLIN : 0;
}

static void ask_poll(void)
{
    if (poll(list, n, -1) < 0 && errno != EINTR)
        die("poll: %s", strerror(errno));
}

int main(int argc, char **argv)
{
    struct options o = { .workers = 0 };
    const char *call = argc > 1 ? argv[argc - 1] : "";

    bits = strcmp(call, "select") == 0;
    if (!bits && strcmp(call, "poll") != 0)
        die("usage: asker [OPTION...] poll|select");
    options_parse(&o, argc - 1, argv);
    add(net_stop());
    add(net_listen(&o));
    while (!list[STOP].revents) {
        if (bits) ask_select(); else ask_poll();
        for (int i = n - 1; i >= OWN; i--)      /* what drop() moves is done already */
            if (list[i].revents)
                echo(i);
        if (list[DOOR].revents)
            take();
    }
    return 0;
}
