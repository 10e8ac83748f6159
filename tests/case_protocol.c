/* case_protocol.c - RFC 6455 to the letter: what is wrong draws its close code. */
#include "trial.h"
#include "wsclient.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A mask of zeros: the payload stands in the source as it goes over the line. */
#define Z "\0\0\0\0"
#define RAW(bytes) bytes, sizeof bytes - 1

struct wrong {
    const char *name;
    const char *bytes;
    size_t size;
    int code;
};

/* Once in one write and once byte by byte, each on a line of its own. */
static void draws_close(struct server *s, const struct wrong *w)
{
    for (int way = 0; way < 2; way++) {
        trying("%s%s", w->name, way ? ", byte by byte" : "");
        struct client *c = client_join_alone(s);
        if (way)
            client_drip(c, w->bytes, w->size);
        else
            client_write(c, w->bytes, w->size);
        expect_close(c, w->code);
        client_close(c);
    }
}

static void wrong_frames(struct server *s)
{
    static const struct wrong rows[] = {
        { "an unmasked text", RAW("\x81\x05" "hello"), 1002 },
        { "an unmasked ping", RAW("\x89\x00"), 1002 },
        { "an unmasked close", RAW("\x88\x02\x03\xe8"), 1002 },
        { "reserved bit 1", RAW("\xc1\x85" Z "hello"), 1002 },
        { "reserved bit 2", RAW("\xa1\x85" Z "hello"), 1002 },
        { "reserved bit 3", RAW("\x91\x85" Z "hello"), 1002 },
        { "all reserved bits, on a ping", RAW("\xf9\x80" Z), 1002 },
        { "a ping in fragments", RAW("\x09\x82" Z "ab"), 1002 },
        { "a pong in fragments", RAW("\x0a\x82" Z "ab"), 1002 },
        { "a close in fragments", RAW("\x08\x82" Z "\x03\xe8"), 1002 },
        { "a ping of 126 bytes", RAW("\x89\xfe\x00\x7e" Z), 1002 },
        { "a close of 126 bytes", RAW("\x88\xfe\x00\x7e" Z), 1002 },
        { "a ping of 65536 bytes", RAW("\x89\xff\0\0\0\0\0\1\0\0" Z), 1002 },
        { "a continuation of nothing", RAW("\x80\x85" Z "hello"), 1002 },
        { "a first continuation of nothing", RAW("\x00\x85" Z "hello"), 1002 },
        { "a text within a text", RAW("\x01\x81" Z "a" "\x81\x81" Z "b"), 1002 },
        { "a binary within a text", RAW("\x01\x81" Z "a" "\x02\x81" Z "b"), 1002 },
        { "a text within a binary", RAW("\x02\x81" Z "a" "\x01\x81" Z "b"), 1002 },
        { "126 for a length of 125", RAW("\x82\xfe\x00\x7d" Z), 1002 },
        { "126 for a length of 0", RAW("\x82\xfe\x00\x00" Z), 1002 },
        { "127 for a length of 65535", RAW("\x82\xff\0\0\0\0\0\0\xff\xff" Z), 1002 },
        { "127 for a length of 1", RAW("\x82\xff\0\0\0\0\0\0\0\1" Z), 1002 },
        { "the top bit of a length", RAW("\x82\xff\x80\0\0\0\0\1\0\0" Z), 1002 },
        { "all bits of a length", RAW("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff" Z),
          1002 },
        { "a close body of 1 byte", RAW("\x88\x81" Z "\x03"), 1002 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        draws_close(s, &rows[i]);
}

static void reserved_opcodes(struct server *s)
{
    for (int opcode = 3; opcode <= 15; opcode++)
        if (opcode < 8 || opcode > 10)
            for (int size = 0; size <= 5; size += 5) {
                char name[60], frame[20];
                snprintf(name, sizeof name, "opcode %d, %d bytes", opcode, size);
                size_t n = frame_put(frame, FIN | opcode, "hello", size);
                draws_close(s, &(struct wrong){ name, frame, n, 1002 });
            }
}

static void close_codes(struct server *s)
{
    static const int wrong[] = { 0,    1,    999,  1004, 1005, 1006, 1015,
                                 1016, 1100, 2000, 2999, 5000, 65535 };
    static const int right[] = { 1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                                 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999 };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char name[60], frame[20];
        char body[2] = { (char)(wrong[i] >> 8), (char)wrong[i] };
        snprintf(name, sizeof name, "close %d", wrong[i]);
        size_t n = frame_put(frame, FIN | CLOSING, body, 2);
        draws_close(s, &(struct wrong){ name, frame, n, 1002 });
    }
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        trying("close %d", right[i]);
        struct client *c = client_join_alone(s);
        client_send_close(c, right[i], i % 2 ? "with a reason" : "");
        expect_close(c, right[i]);
        client_close(c);
    }
}

static void bare_close(struct server *s)
{
    char reason[124];
    struct client *c = client_join_alone(s);
    client_send(c, FIN | CLOSING, "", 0);
    struct got got;
    check(client_frame(c, &got, PATIENCE) == FRAME && got.first == (FIN | CLOSING),
          "a close without a code is not answered with a close");
    check(got.size == 0 || !memcmp(got.data, "\x03\xe8", 2), "nor with 1000 or without");
    expect_end(c, PATIENCE);
    c = client_join_alone(s);
    memset(reason, 'r', 123);
    reason[123] = '\0';
    trying("one byte, after a ping that would complete it");
    client_send(c, FIN | PING, "\x03\xe8", 2);
    expect_frame(c, PONG, "\x03\xe8", 2);
    client_send(c, FIN | CLOSING, "\x03", 1);
    expect_close(c, 1002);
    client_close(c);
    c = client_join_alone(s);
    trying("the longest reason");
    client_send_close(c, 1000, reason);
    expect_close(c, 1000);
}

static void pings(struct server *s)
{
    char payload[125];
    struct client *c = client_join_alone(s);
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (char)(i * 5);
    for (size_t n = 0; n <= 125; n += n ? 62 : 1) {
        client_send(c, FIN | PING, payload, n);
        expect_frame(c, PONG, payload, n);
    }
    trying("pongs that nobody asked for");
    client_send(c, FIN | PONG, "", 0);
    client_send(c, FIN | PONG, payload, 125);
    client_text(c, "still there?");
    expect_text(c, "still there?");
    trying("many pings in one write");
    char frames[100 * 20], body[8];
    size_t size = 0;
    for (int i = 0; i < 100; i++) {
        snprintf(body, sizeof body, "%d", i);
        size += frame_put(frames + size, FIN | PING, body, strlen(body));
    }
    client_write(c, frames, size);
    for (int i = 0; i < 100; i++) {
        snprintf(body, sizeof body, "%d", i);
        expect_frame(c, PONG, body, strlen(body));
    }
}

static void after_a_close(struct server *s)
{
    struct client *c[2];
    int n = s->model->single ? 1 : 2;
    for (int way = 0; way < 2; way++) {
        trying(way ? "a bad frame after a close" : "a text after a close");
        clients_join(s, "/relay/over", c, n);
        char frames[64];
        size_t size = frame_put(frames, FIN | CLOSING, "\x03\xe8", 2);
        size += frame_put(frames + size, way ? 0x83 : FIN | TEXT, "late", 4);
        c[0]->closing = true;
        client_write(c[0], frames, size);
        expect_close(c[0], 1000);
        if (n > 1) {
            client_text(c[1], "only this");
            expect_text(c[1], "only this");
            client_close(c[1]);
        }
        client_close(c[0]);
    }
}

/* A close must not overtake what was said before it. */
static void before_a_close(struct server *s)
{
    enum { EACH = 100 };
    struct client *c[2];
    int n = s->model->single ? 1 : 2;
    char frames[EACH * 80 + 64], text[64];
    size_t size = 0;
    clients_join(s, "/relay/last", c, n);
    for (int i = 0; i < EACH; i++) {
        snprintf(text, sizeof text, "word %d of my last", i);
        size += frame_put(frames + size, FIN | TEXT, text, strlen(text));
    }
    size += frame_put(frames + size, FIN | CLOSING, "\x03\xe8", 2);
    c[0]->closing = true;
    client_write(c[0], frames, size);
    for (int k = n - 1; k >= 0; k--)
        for (int i = 0; i < EACH; i++) {
            snprintf(text, sizeof text, "word %d of my last", i);
            trying(k ? "the other member" : "who closes");
            expect_text(c[k], text);
        }
    expect_close(c[0], 1000);
}

/* What was said before an error counts too. */
static void before_an_error(struct server *s)
{
    struct client *c = client_join(s, "/relay/last");
    client_write(c, RAW("\x81\x84" Z "good" "\xff\x80" Z));
    expect_text(c, "good");
    expect_close(c, 1002);
}

enum { LIMIT = 1000 };

static void at_the_limit(struct server *s)
{
    static char data[LIMIT + 1], frames[2 * LIMIT + 200];
    struct client *c[2];
    int n = s->model->single ? 1 : 2;
    memset(data, 'x', sizeof data);
    clients_join(s, "/relay/limit", c, n);
    trying("exactly the limit");
    client_send(c[0], FIN | TEXT, data, LIMIT);
    for (int i = 0; i < n; i++)
        expect_frame(c[i], TEXT, data, LIMIT);
    trying("exactly the limit, in fragments");
    client_send(c[0], TEXT, data, LIMIT / 2);
    client_send(c[0], FIN | PING, "", 0);
    expect_frame(c[0], PONG, "", 0);
    client_send(c[0], FIN | CONT, data, LIMIT - LIMIT / 2);
    for (int i = 0; i < n; i++)
        expect_frame(c[i], TEXT, data, LIMIT);
    client_close(c[0]);
    size_t size = frame_put(frames, FIN | TEXT, data, LIMIT + 1);
    draws_close(s, &(struct wrong){ "one more", frames, size, 1009 });
    size = frame_put(frames, TEXT, data, LIMIT);
    size += frame_put(frames + size, FIN | CONT, "!", 1);
    draws_close(s, &(struct wrong){ "one more, in fragments", frames, size, 1009 });
    static const struct wrong announced[] = {
        { "4 GiB to come", RAW("\x82\xff\0\0\0\1\0\0\0\0" Z), 1009 },
        { "2^60 bytes to come", RAW("\x82\xff\x10\0\0\0\0\0\0\0" Z), 1009 },
        { "all that can be announced",
          RAW("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff" Z), 1009 },
    };
    for (size_t i = 0; i < sizeof announced / sizeof *announced; i++)
        draws_close(s, &announced[i]);
}

/* ---- whatever comes: bytes at random, in a proper connection and before it ---- */

static void garbage(struct server *s)
{
    enum { ROUNDS = 150, LENGTH = 200 };
    for (int i = 0; i < ROUNDS; i++) {
        char bytes[LENGTH];
        size_t n = (size_t)rand() % LENGTH;
        struct client *c = i % 3 ? client_join(s, "/relay/noise") : client_connect(s);
        for (size_t k = 0; k < n; k++)
            bytes[k] = rand();
        if (i % 3 == 2 && n > 2) {
            bytes[0] = FIN | (rand() % 2 ? TEXT : PING);        /* near a proper frame */
            bytes[1] |= 0x80;
        }
        client_try(c, bytes, n);
        if (i % 2)
            client_reset(c);
        else
            client_close(c);
    }
    struct client *c = client_join(s, "/relay/noise");
    client_text(c, "unshaken");
    struct got got;
    /* A message in the noise may still be on its way, if its sender's thread is slow. */
    do
        check(client_frame(c, &got, PATIENCE) == FRAME, "no proper service after noise");
    while (got.size != 8 || memcmp(got.data, "unshaken", 8));
}

const struct trial protocol_trials[] = {
    TRIAL("wrong frames draw 1002", wrong_frames),
    TRIAL("reserved opcodes draw 1002", reserved_opcodes),
    TRIAL("close codes", close_codes),
    TRIAL("a close without a code, a close with a long reason", bare_close),
    TRIAL("pings and pongs", pings),
    TRIAL("nothing counts after a close", after_a_close),
    TRIAL("a close does not overtake messages", before_a_close),
    TRIAL("an error does not swallow what came before", before_an_error),
    TRIAL("exactly --max-message, and one more", at_the_limit,
          .options = "--max-message 1000"),
    TRIAL("random bytes", garbage),
    { 0 },
};
