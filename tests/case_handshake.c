/* case_handshake.c - who may come in: request heads, right, wrong and slow. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define RAW(bytes) bytes, sizeof bytes - 1
#define GET     "GET /relay/room HTTP/1.1\r\n"
#define HOST    "Host: localhost\r\n"
#define UPGRADE "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define CRLF    "\r\n"

enum { REFUSED = -4 };          /* any 4xx or 5xx will do */

struct head {
    const char *name;
    const char *bytes;
    size_t size;
    int status;
};

static void try_heads(struct server *s, const struct head *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        trying("%s", rows[i].name);
        int status = http_status(s, rows[i].bytes, rows[i].size);
        if (rows[i].status == REFUSED)
            check(status >= 400 && status < 600, "is answered %d, not refused", status);
        else
            check(status == rows[i].status, "is answered %d, not %d", status,
                  rows[i].status);
    }
}

#define TRY(s, rows) try_heads(s, rows, sizeof rows / sizeof *rows)

static void proper_heads(struct server *s)
{
    static const struct head rows[] = {
        { "a plain upgrade", RAW(GET HOST UPGRADE VERSION KEY CRLF), 101 },
        { "a list in Connection",
          RAW(GET HOST "Upgrade: websocket\r\n"
                       "Connection: keep-alive, Upgrade\r\n" VERSION KEY CRLF),
          101 },
        { "a list without blanks",
          RAW(GET HOST "Upgrade: websocket\r\n"
                       "Connection: keep-alive,upgrade,x\r\n" VERSION KEY CRLF),
          101 },
        { "two Connection fields",
          RAW(GET HOST
              "Upgrade: websocket\r\n"
              "Connection: keep-alive\r\nConnection: Upgrade\r\n" VERSION KEY CRLF),
          101 },
        { "a list in Upgrade",
          RAW(GET HOST "Upgrade: h2c, websocket\r\n"
                       "Connection: Upgrade\r\n" VERSION KEY CRLF),
          101 },
        { "capitals",
          RAW(GET "HOST: localhost\r\nUPGRADE: WebSocket\r\n"
                  "CONNECTION: UPGRADE\r\nSEC-WEBSOCKET-VERSION: 13\r\n"
                  "SEC-WEBSOCKET-KEY: dGhlIHNhbXBsZSBub25jZQ==\r\n" CRLF),
          101 },
        { "small letters",
          RAW(GET "host: localhost\r\nupgrade: websocket\r\n"
                  "connection: upgrade\r\nsec-websocket-version: 13\r\n"
                  "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n" CRLF),
          101 },
        { "no blanks after colons",
          RAW(GET "Host:localhost\r\nUpgrade:websocket\r\n"
                  "Connection:Upgrade\r\nSec-WebSocket-Version:13\r\n"
                  "Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==\r\n" CRLF),
          101 },
        { "an extension is offered",
          RAW(GET HOST UPGRADE VERSION KEY
              "Sec-WebSocket-Extensions: permessage-deflate\r\n" CRLF),
          101 },
        { "an origin",
          RAW(GET HOST UPGRADE VERSION KEY "Origin: http://a.example\r\n" CRLF), 101 },
    };
    TRY(s, rows);
}

static void bad_heads(struct server *s)
{
    static const struct head rows[] = {
        { "no Host", RAW(GET UPGRADE VERSION KEY CRLF), 400 },
        { "two Hosts", RAW(GET HOST HOST UPGRADE VERSION KEY CRLF), 400 },
        { "no Host, a plain GET", RAW("GET /healthz HTTP/1.1\r\n" CRLF), 400 },
        { "two Hosts, a plain GET", RAW("GET /healthz HTTP/1.1\r\n" HOST HOST CRLF),
          400 },
        { "no key", RAW(GET HOST UPGRADE VERSION CRLF), 400 },
        { "two keys", RAW(GET HOST UPGRADE VERSION KEY KEY CRLF), 400 },
        { "a key of 15 bytes",
          RAW(GET HOST UPGRADE VERSION
              "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4P\r\n" CRLF),
          400 },
        { "a key of 17 bytes",
          RAW(GET HOST UPGRADE VERSION
              "Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEBE=\r\n" CRLF),
          400 },
        { "a key that is not base64",
          RAW(GET HOST UPGRADE VERSION
              "Sec-WebSocket-Key: !!!!IHNhbXBsZSBub25j!!==\r\n" CRLF),
          400 },
        { "an empty key", RAW(GET HOST UPGRADE VERSION "Sec-WebSocket-Key: \r\n" CRLF),
          400 },
        { "no version", RAW(GET HOST UPGRADE KEY CRLF), REFUSED },
        { "two versions", RAW(GET HOST UPGRADE VERSION VERSION KEY CRLF), REFUSED },
        { "version 8", RAW(GET HOST UPGRADE "Sec-WebSocket-Version: 8\r\n" KEY CRLF),
          426 },
        { "version 130", RAW(GET HOST UPGRADE "Sec-WebSocket-Version: 130\r\n" KEY CRLF),
          426 },
        { "HTTP/1.0", RAW("GET /relay/room HTTP/1.0\r\n" HOST UPGRADE VERSION KEY CRLF),
          REFUSED },
        { "POST", RAW("POST /relay/room HTTP/1.1\r\n" HOST UPGRADE VERSION KEY CRLF),
          REFUSED },
        { "HTTP/2.0", RAW("GET /relay/room HTTP/2.0\r\n" HOST UPGRADE VERSION KEY CRLF),
          REFUSED },
        { "no upgrade at all", RAW(GET HOST CRLF), 426 },
        { "no Connection", RAW(GET HOST "Upgrade: websocket\r\n" VERSION KEY CRLF), 426 },
        { "Connection without upgrade",
          RAW(GET HOST "Upgrade: websocket\r\n"
                       "Connection: keep-alive\r\n" VERSION KEY CRLF),
          426 },
        { "another word in Connection",
          RAW(GET HOST "Upgrade: websocket\r\n"
                       "Connection: notupgrade\r\n" VERSION KEY CRLF),
          426 },
        { "another Upgrade",
          RAW(GET HOST "Upgrade: websockets\r\nConnection: Upgrade\r\n" VERSION KEY CRLF),
          REFUSED },
        { "a blank before a colon", RAW(GET HOST "X : y\r\n" UPGRADE VERSION KEY CRLF),
          400 },
        { "a blank in a name", RAW(GET HOST "X y: z\r\n" UPGRADE VERSION KEY CRLF), 400 },
        { "a folded line", RAW(GET HOST UPGRADE VERSION KEY "X-Long: a\r\n b\r\n" CRLF),
          400 },
        { "a line that ends with LF alone",
          RAW(GET "Host: localhost\n" UPGRADE VERSION KEY CRLF), 400 },
        { "LF alone everywhere", RAW("GET /healthz HTTP/1.1\nHost: localhost\n\n"), 400 },
        { "LF alone at the end", RAW(GET HOST UPGRADE VERSION KEY "\n"), 400 },
        { "CR alone", RAW(GET HOST "X: a\rb\r\n" UPGRADE VERSION KEY CRLF), 400 },
        { "CR alone at a line's end",
          RAW(GET "Host: localhost\r" UPGRADE VERSION KEY CRLF), 400 },
        { "a header without a colon", RAW(GET HOST "hello\r\n" UPGRADE VERSION KEY CRLF),
          400 },
        { "a header without a name", RAW(GET HOST ": x\r\n" UPGRADE VERSION KEY CRLF),
          400 },
        { "a first header that is folded", RAW(GET " " HOST UPGRADE VERSION KEY CRLF),
          400 },
        { "a tab before a colon", RAW(GET HOST "X\t: y\r\n" UPGRADE VERSION KEY CRLF),
          400 },
        { "no version of HTTP", RAW("GET /healthz\r\n" HOST CRLF), REFUSED },
        { "HTTP/1.10", RAW("GET /healthz HTTP/1.10\r\n" HOST CRLF), REFUSED },
        { "http in small letters", RAW("GET /healthz http/1.1\r\n" HOST CRLF), 400 },
        { "a NUL", RAW(GET HOST "X: a\0b\r\n" UPGRADE VERSION KEY CRLF), 400 },
        { "garbage", RAW("hello, is there anybody?\r\n\r\n"), 400 },
        { "binary garbage", RAW("\x01\x02\xff\xfe\r\n\r\n"), 400 },
    };
    TRY(s, rows);
}

static void rooms_and_paths(struct server *s)
{
#define TARGET(target) RAW("GET " target " HTTP/1.1\r\n" HOST UPGRADE VERSION KEY CRLF)
#define R8 "rrrrrrrr"
    static const struct head rows[] = {
        { "one letter", TARGET("/relay/r"), 101 },
        { "all kinds of signs", TARGET("/relay/A-z0.9_"), 101 },
        { "64 letters", TARGET("/relay/" R8 R8 R8 R8 R8 R8 R8 R8), 101 },
        { "65 letters", TARGET("/relay/" R8 R8 R8 R8 R8 R8 R8 R8 "r"), REFUSED },
        { "no letter", TARGET("/relay/"), REFUSED },
        { "no room", TARGET("/relay"), REFUSED },
        { "a slash", TARGET("/relay/a/b"), REFUSED },
        { "a slash behind", TARGET("/relay/a/"), REFUSED },
        { "a percent sign", TARGET("/relay/a%20b"), REFUSED },
        { "a tilde", TARGET("/relay/~a"), REFUSED },
        { "a plus", TARGET("/relay/a+b"), REFUSED },
        { "an umlaut", TARGET("/relay/\xc3\xbc"), REFUSED },
        { "another path", TARGET("/relays/a"), 404 },
        { "the root", TARGET("/"), 404 },
        { "another host", TARGET("http://x/relay/r"), 101 },
        { "another host and no path", TARGET("http://x"), 404 },
        { "a job", TARGET("/relay/r?job=cpu:3"), 101 },
        { "a job that is none", TARGET("/relay/r?job=dance:3"), 400 },
        { "a percent sign that nobody reads", TARGET("/relay/r?name=100%"), 101 },
        { "a percent sign beside a job", TARGET("/relay/r?a=%zz&&=&job=cpu:3"), 101 },
        { "a percent sign in a job", TARGET("/relay/r?job=cpu:3%"), 400 },
        { "two jobs", TARGET("/relay/r?job=cpu:3&job=cpu:3"), 400 },
        { "an empty job", TARGET("/relay/r?job="), 400 },
        { "a job too big", TARGET("/relay/r?job=cpu:46"), 400 },
        { "messages for a job", TARGET("/job/cpu:3"), 101 },
        { "messages for a job that is none", TARGET("/job/dance:3"), 400 },
        { "messages for a job too big", TARGET("/job/sleep:60001"), 400 },
    };
    TRY(s, rows);
}

/* The version that we speak stands beside the refusal: RFC 6455 section 4.4. */
static void other_version(struct server *s)
{
    struct answer a;
    struct client *c = client_connect(s);
    client_write(c, RAW(GET HOST UPGRADE "Sec-WebSocket-Version: 12\r\n" KEY CRLF));
    http_read(c, &a, false);
    const char *version = http_field(&a, "Sec-WebSocket-Version");
    check(a.status == 426, "version 12 is answered %d", a.status);
    check(version && !strcmp(version, "13"), "the 426 does not name version 13");
}

static void example_key(struct server *s)
{
    struct answer a;
    struct client *c = client_connect(s);
    client_write(c, RAW(GET HOST UPGRADE VERSION KEY CRLF));
    http_read(c, &a, false);
    const char *accept = http_field(&a, "Sec-WebSocket-Accept");
    check(accept && !strcmp(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "accept is %s",
          accept);
    check(!http_field(&a, "Sec-WebSocket-Extensions"), "an extension nobody asked for");
    check(!http_field(&a, "Sec-WebSocket-Protocol"), "a protocol nobody asked for");
}

/* Many clients give up if none of theirs comes back; one that has none is told none. */
static void subprotocol(struct server *s)
{
#define OFFER "Sec-WebSocket-Protocol: "
    static const struct { const char *name, *offer, *echo; } rows[] = {
        { "none", "", NULL }, { "it alone", OFFER "chat" CRLF, "chat" },
        { "it in a list", OFFER "superchat, chat" CRLF, "chat" },
        { "it in the second line", OFFER "a" CRLF OFFER "b,chat" CRLF, "chat" },
        { "another", OFFER "superchat" CRLF, NULL },
        { "it in other letters", OFFER "Chat" CRLF, NULL },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[600];
        struct answer a;
        trying("%s is offered", rows[i].name);
        struct client *c = client_connect(s);
        int n = snprintf(head, sizeof head, GET HOST UPGRADE VERSION KEY "%s" CRLF,
                         rows[i].offer);
        client_write(c, head, n);
        http_read(c, &a, false);
        const char *echo = http_field(&a, "Sec-WebSocket-Protocol");
        check(a.status == 101, "is answered %d", a.status);
        check(rows[i].echo ? echo && !strcmp(echo, rows[i].echo) : !echo, "gets %s",
              echo ? echo : "none");
        client_close(c);
    }
}

/* A head one byte below the bound is served, one above is not; nor is one without end. */
static void long_heads(struct server *s)
{
    enum { BOUND = 1000 };
    char head[3 * BOUND];
    static const char start[] = GET HOST UPGRADE VERSION KEY "X: ";
    for (int size = BOUND; size <= BOUND + 1; size++) {
        size_t fill = size - (sizeof start - 1) - 4;
        int n = snprintf(head, sizeof head, "%s%0*d\r\n\r\n", start, (int)fill, 0);
        trying("a head of %d bytes", n);
        int status = http_status(s, head, n), wanted = size > BOUND ? 431 : 101;
        check(status == wanted, "is answered %d, not %d", status, wanted);
    }
    trying("an endless head");
    int n = snprintf(head, sizeof head, "%s%02000d", start, 0);
    int status = http_status(s, head, n);
    check(status == 431, "is answered %d", status);
    trying("an endless target");
    n = snprintf(head, sizeof head, "GET /%02000d", 0);
    status = http_status(s, head, n);
    check(status == 431 || status == 414, "is answered %d", status);
}

static void hello_tls(struct server *s)
{
    static const char hello[] = "\x16\x03\x01\x00\x45\x01\x00\x00\x41\x03\x03"
        "0123456789abcdef0123456789abcdef\0\0\x02\x13\x01\x01\0\0\x16\0\0\0\x0e\0\x0c\0\0"
        "\x09" "localhost";
    int status = http_status(s, RAW(hello));
    check(status == 400 || status == 0, "a TLS hello is answered %d", status);
}

static void dripped_head(struct server *s)
{
    char head[512];
    struct client *c = client_connect(s);
    size_t n = client_head(c, "/relay/drip", head);
    client_drip(c, head, n);
    check(client_answered(c, PATIENCE), "no answer to a head that came byte by byte");
    client_text(c, "hello");
    expect_text(c, "hello");
}

/* A hasty client does not wait for the 101. What it said counts all the same. */
static void frames_with_head(struct server *s)
{
    char bytes[1024], frame[64];
    struct client *c = client_connect(s);
    size_t n = client_head(c, "/relay/haste", bytes);
    n += frame_put(bytes + n, FIN | TEXT, "first", 5);
    n += frame_put(bytes + n, FIN | PING, "p", 1);
    size_t half = frame_put(frame, FIN | TEXT, "second", 6);
    memcpy(bytes + n, frame, 5);
    client_write(c, bytes, n + 5);
    check(client_answered(c, PATIENCE), "no answer to a head with frames behind it");
    struct got got;
    bool text = false;
    for (int i = 0; i < 2; i++) {       /* a pong may overtake: it is a control frame */
        check(client_frame(c, &got, PATIENCE) == FRAME, "answer %d does not come", i);
        text |=
            got.first == (FIN | TEXT) && got.size == 5 && !memcmp(got.data, "first", 5);
    }
    check(text, "the text behind the head is not relayed");
    client_write(c, frame + 5, half - 5);
    expect_text(c, "second");
}

/* The time limit runs from the start, however busily the client goes on. */
static void slow_head(struct server *s)
{
    for (int way = 0; way < 3; way++) {
        char head[512];
        int64_t start = clock_now();
        struct client *c = client_connect(s);
        size_t n = client_head(c, "/relay/slow", head), at = way ? 10 : 0;
        trying(way == 0 ? "nothing" : way == 1 ? "half a head" : "a byte now and then");
        client_write(c, head, at);
        while (way == 2 && at < n && client_try(c, head + at, 1)
               && clock_now() < start + 1500 * MS) {
            char byte;
            at++;
            pause_ms(30);
            if (recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
                break;
        }
        struct answer a;
        http_read(c, &a, false);
        int ms = (clock_now() - start) / MS;
        check(a.status == 0 || a.status == 408, "is answered %d", a.status);
        expect_end(c, PATIENCE);
        check(ms >= 250 && ms < 1300, "ends after %d ms, the limit being 300", ms);
        client_close(c);
    }
}

const struct trial handshake_trials[] = {
    TRIAL("proper handshakes", proper_heads),
    TRIAL("bad handshakes", bad_heads),
    TRIAL("rooms and paths", rooms_and_paths),
    TRIAL("another version is told ours", other_version),
    TRIAL("the example of RFC 6455", example_key),
    TRIAL("a subprotocol", subprotocol, .options = "--subprotocol chat"),
    TRIAL("long heads", long_heads, .options = "--max-head 1000"),
    TRIAL("a TLS hello", hello_tls),
    TRIAL("a handshake byte by byte", dripped_head),
    TRIAL("frames in the same write as the handshake", frames_with_head),
    TRIAL("a slow handshake is cut", slow_head, .step = BOUNDS,
          .options = "--handshake-timeout 300"),
    { 0 },
};
