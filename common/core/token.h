/* token.h - a JSON Web Token: may its bearer come in? RFC 7519, in the compact form of
 * RFC 7515 section 3.1, signed by HS256 (HMAC with SHA-256, RFC 7518 section 3.2) and by
 * nothing else.
 *
 * The signature is checked first, and nothing else is looked at before: what a stranger
 * has written is never parsed. The algorithm is ours and not the token's, which may name
 * none, or another one that takes our key for something else (RFC 8725 section 3.1). */
#ifndef TOKEN_H
#define TOKEN_H

#include "frame.h"
#include <stddef.h>
#include <stdint.h>

enum {
    TOKEN_KEY = 32,             /* bytes that a key has at least, RFC 7518 section 3.2 */
    TOKEN_MOST = 4096,          /* bytes of a token */
    TOKEN_SKEW = 60,            /* seconds that the issuer's clock may differ from ours */
};

struct token_key;               /* a key that is ready to be used, by all threads */

/* Of at least TOKEN_KEY bytes, which are copied. A server keeps it to its end. */
struct token_key *token_key_new(const char *bytes, size_t n);
void token_key_free(struct token_key *);

/* NULL if the bearer may come in at that time, in seconds since 1970. Otherwise why not:
 * one line for the client, a literal that has nothing of the token in it. What is asked:
 *
 *   three parts of base64url, without padding, with a dot between each two
 *   a signature of the first two, by our key; it is compared in constant time
 *   a header and claims that are JSON objects (json.h), each name once
 *   "alg": "HS256", and no "crit": no extension is known here (RFC 7515 section 4.1.11)
 *   exp, a number of seconds, not later than TOKEN_SKEW ago; nbf, if there is one, not
 *     later than TOKEN_SKEW from now (RFC 7519 sections 4.1.4 and 4.1.5)
 *   no aud: a token for a named audience is not for us, since we have no name (4.1.3)
 *
 * Other claims may say what they like. */
const char *token_wrong(const struct token_key *, struct bytes token, int64_t now);

#endif
