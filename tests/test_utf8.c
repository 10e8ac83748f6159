/* test_utf8.c - UTF-8 against a table made the other way round: from what every code
 * point is encoded as, RFC 3629 section 3. */
#include "unit.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

enum { TWO = 1 << 16, THREE = 1 << 24 };

/* What may stand at the beginning of an encoded code point; of one byte, two or three. */
static uint8_t *begins[4];
enum { NO, PART, WHOLE };

static size_t encode(uint32_t c, uint8_t s[4])
{
    if (c < 0x80)
        return s[0] = (uint8_t)c, 1;
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, c >>= 6)
        s[i] = (uint8_t)(0x80 | (c & 0x3F));
    s[0] = (uint8_t)((n == 2 ? 0xC0 : n == 3 ? 0xE0 : 0xF0) | c);
    return n;
}

static uint32_t number(const uint8_t *s, size_t n)
{
    uint32_t k = 0;

    for (size_t i = 0; i < n; i++)
        k = k << 8 | s[i];
    return k;
}

static bool scalar(uint32_t c) { return c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF); }

static int make_table(void **state)
{
    uint8_t s[4];

    (void)state;
    begins[1] = calloc(256, 1);
    begins[2] = calloc(TWO, 1);
    begins[3] = calloc(THREE, 1);
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        if (!scalar(c))
            continue;
        size_t n = encode(c, s);
        for (size_t i = 1; i <= n && i <= 3; i++)
            begins[i][number(s, i)] = i == n ? WHOLE : PART;
    }
    return 0;
}

static int free_table(void **state)
{
    (void)state;
    for (int i = 1; i <= 3; i++)
        free(begins[i]);
    return 0;
}

/* What up to three bytes are: whole characters, perhaps a part of one, or nonsense. */
static int expected(const uint8_t *s, size_t size)
{
    size_t from = 0;

    for (size_t i = 1; i <= size; i++) {
        int is = begins[i - from][number(s + from, i - from)];

        if (is == NO)
            return NO;
        if (is == WHOLE)
            from = i;
    }
    return from == size ? WHOLE : PART;
}

static int found(const void *s, size_t size)
{
    struct utf8 u = { 0, 0, 0 };

    if (!utf8_feed(&u, s, size))
        return NO;
    return utf8_complete(&u) ? WHOLE : PART;
}

static void test_every_code_point(void **state)
{
    uint8_t s[5] = "";

    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        size_t n = encode(c, s);

        check(found(s, n) == (scalar(c) ? WHOLE : NO), "U+%04X", c);
        for (size_t i = 1; scalar(c) && i < n; i++)
            check(found(s, i) == PART, "U+%04X, first %zu", c, i);
    }
    for (uint32_t c = 0x110000; c <= 0x1FFFFF; c += 61)
        check(found(s, encode(c, s)) == NO, "U+%X", c);
}

static void test_every_two_bytes(void **state)
{
    (void)state;
    for (uint32_t k = 0; k < TWO; k++) {
        uint8_t s[2] = { (uint8_t)(k >> 8), (uint8_t)k };

        check(found(s, 2) == expected(s, 2), "%04X", k);
    }
}

static void test_every_three_bytes(void **state)
{
    (void)state;
    for (uint32_t k = 0; k < THREE; k++) {
        uint8_t s[3] = { (uint8_t)(k >> 16), (uint8_t)(k >> 8), (uint8_t)k };

        check(found(s, 3) == expected(s, 3), "%06X", k);
    }
}

/* All that can follow three bytes, wherever they begin a longer character. */
static void test_every_fourth_byte(void **state)
{
    (void)state;
    for (uint32_t k = 0xF00000; k < THREE; k++)
        for (int last = 0; last < 256 && begins[3][k] == PART; last++) {
            uint8_t s[4] = { (uint8_t)(k >> 16), (uint8_t)(k >> 8), (uint8_t)k,
                             (uint8_t)last };

            check(found(s, 4) == (last >> 6 == 2 ? WHOLE : NO), "%06X%02X", k, last);
        }
}

static void test_named_errors(void **state)
{
    static const struct { const char *name, *text; } all[] = {
        { "overlong NUL", "\xC0\x80" }, { "overlong slash", "\xC0\xAF" },
        { "overlong, 3 bytes", "\xE0\x9F\xBF" },
        { "overlong, 4 bytes", "\xF0\x8F\xBF\xBF" },
        { "first surrogate", "\xED\xA0\x80" }, { "last surrogate", "\xED\xBF\xBF" },
        { "beyond U+10FFFF", "\xF4\x90\x80\x80" }, { "5 bytes", "\xF8\x88\x80\x80\x80" },
        { "6 bytes", "\xFC\x84\x80\x80\x80\x80" }, { "FE", "\xFE" }, { "FF", "\xFF" },
        { "a lone continuation", "\x80" }, { "one too many", "\xC3\xA4\x80" },
        { "one too few", "\xE2\x82z" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        check(found(all[i].text, strlen(all[i].text)) == NO, "%s", all[i].name);
}

/* In as many calls as you like: the state between them is all that counts. */
static void test_splits(void **state)
{
    static const char text[] =
        "k\xC3\xB6sm\xC3\xA9, \xE2\x82\xAC and \xF0\x9F\x98\x80, "
        "long ASCII text that is fast"
        "\xEF\xBF\xBF\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80\xE0\xA0\x80"
        "\xF0\x90\x80\x80.";
    size_t size = sizeof text - 1;

    (void)state;
    for (size_t a = 0; a <= size; a++)
        for (size_t b = a; b <= size; b++) {
            struct utf8 u = { 0, 0, 0 };

            check(utf8_feed(&u, text, a) && utf8_feed(&u, text + a, b - a)
                  && utf8_feed(&u, text + b, size - b) && utf8_complete(&u),
                  "cut at %zu and %zu", a, b);
        }
}

/* Text is skimmed many bytes at a time: none must slip through. */
static void test_one_bad_byte(void **state)
{
    static const struct { const char *bytes; int is; } odd[] = {
        { "\x80", NO }, { "\xFF", NO }, { "\xC3", NO }, { "\xC3\xA4", WHOLE },
        { "\xF0\x9F\x98\x80", WHOLE }, { "\xED\xA0\x80", NO },
    };
    char text[80];

    (void)state;
    for (size_t size = 1; size <= 72; size++)
        for (size_t at = 0; at < size; at++)
            for (size_t i = 0; i < COUNT(odd); i++) {
                size_t n = strlen(odd[i].bytes);

                memset(text, 'a', sizeof text);
                memcpy(text + at, odd[i].bytes, n);
                int is = found(text, size);
                bool cut = at + n > size || (n == 1 && at + 1 == size);
                check(cut ? is != WHOLE : is == odd[i].is, "%zu of %zu, case %zu", at,
                      size, i);
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_code_point),
        cmocka_unit_test(test_every_two_bytes),
        cmocka_unit_test(test_every_three_bytes),
        cmocka_unit_test(test_every_fourth_byte),
        cmocka_unit_test(test_named_errors),
        cmocka_unit_test(test_splits),
        cmocka_unit_test(test_one_bad_byte),
    };

    return cmocka_run_group_tests(tests, make_table, free_table);
}
