/* case_frames.c - RFC 6455 by the table: what is sent, and what must come back.
 *
 * A script is a row of frames, with a blank between two:
 *
 *     T(hello)     a text; B binary, C continuation, P ping, O pong, X close
 *     t(hello)     the same without FIN
 *     T*70000      so many bytes; T alone: none
 *     X1000(why)   a close with its code
 *     %c1(hello)   whatever begins with that byte, in hex
 *
 * Every script is sent three times: in one write, frame by frame, and in small pieces.
 * Pongs may overtake messages, nothing may overtake its like, and a close comes last. */
#include "trial.h"
#include "wsclient.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_FRAMES = 64 };

struct row {
    const char *name, *sent, *back;
};

/* ---- scripts ---- */

struct piece {
    int first;                  /* byte of the frame */
    char *data;
    size_t n;
};

/* Position tells: a byte that is lost or moved shows, and text it is as well. */
static char fill(size_t i) { return (char)('!' + (i ^ i >> 7) % 90); }

static struct piece make_piece(int first, const char *data, size_t n)
{
    struct piece p = { first, malloc(n + 1), n };
    for (size_t i = 0; i < n; i++)
        p.data[i] = data ? data[i] : fill(i);
    return p;
}

static int first_byte(const char **s)
{
    static const char letters[] = "CcTtBbXxPpOo";
    static const int opcodes[] = { CONT, TEXT, BINARY, CLOSING, PING, PONG };
    if (**s == '%')
        return (int)strtoul(++*s, (char **)s, 16);
    size_t i = strchr(letters, *(*s)++) - letters;
    return opcodes[i / 2] | (i % 2 ? 0 : FIN);
}

static struct piece read_piece(const char **s)
{
    char body[2000];
    size_t n = 0;
    int first = first_byte(s);
    if (**s == '*')
        return make_piece(first, NULL, strtoul(*s + 1, (char **)s, 10));
    if ((first & 0x0f) == CLOSING && **s >= '0' && **s <= '9') {
        unsigned long code = strtoul(*s, (char **)s, 10);
        body[n++] = (char)(code >> 8);
        body[n++] = (char)code;
    }
    if (**s == '(') {
        size_t length = strcspn(*s, ")");
        memcpy(body + n, *s + 1, length - 1);
        n += length - 1;
        *s += length + 1;
    }
    return make_piece(first, body, n);
}

static int read_script(const char *s, struct piece *pieces)
{
    int count = 0;
    for (s += strspn(s, " "); *s && count < MOST_FRAMES; s += strspn(s, " "))
        pieces[count++] = read_piece(&s);
    return count;
}

static void free_script(struct piece *pieces, int count)
{
    for (int i = 0; i < count; i++)
        free(pieces[i].data);
}

/* ---- sending ---- */

enum { WHOLE, BY_FRAME, IN_PIECES, WAYS };

static void send_script(struct client *c, const struct piece *p, int count, int way)
{
    size_t room = 0, n = 0, step = 1;
    for (int i = 0; i < count; i++)
        room += p[i].n + 14;
    char *bytes = malloc(room + 1);
    for (int i = 0; i < count; i++) {
        size_t from = n;
        n += frame_put(bytes + n, p[i].first, p[i].data, p[i].n);
        if (way == BY_FRAME)
            client_try(c, bytes + from, n - from);
        c->closing |= (p[i].first & 0x0f) == CLOSING;
    }
    if (way == WHOLE)
        client_try(c, bytes, n);
    if (way == IN_PIECES && n > 2000)
        step = 997;
    for (size_t at = 0; way == IN_PIECES && at < n; at += step)
        if (!client_try(c, bytes + at, n - at < step ? n - at : step))
            break;
    free(bytes);
}

/* ---- what comes back ---- */

/* The first of those that are still due and of the same kind, messages or pongs. */
static struct piece *due(struct piece *p, int count, bool control)
{
    for (int i = 0; i < count; i++)
        if (p[i].data && (p[i].first & 8 ? control : !control))
            return &p[i];
    return NULL;
}

static void expect_pieces(struct client *c, struct piece *p, int count)
{
    for (int i = 0; i < count; i++) {
        struct got got;
        enum arrival a = client_frame(c, &got, PATIENCE);
        check(a == FRAME, "frame %d of %d does not come back", i + 1, count);
        struct piece *d = due(p, count, got.first & 8);
        check(d, "a frame %02x of %zu bytes too many", got.first, got.size);
        check(d->first == got.first && d->n == got.size,
              "wanted a frame %02x of %zu bytes, got %02x of %zu", d->first, d->n,
              got.first, got.size);
        check(!memcmp(d->data, got.data, d->n), "a frame %02x is not what was sent",
              d->first);
        free(d->data);
        d->data = NULL;
    }
}

/* Answers the script; true if the line is still up. */
static bool play(struct client *c, const struct row *row, int way)
{
    struct piece out[MOST_FRAMES], back[MOST_FRAMES];
    int sent = read_script(row->sent, out), count = read_script(row->back, back);
    bool closes = count && (back[count - 1].first & 0x0f) == CLOSING;
    int code = 1005;
    if (closes && back[--count].n >= 2)
        code = (unsigned char)back[count].data[0] << 8
            | (unsigned char)back[count].data[1];
    send_script(c, out, sent, way);
    expect_pieces(c, back, count);
    free_script(out, sent);
    if (closes) {
        free(back[count].data);
        expect_close(c, code);
        return false;
    }
    client_send(c, FIN | PING, "still there", 11);
    expect_frame(c, PONG, "still there", 11);
    return true;
}

/* One line for as long as it lasts. */
static void play_all(struct server *s, const struct row *rows, size_t count)
{
    struct client *c = NULL;
    for (size_t i = 0; i < count; i++)
        for (int way = 0; way < WAYS; way++) {
            static const char *const ways[] = { "whole", "by frame", "in pieces" };
            trying("%s, %s", rows[i].name, ways[way]);
            if (!c)
                c = client_join_alone(s);
            if (!play(c, &rows[i], way)) {
                client_close(c);
                c = NULL;
            }
        }
    if (c)
        client_close(c);
}

#define PLAY(s, rows) play_all(s, rows, sizeof rows / sizeof *rows)

/* ---- framing: every form of the length, and both sides of every border ---- */

static void lengths(struct server *s)
{
    static const int sizes[] = { 0, 1, 2, 3, 4, 5, 7, 8, 9, 63, 64, 65, 124, 125, 126,
                                 127, 128, 129, 255, 256, 257, 1023, 1024, 4095, 4096,
                                 4097, 16383, 16384, 16385, 65534, 65535, 65536, 65537,
                                 131071, 131072, 262144, 1048575, 1048576 };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int kind = 0; kind < 2; kind++) {
            char name[60], script[60];
            snprintf(name, sizeof name, "%s of %d bytes", kind ? "binary" : "text",
                     sizes[i]);
            snprintf(script, sizeof script, "%c*%d", kind ? 'B' : 'T', sizes[i]);
            play_all(s, &(struct row){ name, script, script }, 1);
        }
}

/* ---- pings and pongs ---- */

static void control_frames(struct server *s)
{
    static const struct row rows[] = {
        { "an empty ping", "P", "O" },
        { "a ping with text", "P(hello)", "O(hello)" },
        { "a ping of any bytes", "P(\xff\xfe\xfd\xfc\xfb\x01\x80)",
          "O(\xff\xfe\xfd\xfc\xfb\x01\x80)" },
        { "a ping of 124", "P*124", "O*124" },
        { "the longest ping", "P*125", "O*125" },
        { "ten pings", "P(0) P(1) P(2) P(3) P(4) P(5) P(6) P(7) P(8) P(9)",
          "O(0) O(1) O(2) O(3) O(4) O(5) O(6) O(7) O(8) O(9)" },
        { "a pong nobody asked for", "O", "" },
        { "a pong with text nobody asked for", "O(hello)", "" },
        { "the longest pong", "O*125", "" },
        { "a pong before a ping", "O(one) P(two)", "O(two)" },
        { "pings among messages", "P(a) T(one) P(b) B(two) P(c)",
          "O(a) T(one) O(b) B(two) O(c)" },
        { "a pong within a message", "t(one) O(x) C(two)", "T(onetwo)" },
        { "a ping within a message", "t(one) P(x) C(two)", "O(x) T(onetwo)" },
        { "pings around every fragment", "P(1) t(a) P(2) c(b) P(3) C(c) P(4)",
          "O(1) O(2) O(3) T(abc) O(4)" },
        { "a ping of 126", "P*126", "X1002" },
        { "a ping of 126 behind a text", "T(good) P*126", "T(good) X1002" },
        { "a pong of 126", "O*126", "X1002" },
        { "a ping of 65536", "P*65536", "X1002" },
        { "a ping without FIN", "p(part)", "X1002" },
        { "an empty ping without FIN", "p", "X1002" },
        { "a pong without FIN", "o(part)", "X1002" },
        { "a close without FIN", "x1000", "X1002" },
        { "a ping and its continuation", "p(part) C(rest)", "X1002" },
        { "a ping without FIN within a message", "t(a) p(b) C(c)", "X1002" },
    };
    PLAY(s, rows);
}

/* ---- reserved bits and opcodes, on their own and behind something good ---- */

static void reserved_bits(struct server *s)
{
    static const struct {
        const char *name;
        int first;
    } frames[] = { { "text", 0x81 }, { "first fragment", 0x01 }, { "binary", 0x82 },
                   { "close", 0x88 }, { "ping", 0x89 }, { "pong", 0x8a } };
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        for (int bits = 1; bits < 8; bits++)
            for (int behind = 0; behind < 2; behind++) {
                char name[80], script[80];
                snprintf(name, sizeof name, "reserved bits %d on a %s%s", bits,
                         frames[i].name, behind ? " behind a text" : "");
                snprintf(script, sizeof script, "%s%%%02x(hello)",
                         behind ? "T(good) P(x) " : "", frames[i].first | bits << 4);
                play_all(s, &(struct row){ name, script, behind ? "T(good) O(x) X1002"
                                                                : "X1002" }, 1);
            }
    static const struct row rows[] = {
        { "bit 1 on a continuation", "t(one) %c0(two)", "X1002" },
        { "bit 2 on a continuation", "t(one) %a0(two)", "X1002" },
        { "bit 3 on a continuation", "t(one) %90(two)", "X1002" },
        { "bit 1 on an empty frame", "%c1", "X1002" },
        { "all bits on a large frame", "%f1*70000", "X1002" },
    };
    PLAY(s, rows);
}

static void reserved_opcodes(struct server *s)
{
    static const struct { const char *before, *back; } ways[] = {
        { "", "X1002" }, { "T(good) P(x) ", "T(good) O(x) X1002" },
        { "t(part) ", "X1002" },
    };
    static const char *const bodies[] = { "", "(hello)", "*126" };
    for (int opcode = 3; opcode < 16; opcode++)
        for (int fin = 0; fin < 2 && (opcode < 8 || opcode > 10); fin++)
            for (int i = 0; i < 9; i++) {
                char name[120], script[80];
                snprintf(script, sizeof script, "%s%%%02x%s T(late)", ways[i % 3].before,
                         opcode | (fin ? FIN : 0), bodies[i / 3]);
                snprintf(name, sizeof name, "opcode %d: %s", opcode, script);
                play_all(s, &(struct row){ name, script, ways[i % 3].back }, 1);
            }
}

/* ---- fragments ---- */

static void fragmentation(struct server *s)
{
    static const struct row rows[] = {
        { "text in two", "t(one) C(two)", "T(onetwo)" },
        { "binary in two", "b(one) C(two)", "B(onetwo)" },
        { "in three", "t(one) c(two) C(three)", "T(onetwothree)" },
        { "in one-byte fragments", "t(a) c(b) c(c) c(d) c(e) c(f) c(g) C(h)",
          "T(abcdefgh)" },
        { "the last one empty", "t(one) C", "T(one)" },
        { "the first one empty", "t C(one)", "T(one)" },
        { "one in the middle empty", "t(one) c C(two)", "T(onetwo)" },
        { "all of them empty", "t c c C", "T" },
        { "all of them empty, binary", "b c c C", "B" },
        { "one message behind another", "t(a) C(b) b(c) C(d)", "T(ab) B(cd)" },
        { "a fragment of every form of length", "b C*126", "B*126" },
        { "one large", "b C*65536", "B*65536" },
        { "one very large", "b c C*1000000", "B*1000000" },
        { "a message after fragments", "t(a) c(b) C(c) T(d)", "T(abc) T(d)" },
        { "a continuation of nothing", "C(x)", "X1002" },
        { "an empty continuation of nothing", "C", "X1002" },
        { "a first continuation of nothing", "c(x)", "X1002" },
        { "a continuation of nothing, then a text", "C(x) T(y)", "X1002" },
        { "a continuation after a whole message", "T(one) C(two)", "T(one) X1002" },
        { "a continuation after the last fragment", "t(a) C(b) C(c)", "T(ab) X1002" },
        { "an open continuation after the last fragment", "t(a) C(b) c(c)",
          "T(ab) X1002" },
        { "a text within a text", "t(one) T(two)", "X1002" },
        { "a binary within a text", "t(one) B(two)", "X1002" },
        { "a text within a binary", "b(one) T(two)", "X1002" },
        { "an open text within a text", "t(one) t(two) C(three)", "X1002" },
        { "an open binary within a binary", "b(one) b(two)", "X1002" },
        { "an empty text within a text", "t(one) T", "X1002" },
        { "a text within a text, after a ping", "t(one) P(x) T(two)", "O(x) X1002" },
        { "again and again", "c(1) C(2) t(3) C(4)", "X1002" },
        { "a close within a message", "t(one) X1000", "X1000" },
        { "a close within a message, and the rest", "t(one) X1000 C(two)", "X1000" },
    };
    PLAY(s, rows);
}

/* A message cut in every size of fragment, sent in every size of piece. */
static void cut_and_chopped(struct server *s, int kinds, size_t size,
                            const size_t *fragments, const size_t *chops)
{
    struct piece p = make_piece(BINARY, NULL, size);
    char *bytes = malloc(size * 10 + 64);
    struct client *c = client_join_alone(s);
    for (int kind = BINARY; kind > BINARY - kinds; kind--)
        for (const size_t *f = fragments; *f; f++)
            for (const size_t *chop = chops; *chop; chop++) {
                size_t n = 0;
                trying("%zu bytes, opcode %d, in fragments of %zu, in writes of %zu",
                       size, kind, *f, *chop);
                for (size_t at = 0; at < size; at += *f)
                    n += frame_put(bytes + n, (at ? CONT : kind)
                                   | (at + *f >= size ? FIN : 0), p.data + at,
                                   size - at < *f ? size - at : *f);
                for (size_t at = 0; at < n; at += *chop)
                    client_write(c, bytes + at, n - at < *chop ? n - at : *chop);
                expect_frame(c, kind, p.data, size);
            }
    client_close(c);
    free(bytes);
    free(p.data);
}

static void small_pieces(struct server *s)
{
    cut_and_chopped(s, 2, 300, (size_t[]){ 1, 2, 3, 7, 100, 125, 126, 299, 300, 0 },
                    (size_t[]){ 1, 2, 5, 64, 1 << 20, 0 });
    cut_and_chopped(s, 2, 65536, (size_t[]){ 64, 1000, 16384, 65535, 65536, 0 },
                    (size_t[]){ 997, 1460, 65536, 0 });
}

static void large_pieces(struct server *s)
{
    cut_and_chopped(s, 2, 1 << 20,
                    (size_t[]){ 16, 64, 256, 1024, 4096, 16384, 65536, 1 << 18, 1 << 20,
                                0 },
                    (size_t[]){ 64, 128, 256, 512, 1024, 2048, 1 << 20, 0 });
}

/* ---- closing ---- */

static void closing(struct server *s)
{
    static const struct row rows[] = {
        { "a close", "X1000", "X1000" },
        { "a close with a reason", "X1000(good bye)", "X1000" },
        { "a bare close", "X", "X" },
        { "two closes", "X1000 X1001", "X1000" },
        { "a ping after a close", "X1000 P(x)", "X1000" },
        { "a text after a close", "X1000 T(x)", "X1000" },
        { "a large binary after a close", "X1000 B*70000", "X1000" },
        { "a bad frame after a close", "X1000 %ff(x)", "X1000" },
        { "the rest of a message after a close", "t(a) X1000 C(b)", "X1000" },
        { "a ping before a close", "P(x) X1000", "O(x) X1000" },
        { "a message before a close", "T(last) X1000", "T(last) X1000" },
        { "large ones before a close", "B*100000 T*70000 X1000",
          "B*100000 T*70000 X1000" },
        { "a reason in UTF-8", "X1000(\xce\xba\xe1\xbd\xb9\xcf\x83)", "X1000" },
        { "a reason that is none", "X1000(\xce\xba\xff)", "X1007" },
        { "a reason cut short", "X1000(\xce\xba\xe1\xbd)", "X1007" },
        { "a surrogate for a reason", "X1000(\xed\xa0\x80)", "X1007" },
        { "a body of one byte", "X(\x03)", "X1002" },
        { "a body of 126 bytes", "X*126", "X1002" },
    };
    PLAY(s, rows);
    for (int n = 1; n <= 123; n += 61) {
        char script[160];
        snprintf(script, sizeof script, "X1000(%0*d)", n, 0);
        play_all(s, &(struct row){ "a reason of another length", script, "X1000" }, 1);
    }
}

/* Every code that anybody may say is echoed, every other is an error (section 7.4). */
static void all_close_codes(struct server *s)
{
    static const int borders[] = { 0, 1, 999, 1000, 1014, 1015, 1016, 1100, 1999, 2000,
                                   2999, 3000, 3001, 3999, 4000, 4999, 5000, 5001,
                                   65535 };
    enum { ONES = sizeof borders / sizeof *borders };
    for (int i = 0; i < ONES + 13; i++) {
        int code = i < ONES ? borders[i] : 1001 + i - ONES;
        bool said = (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006))
            || (code >= 3000 && code <= 4999);
        for (int reason = 0; reason < 2; reason++) {
            char script[40], back[20], name[40];
            snprintf(script, sizeof script, "X%d%s", code, reason ? "(why)" : "");
            snprintf(back, sizeof back, "X%d", said ? code : 1002);
            snprintf(name, sizeof name, "close %d", code);
            play_all(s, &(struct row){ name, script, back }, 1);
        }
    }
}

/* ---- to and fro ---- */

static void round_trips(struct server *s, int times)
{
    static const size_t sizes[] = { 0, 16, 64, 125, 126, 1024, 4096, 65536 };
    static char data[65536];
    struct client *c = client_join_alone(s);
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = fill(i);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        trying("%zu bytes to and fro", sizes[i]);
        for (int k = 0; k < times; k++) {
            int opcode = k % 2 ? TEXT : BINARY;
            client_send(c, FIN | opcode, data, sizes[i]);
            expect_frame(c, opcode, data, sizes[i]);
        }
    }
}

static void some_round_trips(struct server *s) { round_trips(s, 250); }
static void many_round_trips(struct server *s) { round_trips(s, 5000); }

const struct trial frame_trials[] = {
    TRIAL("messages of every form of length", lengths),
    TRIAL("pings, pongs, and wrong ones", control_frames),
    TRIAL("reserved bits on every frame", reserved_bits),
    TRIAL("reserved opcodes in every place", reserved_opcodes),
    TRIAL("fragments, right and wrong", fragmentation),
    TRIAL("messages in small fragments and small pieces", small_pieces),
    TRIAL("a MiB in all fragments and pieces", large_pieces, .thorough = true),
    TRIAL("closing handshakes", closing),
    TRIAL("all close codes", all_close_codes),
    TRIAL("two thousand round trips", some_round_trips),
    TRIAL("forty thousand round trips", many_round_trips, .thorough = true),
    { 0 },
};
