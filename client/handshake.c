#include "handshake.h"
#include "die.h"

#include <http_parser.h>
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct text { char data[160]; size_t size; };

struct handshake {
    http_parser parser;
    char request[1024];
    char accept[29];            /* what the server has to answer to our key */
    struct text status, field, value, body;
    bool in_value;
    bool accepted, websocket;   /* the headers that must be there are */
    bool headed, complete;
    char why[400];
};

/* ---- what we send ---- */

static void base64(char *to, const uint8_t *from, size_t size)
{
    base64_encode_raw(to, size, from);
    to[BASE64_ENCODE_RAW_LENGTH(size)] = '\0';
}

/* Sixteen random bytes, and the answer that proves that the server speaks WebSocket. That
 * is computed here anew: who checks the core's answer should not ask the core. */
static void make_key(char key[25], char accept[29])
{
    static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    uint8_t nonce[16], hash[SHA1_DIGEST_SIZE];
    struct sha1_ctx sha1;

    if (getentropy(nonce, sizeof nonce) != 0)
        die("no random numbers to be had");
    base64(key, nonce, sizeof nonce);
    sha1_init(&sha1);
    sha1_update(&sha1, 24, (const uint8_t *)key);
    sha1_update(&sha1, strlen(guid), (const uint8_t *)guid);
    sha1_digest(&sha1, sizeof hash, hash);
    base64(accept, hash, sizeof hash);
}

struct handshake *handshake_new(const char *authority, const char *path)
{
    struct handshake *h = must_alloc(sizeof *h);
    char key[25];

    memset(h, 0, sizeof *h);
    http_parser_init(&h->parser, HTTP_RESPONSE);
    h->parser.data = h;
    make_key(key, h->accept);
    snprintf(h->request, sizeof h->request,
             "GET %s HTTP/1.1\r\nHost: %s\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\n"
             "Sec-WebSocket-Version: 13\r\n\r\n", path, authority, key);
    return h;
}

void handshake_free(struct handshake *h)
{
    free(h);
}

struct bytes handshake_request(const struct handshake *h)
{
    return (struct bytes){ h->request, strlen(h->request) };
}

/* ---- what comes back: http_parser tells it in pieces ---- */

static void append(struct text *t, const char *data, size_t size)
{
    size_t left = sizeof t->data - 1 - t->size;

    size = size < left ? size : left;
    memcpy(t->data + t->size, data, size);
    t->size += size;
    t->data[t->size] = '\0';
}

static void end_header(struct handshake *h)
{
    if (strcasecmp(h->field.data, "Sec-WebSocket-Accept") == 0)
        h->accepted = strcmp(h->value.data, h->accept) == 0;
    if (strcasecmp(h->field.data, "Upgrade") == 0)
        h->websocket = strcasecmp(h->value.data, "websocket") == 0;
    h->field = h->value = (struct text){ .size = 0 };
    h->in_value = false;
}

static int on_status(http_parser *p, const char *data, size_t size)
{
    append(&((struct handshake *)p->data)->status, data, size);
    return 0;
}

static int on_field(http_parser *p, const char *data, size_t size)
{
    struct handshake *h = p->data;

    if (h->in_value)
        end_header(h);
    append(&h->field, data, size);
    return 0;
}

static int on_value(http_parser *p, const char *data, size_t size)
{
    struct handshake *h = p->data;

    h->in_value = true;
    append(&h->value, data, size);
    return 0;
}

static int on_headed(http_parser *p)
{
    struct handshake *h = p->data;

    end_header(h);
    h->headed = true;
    return 0;
}

static int on_body(http_parser *p, const char *data, size_t size)
{
    append(&((struct handshake *)p->data)->body, data, size);
    return 0;
}

static int on_complete(http_parser *p)
{
    ((struct handshake *)p->data)->complete = true;
    return 0;
}

/* ---- and what it means ---- */

static enum handshake_event refused(struct handshake *h, const char *why)
{
    snprintf(h->why, sizeof h->why, "%s", why);
    return HANDSHAKE_REFUSED;
}

/* An answer that is not 101: its status line, and the first line of its body. Our servers
 * repeat the status there, for curl's sake. */
static enum handshake_event answered(struct handshake *h)
{
    const char *body = h->body.data;
    unsigned status = h->parser.status_code;

    if (strtoul(body, NULL, 10) == status)
        body += strcspn(body, " ");
    body += strspn(body, " ");
    snprintf(h->why, sizeof h->why, "the server answered %u %s%s%.*s", status,
             h->status.data, *body ? ": " : "", (int)strcspn(body, "\r\n"), body);
    return HANDSHAKE_REFUSED;
}

enum handshake_event handshake_feed(struct handshake *h, struct bytes *in)
{
    static const http_parser_settings settings = {
        .on_status = on_status, .on_header_field = on_field, .on_header_value = on_value,
        .on_headers_complete = on_headed, .on_body = on_body,
        .on_message_complete = on_complete,
    };
    size_t n = http_parser_execute(&h->parser, &settings, in->data, in->size);

    in->data += n;
    in->size -= n;
    if (HTTP_PARSER_ERRNO(&h->parser) != HPE_OK)
        return refused(h, "what answers there does not speak HTTP");
    if (!h->complete)
        return HANDSHAKE_MORE;
    if (h->parser.status_code != 101)
        return answered(h);
    if (!h->parser.upgrade || !h->websocket)
        return refused(h, "the 101 does not say \"Upgrade: websocket\"");
    if (!h->accepted)
        return refused(h, "the 101 has a wrong Sec-WebSocket-Accept");
    return HANDSHAKE_DONE;
}

void handshake_end(struct handshake *h)
{
    if (h->headed)
        answered(h);
    else
        refused(h, "the server closed the connection instead of answering");
}

const char *handshake_why(const struct handshake *h)
{
    return h->why;
}
