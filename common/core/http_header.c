#include "http_inside.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <string.h>
#include <strings.h>

bool http_lists(const char *list, const char *word,
                int (*compare)(const char *, const char *, size_t))
{
    size_t length = strlen(word);

    for (const char *p = list; *p;) {
        p += strspn(p, ", \t");
        size_t n = strcspn(p, ","), item = n;

        while (item > 0 && strchr(" \t", p[item - 1]))
            item--;
        if (item == length && compare(p, word, length) == 0)
            return true;
        p += n;
    }
    return false;
}

/* DOC: http-accept. Sec-WebSocket-Accept: base64 of the SHA-1 of the key and a fixed GUID
 * (section 4.2.2). Whose library has to make itself ready first makes every child pay. */
static void compute_accept(const char *key, char accept[29])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t hash[SHA1_DIGEST_SIZE];
    struct sha1_ctx sha1;

    sha1_init(&sha1);
    sha1_update(&sha1, strlen(key), (const uint8_t *)key);
    sha1_update(&sha1, strlen(guid), (const uint8_t *)guid);
    sha1_digest(&sha1, sizeof hash, hash);
    base64_encode_raw(accept, sizeof hash, hash);
    accept[BASE64_ENCODE_RAW_LENGTH(SHA1_DIGEST_SIZE)] = '\0';
}

/* A key is base64 of 16 bytes: 22 digits and two signs of padding. */
static bool key_valid(const char *key)
{
    size_t digits = strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                "0123456789+/");

    return digits == 22 && strcmp(key + 22, "==") == 0;
}

void http_end_header(struct http *h)
{
    const char *name = utstring_body(&h->name);
    char *value = utstring_body(&h->value);

    if (!h->in_value)
        return;
    h->blank |= strchr(name, ' ') != NULL;
    for (size_t n = utstring_len(&h->value); n > 0 && strchr(" \t", value[n - 1]); n--)
        value[n - 1] = '\0';    /* blanks around a value are none of it */
    h->in_value = false;
    if (strcasecmp(name, "Host") == 0) {
        h->hosts++;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        h->body = true;
    } else if (strcasecmp(name, "Origin") == 0) {
        const char *allowed = h->options->allow_origin;

        h->origins++;
        h->origin_ok = !allowed || (*value && http_lists(allowed, value, strncasecmp));
    } else if (strcasecmp(name, "Sec-Fetch-Site") == 0) {
        /* A page's <img> names no Origin, but its browser says that another site asks. */
        h->elsewhere |= h->options->allow_origin && strcmp(value, "none") != 0
            && strcmp(value, "same-origin") != 0;
    } else if (strcasecmp(name, "Upgrade") == 0) {
        h->upgrade |= http_lists(value, "websocket", strncasecmp);
    } else if (strcasecmp(name, "Connection") == 0) {
        h->connection |= http_lists(value, "upgrade", strncasecmp);
    } else if (strcasecmp(name, "Sec-WebSocket-Protocol") == 0) {
        const char *ours = h->options->subprotocol;

        h->offered = true;
        h->echo |= ours && http_lists(value, ours, strncmp);
    } else if (strcasecmp(name, "Sec-WebSocket-Version") == 0) {
        h->versions++;
        h->version_ok = strcmp(value, "13") == 0;
    } else if (strcasecmp(name, "Sec-WebSocket-Key") == 0) {
        h->keys++;
        if ((h->key_ok = key_valid(value)))
            compute_accept(value, h->accept);
    } else if (h->options->jwt_key && strcasecmp(name, "Authorization") == 0) {
        bearer_header(&h->bearer, h->options->jwt_key, value);
    } else {
        http_visit_header(h, name, value);
    }
    utstring_clear(&h->name);
    utstring_clear(&h->value);
}
