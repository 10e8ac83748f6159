/* test_token.c - a token lets in exactly those that it should, and exactly as long. */
#include "token.h"
#include "tokens.h"
#include "unit.h"

#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#define KEY "0123456789abcdef0123456789abcdef"
#define NOW INT64_C(1800000000)
#define FINE "\"exp\":1800000100"

static struct token_key *ours;

static int make_key(void **state)
{
    (void)state;
    ours = token_key_new(KEY, strlen(KEY));
    return 0;
}

static int drop_key(void **state)
{
    (void)state;
    token_key_free(ours);
    return 0;
}

/* In memory of its own size: what lies beyond is AddressSanitizer's. */
static const char *judged(const struct token_key *key, const char *token, size_t n,
                          int64_t now)
{
    char *copy = memcpy(malloc(n ? n : 1), token, n);
    const char *why = token_wrong(key, (struct bytes){ copy, n }, now);

    check(!why || (*why && strlen(why) < 80 && !strpbrk(why, "\n\"\\")), "why: %s", why);
    free(copy);
    return why;
}

static const char *at(const char *header, const char *claims, int64_t now)
{
    static char token[TOKEN_ROOM];

    token_make(token, header, claims, KEY, strlen(KEY));
    return judged(ours, token, strlen(token), now);
}

static void let_in(const char *header, const char *claims)
{
    const char *why = at(header, claims, NOW);

    check(!why, "%s %s: %s", header, claims, why);
}

/* Refused, and the reason has this word in it. */
static void refused(const char *header, const char *claims, const char *word)
{
    const char *why = at(header, claims, NOW);

    check(why, "%s %s is let in", header, claims);
    check(strstr(why, word), "%s %s: no '%s' in: %s", header, claims, word, why);
}

/* ---- the standard's own example, RFC 7515 appendix A.1 ---- */

static const char example[] =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
static const unsigned char example_key[] = {
    3, 35, 53, 75, 43, 15, 165, 188, 131, 126, 6, 101, 119, 123, 166, 143, 90, 179, 40,
    230, 240, 84, 201, 40, 169, 15, 132, 178, 210, 80, 46, 191, 211, 251, 90, 146, 210, 6,
    71, 239, 150, 138, 180, 195, 119, 98, 61, 34, 61, 46, 33, 114, 5, 46, 79, 8, 192, 205,
    154, 245, 103, 208, 128, 163,
};
enum { EXAMPLE_ENDS = 1300819380 };

static void the_example_of_the_standard(void **state)
{
    struct token_key *key = token_key_new((const char *)example_key, sizeof example_key);
    size_t n = strlen(example);

    (void)state;
    assert_null(judged(key, example, n, EXAMPLE_ENDS - 1));
    assert_non_null(judged(key, example, n, EXAMPLE_ENDS + 60));
    assert_non_null(judged(ours, example, n, EXAMPLE_ENDS - 1));
    token_key_free(key);
}

/* Each bit of each character, each character left out, and each one doubled. */
static void a_touched_token_is_refused(void **state)
{
    struct token_key *key = token_key_new((const char *)example_key, sizeof example_key);
    size_t n = strlen(example);
    char token[sizeof example + 1];

    (void)state;
    for (size_t i = 0; i < n; i++) {
        for (int bit = 0; bit < 8; bit++) {
            memcpy(token, example, n);
            token[i] = (char)(token[i] ^ 1 << bit);
            check(judged(key, token, n, 0), "bit %d of character %zu", bit, i);
        }
        memcpy(token, example, i);
        memcpy(token + i, example + i + 1, n - i);
        check(judged(key, token, n - 1, 0), "without character %zu", i);
        memcpy(token, example, i + 1);
        memcpy(token + i + 1, example + i, n - i);
        check(judged(key, token, n + 1, 0), "character %zu, twice", i);
        check(judged(key, example, i, 0), "cut off after %zu", i);
    }
    token_key_free(key);
}

/* The last character of a signature has two bits that mean nothing: they must be zero. */
static void a_signature_is_written_in_one_way(void **state)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                 "0123456789-_";
    char token[TOKEN_ROOM];
    int good = 0;

    (void)state;
    token_make(token, HS256, "{" FINE "}", KEY, strlen(KEY));
    size_t n = strlen(token);
    for (int i = 0; i < 64; i++) {
        token[n - 1] = digits[i];
        good += !judged(ours, token, n, NOW);
    }
    assert_int_equal(good, 1);
}

/* ---- its parts ---- */

/* A token of these parts, as they are, and properly signed. */
static const char *parts(const char *both, const char *behind)
{
    char token[TOKEN_ROOM], *end = stpcpy(token, both);
    unsigned char hash[32];

    HMAC(EVP_sha256(), KEY, (int)strlen(KEY), (const void *)both, strlen(both), hash,
         NULL);
    *end++ = '.';
    end = token_encode(end, hash, sizeof hash);
    end = stpcpy(end, behind);
    return judged(ours, token, (size_t)(end - token), NOW);
}

#define H64 "eyJhbGciOiJIUzI1NiJ9"              /* {"alg":"HS256"} */
#define C64 "eyJleHAiOjE4MDAwMDAxMDB9"          /* {"exp":1800000100} */

static void three_parts_of_base64url(void **state)
{
    static char long_one[TOKEN_MOST];
    static const char *const bad[] = {
        "", ".", "..", "...", "." C64, H64 ".", H64, H64 "..", "." H64 "." C64,
        H64 "." C64 ".", H64 "." C64 "." C64, H64 ".." C64,
        H64 "=." C64, H64 "." C64 "=", H64 "." C64 "==", H64 ". " C64, H64 "\t." C64,
        H64 "." C64 "\n", H64 "." C64 "A", "+" H64 "." C64, H64 "." C64 "/",
        H64 "    ." C64, H64 "." C64 "\n\n\n\n", "    " H64 "." C64, H64 ".\r\n\r\n" C64,
        "eyJhbGciOiJIUzI1NiJ9IA==." C64, H64 ".eyJleHAiOjE4MDAwMDAxMDB9IA==",
        H64 "%2E" C64, "ey*hbGciOiJIUzI1NiJ9." C64, H64 "\xc3\xa9." C64,
    };
    static const char *const behind[] = { ".", "=", "==", " ", "\n", ".x", "..", "A" };

    (void)state;
    assert_null(parts(H64 "." C64, ""));
    for (size_t i = 0; i < COUNT(bad); i++)
        check(parts(bad[i], ""), "%s is let in", bad[i]);
    for (size_t i = 0; i < COUNT(behind); i++)
        check(parts(H64 "." C64, behind[i]), "'%s' behind it is let in", behind[i]);
    memset(long_one, 'A', sizeof long_one);
    memcpy(long_one, H64 "." C64 ".", strlen(H64 "." C64 "."));
    for (size_t n = 50; n <= sizeof long_one; n += 10)
        check(judged(ours, long_one, n, NOW), "a signature of %zu characters", n);
    check(judged(ours, H64 "." C64 ".", strlen(H64 "." C64 "."), NOW), "unsigned");
    check(judged(ours, "\0\0", 2, NOW) && judged(ours, ".\0.", 3, NOW), "NUL");
}

/* Blanks around JSON, and bits that are left over, each only where they may be. */
static void what_is_left_over_is_zero(void **state)
{
    (void)state;
    assert_null(parts("eyJhbGciOiJIUzI1NiJ9IA." C64, ""));
    assert_non_null(parts("eyJhbGciOiJIUzI1NiJ9IB." C64, ""));
    assert_null(parts(H64 ".eyJleHAiOjE4MDAwMDAxMDB9ICA", ""));
    assert_non_null(parts(H64 ".eyJleHAiOjE4MDAwMDAxMDB9ICB", ""));
}

static void its_length_is_bounded(void **state)
{
    static char claims[4000], token[TOKEN_ROOM];
    size_t longest = 0;

    (void)state;
    for (int fill = 2800; fill < 3100; fill++) {
        sprintf(claims, "{" FINE ",\"x\":\"%*s\"}", fill, "");
        token_make(token, HS256, claims, KEY, strlen(KEY));
        size_t n = strlen(token);
        bool good = !judged(ours, token, n, NOW);
        check(good == (n <= TOKEN_MOST), "one of %zu bytes is let in: %d", n, good);
        longest = good ? n : longest;
    }
    assert_in_range(longest, TOKEN_MOST - 2, TOKEN_MOST);
    assert_non_null(judged(ours, claims, 0, NOW));
}

/* ---- the header ---- */

static void the_algorithm_is_hs256(void **state)
{
    static const char *const bad[] = {
        "{}", "{\"typ\":\"JWT\"}", "{\"alg\":\"none\"}", "{\"alg\":\"None\"}",
        "{\"alg\":\"\"}", "{\"alg\":\"HS384\"}", "{\"alg\":\"HS512\"}",
        "{\"alg\":\"RS256\"}", "{\"alg\":\"hs256\"}", "{\"alg\":\"HS256 \"}",
        "{\"alg\":\"HS2567\"}", "{\"alg\":\"HS25\"}", "{\"alg\":[\"HS256\"]}",
        "{\"alg\":null}", "{\"alg\":256}", "{\"ALG\":\"HS256\"}",
        "{\"x\":{\"alg\":\"HS256\"}}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        refused(bad[i], "{" FINE "}", "HS256");
    let_in("{\"alg\":\"HS256\"}", "{" FINE "}");
    let_in("{\"\\u0061lg\":\"\\u0048S256\"}", "{" FINE "}");
    let_in("{\"alg\":\"HS256\",\"kid\":\"7\",\"typ\":\"at+jwt\"}", "{" FINE "}");
}

static void no_extension_is_known(void **state)
{
    (void)state;
    refused("{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", "{" FINE "}", "crit");
    refused("{\"alg\":\"HS256\",\"crit\":[]}", "{" FINE "}", "crit");
    refused("{\"alg\":\"HS256\",\"crit\":null}", "{" FINE "}", "crit");
    refused("{\"alg\":\"HS256\",\"cr\\u0069t\":[\"b64\"],\"b64\":false}", "{" FINE "}",
            "crit");
}

static void names_stand_once(void **state)
{
    (void)state;
    refused("{\"alg\":\"HS256\",\"alg\":\"HS256\"}", "{" FINE "}", "once");
    refused("{\"alg\":\"none\",\"alg\":\"HS256\"}", "{" FINE "}", "once");
    refused(HS256, "{" FINE "," FINE "}", "once");
    refused(HS256, "{\"exp\":1," FINE "}", "once");
    refused(HS256, "{" FINE ",\"e\\u0078p\":1}", "once");
    refused(HS256, "{" FINE ",\"x\":{\"a\":1,\"a\":1}}", "once");
    refused(HS256, "{" FINE ",\"x\":[[{\"a\":1,\"b\":2,\"\\u0061\":1}]]}", "once");
    let_in(HS256, "{" FINE ",\"x\":{\"exp\":1},\"y\":{\"exp\":1}}");
}

static void both_are_json(void **state)
{
    static const char *const bad[] = {
        "", " ", "HS256", "[]", "{", "{}}", "\"x\"", "null", "{\"exp\":1800000100",
        "{\"exp\":1800000100}x", "{\"exp\":1800000100,}", "{\"exp\":01800000100}",
        "{\"x\":\"\xff\",\"exp\":1800000100}", "{\"x\":\"\\ud800\",\"exp\":1800000100}",
        "{\"x\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]],\"exp\":1800000100}",
        "{\"x\":1e400x,\"exp\":1800000100}", "{\"exp\":1800000100\t\v}",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        refused(HS256, bad[i], "claims");
        refused(bad[i], "{" FINE "}", "header");
    }
    let_in(" \n{\"alg\":\"HS256\"}\r\n", "\t{" FINE " } ");
    let_in(HS256, "{" FINE ",\"x\":1e99999,\"y\":-99999999999999999999999999999999999}");
    let_in(HS256, "{" FINE ",\"sub\":\"J\xc3\xbcrgen\",\"roles\":[\"a\",{\"b\":null}]}");
}

/* ---- the claims ---- */

static void only_numbers_are_dates(void **state)
{
    static const char *const bad[] = {
        "null", "true", "\"1800000100\"", "[1800000100]", "{}", "\"\"", "1e400", "-1e400",
        "1e16", "99999999999999999999", "-9007199254740992", "9007199254740992",
    };
    char claims[100];

    (void)state;
    refused(HS256, "{}", "no exp");
    refused(HS256, "{\"x\":{" FINE "}}", "no exp");
    refused(HS256, "{\"EXP\":1800000100}", "no exp");
    for (size_t i = 0; i < COUNT(bad); i++) {
        snprintf(claims, sizeof claims, "{\"exp\":%s}", bad[i]);
        refused(HS256, claims, "exp is no number");
        snprintf(claims, sizeof claims, "{" FINE ",\"nbf\":%s}", bad[i]);
        refused(HS256, claims, "nbf is no number");
    }
    let_in(HS256, "{\"exp\":9007199254740991}");
    let_in(HS256, "{\"exp\":1.8000001e9}");
    let_in(HS256, "{\"exp\":1800000100.5}");
    refused(HS256, "{\"exp\":0}", "expired");
    refused(HS256, "{\"exp\":-1}", "expired");
    refused(HS256, "{\"exp\":1e-400}", "expired");
}

/* By ours, a clock is a minute slow or fast at most. */
static void times_have_edges(void **state)
{
    static const struct { const char *claims; int64_t from, to; } all[] = {
        { "{\"exp\":1800000000}", INT64_MIN, 1800000059 },
        { "{\"exp\":1800000000.5}", INT64_MIN, 1800000060 },
        { "{\"exp\":1800000500,\"nbf\":1800000000}", 1799999940, 1800000559 },
        { "{\"exp\":1800000500,\"nbf\":1800000000.5}", 1799999941, 1800000559 },
        { "{\"exp\":0}", INT64_MIN, 59 },
        { "{\"exp\":-120}", INT64_MIN, -61 },
        { "{\"exp\":1800000000,\"nbf\":1800000000}", 1799999940, 1800000059 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        const char *claims = all[i].claims;
        check(!at(HS256, claims, all[i].to), "%s, at its end", claims);
        check(at(HS256, claims, all[i].to + 1), "%s, after its end", claims);
        check(!at(HS256, claims, all[i].from), "%s, at its beginning", claims);
        check(all[i].from == INT64_MIN || at(HS256, claims, all[i].from - 1),
              "%s, before its beginning", claims);
    }
    check(strstr(at(HS256, "{\"exp\":1}", NOW), "expired"), "expired");
    check(strstr(at(HS256, "{\"exp\":9e9,\"nbf\":8e9}", NOW), "yet"), "not yet");
    assert_non_null(at(HS256, "{\"exp\":1,\"nbf\":1800000000}", NOW));
    assert_non_null(at(HS256, "{\"exp\":9e15}", INT64_MAX));
}

static void a_named_audience_is_not_us(void **state)
{
    (void)state;
    refused(HS256, "{" FINE ",\"aud\":\"somebody\"}", "aud");
    refused(HS256, "{" FINE ",\"aud\":[]}", "aud");
    let_in(HS256, "{" FINE ",\"audience\":\"x\",\"x\":{\"aud\":\"x\"},\"iat\":\"x\"}");
}

/* ---- keys ---- */

/* Shorter and longer than SHA-256's block, NULs and all; each token by its own alone. */
static void any_bytes_are_a_key(void **state)
{
    static const size_t sizes[] = { 32, 33, 63, 64, 65, 128, 4096 };
    char bytes[4096], token[TOKEN_ROOM];

    (void)state;
    for (size_t i = 0; i < COUNT(sizes) * 2; i++) {
        size_t n = sizes[i / 2];

        for (size_t k = 0; k < n; k++)
            bytes[k] = i % 2 ? (char)dice(256) : 0;
        struct token_key *key = token_key_new(bytes, n);
        token_make(token, HS256, "{" FINE "}", bytes, n);
        check(!judged(key, token, strlen(token), NOW), "a key of %zu bytes", n);
        check(judged(ours, token, strlen(token), NOW), "another's token");
        bytes[n - 1] ^= 1;
        token_make(token, HS256, "{" FINE "}", bytes, n);
        check(judged(key, token, strlen(token), NOW), "almost that key, %zu bytes", n);
        token_key_free(key);
    }
    token_key_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_of_the_standard),
        cmocka_unit_test(a_touched_token_is_refused),
        cmocka_unit_test(a_signature_is_written_in_one_way),
        cmocka_unit_test(three_parts_of_base64url),
        cmocka_unit_test(what_is_left_over_is_zero),
        cmocka_unit_test(its_length_is_bounded),
        cmocka_unit_test(the_algorithm_is_hs256),
        cmocka_unit_test(no_extension_is_known),
        cmocka_unit_test(names_stand_once),
        cmocka_unit_test(both_are_json),
        cmocka_unit_test(only_numbers_are_dates),
        cmocka_unit_test(times_have_edges),
        cmocka_unit_test(a_named_audience_is_not_us),
        cmocka_unit_test(any_bytes_are_a_key),
    };

    return cmocka_run_group_tests(tests, make_key, drop_key);
}
