/* ways.c - a room of readers who come in one of four ways, and one WebSocket that speaks:
 * what arrives, what it takes on the wire, and what it costs the server.
 *
 *   ways WAY READERS MESSAGES PID PORT
 *
 * WAY is socket, events, poll (with the number of the last message it knows) or forgetful
 * (a poll without). A message has 64 bytes and its number in front. They are said one at
 * a time, a millisecond apart. Prints messages, deliveries, answers to polls, lost, bytes
 * both ways of all readers, and the server's CPU time in ns. */
#include "clock.h"
#include "die.h"
#include "proc.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 64, ROOM = 1 << 16, MOST_READERS = 200, MOST_MESSAGES = 5000 };

struct reader {
    int fd;
    char buf[ROOM + 1];
    size_t have;
    char cursor[32];            /* of a poll; "": none yet */
    int next;                   /* the message that must come now */
};

static const char *const names[] = { "socket", "events", "poll", "forgetful" };
static enum { SOCKET, EVENTS, POLL, FORGETFUL, WAYS } way;
static struct reader readers[MOST_READERS];
static int port, count, messages;
static long deliveries, answers, lost, bytes;

static int dial(void)
{
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
        die("cannot connect: %s", strerror(errno));
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void put(int fd, const char *text, size_t n)
{
    if (send(fd, text, n, MSG_NOSIGNAL) != (ssize_t)n)
        die("cannot write: %s", strerror(errno));
}

static void ask(struct reader *r)
{
    char head[300];
    int n = snprintf(head, sizeof head,
                     "GET /relay/room%s%s%s HTTP/1.1\r\nHost: h\r\n%s\r\n",
                     way < POLL ? "" : "?wait=20",
                     way == POLL && *r->cursor ? "&after=" : "",
                     way == POLL ? r->cursor : "",
                     way == EVENTS ? "Accept: text/event-stream\r\n" : way == SOCKET ?
                     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" : "");

    put(r->fd, head, (size_t)n);
    bytes += n;
}

/* The message is there: those that it has passed over are lost. */
static void hear(struct reader *r, const char *text)
{
    int number = atoi(text);

    if (number < r->next)
        die("message %d came twice, or too late", number);
    lost += number - r->next;
    r->next = number + 1;
    deliveries++;
}

static void drop(struct reader *r, const char *to)
{
    r->have -= (size_t)(to - r->buf);
    memmove(r->buf, to, r->have + 1);
}

/* A poll's answer, when it is whole: its texts, and the cursor. Then it asks again. */
static bool take_answer(struct reader *r)
{
    char *end = strstr(r->buf, "\r\n\r\n"), *length, *cursor;

    if (!end)
        return false;
    length = strstr(r->buf, "\r\nContent-Length: ");
    size_t size = length && length < end ? strtoul(length + 18, NULL, 10) : 0;
    char *stop = end + 4 + size;
    if (stop > r->buf + r->have)
        return false;
    if ((cursor = strstr(r->buf, "\r\nRelay-Cursor: ")) && cursor < end)
        snprintf(r->cursor, sizeof r->cursor, "%.*s",
                 (int)strcspn(cursor + 16, "\r"), cursor + 16);
    for (char *p = end; (p = strchr(p, '"')) && p < stop; p += SIZE + 2)
        hear(r, p + 1);
    drop(r, stop);
    answers++;
    if (r->next < messages)
        ask(r);
    return true;
}

/* A frame with 64 bytes, or an event with them; what comes before is a head. */
static bool take_message(struct reader *r)
{
    char *at = way == SOCKET ? memmem(r->buf, r->have, "\x81\x40", 2)
                             : memmem(r->buf, r->have, "\ndata: ", 7);
    size_t skip = way == SOCKET ? 2 : 7;

    if (!at || at + skip + SIZE > r->buf + r->have)
        return false;
    hear(r, at + skip);
    drop(r, at + skip + SIZE);
    return true;
}

static void receive(struct reader *r)
{
    ssize_t n = recv(r->fd, r->buf + r->have, ROOM - r->have, 0);

    if (n <= 0)
        die("a reader's line has ended: %s", n ? strerror(errno) : "closed");
    bytes += n;
    r->have += (size_t)n;
    r->buf[r->have] = '\0';
    while (way >= POLL ? take_answer(r) : take_message(r))
        ;
}

/* Reads what comes until that time, or until all have the last message. */
static void read_until(int64_t until)
{
    struct pollfd set[MOST_READERS];
    int left;

    for (;;) {
        left = 0;
        for (int i = 0; i < count; i++) {
            set[i] = (struct pollfd){ .fd = readers[i].fd, .events = POLLIN };
            left += readers[i].next < messages;
        }
        int64_t now = clock_now();
        if (left == 0 || now >= until)
            return;
        struct timespec rest = { 0, until - now };
        if (rest.tv_nsec >= 1000 * MS)
            rest.tv_nsec = 1000 * MS - 1;
        if (ppoll(set, (nfds_t)count, &rest, NULL) <= 0)
            continue;
        for (int i = 0; i < count; i++)
            if (set[i].revents)
                receive(&readers[i]);
    }
}

/* A mask of zeros changes nothing. */
static void speak(int fd, int number)
{
    char frame[100] = "\x81\xc0";

    snprintf(frame + 6, sizeof frame - 6, "%08d %055d", number, 0);
    put(fd, frame, 6 + SIZE);
}

static void open_readers(void)
{
    for (int i = 0; i < count; i++) {
        readers[i].fd = dial();
        ask(&readers[i]);
    }
    read_until(clock_now() + 300 * MS);         /* all are members */
}

/* It hears itself, too, and does not read that: it fits into its socket. */
static int open_speaker(void)
{
    static const char head[] = "GET /relay/room HTTP/1.1\r\nHost: h\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    char answer[ROOM];
    int fd = dial();

    put(fd, head, sizeof head - 1);
    if (recv(fd, answer, sizeof answer, 0) <= 0)
        die("no answer to the speaker's handshake");
    return fd;
}

/* What the server has spent in the meantime; one that loses a child has spent more. */
static int64_t talk(int fd, int pid)
{
    struct family before, after;
    int64_t due = clock_now();

    if (!proc_look(pid, &before))
        die("there is no process %d", pid);
    deliveries = answers = lost = bytes = 0;
    for (int i = 0; i < messages; i++) {
        speak(fd, i);
        read_until(due += MS);
    }
    read_until(clock_now() + 1000 * MS);
    if (!proc_look(pid, &after))
        die("the server is gone");
    for (int i = 0; i < count; i++)
        lost += messages - readers[i].next;
    return proc_between(&before, &after).cpu;
}

static int number(const char *text, int most)
{
    int n = atoi(text);

    if (n < 1 || n > most)
        die("'%s' is no number from 1 to %d", text, most);
    return n;
}

int main(int argc, char **argv)
{
    if (argc != 6)
        die("usage: ways WAY READERS MESSAGES PID PORT");
    while (way < WAYS && strcmp(argv[1], names[way]) != 0)
        way++;
    if (way == WAYS)
        die("no way is called '%s'", argv[1]);
    count = number(argv[2], MOST_READERS);
    messages = number(argv[3], MOST_MESSAGES);
    port = number(argv[5], 65535);
    int speaker = open_speaker();
    open_readers();
    int64_t cpu = talk(speaker, number(argv[4], 1 << 30));
    printf("%d,%ld,%ld,%ld,%ld,%lld\n", messages, deliveries, answers, lost, bytes,
           (long long)cpu);
}
