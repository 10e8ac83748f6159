/* test_ws.c - messages out of bytes and bytes out of messages, in both roles. */
#include "masked.h"
#include "unit.h"
#include "ws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 100000 };

static const char key[4] = "\x12\x34\xAB\xCD";

static const char *mask_for(enum ws_role reader)
{
    return reader == WS_SERVER ? key : NULL;
}

static char *some_bytes(size_t size)
{
    char *data = malloc(size + 1);

    for (size_t i = 0; i < size; i++)
        data[i] = (char)dice(128);
    data[size] = '\0';
    return data;
}

/* ---- every length ---- */

static void try_size(enum ws_role role, int opcode, size_t size)
{
    char *data = some_bytes(size);
    UT_string in, out;
    struct ws ws;

    utstring_init(&in);
    utstring_init(&out);
    put_frame(&in, 0x80 | opcode, data, size, mask_for(role));
    put_frame(&out, 0x80 | opcode, data, size, NULL);
    ws_init(&ws, role, MAX);
    struct bytes b = { utstring_body(&in), utstring_len(&in) };
    check(ws_next(&ws, &b) == WS_MESSAGE, "%zu bytes: no message", size);
    assert_int_equal(b.size, 0);
    assert_false(ws_inside(&ws));
    check(same_bytes(&out, ws.frame->data, ws.frame->size), "%zu bytes: others", size);
    struct bytes payload = ws_payload(ws.frame);
    assert_int_equal(payload.size, size);
    assert_memory_equal(payload.data, data, size);
    struct frame *posted = frame_copy(ws.frame->data, ws.frame->size);
    payload = ws_payload(posted);       /* it has its header elsewhere */
    assert_int_equal(payload.size, size);
    assert_memory_equal(payload.data, data, size);
    frame_unref(posted);
    assert_int_equal(ws_next(&ws, &b), WS_NOTHING);
    assert_null(ws.frame);      /* nobody took it */
    ws_free(&ws);
    utstring_done(&in);
    utstring_done(&out);
    free(data);
}

static const size_t sizes[] = {
    0, 1, 2, 3, 4, 7, 8, 9, 31, 32, 33, 63, 64, 65, 124, 125, 126, 127, 128, 1000, 4095,
    4096, 4097, 65534, 65535, 65536, 65537, MAX,
};

static void test_every_length(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (int opcode = WS_TEXT; opcode <= WS_BINARY; opcode++) {
            try_size(WS_SERVER, opcode, sizes[i]);
            try_size(WS_CLIENT, opcode, sizes[i]);
        }
}

/* What we encode is what the naive encoder says, masked or not. */
static void test_encoding(void **state)
{
    uint32_t mask;

    (void)state;
    memcpy(&mask, key, sizeof mask);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        char *data = some_bytes(sizes[i]);
        struct frame *bare = ws_frame(WS_TEXT, data, sizes[i]);
        struct frame *masked = masked_frame(WS_BINARY, data, sizes[i], mask);
        UT_string a, b;

        utstring_init(&a);
        utstring_init(&b);
        put_frame(&a, 0x81, data, sizes[i], NULL);
        put_frame(&b, 0x82, data, sizes[i], key);
        check(same_bytes(&a, bare->data, bare->size), "%zu bytes", sizes[i]);
        check(same_bytes(&b, masked->data, masked->size), "%zu bytes, masked", sizes[i]);
        struct bytes left = ws_payload(masked), right = ws_payload(bare);
        assert_int_equal(left.size, sizes[i]);
        assert_ptr_equal(left.data + left.size, masked->data + masked->size);
        assert_int_equal(right.size, sizes[i]);
        assert_ptr_equal(right.data + right.size, bare->data + bare->size);
        frame_unref(bare);
        frame_unref(masked);
        utstring_done(&a);
        utstring_done(&b);
        free(data);
    }
}

/* ---- a stream of frames, as the events it becomes ---- */

static void note(UT_string *log, const struct ws *ws, enum ws_event event)
{
    static const char *const names[] = { "", "message", "control", "error" };

    utstring_printf(log, "%s ", names[event]);
    if (event == WS_MESSAGE)
        utstring_bincpy(log, ws->frame->data, ws->frame->size);
    if (event == WS_CONTROL) {
        utstring_printf(log, "%d %d ", ws->opcode,
                        ws->opcode == WS_CLOSE ? ws->status : 0);
        utstring_bincpy(log, ws->control, ws->size);
    }
    if (event == WS_ERROR)
        utstring_printf(log, "%d %s", ws->status, ws->why);
    utstring_printf(log, "\n");
}

static bool on_end(enum ws_event e, const struct ws *ws)
{
    return e == WS_ERROR || (e == WS_CONTROL && ws->opcode == WS_CLOSE);
}

/* Reads a stream in pieces of up to `step` bytes, or in random ones. Each piece is a
 * copy, so that AddressSanitizer sees who reads past its end. */
static void read_stream(UT_string *log, const UT_string *stream, enum ws_role role,
                        size_t step, bool random)
{
    size_t size = utstring_len(stream), at = 0;
    enum ws_event event = WS_NOTHING;
    struct ws ws;

    utstring_clear(log);
    ws_init(&ws, role, MAX);
    while (at < size && !on_end(event, &ws)) {
        size_t n = random ? 1 + dice((unsigned)step) : step;
        if (n > size - at)
            n = size - at;
        char *copy = memcpy(malloc(n), utstring_body(stream) + at, n);
        struct bytes in = { copy, n };
        while ((event = ws_next(&ws, &in)) != WS_NOTHING) {
            note(log, &ws, event);
            if (on_end(event, &ws))
                break;
        }
        assert_true(event != WS_NOTHING || in.size == 0);
        free(copy);
        at += n;
    }
    ws_free(&ws);
}

/* A message in up to four fragments, with pings between them. */
static void put_message(UT_string *s, const char *mask)
{
    static const unsigned small[] = { 1, 5, 130, 300, 5000, 70000 };
    size_t size = dice(small[dice(COUNT(small))]), at = 0;
    int first = dice(2) ? WS_TEXT : WS_BINARY;
    char *data = some_bytes(size);

    for (unsigned left = 1 + dice(4); left > 0; left--, first = 0) {
        size_t n = left == 1 ? size - at : dice((unsigned)(size - at) + 1);

        put_frame(s, first | (left == 1 ? 0x80 : 0), data + at, n, mask);
        at += n;
        if (dice(3) == 0)
            put_frame(s, 0x80 | (dice(2) ? WS_PING : WS_PONG), "ping?", dice(6), mask);
    }
    free(data);
}

static void compare_splits(const UT_string *stream, enum ws_role role)
{
    static const size_t steps[] = { 1, 2, 3, 14, 100, 4096, 5000 };
    UT_string whole, cut;

    utstring_init(&whole);
    utstring_init(&cut);
    read_stream(&whole, stream, role, utstring_len(stream), false);
    for (size_t i = 0; i < 2 * COUNT(steps); i++) {
        read_stream(&cut, stream, role, steps[i / 2], i % 2);
        check(same_bytes(&cut, utstring_body(&whole), utstring_len(&whole)),
              "in pieces of %zu: differs: %.60s", steps[i / 2], utstring_body(&cut));
    }
    utstring_done(&whole);
    utstring_done(&cut);
}

static void test_random_streams(void **state)
{
    UT_string s;

    (void)state;
    utstring_init(&s);
    for (int i = 0; i < 60; i++) {
        enum ws_role role = i % 2 ? WS_SERVER : WS_CLIENT;

        utstring_clear(&s);
        for (int k = 0; k < 4; k++)
            put_message(&s, mask_for(role));
        compare_splits(&s, role);
    }
    utstring_done(&s);
}

/* The same with some bytes broken: whatever that makes of it, it makes the same. */
static void test_random_damage(void **state)
{
    UT_string s;

    (void)state;
    utstring_init(&s);
    for (int i = 0; i < 400; i++) {
        enum ws_role role = i % 2 ? WS_SERVER : WS_CLIENT;

        utstring_clear(&s);
        put_message(&s, mask_for(role));
        put_frame(&s, 0x88, "\3\xE8why", dice(6), mask_for(role));
        for (unsigned k = dice(4); k > 0; k--) {
            unsigned size = (unsigned)utstring_len(&s);
            unsigned at = dice(2) ? dice(size) : dice(size < 16 ? size : 16);
            utstring_body(&s)[at] ^= (char)(1 << dice(8));
        }
        if (utstring_len(&s) < 9000)
            compare_splits(&s, role);
    }
    utstring_done(&s);
}

/* ---- one at a time ---- */

static void expect(enum ws_role role, const char *bytes, size_t size, const char *log)
{
    UT_string s, found;

    utstring_init(&s);
    utstring_init(&found);
    utstring_bincpy(&s, bytes, size);
    read_stream(&found, &s, role, size, false);
    check(same_bytes(&found, log, strlen(log)), "not %s but %s", log,
          utstring_body(&found));
    utstring_done(&s);
    utstring_done(&found);
}

static void test_roles(void **state)
{
    static const char bare[] = "\x81\2hi", masked[] = "\x81\x82\1\1\1\1ih";

    (void)state;
    expect(WS_CLIENT, bare, 4, "message \x81\2hi\n");
    expect(WS_SERVER, masked, 8, "message \x81\2hi\n");
    expect(WS_SERVER, bare, 4, "error 1002 a client's frames must be masked\n");
    expect(WS_CLIENT, masked, 8, "error 1002 a server's frames bear no mask\n");
}

static void test_control_inside_a_message(void **state)
{
    static const char s[] = "\1\2he\x89\1p\0\1l\x8A\0\x80\2lo\x88\2\3\xE8";

    (void)state;
    expect(WS_CLIENT, s, sizeof s - 1,
           "control 9 0 p\ncontrol 10 0 \nmessage \x81\5hello\ncontrol 8 1000 \3\xE8\n");
    expect(WS_CLIENT, "\x88\0", 2, "control 8 1005 \n");
}

/* Of a length that no message may have, not even the first byte is awaited. */
static void test_too_big(void **state)
{
    static const struct { const char *name; struct bytes in; uint16_t status; } all[] = {
        { "one more", RAW("\x82\x7F\0\0\0\0\0\1\x86\xA1"), 1009 },
        { "4 GiB", RAW("\x82\x7F\0\0\0\1\0\0\0\0"), 1009 },
        { "2^63 - 1", RAW("\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), 1009 },
        { "2^63", RAW("\x82\x7F\x80\0\0\0\0\0\0\0"), 1002 },
        { "2^64 - 1", RAW("\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), 1002 },
        { "in sum", RAW("\2\1a\x80\x7F\0\0\0\0\0\1\x86\xA0"), 1009 },
        { "a + 2^63 - 1", RAW("\2\1a\x80\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), 1009 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct bytes in = all[i].in;
        struct ws ws;

        ws_init(&ws, WS_CLIENT, MAX);
        check(ws_next(&ws, &in) == WS_ERROR && ws.status == all[i].status, "%s: %d",
              all[i].name, ws.status);
        ws_free(&ws);
    }
}

/* Invalid text is refused at its first bad byte, however much is still to come. */
static void test_utf8_fails_at_once(void **state)
{
    struct bytes in = { "\1\x7E\3\xE8good\xFF", 9 };
    struct ws ws;

    (void)state;
    ws_init(&ws, WS_CLIENT, MAX);
    assert_int_equal(ws_next(&ws, &in), WS_ERROR);
    assert_int_equal(ws.status, 1007);
    assert_int_equal(ws_left(&ws), 1000 - 5);
    ws_free(&ws);
}

static void test_close_frame(void **state)
{
    char why[200];

    (void)state;
    memset(why, 'a', sizeof why);
    for (size_t size = 0; size < sizeof why; size++) {
        why[size] = '\0';
        size_t kept = size < 123 ? size : 123;
        struct frame *f = ws_close_frame(1013, why);
        assert_int_equal(f->size, 4 + kept);
        char head[] = { (char)0x88, (char)(2 + kept), 3, (char)0xF5 };
        assert_memory_equal(f->data, head, 4);
        assert_memory_equal(f->data + 4, why, kept);
        frame_unref(f);
        why[size] = 'a';
    }
}

/* Where a frame begins and ends: '#' is a byte after which payload is to come, '.' one
 * that ends a frame, '-' a header's first. */
static void test_the_frame_under_way(void **state)
{
    static const char s[] = "\x82\3abc\1\2he\x89\1p\x80\3llo";
    static const char after[] = "-###.-##.-#.-###.";
    struct ws ws;

    (void)state;
    ws_init(&ws, WS_CLIENT, MAX);
    for (size_t i = 0; i < sizeof s - 1; i++) {
        struct bytes in = { s + i, 1 };

        assert_int_not_equal(ws_next(&ws, &in), WS_ERROR);
        check(ws_inside(&ws) == (after[i] != '.'), "byte %zu: inside", i);
        check((ws_got(&ws) > 0) <= (after[i] == '#'), "byte %zu: got", i);
        check((ws_left(&ws) > 0) == (after[i] == '#'), "byte %zu: left", i);
    }
    assert_non_null(ws.frame);
    ws_free(&ws);
    assert_null(ws.frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_length),
        cmocka_unit_test(test_encoding),
        cmocka_unit_test(test_random_streams),
        cmocka_unit_test(test_random_damage),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_control_inside_a_message),
        cmocka_unit_test(test_too_big),
        cmocka_unit_test(test_utf8_fails_at_once),
        cmocka_unit_test(test_close_frame),
        cmocka_unit_test(test_the_frame_under_way),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
