#include "tokens.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

char *token_encode(char *to, const void *bytes, size_t n)
{
    int size = EVP_EncodeBlock((unsigned char *)to, bytes, (int)n);

    while (size > 0 && to[size - 1] == '=')
        size--;
    to[size] = '\0';
    for (char *p = to; *p; p++)
        *p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
    return to + size;
}

void token_make(char token[TOKEN_ROOM], const char *header, const char *claims,
                const void *key, size_t size)
{
    unsigned char hash[32];
    char *end = token_encode(token, header, strlen(header));

    *end++ = '.';
    end = token_encode(end, claims, strlen(claims));
    HMAC(EVP_sha256(), key, (int)size, (void *)token, (size_t)(end - token), hash, NULL);
    *end++ = '.';
    token_encode(end, hash, sizeof hash);
}

void token_for(char token[TOKEN_ROOM], const char *key, int seconds)
{
    char claims[60];

    snprintf(claims, sizeof claims, "{\"exp\":%lld}", (long long)time(NULL) + seconds);
    token_make(token, HS256, claims, key, strlen(key));
}
