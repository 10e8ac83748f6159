#include "handshake.h"
#include "die.h"
#include "reply.h"

#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct handshake {
    struct reply *reply;
    char *request;
    const char *subprotocol;    /* offered; or NULL */
    char accept[29];            /* what the server has to answer to our key */
    char why[400];
};

/* ---- what we send ---- */

static void base64(char *to, const uint8_t *from, size_t size)
{
    base64_encode_raw(to, size, from);
    to[BASE64_ENCODE_RAW_LENGTH(size)] = '\0';
}

/* Sixteen random bytes, and the answer that proves that the server speaks WebSocket. That
 * is computed here once more: a check of the core's answer should not ask the core. */
static void make_key(char key[25], char accept[29])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t nonce[16], hash[SHA1_DIGEST_SIZE];
    struct sha1_ctx sha1;

    if (getentropy(nonce, sizeof nonce) != 0)
        die("no random numbers available");
    base64(key, nonce, sizeof nonce);
    sha1_init(&sha1);
    sha1_update(&sha1, 24, (const uint8_t *)key);
    sha1_update(&sha1, strlen(guid), (const uint8_t *)guid);
    sha1_digest(&sha1, sizeof hash, hash);
    base64(accept, hash, sizeof hash);
}

struct handshake *handshake_new(const char *authority, const char *path,
                                const char *subprotocol, const char *credential)
{
    bool offers = subprotocol;
    struct handshake *h = must_alloc(sizeof *h);
    char key[25];

    memset(h, 0, sizeof *h);
    h->reply = reply_new();
    h->subprotocol = subprotocol;
    make_key(key, h->accept);
    if (asprintf(&h->request, "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
                 "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
                 "Sec-WebSocket-Version: 13\r\n%s%s%s%s\r\n", path, authority, key,
                 credential ? credential : "",
                 offers ? "Sec-WebSocket-Protocol: " : "", offers ? subprotocol : "",
                 offers ? "\r\n" : "") < 0)
        die("out of memory for a request");
    return h;
}

void handshake_free(struct handshake *h)
{
    if (h) {
        reply_free(h->reply);
        free(h->request);
    }
    free(h);
}

struct bytes handshake_request(const struct handshake *h)
{
    return (struct bytes){ h->request, strlen(h->request) };
}

/* ---- what comes back ---- */

static enum handshake_event refused(struct handshake *h, const char *why)
{
    snprintf(h->why, sizeof h->why, "%s", why);
    return HANDSHAKE_REFUSED;
}

static enum handshake_event not_offered(struct handshake *h, const char *what,
                                        struct bytes name)
{
    snprintf(h->why, sizeof h->why, "the 101 chooses %s that was not offered: %.*s", what,
             (int)(name.size < 100 ? name.size : 100), name.data);
    return HANDSHAKE_REFUSED;
}

/* The RFC lets a client go on without the subprotocol that it has offered. Browsers give
 * up, and so do we: a client that offers one means it. */
static enum handshake_event chosen(struct handshake *h)
{
    const struct head *head = reply_head(h->reply);
    struct bytes value = { "", 0 };

    if (!head_lists(head, "Sec-WebSocket-Protocol", NULL, &value))
        return !h->subprotocol ? HANDSHAKE_DONE
             : refused(h, "the 101 does not choose the subprotocol that was offered");
    return head_field(head, "Sec-WebSocket-Protocol", &value) == 1 && h->subprotocol
           && value.size == strlen(h->subprotocol)
           && memcmp(value.data, h->subprotocol, value.size) == 0
         ? HANDSHAKE_DONE : not_offered(h, "a subprotocol", value);
}

/* The six points of section 4.1. Upgrade is a list (RFC 9110, section 7.8). */
static enum handshake_event switched(struct handshake *h)
{
    const struct head *head = reply_head(h->reply);
    struct bytes value = { "", 0 };

    if (!head_lists(head, "Upgrade", "websocket", NULL))
        return refused(h, "the 101 does not say \"Upgrade: websocket\"");
    if (!head_lists(head, "Connection", "Upgrade", NULL))
        return refused(h, "the 101 does not say \"Connection: Upgrade\"");
    if (head_field(head, "Sec-WebSocket-Accept", &value) != 1)
        return refused(h, "the 101 does not have one Sec-WebSocket-Accept");
    if (value.size != strlen(h->accept) || memcmp(value.data, h->accept, value.size) != 0)
        return refused(h, "the 101 has a wrong Sec-WebSocket-Accept");
    if (head_lists(head, "Sec-WebSocket-Extensions", NULL, &value))
        return not_offered(h, "an extension", value);
    return chosen(h);
}

/* A body that never ends is not waited for: its first line says enough. */
static bool says_why(const struct reply *r)
{
    int status = reply_status(r);

    return status && status != 101
        && memchr(reply_body(r).data, '\n', reply_body(r).size);
}

enum handshake_event handshake_feed(struct handshake *h, struct bytes *in)
{
    switch (reply_feed(h->reply, in)) {
    case REPLY_GARBAGE:
        return refused(h, reply_why(h->reply));
    case REPLY_DONE:
        return reply_status(h->reply) == 101 ? switched(h)
                                             : refused(h, reply_why(h->reply));
    case REPLY_MORE:
        break;
    }
    return says_why(h->reply) ? refused(h, reply_why(h->reply)) : HANDSHAKE_MORE;
}

void handshake_end(struct handshake *h)
{
    if (reply_status(h->reply))
        refused(h, reply_why(h->reply));
    else
        refused(h, "the server closed the connection instead of answering");
}

const char *handshake_why(const struct handshake *h)
{
    return h->why;
}
