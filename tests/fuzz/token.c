#include "fuzz.h"
#include "json.h"
#include "token.h"

#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <stdlib.h>
#include <string.h>

static const char secret[] = "0123456789abcdef0123456789abcdef";

enum { SECRET = sizeof secret - 1, NOW = 1800000000, SIGNATURE = 43 };

/* base64url without padding; returns its end. */
static char *encode(char *to, const void *bytes, size_t n)
{
    struct base64_encode_ctx ctx;

    base64url_encode_init(&ctx);
    to += base64_encode_update(&ctx, to, n, bytes);
    to += base64_encode_final(&ctx, to);
    while (n % 3 && to[-1] == '=')
        to--;
    return to;
}

static bool good(const struct token_key *key, const char *token, size_t n, int64_t now)
{
    char *copy = memcpy(malloc(n), token, n);
    bool is = !token_wrong(key, (struct bytes){ copy, n }, now);

    free(copy);
    return is;
}

/* A stranger has no key: whatever it says stays outside, and is not read. */
static void fuzz_stranger(const struct token_key *key, struct bytes in)
{
    if (in.size && good(key, in.data, in.size, NOW))
        abort();
}

/* Header and claims by somebody who has the key. What comes in with them does not when a
 * bit of the signature is another, nor for ever. */
static void fuzz_issuer(const struct token_key *key, struct bytes in)
{
    size_t split = take(&in), size = in.size;
    char *token = malloc(2 * size + 100), *end;
    struct hmac_sha256_ctx hmac;
    uint8_t hash[SHA256_DIGEST_SIZE];

    split = split < size ? split : size;
    end = encode(token, in.data, split);
    *end++ = '.';
    end = encode(end, in.data + split, size - split);
    hmac_sha256_set_key(&hmac, SECRET, (const uint8_t *)secret);
    hmac_sha256_update(&hmac, (size_t)(end - token), (uint8_t *)token);
    hmac_sha256_digest(&hmac, sizeof hash, hash);
    *end++ = '.';
    end = encode(end, hash, sizeof hash);
    size_t n = (size_t)(end - token);
    if (good(key, token, n, NOW)) {
        if (good(key, token, n, INT64_MAX))
            abort();
        token[n - 1 - size % SIGNATURE] ^= 1;
        if (good(key, token, n, NOW))
            abort();
    }
    free(token);
}

/* A member that is found is one that the text has, and lies in it. */
static void fuzz_json(struct bytes in)
{
    struct json_member m[] = { { .name = "exp" }, { .name = "alg" } };
    char *copy = memcpy(malloc(in.size + 1), in.data ? in.data : "", in.size);

    if (json_read(copy, in.size, m, 2))
        for (int i = 0; i < 2; i++)
            if (m[i].text.size && (m[i].text.data < copy || m[i].text.data
                                   + m[i].text.size >= copy + in.size))
                abort();
    free(copy);
}

void fuzz_token(struct bytes in)
{
    struct token_key *key = token_key_new(secret, SECRET);

    switch (take(&in) % 3) {
    case 0: fuzz_stranger(key, in); break;
    case 1: fuzz_issuer(key, in); break;
    case 2: fuzz_json(in); break;
    }
    token_key_free(key);
}
