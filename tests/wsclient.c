/* wsclient.c - a client that can misbehave: handmade frames over a blocking socket. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include "local.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct client *all;

/* ---- the line ---- */

bool has_ipv6(void)
{
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in6 own = { .sin6_family = AF_INET6,
                                .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    bool there = fd >= 0 && bind(fd, (struct sockaddr *)&own, sizeof own) == 0;
    if (fd >= 0)
        close(fd);
    return there;
}

static int connect_to(int fd, const struct server *s)
{
    struct sockaddr_in v4 = local_address(1, s->port);
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(s->port),
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    return s->v6 ? connect(fd, (struct sockaddr *)&v6, sizeof v6)
                 : connect(fd, (struct sockaddr *)&v4, sizeof v4);
}

static struct client *connect_with(const struct server *s, int receive_buffer)
{
    int fd = socket(s->v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;
    struct timeval patience = { PATIENCE / 1000, 0 };
    check(fd >= 0, "no descriptor left for a client");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (receive_buffer)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    struct client *c = calloc(1, sizeof *c);
    *c = (struct client){ .fd = fd, .next = all };
    all = c;
    check(connect_to(fd, s) == 0, "connect: %s", strerror(errno));
    return c;
}

struct client *client_connect(const struct server *s) { return connect_with(s, 0); }
struct client *client_slow(const struct server *s) { return connect_with(s, 4096); }

void client_close(struct client *c)
{
    struct client **link = &all;
    while (*link != c)
        link = &(*link)->next;
    *link = c->next;
    close(c->fd);
    free(c->buf);
    free(c);
}

void client_reset(struct client *c)
{
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){ 1, 0 },
               sizeof(struct linger));
    client_close(c);
}

void clients_close(void)
{
    while (all)
        client_close(all);
}

bool client_is_missed(const struct server *s)
{
    enum { ASLEEP = 2000 * SLOWER, SOON = ASLEEP / 4 };
    char request[100];
    struct client *c = client_connect(s);
    int size = snprintf(request, sizeof request,
                        "GET /job/sleep:%d HTTP/1.1\r\nHost: h\r\n\r\n", ASLEEP);
    client_write(c, request, size);
    pause_ms(50);
    int there = server_files(s), left = there;
    client_reset(c);
    int64_t end = clock_now() + SOON * MS;
    while ((left = server_files(s)) == there && clock_now() < end)
        pause_ms(10);
    for (end += PATIENCE * MS; server_files(s) == there && clock_now() < end; )
        pause_ms(20);           /* it is gone when its job is done */
    return left < there;
}

int client_port(const struct client *c)
{
    struct sockaddr_in name;
    socklen_t size = sizeof name;
    getsockname(c->fd, (struct sockaddr *)&name, &size);
    return ntohs(name.sin_port);
}

bool client_try(struct client *c, const char *data, size_t n)
{
    while (n > 0) {
        ssize_t sent = send(c->fd, data, n, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        data += sent;
        n -= sent;
    }
    return true;
}

void client_write(struct client *c, const char *data, size_t n)
{
    bool ok = client_try(c, data, n);
    check(ok, "cannot write to the server: %s",
          errno == EAGAIN ? "it does not read" : strerror(errno));
}

void client_drip(struct client *c, const char *data, size_t n)
{
    for (size_t i = 0; i < n && client_try(c, data + i, 1); i++)
        ;
}

/* What has come and was not looked at yet. */
static size_t left(const struct client *c) { return c->have - c->at; }

/* Reads some more, until the deadline. */
enum arrival client_more(struct client *c, int64_t deadline)
{
    if (c->at > 0) {
        memmove(c->buf, c->buf + c->at, left(c));
        c->have -= c->at;
        c->at = 0;
    }
    if (c->room - c->have < 65536) {
        c->room = c->room * 2 + 65536;
        c->buf = realloc(c->buf, c->room);
    }
    for (;;) {
        int64_t wait = (deadline - clock_now()) / MS;
        struct pollfd p = { c->fd, POLLIN, 0 };
        if (poll(&p, 1, wait < 0 ? 0 : (int)wait) > 0) {
            ssize_t n = recv(c->fd, c->buf + c->have, c->room - c->have, MSG_DONTWAIT);
            if (n == 0)
                return END;
            if (n < 0)
                return BROKEN;
            c->have += n;
            return FRAME;
        }
        if (wait <= 0)
            return NOTHING;
    }
}

/* Reads until there are n bytes to look at. */
static enum arrival want(struct client *c, size_t n, int64_t deadline)
{
    while (left(c) < n) {
        enum arrival a = client_more(c, deadline);
        if (a != FRAME)
            return a;
    }
    return FRAME;
}

/* ---- the handshake ---- */

size_t client_head(struct client *c, const char *target, char *head)
{
    unsigned char key[16], digest[20];
    char text[25], joined[25 + 36];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = rand();
    EVP_EncodeBlock((unsigned char *)text, key, sizeof key);
    snprintf(joined, sizeof joined, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", text);
    SHA1((unsigned char *)joined, strlen(joined), digest);
    EVP_EncodeBlock((unsigned char *)c->accept, digest, sizeof digest);
    return snprintf(head, 512,
                    "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                    "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: %s\r\n\r\n", target, text);
}

void client_ask(struct client *c, const char *target)
{
    char head[512];
    size_t n = client_head(c, target, head);
    client_write(c, head, n);
}

/* The head of an answer ends here; 0: not in what we have. */
static size_t head_size(const struct client *c)
{
    const char *from = c->buf + c->at;
    const char *end = left(c) ? memmem(from, left(c), "\r\n\r\n", 4) : NULL;
    return end ? end + 4 - from : 0;
}

bool client_answered(struct client *c, int ms)
{
    int64_t deadline = clock_now() + ms * MS;
    size_t n;
    while (!(n = head_size(c)))
        if (client_more(c, deadline) != FRAME)
            return false;
    struct answer a = { 0 };
    memcpy(a.head, c->buf + c->at, n < sizeof a.head ? n : sizeof a.head - 1);
    c->at += n;
    check(sscanf(a.head, "HTTP/1.1 %d ", &a.status) == 1 && a.status == 101,
          "the upgrade is answered with \"%.60s\"", a.head);
    const char *accept = http_field(&a, "Sec-WebSocket-Accept");
    check(accept && !strcmp(accept, c->accept), "Sec-WebSocket-Accept is %s, not %s",
          accept ? accept : "missing", c->accept);
    const char *upgrade = http_field(&a, "Upgrade");
    check(upgrade && !strcasecmp(upgrade, "websocket"), "a 101 without its Upgrade");
    const char *connection = http_field(&a, "Connection");
    check(connection && !strcasecmp(connection, "upgrade"), "a 101 without Connection");
    return true;
}

struct client *client_join(const struct server *s, const char *target)
{
    struct client *c = client_connect(s);
    client_ask(c, target);
    check(client_answered(c, PATIENCE), "%s: no answer to the handshake", target);
    return c;
}

struct client *client_join_patiently(const struct server *s, const char *target)
{
    for (int64_t end = clock_now() + PATIENCE * MS;;) {
        struct answer a;
        struct client *c = client_connect(s);
        client_ask(c, target);
        http_read(c, &a, false);
        if (a.status == 101)
            return c;
        check(clock_now() < end, "%s: at last it is answered %d", target, a.status);
        client_close(c);
    }
}

struct client *client_join_alone(const struct server *s)
{
    static int rooms;
    char target[40];
    snprintf(target, sizeof target, "/relay/alone-%d", rooms++);
    return client_join(s, target);
}

void clients_join(const struct server *s, const char *target, struct client **c, int n)
{
    for (int i = 0; i < n; i++)
        c[i] = client_join(s, target);
}

/* ---- frames ---- */

size_t frame_put(char *to, int first, const char *data, size_t n)
{
    size_t at = 0;
    to[at++] = (char)first;
    if (n < 126)
        to[at++] = (char)(0x80 | n);
    else if (n < 65536) {
        to[at++] = (char)(0x80 | 126);
        to[at++] = (char)(n >> 8);
        to[at++] = (char)n;
    } else {
        to[at++] = (char)(0x80 | 127);
        for (int shift = 56; shift >= 0; shift -= 8)
            to[at++] = (char)((uint64_t)n >> shift);
    }
    uint32_t mask = (uint32_t)rand() * 31u ^ (uint32_t)rand();
    char key[4];
    memcpy(key, &mask, sizeof key);
    memcpy(to + at, key, sizeof key);
    at += sizeof key;
    for (size_t i = 0; i < n; i++)
        to[at + i] = data[i] ^ key[i % 4];
    return at + n;
}

void client_send(struct client *c, int first, const char *data, size_t n)
{
    char *frame = malloc(n + 14);
    size_t size = frame_put(frame, first, data, n);
    bool ok = client_try(c, frame, size);
    free(frame);
    check(ok, "cannot send a frame: %s", strerror(errno));
}

void client_text(struct client *c, const char *text)
{
    client_send(c, FIN | TEXT, text, strlen(text));
}

void client_send_close(struct client *c, int code, const char *reason)
{
    char body[125] = { (char)(code >> 8), (char)code }, frame[125 + 14];
    size_t n = strlen(reason);
    memcpy(body + 2, reason, n);
    client_try(c, frame, frame_put(frame, FIN | CLOSING, body, 2 + n));
    c->closing = true;
}

/* The length of a frame whose header starts at p, once `have` bytes of it are there; what
 * it still lacks is in *need. */
static uint64_t payload_length(const unsigned char *p, size_t *need)
{
    uint64_t n = p[1] & 0x7f;
    size_t more = n == 126 ? 2 : n == 127 ? 8 : 0;
    if (*need < 2 + more) {
        *need = 2 + more;
        return 0;
    }
    if (more) {
        n = 0;
        for (size_t i = 0; i < more; i++)
            n = n << 8 | p[2 + i];
        check(n >= (more == 2 ? 126 : 65536), "a frame whose length is not minimal");
    }
    return n;
}

static void check_header(const unsigned char *p)
{
    int opcode = p[0] & 0x0f;
    check(!(p[0] & 0x70), "a frame with reserved bits: %02x %02x", p[0], p[1]);
    check(!(p[1] & 0x80), "a masked frame from a server: %02x %02x", p[0], p[1]);
    check(opcode <= 2 || (opcode >= 8 && opcode <= 10), "a frame of opcode %d", opcode);
    check(opcode < 8 || ((p[0] & FIN) && (p[1] & 0x7f) < 126),
          "a control frame that is too long or in pieces");
}

enum arrival client_frame(struct client *c, struct got *got, int ms)
{
    int64_t deadline = clock_now() + ms * MS;
    size_t head = 2, before = 0;
    uint64_t size = 0;
    enum arrival a;
    while (head != before) {
        before = head;
        if ((a = want(c, head, deadline)) != FRAME) {
            check(left(c) == 0 || a == NOTHING, "the line ends inside a frame");
            return a;
        }
        check_header((unsigned char *)c->buf + c->at);
        size = payload_length((unsigned char *)c->buf + c->at, &head);
    }
    check(size < 1 << 28, "a frame of %llu bytes", (unsigned long long)size);
    if ((a = want(c, head + size, deadline)) != FRAME) {
        check(a == NOTHING, "the line ends inside a frame of %llu bytes",
              (unsigned long long)size);
        return a;
    }
    *got = (struct got){ (unsigned char)c->buf[c->at], c->buf + c->at + head, size };
    c->at += head + size;
    return FRAME;
}

/* 1005 stands for none. */
static int close_code(const struct got *got)
{
    const unsigned char *p = (const unsigned char *)got->data;
    return got->size < 2 ? 1005 : p[0] << 8 | p[1];
}

static const char *what(enum arrival a, const struct got *got)
{
    static char text[100];
    if (a != FRAME)
        return a == END ? "the end of the line" : a == BROKEN ? "a reset" : "nothing";
    size_t n = got->size;
    int at = snprintf(text, sizeof text, "a frame %02x of %zu bytes", got->first, n);
    if ((got->first & 0x0f) == CLOSING && n >= 2)
        snprintf(text + at, sizeof text - at, ", close %d \"%.*s\"", close_code(got),
                 (int)(n < 42 ? n - 2 : 40), got->data + 2);
    return text;
}

void expect_frame(struct client *c, int opcode, const char *data, size_t n)
{
    struct got got;
    enum arrival a = client_frame(c, &got, PATIENCE);
    check(a == FRAME && got.first == (FIN | opcode) && got.size == n,
          "wanted a frame %02x of %zu bytes, got %s", FIN | opcode, n, what(a, &got));
    check(!memcmp(got.data, data, n), "a frame %02x of %zu bytes is not what was sent",
          got.first, n);
}

void expect_text(struct client *c, const char *text)
{
    struct got got;
    enum arrival a = client_frame(c, &got, PATIENCE);
    check(a == FRAME && got.first == (FIN | TEXT), "wanted \"%s\", got %s", text,
          what(a, &got));
    check(got.size == strlen(text) && !memcmp(got.data, text, got.size),
          "wanted \"%s\", got \"%.*s\"", text, (int)(got.size < 99 ? got.size : 99),
          got.data);
}

void expect_texts(struct client **c, int n, const char *text)
{
    for (int i = 0; i < n; i++)
        expect_text(c[i], text);
}

void expect_close(struct client *c, int code)
{
    struct got got;
    enum arrival a = client_frame(c, &got, PATIENCE);
    check(a == FRAME && got.first == (FIN | CLOSING), "wanted close %d, got %s", code,
          what(a, &got));
    check(got.size != 1, "a close frame of one byte");
    check(close_code(&got) == code, "wanted close %d, got %s", code, what(a, &got));
    if (!c->closing) {          /* answered, and nothing more to come from us */
        client_send_close(c, code == 1005 ? 1000 : code, "");
        shutdown(c->fd, SHUT_WR);
    }
    expect_end(c, PATIENCE);
}

void expect_end(struct client *c, int ms)
{
    enum arrival a = want(c, 1, clock_now() + ms * MS);
    check(a != FRAME, "%zu more bytes where the line should end", left(c));
    check(a != NOTHING, "the server does not end the line");
}

void expect_silence(struct client *c, int ms)
{
    enum arrival a = want(c, 1, clock_now() + ms * MS);
    check(a == NOTHING, "wanted nothing, got %s", a == FRAME ? "bytes" : what(a, NULL));
}

/* ---- HTTP ---- */

const char *http_field(const struct answer *a, const char *name)
{
    static char value[1024];
    size_t n = strlen(name);
    for (const char *line = strstr(a->head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, n) || line[n] != ':')
            continue;
        line += n + 1;
        line += strspn(line, " \t");
        snprintf(value, sizeof value, "%.*s", (int)strcspn(line, "\r"), line);
        return value;
    }
    return NULL;
}

void http_read(struct client *c, struct answer *a, bool bodyless)
{
    int64_t deadline = clock_now() + PATIENCE * MS;
    *a = (struct answer){ 0 };
    size_t n;
    while (!(n = head_size(c))) {
        enum arrival e = client_more(c, deadline);
        check(e != NOTHING, "no answer, and no end either");
        if (e != FRAME)
            return;             /* status 0 */
    }
    check(n < sizeof a->head, "an answer's head of %zu bytes", n);
    memcpy(a->head, c->buf + c->at, n);
    c->at += n;
    check(sscanf(a->head, "HTTP/1.%*[01] %d ", &a->status) == 1 && a->status >= 100
          && a->status < 600, "this is no answer: \"%.60s\"", a->head);
    const char *length = http_field(a, "Content-Length");
    if (bodyless || a->status == 101 || a->status == 204)
        return;
    check(length, "%d comes without a Content-Length", a->status);
    a->size = strtoul(length, NULL, 10);
    check(a->size < sizeof a->body, "a body of %zu bytes", a->size);
    check(want(c, a->size, deadline) == FRAME, "the body ends before its %zu bytes",
          a->size);
    memcpy(a->body, c->buf + c->at, a->size);
    c->at += a->size;
}

void http_get(struct client *c, const char *target, struct answer *a)
{
    char head[1024];
    int n = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", target);
    client_write(c, head, n);
    http_read(c, a, false);
}

int http_status(const struct server *s, const char *bytes, size_t n)
{
    struct client *c = client_connect(s);
    struct answer a;
    client_try(c, bytes, n);
    http_read(c, &a, false);
    client_close(c);
    return a.status;
}
