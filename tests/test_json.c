/* test_json.c - what a JSON object is, and what is in it: by jansson's account, too. */
#include "json.h"
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* A copy in memory of its own size: what lies beyond is AddressSanitizer's. */
static bool read_json(const char *text, size_t n, struct json_member *m, int count,
                      char **copy)
{
    *copy = memcpy(malloc(n ? n : 1), text, n);
    return json_read(*copy, n, m, count);
}

static bool is_object(const char *text, size_t n)
{
    char *copy;
    bool is = read_json(text, n, NULL, 0, &copy);

    free(copy);
    return is;
}

/* jansson turns numbers into its own, and refuses what does not fit: of those we ask
 * nothing. -1: it has no say. */
static int by_jansson(const char *text, size_t n)
{
    json_error_t error;
    json_t *json = json_loadb(text, n, JSON_REJECT_DUPLICATES, &error);
    bool is = json_is_object(json);

    json_decref(json);
    return !json && json_error_code(&error) == json_error_numeric_overflow ? -1 : is;
}

static const char *const good[] = {
    "{}", " \t\r\n{ \n} ", "{\"a\":1}", "{ \"a\" : 1 , \"b\" : [ ] }", "{\"\":0}",
    "{\"a\":[1,2,[3,{\"b\":null}]],\"c\":true,\"d\":false}", "{\"a\":{\"a\":{\"a\":1}}}",
    "{\"a\":[{\"x\":1},{\"x\":2}],\"x\":3}", "{\"a\":-0,\"b\":-0.0e-0,\"c\":1E+5}",
    "{\"a\":10.25,\"b\":0.5,\"c\":1e5}", "{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
    "{\"a\":\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"}",
    "{\"\xc3\xa9\":\"\xf0\x9f\x98\x80\"}",
    "{\"a\":\"\x7f\"}", "{\"a\":1,\"A\":2,\"a \":3}", "{\"a\":\"{}[],:\"}",
    "{\"a\":123456789012345678}", "{\"a\":\"\\\\\",\"b\":\"\\\\u0000\"}",
};

static const char *const bad[] = {
    "", " ", "1", "\"a\"", "[]", "null", "true", "{", "}", "{}}", "{}{}", "{} x", "{,}",
    "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "{\"a\" 1}", "{a:1}",
    "{1:1}",
    "{'a':1}", "{\"a\":1", "{\"a\":[1,]}", "{\"a\":[1}", "{\"a\":[,1]}", "{\"a\":(1)}",
    "{\"a\":tru}", "{\"a\":True}", "{\"a\":nul}", "{\"a\":nullx}", "{\"a\":NaN}",
    "{\"a\":Infinity}", "{\"a\":undefined}", "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}",
    "{\"a\":1.}", "{\"a\":1.e5}", "{\"a\":1e}", "{\"a\":1e+}", "{\"a\":-}",
    "{\"a\":0x10}",
    "{\"a\":--1}", "{\"a\":1e5.5}", "{\"a\":1 2}", "{\"a\":\"}", "{\"a\":\"\\\"}",
    "{\"a\":\"\\x\"}", "{\"a\":\"\\", "{\"a\":\"\\u", "{\"a\":\"\\u12",
    "{\"a\":\"\\u123\"}",
    "{\"a\":\"\\u123g\"}", "{\"a\":\"\\U0041\"}", "{\"a\":\"\\u0000\"}",
    "{\"\\u0000\":1}", "{\"a\":\"\\ud83d\"}", "{\"a\":\"\\ud83dx\"}",
    "{\"a\":\"\\ud83d\\n\"}", "{\"a\":\"\\ud83d\\u0041\"}", "{\"a\":\"\\ude00\"}",
    "{\"a\":\"\\ud83d\\ud83d\"}", "{\"a\":\"\t\"}", "{\"a\":\"\n\"}", "{\"a\":\"\x1f\"}",
    "{\"a\":\"\xff\"}", "{\"a\":\"\xc3\"}", "{\"a\":\"\xc0\x80\"}",
    "{\"a\":\"\xed\xa0\x80\"}", "{\"\xe9\":1}", "\xef\xbb\xbf{}", "{\"a\":1/**/}",
    "//x\n{}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2,\"a\":1}",
    "{\"a\":1,\"\\u0061\":2}", "{\"\\/\":1,\"/\":2}", "{\"\xc3\xa9\":1,\"\\u00e9\":2}",
    "{\"\":1,\"\":2}", "{\"x\":{\"a\":1,\"a\":2}}", "{\"x\":[[{\"a\":1,\"a\":2}]]}",
    "{\"\xf0\x9f\x98\x80\":1,\"\\ud83d\\ude00\":2}", "{\"a\":{},\"b\":{\"c\":0},\"a\":1}",
};

static void what_is_an_object(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        check(is_object(good[i], strlen(good[i])), "%s is refused", good[i]);
        check(by_jansson(good[i], strlen(good[i])) == 1, "jansson refuses %s", good[i]);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        check(!is_object(bad[i], strlen(bad[i])), "%s is let pass", bad[i]);
        check(by_jansson(bad[i], strlen(bad[i])) == 0, "jansson lets pass %s", bad[i]);
    }
    check(!is_object("{\"a\":1\0}", 8) && !is_object("{}\0", 3), "a NUL is let pass");
}

/* Every beginning of an object is none, and each is cut where memory ends. */
static void what_is_cut_off_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        size_t end = strlen(good[i]);

        while (good[i][end - 1] != '}')
            end--;
        for (size_t n = 0; n < end; n++)
            check(!is_object(good[i], n), "%.*s", (int)n, good[i]);
    }
}

/* Made up from what JSON is made of, and from the texts above. */
static size_t make_up(char *text, size_t most)
{
    static const char *const pieces[] = {
        "{", "}", "[", "]", ":", ",", "\"", "\"a\"", "\"b\"", "\"\\u0061\"", "1",
        "-", "0", ".5", "e9", "true", "null", " ", "\\", "\\ud83d", "\\ude00", "\xc3",
        "\xa9", "{\"a\":",
    };
    unsigned which = dice((unsigned)(COUNT(good) + COUNT(bad)));
    const char *base = which < COUNT(good) ? good[which] : bad[which - COUNT(good)];
    size_t n = strlen(base);

    memcpy(text, base, n);
    for (unsigned k = dice(4); k > 0; k--) {
        const char *piece = pieces[dice(COUNT(pieces))];
        size_t more = strlen(piece), at = dice((unsigned)n + 1);
        size_t cut = dice(3) ? 0 : dice((unsigned)(n - at) + 1);

        if (n + more - cut > most)
            continue;
        memmove(text + at + more, text + at + cut, n - at - cut);
        memcpy(text + at, piece, more);
        n += more - cut;
    }
    return n;
}

static void jansson_thinks_the_same(void **state)
{
    char text[200];
    int objects = 0;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        size_t n = make_up(text, sizeof text);
        int theirs = by_jansson(text, n);

        check(theirs < 0 || theirs == is_object(text, n), "%.*s: jansson says %d", (int)n,
              text, theirs);
        objects += theirs == 1;
    }
    check(objects > 1000, "only %d are objects: this tries nothing", objects);
}

/* ---- members ---- */

static void members_are_found(void **state)
{
    static const char text[] = "{\"x\":{\"exp\":7},\"ex\":1,\"e\\u0078p\": 12.5e1 ,\"s\":"
        "\"a\\u00e9\\ud83d\\ude00\\n\",\"t\":true,\"n\":null,\"o\":{\"a\":1},"
        "\"l\":[\"s\"]}";
    static const char *const others[] = { "t", "n", "o", "l", "x" };
    struct json_member m[] = { { .name = "exp" }, { .name = "s" }, { .name = "none" },
                               { .name = "t" }, { .name = "n" }, { .name = "o" },
                               { .name = "l" }, { .name = "x" }, { .name = "a" } };
    char *copy;

    (void)state;
    assert_true(read_json(text, sizeof text - 1, m, (int)COUNT(m), &copy));
    assert_int_equal(m[0].kind, JSON_NUMBER);
    assert_int_equal(m[0].text.size, 6);
    assert_true(strtod(m[0].text.data, NULL) == 125);
    assert_int_equal(m[1].kind, JSON_TEXT);
    assert_int_equal(m[1].text.size, 8);
    assert_memory_equal(m[1].text.data, "a\xc3\xa9\xf0\x9f\x98\x80\n", 8);
    assert_int_equal(m[2].kind, JSON_MISSING);
    for (int i = 0; i < 5; i++)
        check(m[3 + i].kind == JSON_OTHER, "%s is of kind %d", others[i], m[3 + i].kind);
    assert_int_equal(m[8].kind, JSON_MISSING);      /* it lies deeper */
    free(copy);
}

/* ---- bounds ---- */

static bool nested(int depth, bool arrays)
{
    char text[400];
    size_t n = 0;

    for (int i = 0; i < depth; i++)
        n += (size_t)sprintf(text + n, i && arrays ? "[" : "{\"a\":");
    text[n++] = '1';
    for (int i = depth - 1; i >= 0; i--)
        text[n++] = i && arrays ? ']' : '}';
    return is_object(text, n);
}

static void depth_is_bounded(void **state)
{
    static char deep[100000];
    /* What is over no longer counts. */
    static const char over[] = "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]],"
                               "\"b\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}";

    (void)state;
    for (int arrays = 0; arrays < 2; arrays++) {
        check(nested(JSON_DEPTH, arrays), "%d is refused", JSON_DEPTH);
        check(!nested(JSON_DEPTH + 1, arrays), "%d is let pass", JSON_DEPTH + 1);
    }
    memcpy(deep, "{\"a\":", 5);
    memset(deep + 5, '[', sizeof deep - 5);
    assert_false(is_object(deep, sizeof deep));     /* and the stack holds */
    assert_true(is_object(over, sizeof over - 1));
}

/* An object of n names; with a twin of the last one, or inside of another. */
static bool named(int n, bool twin, bool inside)
{
    char *text = malloc((size_t)n * 12 + 40), *end = text;

    end += sprintf(end, inside ? "{\"x\":{" : "{");
    for (int i = 0; i < n; i++)
        end += sprintf(end, "%s\"n%d\":%d", i ? "," : "", i, i);
    if (twin)
        end += sprintf(end, ",\"n%d\":0", n - 1);
    end += sprintf(end, inside ? "}}" : "}");
    bool is = is_object(text, (size_t)(end - text));
    free(text);
    return is;
}

static void names_are_bounded(void **state)
{
    (void)state;
    assert_true(named(JSON_NAMES, false, false));
    assert_false(named(JSON_NAMES + 1, false, false));
    assert_true(named(JSON_NAMES - 1, false, true));
    assert_false(named(JSON_NAMES, false, true));
    assert_false(named(JSON_NAMES - 1, true, false));
    assert_false(named(50, true, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_an_object),
        cmocka_unit_test(what_is_cut_off_is_none),
        cmocka_unit_test(jansson_thinks_the_same),
        cmocka_unit_test(members_are_found),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(names_are_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
