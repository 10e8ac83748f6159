/* case_bounds.c - nobody makes the server keep more, or wait longer, than it promised. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* KiB. AddressSanitizer keeps what is freed for a while; ThreadSanitizer remembers, for
 * each byte that is touched, several bytes of who did it. */
#if defined(__SANITIZE_THREAD__)
enum { SANE_GROWTH = 160 * 1024 };
#elif defined(__SANITIZE_ADDRESS__)
enum { SANE_GROWTH = 32 * 1024 };
#else
enum { SANE_GROWTH = 12 * 1024 };
#endif

/* ---- one reads nothing, and the others do not notice ---- */

enum { CHUNK = 64 * 1024, CHUNKS = 240 };      /* beyond what any socket buffers take */

/* The chunk says which one it is at its front. */
static void make_chunk(char *chunk, int number)
{
    memset(chunk, 'a' + number % 26, CHUNK);
    snprintf(chunk, 16, "%d ", number);
}

/* What the slow one finds when it reads at last: whole frames in order, then the end. */
static void drain(struct client *slow)
{
    static char chunk[CHUNK];
    struct got got;
    enum arrival a;
    int n = 0;
    while ((a = client_frame(slow, &got, PATIENCE)) == FRAME
           && (got.first & 0x0f) != CLOSING) {
        if (got.size == 1)
            continue;           /* its own word */
        make_chunk(chunk, n++);
        check(got.size == CHUNK && !memcmp(got.data, chunk, CHUNK),
              "message %d is not what was sent", n - 1);
    }
    check(n < CHUNKS, "the slow reader got everything: nothing was bounded");
    check(a != NOTHING, "after %d messages the slow reader gets no more, and no end", n);
    if (a == FRAME) {
        check(got.size >= 2 && !memcmp(got.data, "\x03\xf5", 2), "its close is not 1013");
        client_send(slow, FIN | CLOSING, "\x03\xf5", 2);
        expect_end(slow, PATIENCE);
    }
}

static void slow_reader(struct server *s)
{
    static char chunk[CHUNK];
    struct client *c[2], *slow = client_slow(s);
    client_ask(slow, "/relay/slow");
    check(client_answered(slow, PATIENCE), "no answer to the handshake");
    clients_join(s, "/relay/slow", c, 2);
    long before = server_memory(s);
    for (int i = 0; i < CHUNKS; i++) {
        make_chunk(chunk, i);
        client_send(c[0], FIN | TEXT, chunk, CHUNK);
        trying("message %d", i);
        for (int k = 0; k < 2; k++)
            expect_frame(c[k], TEXT, chunk, CHUNK);
    }
    trying("%s", "");
    long grown = server_memory(s) - before;
    check(grown < SANE_GROWTH, "the server has grown by %ld KiB", grown);
    drain(slow);
}

/* The next message that is no word of the napper's. */
static void expect_chunk(struct client *c, int number)
{
    static char chunk[CHUNK];
    struct got got;
    do
        check(client_frame(c, &got, PATIENCE) == FRAME, "no message %d", number);
    while (got.size == 1);
    make_chunk(chunk, number);
    check(got.size == CHUNK && !memcmp(got.data, chunk, CHUNK),
          "message %d is not what was sent", number);
}

/* For who naps in a job nothing is taken in, wherever it waits then: in its outbox, a
 * mailbox, the post office. It must learn that it has missed something. */
static void napper(struct server *s)
{
    static char chunk[CHUNK];
    struct client *napping = client_slow(s), *c;
    client_ask(napping, "/relay/nap?job=nap:500");
    check(client_answered(napping, PATIENCE), "no answer to the handshake");
    clients_join(s, "/relay/nap", &c, 1);
    client_text(napping, "x");
    for (int i = 0; i < CHUNKS; i++) {
        make_chunk(chunk, i);
        client_send(c, FIN | TEXT, chunk, CHUNK);
        expect_chunk(c, i);
    }
    drain(napping);
}

/* A slow reader that says nothing either must go all the same and free its place. */
static void slow_reader_goes(struct server *s)
{
    static char chunk[CHUNK];
    struct client *c = client_join(s, "/relay/slow");
    int files = server_files(s);
    struct client *slow = client_slow(s);
    client_ask(slow, "/relay/slow");
    check(client_answered(slow, PATIENCE), "no answer to the handshake");
    for (int i = 0; i < CHUNKS; i++) {
        make_chunk(chunk, i);
        client_send(c, FIN | TEXT, chunk, CHUNK);
        expect_frame(c, TEXT, chunk, CHUNK);
    }
    int64_t end = clock_now() + PATIENCE * MS;
    while (server_files(s) > files && clock_now() < end)
        pause_ms(20);
    check(server_files(s) <= files, "it keeps the connection, though nobody reads there");
}

static int overflowed(struct client *asking)
{
    static const char name[] = "\nrelay_overflows_total ";
    struct answer a;
    http_get(asking, "/metrics", &a);
    const char *line = strstr(a.body, name);
    check(line, "/metrics does not tell how many have overflowed");
    return atoi(line + strlen(name));
}

/* Its own job does not keep it: from when it is told to go, the limit for a close holds.
 * When that is known while it sleeps, or only when it wakes, is the model's business. */
static void sleeper_goes(struct server *s)
{
    static char chunk[CHUNK];
    struct client *asking = client_connect(s), *c = client_join(s, "/relay/slow");
    check(overflowed(asking) == 0, "somebody has overflowed before");
    int files = server_files(s);
    struct client *slow = client_slow(s);
    client_ask(slow, "/relay/slow?job=sleep:4000");
    check(client_answered(slow, PATIENCE), "no answer to the handshake");
    client_text(slow, "x");
    for (int i = 0; i < CHUNKS; i++) {
        make_chunk(chunk, i);
        client_send(c, FIN | TEXT, chunk, CHUNK);
        expect_chunk(c, i);
    }
    int64_t end = clock_now() + 2 * PATIENCE * MS;
    while (overflowed(asking) == 0 && clock_now() < end)
        pause_ms(20);
    int64_t start = clock_now();
    while (server_files(s) > files && clock_now() < end)
        pause_ms(20);
    int ms = (clock_now() - start) / MS;
    check(ms < 2000, "who is to go within 200 ms is gone after %d", ms);
}

/* Small messages are gathered for a write, which may be under way when the others have to
 * be dropped. Each has a job: without one, those that come together go on as one. The
 * number is at a message's front. */
enum { WORD = 100, BURST = 500 };

static void make_word(char *word, int number)
{
    memset(word, 'a' + number % 26, WORD);
    snprintf(word, 16, "%d ", number);
}

/* The next one in order; or the close, of which it returns false. */
static bool is_word(struct client *c, int number)
{
    char word[WORD];
    struct got got;
    check(client_frame(c, &got, PATIENCE) == FRAME, "no message %d, and no close",
          number);
    if ((got.first & 0x0f) == CLOSING) {
        check(got.size >= 2 && !memcmp(got.data, "\x03\xf5", 2), "its close is not 1013");
        return false;
    }
    make_word(word, number);
    check(got.size == WORD && !memcmp(got.data, word, WORD),
          "message %d is not what was sent", number);
    return true;
}

/* One who reads says so many, and hears them. */
static void say_words(struct client *c, int from)
{
    static char bytes[BURST * (WORD + 6)];
    char word[WORD];
    size_t n = 0;
    for (int i = from; i < from + BURST; i++) {
        make_word(word, i);
        n += frame_put(bytes + n, FIN | TEXT, word, WORD);
    }
    client_write(c, bytes, n);
    for (int i = from; i < from + BURST; i++)
        check(is_word(c, i), "somebody who reads is closed");
}

static void slow_reader_of_words(struct server *s)
{
    enum { MOST = 200000, MORE = 10 * BURST };
    struct client *asking = client_connect(s), *slow = client_slow(s);
    int said = 0, heard = 0, end = MOST;
    check(overflowed(asking) == 0, "somebody has overflowed before");
    client_ask(slow, "/relay/words");
    check(client_answered(slow, PATIENCE), "no answer to the handshake");
    struct client *c = client_join(s, "/relay/words?job=cpu:0");
    for (; said < end; said += BURST) {
        say_words(c, said);
        if (end == MOST && overflowed(asking))
            end = said + MORE;          /* what is under way is still there then */
    }
    check(end < MOST, "%d messages are kept for somebody who does not read", said);
    trying("the slow reader of %d messages", said);
    while (is_word(slow, heard))
        heard++;
    check(heard < said - MORE, "gets %d: nothing was bounded", heard);
    client_send(slow, FIN | CLOSING, "\x03\xf5", 2);
    expect_end(slow, PATIENCE);
}

/* Sends without reading until the server takes no more, or so many bytes are gone. */
static size_t flood(struct client *c, const char *bytes, size_t n, size_t most)
{
    size_t total = 0;
    while (total < most) {
        struct pollfd p = { c->fd, POLLOUT, 0 };
        if (poll(&p, 1, 300) <= 0 || (p.revents & (POLLERR | POLLHUP)))
            break;
        /* From where we stopped within a frame, so that the stream stays well-formed. */
        size_t at = total % n;
        ssize_t sent = send(c->fd, bytes + at, n - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent <= 0)
            break;
        total += sent;
    }
    return total;
}

/* Pongs are output too. */
static void ping_flood(struct server *s)
{
    enum { PINGS = 500, MOST = 64 << 20 };
    static char bytes[PINGS * 139];
    char body[125] = "ping";
    size_t n = 0;
    for (int i = 0; i < PINGS; i++)
        n += frame_put(bytes + n, FIN | PING, body, sizeof body);
    struct client *c = client_slow(s);
    client_ask(c, "/relay/flood");
    check(client_answered(c, PATIENCE), "no answer to the handshake");
    long before = server_memory(s);
    size_t sent = flood(c, bytes, n, MOST);
    long grown = server_memory(s) - before;
    check(grown < SANE_GROWTH, "after %zu bytes of pings it has grown by %ld KiB", sent,
          grown);
    client_reset(c);
    c = client_join(s, "/relay/flood");
    client_text(c, "still there");
    expect_text(c, "still there");
}

/* So are the answers to pipelined requests. */
static void request_flood(struct server *s)
{
    enum { REQUESTS = 500, MOST = 64 << 20 };
    static char bytes[REQUESTS * 40];
    size_t n = 0;
    for (int i = 0; i < REQUESTS; i++)
        n += sprintf(bytes + n, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    struct client *c = client_slow(s);
    long before = server_memory(s);
    size_t sent = flood(c, bytes, n, MOST);
    long grown = server_memory(s) - before;
    check(grown < SANE_GROWTH, "after %zu bytes of requests it has grown by %ld KiB",
          sent, grown);
    client_reset(c);
    c = client_join(s, "/relay/flood");
    client_text(c, "still there");
    expect_text(c, "still there");
}

/* A message is bounded, and so must be what its fragments cost. */
static void fragment_flood(struct server *s)
{
    enum { PIECES = 1000 };
    static char bytes[PIECES * 8];
    size_t n = 0;
    struct client *c = client_join(s, "/relay/flood");
    long before = server_memory(s);
    client_send(c, TEXT, "", 0);
    for (int i = 0; i < PIECES; i++)
        n += frame_put(bytes + n, CONT, "x", i % 2);
    size_t sent = flood(c, bytes, n, 4 << 20);
    long grown = server_memory(s) - before;
    check(grown < SANE_GROWTH, "after %zu bytes of fragments it has grown by %ld KiB",
          sent, grown);
}

/* README's formula: what a client can make the server keep, in KiB, where --max-output is
 * 256 KiB and --max-message 64. Where the room is reached by mail, output may wait twice:
 * there, and in the peer. */
enum { OUTPUT = 256, MESSAGE = 64, REST = 100, MEANEST = 3 };
enum { KEPT = (2 * OUTPUT + 3 * MESSAGE + REST) * SLOWER };

static struct client *mean_client(struct server *s, int number)
{
    char room[30];
    struct client *c = client_slow(s);
    snprintf(room, sizeof room, "/relay/%d", number);
    client_ask(c, room);
    check(client_answered(c, PATIENCE), "no answer to the handshake");
    return c;
}

/* What a server sets aside once, for all, such as uring's buffers, is no client's: one
 * that takes what it is sent has been there before, and leaves no more than a message. */
static void warm_up(struct server *s, const char *body, size_t size)
{
    struct client *c = client_join(s, "/relay/warm");
    for (int i = 0; i < 100; i++) {
        client_send(c, FIN | BINARY, body, size);
        expect_frame(c, BINARY, body, size);
    }
    client_reset(c);
}

/* Clients that take nothing, and say what makes the most of it. */
static void the_meanest(struct server *s)
{
    static const struct { const char *name; int first; size_t size; } all[] = {
        { "pings", FIN | PING, 0 }, { "long pings", FIN | PING, 125 },
        { "empty messages", FIN | TEXT, 0 }, { "messages of 1 kB", FIN | TEXT, 1000 },
        { "large messages", FIN | BINARY, MESSAGE << 10 },
    };
    enum { BYTES = 1 << 18, MOST = 16 << 20 };
    static char bytes[BYTES], body[MESSAGE << 10];
    int clients = s->model->single ? 1 : MEANEST;
    memset(body, 'm', sizeof body);
    warm_up(s, body, sizeof body);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct client *c[MEANEST];
        size_t n = 0;
        trying("%s", all[i].name);
        while (n + 14 + all[i].size <= BYTES)
            n += frame_put(bytes + n, all[i].first, body, all[i].size);
        for (int k = 0; k < clients; k++)
            c[k] = mean_client(s, k);
        long before = server_memory(s), most = 0;
        for (int k = 0; k < clients; k++) {
            flood(c[k], bytes, n, MOST);
            long grown = server_memory(s) - before;
            most = grown > most ? grown : most;
        }
        check(most / clients < KEPT, "each client has cost %ld KiB", most / clients);
        for (int k = 0; k < clients; k++)
            client_reset(c[k]);
    }
}

/* ---- silence ---- */

static void ping_after_silence(struct server *s)
{
    int64_t start = clock_now();
    struct client *c = client_join(s, "/relay/quiet");
    struct got got;
    for (int i = 0; i < 3; i++) {
        check(client_frame(c, &got, PATIENCE) == FRAME && got.first == (FIN | PING),
              "no ping after silence");
        int ms = (clock_now() - start) / MS;
        check(ms >= 140 && ms < 1000, "ping %d comes after %d ms, not 150", i + 1, ms);
        char copy[125];
        size_t n = got.size;
        memcpy(copy, got.data, n);
        start = clock_now();
        client_send(c, FIN | PONG, copy, n);
    }
    trying("the ping that nobody answers");
    check(client_frame(c, &got, PATIENCE) == FRAME && got.first == (FIN | PING),
          "no ping");
    while (client_frame(c, &got, PATIENCE) == FRAME)
        check((got.first & 0x0f) >= CLOSING, "a message from nowhere");
    expect_end(c, 0);
    int ms = (clock_now() - start) / MS;
    check(ms >= 340 && ms < 2500, "the end comes %d ms after the last pong, not 350", ms);
}

/* A client that talks is not asked whether it lives. */
static void no_ping_while_talking(struct server *s)
{
    struct client *c = client_join(s, "/relay/busy");
    for (int i = 0; i < 8; i++) {
        client_text(c, "talking");
        expect_text(c, "talking");
        pause_ms(50);
    }
}

static void stuck_in_a_frame(struct server *s)
{
    struct client *c = client_join(s, "/relay/stuck");
    struct got got;
    client_write(c, "\x81\xfe\x01\x00mask only this", 18);
    int64_t start = clock_now();
    while (client_frame(c, &got, PATIENCE) == FRAME)
        check((got.first & 0x0f) >= CLOSING, "a message from nowhere");
    expect_end(c, 0);
    int ms = (clock_now() - start) / MS;
    check(ms < 2000, "who is stuck within a frame is endured for %d ms", ms);
}

/* Who does not answer our close is not waited for without end. */
static void close_unanswered(struct server *s)
{
    struct client *c = client_join(s, "/relay/rude");
    int64_t start = clock_now();
    struct got got;
    client_write(c, "\xff\x80\0\0\0\0", 6);
    check(client_frame(c, &got, PATIENCE) == FRAME && got.first == (FIN | CLOSING),
          "no close after a bad frame");
    expect_end(c, PATIENCE);
    int ms = (clock_now() - start) / MS;
    check(ms < 1500, "the line ends only after %d ms, the limit being 200", ms);
}

static void too_many(struct server *s)
{
    enum { MOST = 4 };
    struct client *c[MOST];
    struct answer a;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MOST; i++)
            c[i] = client_join_patiently(s, "/relay/full");
        struct client *extra = client_connect(s);
        http_read(extra, &a, false);
        check(a.status == 503, "one more is answered %d", a.status);
        expect_end(extra, PATIENCE);
        client_close(extra);
        extra = client_connect(s);
        client_ask(extra, "/relay/full");
        http_read(extra, &a, false);
        check(a.status == 503, "one more that asks is answered %d", a.status);
        client_text(c[0], "we are full");
        expect_texts(c, MOST, "we are full");
        for (int i = 0; i < MOST; i++) {
            client_send_close(c[i], 1000, "");
            expect_close(c[i], 1000);
            client_close(c[i]);
        }
        client_close(extra);
    }
}

const struct trial bound_trials[] = {
    TRIAL("a slow reader is let go, the others get everything", slow_reader,
          .options = "--max-output 262144 --close-timeout 20000", .needs = SEVERAL),
    TRIAL("a slow reader of small messages", slow_reader_of_words, .needs = SEVERAL,
          .options = "--max-output 262144 --close-timeout 20000"),
    TRIAL("a slow reader does not stay", slow_reader_goes, .needs = SEVERAL,
          .options = "--max-output 262144 --close-timeout 300"),
    TRIAL("a slow reader that sleeps does not stay", sleeper_goes, .needs = SEVERAL,
          .options = "--max-output 262144 --close-timeout 200"),
    TRIAL("a member that naps learns what it has missed", napper, .needs = SEVERAL,
          .options = "--max-output 262144 --close-timeout 20000"),
    TRIAL("a flood of pings", ping_flood),
    TRIAL("a flood of requests", request_flood),
    TRIAL("a flood of fragments", fragment_flood),
    TRIAL("the most that clients can make it keep", the_meanest, .thorough = true,
          .options = "--max-output 262144 --max-message 65536"),
    TRIAL("a ping after silence", ping_after_silence,
          .options = "--ping-after 150 --pong-timeout 200 --close-timeout 200"),
    TRIAL("no ping while the client talks", no_ping_while_talking,
          .options = "--ping-after 200 --pong-timeout 200"),
    TRIAL("a client stuck within a frame", stuck_in_a_frame,
          .options = "--ping-after 150 --pong-timeout 150 --close-timeout 150"),
    TRIAL("a close that nobody answers", close_unanswered,
          .options = "--close-timeout 200"),
    TRIAL("more connections than --max-connections", too_many, .needs = A_CROWD,
          .options = "--max-connections 4"),
    { 0 },
};
