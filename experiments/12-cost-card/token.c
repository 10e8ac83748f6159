/* token.c - what it costs to check a token (common/core/token.h), in CPU time: one that
 * comes in, and a stranger's, whose signature is wrong.
 *
 * A server with --jwt-key does that once for each request or upgrade, and not for a
 * message. Prints "token,BYTES,MICROSECONDS", and so for "stranger". */
#include "die.h"
#include "start.h"
#include "token.h"

#include <nettle/base64.h>
#include <nettle/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 50, CHECKS = 40, NOW = 1800000000 };

static const char key[] = "a key for nothing but this measurement";
static const char header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
static const char claims[] = "{\"iss\":\"https://a.example\",\"sub\":\"ann\","
                             "\"iat\":1800000000,\"exp\":1800003600}";

/* base64url without padding; returns its end. */
static char *encode(char *to, const void *bytes, size_t n)
{
    struct base64_encode_ctx ctx;

    base64url_encode_init(&ctx);
    to += base64_encode_update(&ctx, to, n, bytes);
    to += base64_encode_final(&ctx, to);
    while (to[-1] == '=')
        to--;
    return to;
}

static size_t make(char *token)
{
    struct hmac_sha256_ctx hmac;
    uint8_t hash[SHA256_DIGEST_SIZE];
    char *end = encode(token, header, strlen(header));

    *end++ = '.';
    end = encode(end, claims, strlen(claims));
    hmac_sha256_set_key(&hmac, strlen(key), (const uint8_t *)key);
    hmac_sha256_update(&hmac, (size_t)(end - token), (const uint8_t *)token);
    hmac_sha256_digest(&hmac, sizeof hash, hash);
    *end++ = '.';
    return (size_t)(encode(end, hash, sizeof hash) - token);
}

static double cpu_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* The CPU time of some checks, all of which must end as they should. */
static double check(const struct token_key *k, struct bytes token, bool good)
{
    double before = cpu_us();

    for (int i = 0; i < CHECKS; i++)
        if (!token_wrong(k, token, NOW) != good)
            die("a token that is %s is not taken so", good ? "good" : "a stranger's");
    return cpu_us() - before;
}

int main(void)
{
    char token[1000], stranger[1000];
    double ours = 0, theirs = 0;

    start_clean();
    struct token_key *k = token_key_new(key, strlen(key));
    size_t n = make(token);
    memcpy(stranger, token, n);
    stranger[n - 10] = stranger[n - 10] == 'A' ? 'B' : 'A';
    check(k, (struct bytes){ token, n }, true);         /* what is slow once only */
    for (int i = 0; i < ROUNDS; i++) {
        ours += check(k, (struct bytes){ token, n }, true);
        theirs += check(k, (struct bytes){ stranger, n }, false);
    }
    printf("token,%zu,%.3f\nstranger,%zu,%.3f\n", n, ours / (ROUNDS * CHECKS), n,
           theirs / (ROUNDS * CHECKS));
    token_key_free(k);
    return 0;
}
