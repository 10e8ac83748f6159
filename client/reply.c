#include "reply.h"
#include "die.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BODY = 255,                 /* bytes of it that are kept */
    MOST = 65536,               /* bytes of a line between chunks, of all trailers */
};

enum state { HEAD, SIZED, ENDLESS, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILERS };

struct reply {
    enum state state;
    struct head head;           /* kept until the next one comes */
    struct lines lines;         /* between chunks, and after them: the one that comes */
    bool interim;               /* a 1xx came before it */
    int64_t left;               /* bytes of the body, or of a chunk */
    size_t trailers;            /* bytes of them, so far */
    char body[BODY + 1];
    size_t body_size;
    bool broken;
    char why[400];
};

struct reply *reply_new(void)
{
    struct reply *r = must_alloc(sizeof *r);

    memset(r, 0, sizeof *r);
    return r;
}

void reply_free(struct reply *r)
{
    if (r) {
        head_free(&r->head);
        lines_free(&r->lines);
    }
    free(r);
}

static enum reply_event garbage(struct reply *r, const char *why)
{
    r->broken = true;
    snprintf(r->why, sizeof r->why, "the server's answer is not HTTP/1.1: %s", why);
    return REPLY_GARBAGE;
}

/* ---- where the answer ends: RFC 9112, section 6.3 ---- */

static enum reply_event done(struct reply *r)
{
    r->state = HEAD;
    r->interim = false;
    return REPLY_DONE;
}

static bool has_no_body(const struct reply *r)
{
    int status = r->head.status;

    return status == 101 || status == 204 || status == 304;
}

static enum reply_event begin_body(struct reply *r)
{
    const struct head *h = &r->head;

    r->body_size = r->trailers = 0;
    r->left = h->length;
    if (h->status < 200 && h->status != 101) {
        r->interim = true;      /* it has no body, whatever it says; another follows */
        head_forget(&r->head);
        return REPLY_MORE;
    }
    if (has_no_body(r))
        return done(r);
    r->state = h->chunked ? CHUNK_SIZE : h->coded || h->length < 0 ? ENDLESS : SIZED;
    return r->state == SIZED && r->left == 0 ? done(r) : REPLY_MORE;
}

/* Blank lines before the status line are passed over: RFC 9112, section 2.2, has that for
 * requests. */
static enum reply_event take_head(struct reply *r, struct bytes *in)
{
    const char *wrong;

    if (r->head.whole)          /* of the answer before */
        head_forget(&r->head);
    while (r->head.lines.size == 0 && in->size
           && (*in->data == '\r' || *in->data == '\n')) {
        in->data++;
        in->size--;
    }
    if (in->size == 0)
        return REPLY_MORE;
    switch (head_feed(&r->head, in, &wrong)) {
    case HEAD_WRONG: return garbage(r, wrong);
    case HEAD_WHOLE: return begin_body(r);
    case HEAD_MORE:  break;
    }
    return REPLY_MORE;
}

/* Takes n bytes of the body, the first of which are kept. */
static void take_body(struct reply *r, struct bytes *in, size_t n)
{
    size_t kept = BODY - r->body_size < n ? BODY - r->body_size : n;

    memcpy(r->body + r->body_size, in->data, kept);
    r->body_size += kept;
    in->data += n;
    in->size -= n;
}

/* Takes what there is of r->left bytes. True: these were all. */
static bool take_sized(struct reply *r, struct bytes *in)
{
    size_t n = (uint64_t)r->left < in->size ? (size_t)r->left : in->size;

    take_body(r, in, n);
    r->left -= (int64_t)n;
    return r->left == 0;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "1f", "1F ;name=value": what comes after the size says nothing to us. */
static bool chunk_size(struct reply *r, struct bytes line)
{
    size_t n = 0;

    for (r->left = 0; n < line.size && hex(line.data[n]) >= 0; n++) {
        if (r->left > INT64_MAX / 32)
            return false;
        r->left = r->left * 16 + hex(line.data[n]);
    }
    struct bytes rest = trimmed((struct bytes){ line.data + n, line.size - n });
    return n && (rest.size == 0 || rest.data[0] == ';');
}

/* A line between the chunks, or after them; none is kept. */
static enum reply_event chunk_line(struct reply *r, struct bytes line)
{
    switch (r->state) {
    case CHUNK_SIZE:
        if (!chunk_size(r, line))
            return garbage(r, "a chunk's size is no number, or absurd");
        r->state = r->left ? CHUNK : TRAILERS;
        break;
    case CHUNK_END:
        r->state = CHUNK_SIZE;
        break;
    default:
        r->trailers += line.size + 2;
        if (line.size == 0)
            return done(r);
    }
    return REPLY_MORE;
}

static enum reply_event take_chunk_line(struct reply *r, struct bytes *in)
{
    bool whole = lines_take(&r->lines, in);
    struct bytes line = lines_last(&r->lines);

    if (r->state == CHUNK_END && line.size)
        return garbage(r, "a chunk is longer than it says");
    if (line.size + r->trailers > MOST)
        return garbage(r, "a chunk's extension, or its trailers, are longer than 64 KiB");
    if (!whole)
        return REPLY_MORE;
    r->lines.size = 0;
    return chunk_line(r, line);
}

enum reply_event reply_feed(struct reply *r, struct bytes *in)
{
    enum reply_event event = REPLY_MORE;

    while (in->size && event == REPLY_MORE)
        switch (r->state) {
        case HEAD:
            event = take_head(r, in);
            break;
        case SIZED:
            event = take_sized(r, in) ? done(r) : REPLY_MORE;
            break;
        case ENDLESS:
            take_body(r, in, in->size);
            break;
        case CHUNK:
            r->state = take_sized(r, in) ? CHUNK_END : CHUNK;
            break;
        case CHUNK_SIZE: case CHUNK_END: case TRAILERS:
            event = take_chunk_line(r, in);
            break;
        }
    return event;
}

enum reply_event reply_end(struct reply *r)
{
    return r->state == ENDLESS ? done(r) : REPLY_MORE;
}

/* ---- what it says ---- */

bool reply_begun(const struct reply *r)
{
    return r->interim || r->state != HEAD || (r->head.lines.size && !r->head.whole);
}

int reply_status(const struct reply *r)
{
    return r->head.whole ? r->head.status : 0;
}

const struct head *reply_head(const struct reply *r)
{
    return &r->head;
}

struct bytes reply_body(const struct reply *r)
{
    return (struct bytes){ r->body, r->body_size };
}

/* RFC 9112, section 9.3. Where two fields, or a version that does not know the field,
 * tell the length, it is not relied on for the next answer (section 6.1). */
bool reply_keeps_alive(const struct reply *r)
{
    const struct head *h = &r->head;
    bool sized = h->coded ? h->chunked && h->length < 0 && h->minor : h->length >= 0;

    return (sized || has_no_body(r)) && !h->closes && (h->minor || h->stays);
}

/* Our servers repeat the status in the body, for curl's sake. A 401 has a cure here. */
const char *reply_why(struct reply *r)
{
    const char *body = r->body;

    if (r->broken)
        return r->why;
    struct bytes said = head_status(&r->head);
    r->body[r->body_size] = '\0';
    if (strtol(body, NULL, 10) == r->head.status)
        body += strcspn(body, " \r\n");
    body += strspn(body, " \r\n\t");
    snprintf(r->why, sizeof r->why, "the server answered %.*s%s%s%.*s",
             (int)(said.size < 91 ? said.size : 91), said.data,
             r->head.status == 401 ? " (see --token)" : "", *body ? ": " : "",
             (int)strcspn(body, "\r\n"), body);
    return r->why;
}
