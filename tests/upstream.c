#include "upstream.h"
#include "local.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\n"
#define LENGTH(n) OK "Content-Length: " #n "\r\n\r\n"
#define TEXT LENGTH(7) "behind\n"

static void say_bytes(int fd, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);

        if (sent <= 0)
            _exit(0);
        data += sent;
        n -= (size_t)sent;
    }
}

static void say(int fd, const char *text) { say_bytes(fd, text, strlen(text)); }

static void wait_ms(int ms) { usleep((useconds_t)ms * 1000); }

/* The number behind a path's last slash. */
static int number(const char *path) { return atoi(strrchr(path, '/') + 1); }

/* ---- what takes more than a word ---- */

static void say_slowly(int fd, const char *path)
{
    wait_ms(number(path));
    say(fd, TEXT);
}

static void drip(int fd, const char *path)
{
    (void)path;
    for (const char *c = TEXT; *c; c++) {
        say_bytes(fd, c, 1);
        wait_ms(1);
    }
}

static void say_in_chunks(int fd, const char *path)
{
    (void)path;
    say(fd, OK "Transfer-Encoding: chunked\r\n\r\n3\r\nbeh\r\n");
    wait_ms(20);
    say(fd, "4;what=ever\r\nin");
    wait_ms(20);
    say(fd, "d\n\r\n0\r\n");
    wait_ms(20);
    say(fd, "Trailer: yes\r\n\r\n");
}

static void say_many(int fd, const char *path)
{
    char head[100], *body = malloc((size_t)number(path) + 1);

    snprintf(head, sizeof head, OK "Content-Length: %d\r\n\r\n", number(path));
    say(fd, head);
    memset(body, 'x', (size_t)number(path));
    say_bytes(fd, body, (size_t)number(path));
    free(body);
}

static void say_without_end(int fd, const char *path)
{
    (void)path;
    say(fd, OK "Transfer-Encoding: chunked\r\n\r\n");
    for (;;)
        say(fd, "10\r\nxxxxxxxxxxxxxxxx\r\n");
}

static void be_silent(int fd, const char *path)
{
    char byte;

    (void)path;
    while (recv(fd, &byte, 1, 0) > 0)
        ;
}

static void reset(int fd, const char *path)
{
    (void)path;
    say(fd, "HTTP/1.1 200 OK\r\nContent-Le");
    wait_ms(20);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
               sizeof(struct linger));
}

static const struct {
    const char *path, *text;
    void (*act)(int, const char *);     /* after the text; NULL: nothing more */
} acts[] = {
    { "/text", TEXT, NULL },
    { "/slow/", "", say_slowly },
    { "/drip", "", drip },
    { "/chunked", "", say_in_chunks },
    { "/close", OK "\r\nbehind\n", NULL },
    { "/bytes/", "", say_many },
    { "/endless", "", say_without_end },
    { "/not-text", LENGTH(4) "\xff\xfe!\n", NULL },
    { "/never", "", be_silent },
    { "/reset", "", reset },
    { "/empty", "HTTP/1.1 204 No Content\r\n\r\n", NULL },
    { "/continue", "HTTP/1.1 100 Continue\r\n\r\n" TEXT, NULL },
    { "/missing", "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\nno\n", NULL },
    { "/error", "HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\nno\n", NULL },
    { "/moved", "HTTP/1.1 302 Found\r\nLocation: /text\r\n"
                "Content-Length: 0\r\n\r\n", NULL },
    { "/babble", "SSH-2.0-OpenSSH_9.2\r\n", NULL },
    { "/switch", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n"
                 "Connection: upgrade\r\n\r\n", NULL },
    { "/hang-up", "", NULL },
    { "/half", LENGTH(7) "beh", NULL },
    { "/again", TEXT TEXT, NULL },
};

/* ---- a line ---- */

static void serve(int fd)
{
    char head[70000], *end;
    size_t n = 0;

    do {
        ssize_t got = recv(fd, head + n, sizeof head - 1 - n, 0);

        if (got <= 0)
            return;
        n += (size_t)got;
        head[n] = '\0';
    } while (!strstr(head, "\r\n\r\n"));
    if (strncmp(head, "GET /", 5) != 0 || !(end = strchr(head + 4, ' ')))
        return;
    *end = '\0';
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (strncmp(head + 4, acts[i].path, strlen(acts[i].path)) == 0) {
            say(fd, acts[i].text);
            if (acts[i].act)
                acts[i].act(fd, head + 4);
            return;
        }
    say(fd, "HTTP/1.1 404 Not Found\r\n\r\n");
}

/* Closes so that what was said arrives. */
static _Noreturn void live(int fd)
{
    struct linger linger;
    socklen_t size = sizeof linger;

    serve(fd);
    if (getsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, &size) == 0 && !linger.l_onoff) {
        shutdown(fd, SHUT_WR);
        be_silent(fd, "");
    }
    close(fd);
    _exit(0);
}

static _Noreturn void lead_a_life(int listener)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int fd = accept(listener, NULL, NULL);

        if (fd >= 0 && fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            close(listener);
            live(fd);
        }
        close(fd);
    }
}

struct upstream upstream_start(int port)
{
    struct sockaddr_in own = local_address(1, port);
    socklen_t size = sizeof own;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
    if (bind(fd, (struct sockaddr *)&own, size) != 0 || listen(fd, 1024) != 0
        || getsockname(fd, (struct sockaddr *)&own, &size) != 0)
        return (struct upstream){ 0, 0 };
    struct upstream u = { fork(), ntohs(own.sin_port) };
    if (u.pid == 0) {
        setpgid(0, 0);
        lead_a_life(fd);
    }
    setpgid(u.pid, u.pid);
    close(fd);
    return u;
}

void upstream_stop(struct upstream *u)
{
    kill(-u->pid, SIGKILL);
    waitpid(u->pid, NULL, 0);
    u->pid = 0;
}
