/* case_security.c - who may come, from where, and what is written down about them. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include "local.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- where a browser's page came from ---- */

static int ask_from(struct server *s, const char *target, const char *headers)
{
    char head[1024];
    int n = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: h\r\n%s"
                     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Version: 13\r\n"
                     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
                     target, headers);
    return http_status(s, head, n);
}

static void origins(struct server *s)
{
    static const struct {
        const char *headers;
        bool allowed;
    } rows[] = {
        { "", true },           /* no browser */
        { "Sec-Fetch-Site: none\r\n", true },           /* its user has typed it in */
        { "Sec-Fetch-Site: same-origin\r\n", true },
        { "Sec-Fetch-Site: cross-site\r\n", false },    /* an <img> somewhere */
        { "Sec-Fetch-Site: same-site\r\n", false },     /* on another port */
        { "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n", false },
        { "Sec-Fetch-Site: cross-site\r\nOrigin: http://a.example\r\n", true },
        { "Sec-Fetch-Site: none\r\nOrigin: http://evil.example\r\n", false },
        { "Origin: http://a.example\r\n", true },
        { "Origin: HTTP://A.EXAMPLE\r\n", true },
        { "Origin: https://b.example:8443\r\n", true },
        { "Origin: https://a.example\r\n", false },
        { "Origin: http://a.example:80\r\n", false },
        { "Origin: http://a.example.evil.example\r\n", false },
        { "Origin: http://evil.example/?http://a.example\r\n", false },
        { "Origin: http://evil.example, http://a.example\r\n", false },
        { "Origin: a.example\r\n", false },
        { "Origin: null\r\n", false },
        { "Origin:\r\n", false },
        { "Origin: http://a.example\r\nOrigin: http://a.example\r\n", false },
        { "Origin: http://evil.example\r\nOrigin: http://a.example\r\n", false },
    };
    static const char *const targets[] = { "/relay/room", "/job/cpu:3" };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int t = 0; t < 2; t++) {
            trying("%s with %s", targets[t], rows[i].headers);
            int status = ask_from(s, targets[t], rows[i].headers);
            int wanted = rows[i].allowed ? 101 : 403;
            check(status == wanted, "is answered %d, not %d", status, wanted);
        }
    static const char *const plain[] = {
        "Origin: http://evil.example", "Sec-Fetch-Site: cross-site",
    };
    for (int i = 0; i < 2; i++) {
        char head[200];
        trying("a plain request with %s", plain[i]);
        int n = snprintf(head, sizeof head, "GET /job/cpu:20 HTTP/1.1\r\nHost: h\r\n"
                         "%s\r\n\r\n", plain[i]);
        int status = http_status(s, head, n);
        check(status == 403, "is answered %d", status);
    }
}

/* ---- how many from one address ---- */

/* The status of an upgrade that comes from 127.0.0.N. */
static int ask_as(struct server *s, int n)
{
    char head[512], answer[16] = "";
    struct client key;
    struct sockaddr_in from = local_address(n, 0);
    struct sockaddr_in to = local_address(1, s->port);
    struct timeval patience = { PATIENCE / 1000, 0 };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    check(bind(fd, (struct sockaddr *)&from, sizeof from) == 0
          && connect(fd, (struct sockaddr *)&to, sizeof to) == 0,
          "no line from 127.0.0.%d", n);
    size_t size = client_head(&key, "/relay/from", head);
    check(send(fd, head, size, MSG_NOSIGNAL) == (ssize_t)size, "cannot ask");
    check(recv(fd, answer, 13, MSG_WAITALL) == 13, "no answer to 127.0.0.%d", n);
    close(fd);
    return atoi(answer + strlen("HTTP/1.1 "));
}

static void per_address(struct server *s)
{
    enum { MOST = 3 };
    struct client *c[MOST];
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MOST; i++)
            c[i] = client_join_patiently(s, "/relay/from");
        trying("one more from the same address");
        int status = ask_as(s, 1);
        check(status == 503, "is answered %d", status);
        trying("one from another address");
        status = ask_as(s, 2);
        check(status == 101, "is answered %d", status);
        client_text(c[0], "the others never notice");
        expect_texts(c, MOST, "the others never notice");
        trying("one has left");
        client_close(c[0]);
        for (int64_t end = clock_now() + PATIENCE * MS; clock_now() < end; pause_ms(10))
            if ((status = ask_as(s, 1)) == 101)
                break;
        check(status == 101, "is answered %d", status);
        client_close(c[1]);
        client_close(c[2]);
    }
}

/* The server is held until all of them wait: as many as may are let in, and no fewer. */
static void per_address_at_once(struct server *s)
{
    enum { MOST = 3, ALL = 8 };
    struct client *c[ALL];
    int served = 0;
    server_freeze(s);
    for (int i = 0; i < ALL; i++) {
        c[i] = client_connect(s);
        client_ask(c[i], "/relay/from");
    }
    kill(-s->pid, SIGCONT);
    for (int i = 0; i < ALL; i++) {
        struct answer a;
        http_read(c[i], &a, false);
        check(a.status == 101 || a.status == 503, "is answered %d", a.status);
        served += a.status == 101;
    }
    check(served == MOST, "%d of %d at once are served, %d may be", served, ALL, MOST);
}

/* Somebody else has the same port of another address, and guests from ours. */
static void per_address_next_door(struct server *s)
{
    enum { GUESTS = 3 };
    struct sockaddr_in from = local_address(1, 0);
    struct sockaddr_in to = local_address(2, s->port);
    int guests[GUESTS], hosts[GUESTS];
    int neighbour = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    check(bind(neighbour, (struct sockaddr *)&to, sizeof to) == 0
          && listen(neighbour, GUESTS) == 0, "no such neighbour");
    for (int i = 0; i < GUESTS; i++) {
        guests[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        check(bind(guests[i], (struct sockaddr *)&from, sizeof from) == 0
              && connect(guests[i], (struct sockaddr *)&to, sizeof to) == 0
              && (hosts[i] = accept4(neighbour, NULL, NULL, SOCK_CLOEXEC)) >= 0,
              "no guest from 127.0.0.1");
    }
    int status = ask_as(s, 1);
    check(status == 101, "is answered %d", status);
    for (int i = 0; i < GUESTS; i++) {
        close(guests[i]);
        close(hosts[i]);
    }
    close(neighbour);
}

/* Who has said all it has to say, and waits for the answer, is still there and counts. */
static void per_address_half_closed(struct server *s)
{
    struct client *c[2];
    for (int i = 0; i < 2; i++)
        c[i] = client_join_patiently(s, "/job/sleep:3000");
    for (int i = 0; i < 2; i++) {
        client_text(c[i], "work");
        shutdown(c[i]->fd, SHUT_WR);
    }
    int status = ask_as(s, 1);
    check(status == 503, "one more is answered %d", status);
}

/* What it has asked is not read any more when it is refused. A server that just closes
 * sends a reset behind its answer then, and who gets a reset may lose the answer. While
 * the server is stopped, all can come before it looks. */
static void refused_in_peace(struct server *s)
{
    enum { SOON = 100 };
    struct answer a;
    client_join_patiently(s, "/relay/from");
    server_freeze(s);
    struct client *extra = client_connect(s);
    client_ask(extra, "/relay/from");
    kill(-s->pid, SIGCONT);
    http_read(extra, &a, false);
    check(a.status == 503, "one more is answered %d", a.status);
    expect_end(extra, PATIENCE);
    struct pollfd reset = { extra->fd, 0, 0 };
    check(poll(&reset, 1, SOON) == 0, "behind its answer comes a reset");
}

/* Of the other Internet's addresses we have but one. */
static void per_address_6(struct server *bare)
{
    struct client *c[2];
    struct answer a;
    if (!has_ipv6())
        pass_over("this machine has no IPv6");
    struct server *s = server_start(bare->model, "--bind ::1 --max-per-address 2", NULL);
    clients_join(s, "/relay/from", c, 2);
    struct client *extra = client_connect(s);
    client_ask(extra, "/relay/from");
    http_read(extra, &a, false);
    check(a.status == 503, "one more is answered %d", a.status);
    client_text(c[0], "the others never notice");
    expect_texts(c, 2, "the others never notice");
    clients_close();
    server_stop(s, SIGTERM);
}

/* Whoever has seen its end may come again at once, as often as it likes. */
static void per_address_again(struct server *s)
{
    for (int i = 0; i < 200; i++) {
        trying("time %d", i);
        struct client *c = client_join(s, "/relay/again");
        client_text(c, "here I am");
        expect_text(c, "here I am");
        client_send_close(c, 1000, "");
        expect_close(c, 1000);
        client_close(c);
    }
}

/* Nor does one that goes without a word, or was never served, keep its place. */
static void per_address_rude(struct server *s)
{
    for (int i = 0; i < 60; i++) {
        trying("time %d", i);
        struct client *c = client_join_patiently(s, "/relay/rude");
        if (i % 3 == 0)
            client_reset(c);
        else if (i % 3 == 1)
            client_close(c);
        else
            client_write(c, "\xff\xff\xff", 3);
        if (i % 3 == 2)
            client_close(c);
    }
}

/* A child that was killed holds no place. */
static void per_address_killed(struct server *s)
{
    pid_t pids[64];
    struct client *c[2];
    clients_join(s, "/relay/from", c, 2);
    int n = server_pids(s, pids, 64), status = 0;
    if (n < 2)
        pass_over("has no child processes");
    for (int i = 1; i < n; i++)
        kill(pids[i], SIGKILL);
    for (int64_t end = clock_now() + PATIENCE * MS; clock_now() < end; pause_ms(10))
        if ((status = ask_as(s, 1)) == 101)
            break;
    check(status == 101, "is answered %d", status);
    client_join_patiently(s, "/relay/from");
    client_join_patiently(s, "/relay/from");
    status = ask_as(s, 1);
    check(status == 503, "one too many is answered %d", status);
}

/* ---- what is written down ---- */

static char *contents(int fd)
{
    static char text[65536];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    for (ssize_t i = 0; i < n; i++)
        if (!text[i])
            text[i] = '0';
    text[n > 0 ? n : 0] = '\0';
    return text;
}

/* What a client says, asks for and is called stands in no log and in no trace. */
static void nothing_in_logs(struct server *bare)
{
    static const char secret[] = "s3cr3t";
    char folder[] = "/tmp/conformance-XXXXXX", file[64], options[100];
    int err = memfd_create("stderr", MFD_CLOEXEC), own = dup(2);
    check(mkdtemp(folder), "no folder for a trace");
    snprintf(file, sizeof file, "%s/trace", folder);
    snprintf(options, sizeof options, "--trace %s", file);
    dup2(err, 2);
    struct server *s = server_start(bare->model, options, NULL);
    dup2(own, 2);
    close(own);
    struct client *c = client_join(s, "/relay/s3cr3t");
    client_text(c, secret);
    expect_text(c, secret);
    client_send_close(c, 4000, secret);
    expect_close(c, 4000);
    client_close(c);
    int offered = ask_from(s, "/relay/s3cr3t", "Sec-WebSocket-Protocol: s3cr3t\r\n");
    check(offered == 101, "is answered %d", offered);
    int refused = ask_from(s, "/s3cr3t", "Cookie: s3cr3t\r\nAuthorization: s3cr3t\r\n");
    check(refused == 404, "is answered %d", refused);
    http_status(s, "s3cr3t\r\n\r\n", 10);
    server_stop(s, SIGTERM);
    int trace = open(file, O_RDONLY | O_CLOEXEC);
    check(trace >= 0 && strstr(contents(trace), "open"), "there is no trace");
    check(!strstr(contents(trace), secret), "a secret is in the trace");
    check(!strstr(contents(err), secret), "a secret is on stderr: %s", contents(err));
    close(trace);
    close(err);
    unlink(file);
    rmdir(folder);
}

/* A path names a room or a job, and never a file. */
static void no_files(struct server *s)
{
    static const char *const targets[] = {
        "/etc/passwd", "/../../etc/passwd", "/relay/../../etc/passwd",
        "/job/../etc/passwd",
        "/relay/..%2F..%2Fetc%2Fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/relay/%2e%2e%2fx",
        "//etc/passwd", "/./etc/passwd", "/job/file:/etc/passwd", "/job/cpu:1/../../etc",
        "file:///etc/passwd", "/metrics/../etc/passwd", "/healthz/../etc/passwd",
    };
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        char head[200];
        trying("%s", targets[i]);
        int n = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n",
                         targets[i]);
        int status = http_status(s, head, n);
        check(status == 404 || status == 400 || status == 426, "is answered %d", status);
    }
}

const struct trial security_trials[] = {
    TRIAL("pages from elsewhere", origins,
          .options = "--allow-origin http://a.example,https://b.example:8443"),
    TRIAL("too many from one address", per_address, .needs = SEVERAL,
          .options = "--max-per-address 3"),
    TRIAL("too many from one address at once", per_address_at_once, .needs = SEVERAL,
          .options = "--max-per-address 3"),
    TRIAL("as many at the next door", per_address_next_door, .needs = SEVERAL,
          .options = "--max-per-address 3"),
    TRIAL("too many from one address, half-closed", per_address_half_closed,
          .needs = SEVERAL, .options = "--max-per-address 2"),
    TRIAL("one too many is refused without a reset", refused_in_peace, .needs = SEVERAL,
          .options = "--max-per-address 1"),
    TRIAL("too many from one IPv6 address", per_address_6, .needs = SEVERAL,
          .bare = true),
    TRIAL("one from one address, again and again", per_address_again,
          .options = "--max-per-address 1"),
    TRIAL("one from one address, and rude", per_address_rude,
          .options = "--max-per-address 1"),
    TRIAL("too many from one address, and killed", per_address_killed, .needs = SEVERAL,
          .options = "--max-per-address 2"),
    TRIAL("no client's data in logs", nothing_in_logs, .bare = true),
    TRIAL("no path leads to a file", no_files),
    { 0 },
};
