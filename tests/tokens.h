/* tokens.h - JSON Web Tokens as an issuer makes them, good ones and others. OpenSSL signs
 * them: a mistake in the core is not repeated here. */
#ifndef TOKENS_H
#define TOKENS_H

#include <stddef.h>

#define HS256 "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"

enum { TOKEN_ROOM = 16384 };    /* bytes of a token, NUL and all */

/* base64url without padding; returns the end, where a NUL stands. */
char *token_encode(char *to, const void *, size_t);

/* Header and claims as they are, signed with these bytes. */
void token_make(char token[TOKEN_ROOM], const char *header, const char *claims,
                const void *key, size_t size);

/* An ordinary one with the key, a text, that ends in so many seconds. */
void token_for(char token[TOKEN_ROOM], const char *key, int seconds);

#endif
