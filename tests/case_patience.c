/* case_patience.c - clients that are slow on purpose, or by the hundred: nobody waits for
 * them, and what they make the server keep is bounded. */
#include "trial.h"
#include "visitor.h"
#include "clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void talk(struct client **c, int n, int times)
{
    for (int i = 0; i < times; i++) {
        client_text(c[i % n], "we go on");
        expect_texts(c, n, "we go on");
    }
}

/* A hundred heads, a byte now and then. Two members talk all the while; then all heads
 * are answered 408, in time, and nothing of them is left. */
static void slow_handshakes(struct server *s)
{
    enum { SLOW = 100, TURNS = 8 };
    struct client *c[2], *slow[SLOW];
    char head[512];
    clients_join(s, "/relay/lively", c, 2);
    int files = server_files(s);
    for (int i = 0; i < SLOW; i++)
        slow[i] = client_connect(s);
    size_t n = client_head(slow[0], "/relay/slow", head);
    for (int turn = 0; turn < TURNS; turn++) {
        for (int i = 0; i < SLOW; i++)
            client_try(slow[i], head + turn % n, 1);
        talk(c, 2, 5);
        pause_ms(20);
    }
    for (int i = 0; i < SLOW; i++) {
        struct answer a;
        trying("head %d", i);
        http_read(slow[i], &a, false);
        check(a.status == 408 || a.status == 0, "is answered %d", a.status);
        expect_end(slow[i], PATIENCE);
        client_close(slow[i]);
    }
    trying("%s", "");
    for (int64_t end = clock_now() + PATIENCE * MS; clock_now() < end; pause_ms(10))
        if (server_files(s) <= files)
            break;
    check(server_files(s) <= files, "%d descriptors before, %d after", files,
          server_files(s));
    talk(c, 2, 1);
}

enum { CHUNK = 64 * 1024, CHUNKS = 240 };      /* beyond what any socket buffers take */

/* The slow one's next message. On a busy machine a ping may have come between. */
static void expect_chunk(struct client *slow, const char *chunk)
{
    struct got got;
    enum arrival a;
    while ((a = client_frame(slow, &got, PATIENCE)) == FRAME
           && got.first == (FIN | PING))
        client_send(slow, FIN | PONG, "", 0);
    check(a == FRAME && got.first == (FIN | TEXT) && got.size == CHUNK
          && !memcmp(got.data, chunk, CHUNK), "this is not what was sent");
}

/* One member takes a little at a time, the other never waits for it. It gets all there is
 * in the end: slowness within the bound costs it nothing. */
static void slow_but_steady(struct server *s)
{
    static char chunk[CHUNK];
    struct client *c = client_join(s, "/relay/steady"), *slow = client_slow(s);
    client_ask(slow, "/relay/steady");
    check(client_answered(slow, PATIENCE), "no answer to the handshake");
    int64_t slowest = 0;
    for (int i = 0; i < CHUNKS; i++) {
        memset(chunk, 'a' + i % 26, CHUNK);
        int64_t start = clock_now();
        client_send(c, FIN | TEXT, chunk, CHUNK);
        expect_frame(c, TEXT, chunk, CHUNK);
        if (clock_now() - start > slowest)
            slowest = clock_now() - start;
    }
    check(slowest < 1000 * MS, "once the other waited for %lld ms",
          (long long)(slowest / MS));
    for (int i = 0; i < CHUNKS; i++) {
        trying("message %d of %d", i, CHUNKS);
        memset(chunk, 'a' + i % 26, CHUNK);
        expect_chunk(slow, chunk);
        pause_ms(10);
    }
}

/* Large ones are announced and not sent. It costs a little memory for each, not what was
 * announced; and the line is cut when nothing comes. */
static void announced_and_withheld(struct server *s)
{
    enum { MANY = 50, SANE = 128 };      /* KiB for each that announces */
    int many = s->model->single ? 1 : s->model->crew ? 8 : MANY;
    struct client *c[MANY];
    char data[1000] = "";
    clients_join(s, "/relay/withheld", c, many);
    long before = server_memory(s);
    for (int i = 0; i < many; i++)      /* on a busy machine some may be cut by now */
        client_try(c[i], "\x82\xff\0\0\0\0\0\x10\0\0mask", 14);
    for (int i = 0; i < many; i++)
        client_try(c[i], data, sizeof data);
    pause_ms(50);
    long grown = server_memory(s) - before;
    check(grown < many * SANE + 4096 * SLOWER,
          "%d announced MiBs have cost %ld KiB", many, grown);
    for (int i = 0; i < many; i++) {
        struct got got;
        trying("client %d", i);
        while (client_frame(c[i], &got, PATIENCE) == FRAME)
            check((got.first & 0x0f) >= CLOSING, "a message from nowhere");
        expect_end(c[i], 0);
    }
}

/* README's formula, as in case_bounds.c, for clients without a WebSocket: in KiB, where
 * --max-output is 256 KiB, --max-message 64, and a room's history, which is everybody's,
 * has been filled before. */
enum { OUTPUT = 256, MESSAGE = 64, REST = 100, VISITORS = 3 };
enum { KEPT = (2 * OUTPUT + 3 * MESSAGE + REST) * SLOWER };

static void post_often(struct client *c, const char *body, size_t size, int times)
{
    for (int i = 0; i < times; i++) {
        int status = visitor_post(c, "mean", "", body, size);
        check(status == 204, "a POST is answered %d", status);
    }
}

/* All but a byte of their bodies. */
static void hold_back(struct client *c, const char *body, size_t size)
{
    char head[100];
    client_write(c, head, snprintf(head, sizeof head, "POST /relay/mean HTTP/1.1\r\n"
                                   "Host: h\r\nContent-Length: %zu\r\n\r\n", size));
    client_write(c, body, size - 1);
}

static void the_meanest_visitors(struct server *s)
{
    enum { SIZE = 8000, WARM = 100, TIMES = 1500 };
    static char body[MESSAGE << 10];
    struct client *c[VISITORS], *talker = client_connect(s);
    memset(body, '\n', sizeof body);     /* of which an event makes seven times as much */
    for (int bodies = 0; bodies < 2; bodies++) {
        trying(bodies ? "bodies that do not end" : "streams that nobody reads");
        for (int i = 0; i < VISITORS; i++) {
            c[i] = client_slow(s);
            if (!bodies)
                visitor_stream(c[i], "mean", "");
        }
        post_often(talker, body, SIZE, WARM);
        long before = server_memory(s);
        if (bodies)
            for (int i = 0; i < VISITORS; i++)
                hold_back(c[i], body, sizeof body);
        post_often(talker, body, SIZE, bodies ? WARM : TIMES);
        long grown = server_memory(s) - before;
        check(grown / VISITORS < KEPT, "each client has cost %ld KiB", grown / VISITORS);
        for (int i = 0; i < VISITORS; i++)
            client_reset(c[i]);
    }
}

static void many_large_ones(struct server *s)
{
    enum { MEMBERS = 8, TIMES = 100, SIZE = 1 << 20 };
    struct client *c[MEMBERS];
    char *data = malloc(SIZE);
    int n = s->model->single ? 1 : MEMBERS;
    clients_join(s, "/relay/large", c, n);
    long before = 0;
    for (int i = 0; i < TIMES; i++) {
        memset(data, i, SIZE);
        snprintf(data, SIZE, "MiB %d", i);
        trying("message %d", i);
        client_send(c[i % n], FIN | BINARY, data, SIZE);
        for (int k = 0; k < n; k++)
            expect_frame(c[k], BINARY, data, SIZE);
        if (i == TIMES / 10)
            before = server_memory(s);
    }
    free(data);
    long grown = server_memory(s) - before;
    check(grown < 16 * 1024, "it has grown by %ld KiB", grown);
}

/* A reset at every byte of a handshake, a text, a fragment, a ping and a close. */
static void reset_at_every_byte(struct server *s)
{
    struct client *c[2];
    char head[1024], text[200];
    int n = s->model->single ? 0 : 2;
    clients_join(s, "/relay/bystanders", c, n);
    struct client *first = client_connect(s);
    size_t size = client_head(first, "/relay/reset", head), all = size;
    client_close(first);
    memset(text, 't', sizeof text);
    all += frame_put(head + all, FIN | TEXT, text, sizeof text);
    all += frame_put(head + all, TEXT, "part", 4);
    all += frame_put(head + all, FIN | PING, "p", 1);
    all += frame_put(head + all, FIN | CLOSING, "\x03\xe8", 2);
    for (size_t cut = 0; cut <= all; cut++) {
        trying("reset after %zu bytes", cut);
        struct client *victim = client_connect(s);
        client_try(victim, head, cut);
        client_reset(victim);
        if (n)
            talk(c, n, 1);
    }
    first = client_join(s, "/relay/afterwards");
    client_send(first, FIN | PING, "", 0);
    expect_frame(first, PONG, "", 0);
}

const struct trial patience_trials[] = {
    TRIAL("a hundred slow handshakes", slow_handshakes, .needs = A_CROWD,
          .options = "--handshake-timeout 600"),
    TRIAL("a slow and steady reader", slow_but_steady, .needs = SEVERAL,
          .options = "--max-output 33554432"),
    TRIAL("large messages announced and withheld", announced_and_withheld,
          .options = "--ping-after 1000 --pong-timeout 300 --close-timeout 200"),
    TRIAL("the most that visitors can make it keep", the_meanest_visitors,
          .needs = SEVERAL, .thorough = true,
          .options = "--max-output 262144 --max-message 65536 --history 65536"),
    TRIAL("a reset at every byte", reset_at_every_byte, .thorough = true),
    TRIAL("a MiB to eight, a hundred times", many_large_ones, .thorough = true,
          .options = "--max-output 33554432"),
    { 0 },
};
