#include "reply.h"
#include "die.h"

#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY = 255 };

struct reply {
    http_parser parser;
    char body[BODY + 1];
    size_t size;
    bool complete, keeps_alive;
    char why[400];
};

struct reply *reply_new(void)
{
    struct reply *r = must_alloc(sizeof *r);

    memset(r, 0, sizeof *r);
    http_parser_init(&r->parser, HTTP_RESPONSE);
    r->parser.data = r;
    return r;
}

void reply_free(struct reply *r)
{
    free(r);
}

static int on_begin(http_parser *p)
{
    ((struct reply *)p->data)->size = 0;
    return 0;
}

static int on_body(http_parser *p, const char *data, size_t size)
{
    struct reply *r = p->data;
    size_t left = BODY - r->size;

    size = size < left ? size : left;
    memcpy(r->body + r->size, data, size);
    r->size += size;
    return 0;
}

/* Stops here: what its answer means for a connection is decided between two of them. */
static int on_complete(http_parser *p)
{
    struct reply *r = p->data;

    r->complete = true;
    r->keeps_alive = http_should_keep_alive(p);
    http_parser_pause(p, 1);
    return 0;
}

static enum reply_event refused(struct reply *r)
{
    unsigned status = r->parser.status_code;
    const char *body = r->body;

    r->body[r->size] = '\0';
    if (strtoul(body, NULL, 10) == status)  /* ours repeat it there, for curl's sake */
        body += strcspn(body, " ");
    snprintf(r->why, sizeof r->why, "the server answered %u%s%.*s", status,
             *body == ' ' ? ":" : *body ? ": " : "", (int)strcspn(body, "\r\n"), body);
    return REPLY_REFUSED;
}

static const http_parser_settings settings = {
    .on_message_begin = on_begin, .on_body = on_body, .on_message_complete = on_complete,
};

static enum reply_event so_far(struct reply *r)
{
    if (r->complete) {
        http_parser_pause(&r->parser, 0);
        r->complete = false;
        return r->parser.status_code == 200 ? REPLY_OK : refused(r);
    }
    if (HTTP_PARSER_ERRNO(&r->parser) == HPE_OK)
        return REPLY_MORE;
    snprintf(r->why, sizeof r->why, "what answers there does not speak HTTP");
    return REPLY_GARBAGE;
}

enum reply_event reply_feed(struct reply *r, struct bytes *in)
{
    size_t n = http_parser_execute(&r->parser, &settings, in->data, in->size);

    in->data += n;
    in->size -= n;
    return so_far(r);
}

enum reply_event reply_end(struct reply *r)
{
    http_parser_execute(&r->parser, &settings, NULL, 0);
    return so_far(r);
}

struct bytes reply_body(const struct reply *r)
{
    return (struct bytes){ r->body, r->size };
}

bool reply_keeps_alive(const struct reply *r)
{
    return r->keeps_alive;
}

const char *reply_why(const struct reply *r)
{
    return r->why;
}
