#include "token.h"
#include "die.h"
#include "json.h"

#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The key's part of the hash is computed once, and each token begins with a copy. */
struct token_key { struct hmac_sha256_ctx hmac; };

enum { PART = BASE64_DECODE_LENGTH(TOKEN_MOST) };       /* bytes of a decoded part */

struct token_key *token_key_new(const char *bytes, size_t n)
{
    struct token_key *key = must_alloc(sizeof *key);

    hmac_sha256_set_key(&key->hmac, n, (const uint8_t *)bytes);
    return key;
}

void token_key_free(struct token_key *key) { free(key); }

/* base64url without padding, RFC 7515 section 2. nettle passes over blanks, and wants the
 * padding: we look for both first, and then add the padding. It refuses bits that are
 * left over and not zero: with them one signature could be written in several ways. */
static bool decode(struct bytes text, char *to, size_t *size)
{
    struct base64_decode_ctx ctx;
    size_t more = 0;

    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] <= ' ' || text.data[i] == '=')
            return false;
    base64url_decode_init(&ctx);
    return text.size % 4 != 1
        && base64_decode_update(&ctx, size, (uint8_t *)to, text.size, text.data)
        && base64_decode_update(&ctx, &more, (uint8_t *)to + *size, -text.size % 4, "==")
        && base64_decode_final(&ctx);
}

static bool signed_by(const struct token_key *key, struct bytes what, struct bytes how)
{
    struct hmac_sha256_ctx hmac = key->hmac;
    char theirs[BASE64_DECODE_LENGTH(64)];
    uint8_t ours[SHA256_DIGEST_SIZE];
    size_t n = 0;

    if (how.size > 64 || !decode(how, theirs, &n) || n != sizeof ours)
        return false;
    hmac_sha256_update(&hmac, what.size, (const uint8_t *)what.data);
    hmac_sha256_digest(&hmac, sizeof ours, ours);
    return memeql_sec(ours, theirs, sizeof ours);
}

/* ---- what it says, once it is known to be ours ---- */

static bool read_part(struct bytes part, char buf[PART + 1], struct json_member *wanted,
                      int count)
{
    size_t n = 0;

    return decode(part, buf, &n) && json_read(buf, n, wanted, count);
}

static const char *header_wrong(struct bytes part)
{
    static const char ours[] = "HS256";
    struct json_member wanted[] = { { .name = "alg" }, { .name = "crit" } };
    const struct json_member *alg = &wanted[0], *crit = &wanted[1];
    char buf[PART + 1];

    if (!read_part(part, buf, wanted, 2))
        return "the token's header is no JSON object with each name once";
    if (alg->kind != JSON_TEXT || alg->text.size != strlen(ours)
        || memcmp(alg->text.data, ours, strlen(ours)) != 0)
        return "the token's algorithm is not HS256";
    if (crit->kind != JSON_MISSING)
        return "the token needs an extension, by its crit, and none is known here";
    return NULL;
}

/* A NumericDate (RFC 7519 section 2) may have a fraction; and what is no time that a
 * double counts exactly is no date. */
static bool read_date(const struct json_member *m, double *seconds)
{
    static const double most = INT64_C(1) << 53;

    if (m->kind != JSON_NUMBER)
        return false;
    *seconds = strtod(m->text.data, NULL);
    return *seconds > -most && *seconds < most;
}

static const char *claims_wrong(struct bytes part, int64_t now)
{
    struct json_member wanted[] = { { .name = "exp" }, { .name = "nbf" },
                                    { .name = "aud" } };
    const struct json_member *exp = &wanted[0], *nbf = &wanted[1], *aud = &wanted[2];
    char buf[PART + 1];
    double until = 0, from = 0;

    if (!read_part(part, buf, wanted, 3))
        return "the token's claims are no JSON object with each name once";
    if (exp->kind == JSON_MISSING)
        return "the token never ends: it has no exp";
    if (!read_date(exp, &until))
        return "the token's exp is no number of seconds";
    if (nbf->kind != JSON_MISSING && !read_date(nbf, &from))
        return "the token's nbf is no number of seconds";
    if (aud->kind != JSON_MISSING)
        return "the token is for somebody else: it has an aud";
    if ((double)now >= until + TOKEN_SKEW)
        return "the token has expired";
    if (nbf->kind != JSON_MISSING && (double)now < from - TOKEN_SKEW)
        return "the token is not valid yet";
    return NULL;
}

/* Takes what stands before the next dot off the front. False: there is no dot. */
static bool cut(struct bytes *rest, struct bytes *part)
{
    const char *dot = rest->size ? memchr(rest->data, '.', rest->size) : NULL;

    if (!dot)
        return false;
    *part = (struct bytes){ rest->data, (size_t)(dot - rest->data) };
    *rest = (struct bytes){ dot + 1, rest->size - part->size - 1 };
    return true;
}

/* DOC: token-signature. A client that asks to come in must neither choose how that is
 * decided, nor make us read what it has made up. */
const char *token_wrong(const struct token_key *key, struct bytes token, int64_t now)
{
    struct bytes header, claims, signature = token;

    if (token.size > TOKEN_MOST)
        return "the token is too long";
    if (!cut(&signature, &header) || !cut(&signature, &claims))
        return "a token has three parts with dots between them";
    struct bytes both = { token.data, header.size + 1 + claims.size };
    if (!signed_by(key, both, signature))
        return "the token is not signed by this server's key";
    const char *why = header_wrong(header);
    return why ? why : claims_wrong(claims, now);
}
