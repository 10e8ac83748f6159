#include "reply.h"
#include "die.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    BODY = 255,                 /* bytes of it that are kept */
    MOST = 65536,               /* bytes of a head, of a line, of all trailers */
};

enum state { HEAD, SIZED, ENDLESS, CHUNK_SIZE, CHUNK, CHUNK_END, TRAILERS };

struct reply {
    enum state state;
    char *head;                 /* its lines; after a whole head, the line that comes */
    size_t size, room, line;    /* all bytes there; where the last line begins */
    size_t head_size;           /* of a whole head; else 0 */
    bool interim;               /* a 1xx came before it */
    int status, minor;          /* HTTP/1.minor */
    int64_t length;             /* by its head; -1: not said */
    bool coded, chunked;        /* Transfer-Encoding is said; and chunked is the last */
    bool closes, stays;         /* "close", "keep-alive" */
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
    if (r)
        free(r->head);
    free(r);
}

static enum reply_event garbage(struct reply *r, const char *why)
{
    r->broken = true;
    snprintf(r->why, sizeof r->why, "the server's answer is not HTTP/1.1: %s", why);
    return REPLY_GARBAGE;
}

/* ---- words and lines ---- */

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static struct bytes trimmed(struct bytes b)
{
    while (b.size && is_blank(b.data[0])) {
        b.data++;
        b.size--;
    }
    while (b.size && is_blank(b.data[b.size - 1]))
        b.size--;
    return b;
}

static bool is(struct bytes b, const char *word)
{
    return b.size == strlen(word) && strncasecmp(b.data, word, b.size) == 0;
}

/* Takes a list's next member off its front, which may be empty. False: there is none. */
static bool next_member(struct bytes *list, struct bytes *member)
{
    if (list->size == 0)
        return false;
    const char *comma = memchr(list->data, ',', list->size);
    size_t size = comma ? (size_t)(comma - list->data) : list->size;
    *member = trimmed((struct bytes){ list->data, size });
    list->data += size + (comma != NULL);
    list->size -= size + (comma != NULL);
    return true;
}

static void keep(struct reply *r, const char *data, size_t size)
{
    if (r->size + size > r->room) {
        r->room = r->size + size < 256 ? 512 : 2 * (r->size + size);
        r->head = must_realloc(r->head, r->room);
    }
    memcpy(r->head + r->size, data, size);
    r->size += size;
}

/* True: a whole line lies there now, from r->line, with its end. */
static bool take_line(struct reply *r, struct bytes *in)
{
    const char *newline = memchr(in->data, '\n', in->size);
    size_t n = newline ? (size_t)(newline - in->data) + 1 : in->size;

    keep(r, in->data, n);
    in->data += n;
    in->size -= n;
    return newline;
}

/* A line may end with a mere LF (RFC 9112, section 2.2). */
static struct bytes without_end(const char *data, size_t size)
{
    size -= size && data[size - 1] == '\n';
    size -= size && data[size - 1] == '\r';
    return (struct bytes){ data, size };
}

/* ---- the head ---- */

static bool digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return n;
}

/* "HTTP/1.1 200 OK"; the reason may be missing, even with its blank. */
static bool status_line(struct reply *r, struct bytes line)
{
    const char *s = line.data;

    if (line.size < 12 || memcmp(s, "HTTP/1.", 7) != 0 || !digits(s + 7, 1)
        || s[8] != ' ' || !digits(s + 9, 3) || (line.size > 12 && s[12] != ' '))
        return false;
    r->minor = s[7] - '0';
    r->status = (s[9] - '0') * 100 + (s[10] - '0') * 10 + s[11] - '0';
    r->status = r->status > 599 ? 500 : r->status;  /* RFC 9110, section 15 */
    return r->status >= 100;
}

/* Said twice, it has to be said alike (RFC 9112, section 6.3). */
static bool content_length(struct reply *r, struct bytes value)
{
    struct bytes number;

    if (value.size == 0)
        return false;
    while (next_member(&value, &number)) {
        if (number.size > 18 || !digits(number.data, number.size))
            return false;
        int64_t length = strtoll(number.data, NULL, 10);
        if (r->length >= 0 && r->length != length)
            return false;
        r->length = length;
    }
    return true;
}

/* Only the last coding tells where the body ends. "identity", of RFC 2616, is none. */
static void transfer_encoding(struct reply *r, struct bytes value)
{
    struct bytes coding;

    while (next_member(&value, &coding))
        if (coding.size && !is(coding, "identity")) {
            r->coded = true;
            r->chunked = is(coding, "chunked");
        }
}

static void connection(struct reply *r, struct bytes value)
{
    struct bytes option;

    while (next_member(&value, &option)) {
        r->closes |= is(option, "close");
        r->stays |= is(option, "keep-alive");
    }
}

/* "Name: value". Blanks before the colon are as good as not there (RFC 9112, section
 * 5.1); in the name they make it none. */
static bool split(struct bytes line, struct bytes *name, struct bytes *value)
{
    const char *colon = memchr(line.data, ':', line.size);
    size_t n = colon ? (size_t)(colon - line.data) : 0;

    if (!colon)
        return false;
    *value = trimmed((struct bytes){ colon + 1, line.size - n - 1 });
    *name = trimmed((struct bytes){ line.data, n });
    for (size_t i = 0; i < name->size; i++)
        if (name->data[i] <= ' ' || name->data[i] > '~')
            return false;
    return name->size;
}

/* A folded line belongs to the one before, with blanks between (RFC 9112, section 5.2);
 * a CR that ends no line is a blank (section 2.2). */
static void unfold(char *head, size_t size)
{
    for (char *s = head, *end = head + size; s < end; s++) {
        bool ends = *s == '\r' && s[1] == '\n';
        const char *next = s + 1 + ends;
        if ((*s == '\n' || ends) && next < end && is_blank(*next))
            *s = ' ';
        if (*s == '\r' && !ends)
            *s = ' ';
    }
}

/* The head's line there, and where the next one begins. */
static struct bytes next_line(const struct reply *r, size_t *at)
{
    const char *data = r->head + *at;
    const char *newline = memchr(data, '\n', r->head_size - *at);
    size_t size = (size_t)(newline - data) + 1;

    *at += size;
    return without_end(data, size);
}

static const char *read_fields(struct reply *r)
{
    struct bytes line, name, value;
    size_t at = 0;

    r->length = -1;
    r->coded = r->chunked = r->closes = r->stays = false;
    next_line(r, &at);
    if (memchr(r->head, '\0', r->head_size))
        return "there is a NUL in its head";
    if (is_blank(r->head[at]))
        return "its first header field begins with a blank";
    unfold(r->head, r->head_size);
    while ((line = next_line(r, &at)).size) {
        if (!split(line, &name, &value))
            return "a line of its head is no header field";
        if (is(name, "Content-Length") && !content_length(r, value))
            return "its Content-Length is no number, or two that differ";
        if (is(name, "Transfer-Encoding"))
            transfer_encoding(r, value);
        if (is(name, "Connection"))
            connection(r, value);
    }
    return NULL;
}

/* ---- where the answer ends: RFC 9112, section 6.3 ---- */

static enum reply_event done(struct reply *r)
{
    r->state = HEAD;
    r->interim = false;
    return REPLY_DONE;
}

static void forget_head(struct reply *r)
{
    r->head_size = r->size = r->line = 0;
}

static bool has_no_body(const struct reply *r)
{
    return r->status == 101 || r->status == 204 || r->status == 304;
}

static enum reply_event begin_body(struct reply *r)
{
    r->body_size = r->trailers = 0;
    r->left = r->length;
    if (r->status < 200 && r->status != 101) {
        r->interim = true;      /* it has no body, whatever it says; another follows */
        forget_head(r);
        return REPLY_MORE;
    }
    if (has_no_body(r))
        return done(r);
    r->state = r->chunked ? CHUNK_SIZE : r->coded || r->length < 0 ? ENDLESS : SIZED;
    return r->state == SIZED && r->left == 0 ? done(r) : REPLY_MORE;
}

/* Who answers with something else altogether may never end a line. */
static bool may_be_http(const struct reply *r)
{
    static const char start[] = "HTTP/";

    return memcmp(r->head, start, r->size < 5 ? r->size : 5) == 0;
}

/* Blank lines before the status line are passed over: RFC 9112, section 2.2, has that for
 * requests. */
static enum reply_event take_head(struct reply *r, struct bytes *in)
{
    if (r->head_size)           /* of the answer before */
        forget_head(r);
    while (r->size == 0 && in->size && (*in->data == '\r' || *in->data == '\n')) {
        in->data++;
        in->size--;
    }
    if (in->size == 0)
        return REPLY_MORE;
    bool first = r->line == 0, whole = take_line(r, in);
    if (first && !may_be_http(r))
        return garbage(r, "it does not speak HTTP");
    if (r->size > MOST)
        return garbage(r, "its head is longer than 64 KiB");
    if (!whole)
        return REPLY_MORE;
    struct bytes line = without_end(r->head + r->line, r->size - r->line);
    if (first && !status_line(r, line))
        return garbage(r, "it does not begin as in HTTP/1.1 200 OK");
    r->line = r->size;
    if (line.size)
        return REPLY_MORE;
    r->head_size = r->size;
    const char *wrong = read_fields(r);
    return wrong ? garbage(r, wrong) : begin_body(r);
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
    bool whole = take_line(r, in);
    struct bytes line = without_end(r->head + r->line, r->size - r->line);

    if (r->state == CHUNK_END && line.size)
        return garbage(r, "a chunk is longer than it says");
    if (line.size + r->trailers > MOST)
        return garbage(r, "a chunk's extension, or its trailers, are longer than 64 KiB");
    if (!whole)
        return REPLY_MORE;
    r->size = r->line;
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
    return r->interim || r->state != HEAD || (r->size && !r->head_size);
}

int reply_status(const struct reply *r)
{
    return r->head_size ? r->status : 0;
}

struct bytes reply_body(const struct reply *r)
{
    return (struct bytes){ r->body, r->body_size };
}

/* RFC 9112, section 9.3. Where two fields, or a version that does not know the field,
 * tell the length, it is not relied on for the next answer (section 6.1). */
bool reply_keeps_alive(const struct reply *r)
{
    bool sized = r->coded ? r->chunked && r->length < 0 && r->minor : r->length >= 0;

    return (sized || has_no_body(r)) && !r->closes && (r->minor || r->stays);
}

/* The next field of this name, from *at in the head. */
static bool next_field(const struct reply *r, const char *wanted, size_t *at,
                       struct bytes *value)
{
    struct bytes name, line;

    while (*at < r->head_size) {
        line = next_line(r, at);
        if (split(line, &name, value) && is(name, wanted))
            return true;
    }
    return false;
}

int reply_field(const struct reply *r, const char *name, struct bytes *value)
{
    struct bytes next;
    size_t at = 0;
    int count = 0;

    for (; next_field(r, name, &at, &next); count++)
        *value = next;
    return count;
}

bool reply_lists(const struct reply *r, const char *name, const char *word,
                 struct bytes *found)
{
    struct bytes value, member;
    size_t at = 0;

    while (next_field(r, name, &at, &value))
        while (next_member(&value, &member))
            if (word ? is(member, word) : member.size > 0) {
                if (found)
                    *found = member;
                return true;
            }
    return false;
}

/* Our servers repeat the status in the body, for curl's sake. */
const char *reply_why(struct reply *r)
{
    const char *body = r->body;

    if (r->broken)
        return r->why;
    struct bytes said = without_end(r->head, strcspn(r->head, "\n"));
    r->body[r->body_size] = '\0';
    if (strtol(body, NULL, 10) == r->status)
        body += strcspn(body, " \r\n");
    body += strspn(body, " \r\n\t");
    snprintf(r->why, sizeof r->why, "the server answered %.*s%s%.*s",
             (int)(said.size < 100 ? said.size : 100) - 9, said.data + 9,
             *body ? ": " : "", (int)strcspn(body, "\r\n"), body);
    return r->why;
}
