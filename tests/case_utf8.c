/* case_utf8.c - text must be UTF-8, and is refused as soon as it cannot be any more. */
#include "trial.h"
#include "wsclient.h"
#include <string.h>

static const struct {
    const char *name, *bytes;
} bad[] = {                     /* wrong at the last byte, whatever follows */
    { "a stray continuation", "\x80" },
    { "a stray continuation after text", "ab\xbf" },
    { "an overlong slash", "\xc0" },
    { "an overlong C1", "\xc1" },
    { "an overlong of three", "\xe0\x9f" },
    { "an overlong of four", "\xf0\x8f" },
    { "a surrogate", "\xed\xa0" },
    { "the last surrogate", "\xed\xbf" },
    { "beyond U+10FFFF", "\xf4\x90" },
    { "F5", "\xf5" },
    { "F8", "\xf8" },
    { "FE", "\xfe" },
    { "FF", "\xff" },
    { "a character cut short by a letter", "\xe2\x82" "A" },
    { "a character cut short by another", "\xc3\xc3" },
    { "after a long run of ASCII", "0123456789012345678901234567890123456789\xff" },
    { "a character astride eight bytes", "1234567\xe2\x28" },
};

static const struct {
    const char *name, *text;
} good[] = {
    { "two bytes", "\xc2\x80 \xdf\xbf" },
    { "three bytes", "\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf" },
    { "four bytes", "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf" },
    { "Greek", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5" },
    { "among ASCII", "one \xe2\x82\xac, two \xf0\x9f\x98\x80, three" },
};

#define EACH(i, table) size_t i = 0; i < sizeof table / sizeof *table; i++

/* The frame announces twenty bytes more than come: the answer must not wait for them. */
static void at_once(struct server *s)
{
    for (EACH(i, bad)) {
        char frame[128], data[100] = "";
        size_t n = strlen(bad[i].bytes);
        trying("%s", bad[i].name);
        memcpy(data, bad[i].bytes, n);
        size_t size = frame_put(frame, FIN | TEXT, data, n + 20) - 20;
        struct client *c = client_join_alone(s);
        client_write(c, frame, size);
        expect_close(c, 1007);
        client_close(c);
        c = client_join_alone(s);
        trying("%s, byte by byte", bad[i].name);
        client_drip(c, frame, size);
        expect_close(c, 1007);
        client_close(c);
    }
}

static void in_fragments(struct server *s)
{
    for (EACH(i, bad)) {
        size_t n = strlen(bad[i].bytes);
        for (size_t cut = 0; cut < n; cut++) {
            trying("%s, cut after %zu", bad[i].name, cut);
            struct client *c = client_join_alone(s);
            char frames[128];
            size_t size = frame_put(frames, TEXT, bad[i].bytes, cut);
            size += frame_put(frames + size, FIN | PING, "", 0);
            size += frame_put(frames + size, CONT, bad[i].bytes + cut, n - cut);
            client_write(c, frames, size);
            expect_frame(c, PONG, "", 0);
            expect_close(c, 1007);
            client_close(c);
            if (n > 4)
                cut += n / 3;
        }
    }
}

/* Which second bytes may follow a first one, and how many bytes there are: table 3-7 of
 * the Unicode Standard. */
static const struct {
    int from, to, least, most, length;
} leads[] = {
    { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
    { 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
    { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
    { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

/* The bytes before the last are borne, which a pong proves. The last one is not, though
 * its frame has more to come. */
static void wrong_at_the_last(struct server *s, const char *bytes, size_t n)
{
    char frame[64], data[32] = "";
    memcpy(data, bytes + n - 1, 1);
    size_t size = frame_put(frame, CONT, data, 20) - 19;
    struct client *c = client_join_alone(s);
    client_send(c, TEXT, bytes, n - 1);
    client_send(c, FIN | PING, "", 0);
    expect_frame(c, PONG, "", 0);
    client_write(c, frame, size);
    expect_close(c, 1007);
    client_close(c);
}

/* Neither a byte too early nor a byte too late, for every kind of character. */
static void to_the_byte(struct server *s)
{
    static const int firsts[] = { 0x80, 0xa5, 0xbf, 0xc0, 0xc1, 0xf5, 0xf7, 0xf8, 0xfb,
                                  0xfc, 0xfd, 0xfe, 0xff };
    static const int wrong[] = { 0x00, 0x7f, 0xc0, 0xff };
    for (EACH(i, firsts)) {
        trying("byte %02x", firsts[i]);
        wrong_at_the_last(s, (char[]){ 'a', (char)firsts[i] }, 2);
    }
    for (EACH(i, leads))
        for (int end = 0; end < 2; end++) {
            int lead = end ? leads[i].to : leads[i].from;
            int seconds[] = { leads[i].least - 1, leads[i].most + 1, 0x00, 0xff };
            char bytes[4] = { (char)lead, (char)leads[i].least, (char)0x80 };
            trying("after byte %02x", lead);
            for (EACH(k, seconds)) {
                char pair[] = { (char)lead, (char)seconds[k] };
                wrong_at_the_last(s, pair, 2);
            }
            for (int n = 3; n <= leads[i].length; n++)
                for (EACH(k, wrong)) {
                    bytes[n - 1] = (char)wrong[k];
                    wrong_at_the_last(s, bytes, n);
                    bytes[n - 1] = (char)0x80;
                }
        }
}

/* The first and the last character of every kind come through. */
static void first_and_last(struct server *s)
{
    struct client *c = client_join_alone(s);
    for (EACH(i, leads))
        for (int end = 0; end < 4; end++) {
            char text[5] = { (char)(end & 1 ? leads[i].to : leads[i].from),
                             (char)(end & 2 ? leads[i].most : leads[i].least) };
            memset(text + 2, end & 2 ? 0xbf : 0x80, 2);
            text[leads[i].length] = '\0';
            trying("character %02x %02x", text[0] & 0xff, text[1] & 0xff);
            client_text(c, text);
            expect_text(c, text);
        }
}

static void unfinished(struct server *s)
{
    static const char *const ends[] = { "\xc3", "x\xe2\x82", "\xf0\x9f\x98" };
    for (EACH(i, ends))
        for (int way = 0; way < 2; way++) {
            trying("a message ends inside a character (%zu, %d)", i, way);
            struct client *c = client_join_alone(s);
            client_send(c, way ? TEXT : FIN | TEXT, ends[i], strlen(ends[i]));
            if (way)
                client_send(c, FIN | CONT, "", 0);
            expect_close(c, 1007);
            client_close(c);
        }
}

static void accepted(struct server *s)
{
    struct client *c = client_join_alone(s);
    for (EACH(i, good)) {
        size_t n = strlen(good[i].text);
        trying("%s", good[i].name);
        client_text(c, good[i].text);
        expect_text(c, good[i].text);
        for (size_t cut = 0; cut <= n; cut++) {
            trying("%s, in fragments, cut after %zu", good[i].name, cut);
            client_send(c, TEXT, good[i].text, cut);
            client_send(c, FIN | CONT, good[i].text + cut, n - cut);
            expect_text(c, good[i].text);
        }
        trying("%s, byte by byte", good[i].name);
        char frame[128];
        client_drip(c, frame, frame_put(frame, FIN | TEXT, good[i].text, n));
        expect_text(c, good[i].text);
    }
}

static void binary_is_free(struct server *s)
{
    struct client *c = client_join_alone(s);
    for (EACH(i, bad)) {
        client_send(c, FIN | BINARY, bad[i].bytes, strlen(bad[i].bytes));
        expect_frame(c, BINARY, bad[i].bytes, strlen(bad[i].bytes));
    }
}

/* Sends a close whose frame is cut after so many bytes, with time to notice the cut. */
static struct client *close_in_two(struct server *s, const char *reason, size_t cut)
{
    char body[125] = "\x03\xe8", frame[140];
    size_t n = strlen(reason);
    memcpy(body + 2, reason, n);
    size_t size = frame_put(frame, FIN | CLOSING, body, n + 2);
    struct client *c = client_join_alone(s);
    c->closing = true;
    if (cut > size)
        cut = size;
    client_write(c, frame, cut);
    if (cut < size) {
        pause_ms(2);
        client_try(c, frame + cut, size - cut);
    }
    return c;
}

static void close_reasons(struct server *s)
{
    for (EACH(i, good))
        for (size_t cut = 1; cut < 40; cut += cut < 8 ? 6 : 1) {
            trying("reason: %s, cut after %zu", good[i].name, cut);
            struct client *c = close_in_two(s, good[i].text, cut);
            expect_close(c, 1000);
            client_close(c);
        }
    for (EACH(i, bad))
        for (size_t cut = 1; cut < 14; cut += cut < 8 ? 6 : 1) {
            trying("reason: %s, cut after %zu", bad[i].name, cut);
            struct client *c = close_in_two(s, bad[i].bytes, cut);
            expect_close(c, 1007);
            client_close(c);
        }
    trying("a reason that ends inside a character");
    expect_close(close_in_two(s, "x\xe2\x82", 99), 1007);
}

const struct trial utf8_trials[] = {
    TRIAL("invalid UTF-8 draws 1007 at once", at_once),
    TRIAL("invalid UTF-8 in fragments draws 1007", in_fragments),
    TRIAL("invalid UTF-8 is found to the byte", to_the_byte),
    TRIAL("the borders of all characters pass", first_and_last),
    TRIAL("a text must not end inside a character", unfinished),
    TRIAL("valid UTF-8 passes, wherever it is cut", accepted),
    TRIAL("binary messages may hold anything", binary_is_free),
    TRIAL("the reason of a close must be UTF-8", close_reasons),
    { 0 },
};
