#include "die.h"
#define utstring_oom() die("out of memory for a request head")
#include "http_inside.h"

#include <stdlib.h>

void http_refuse(struct http *h, int status, const char *why)
{
    if (!h->status) {
        h->status = status;
        h->why = why;
    }
}

/* ---- http_parser's callbacks ---- */

static int on_url(http_parser *p, const char *at, size_t n)
{
    utstring_bincpy(&((struct http *)p->data)->target, at, n);
    return 0;
}

static int on_field(http_parser *p, const char *at, size_t n)
{
    struct http *h = p->data;

    http_end_header(h);
    utstring_bincpy(&h->name, at, n);
    return 0;
}

static int on_value(http_parser *p, const char *at, size_t n)
{
    struct http *h = p->data;

    h->in_value = true;
    utstring_bincpy(&h->value, at, n);
    return 0;
}

static int on_headers(http_parser *p)
{
    struct http *h = p->data;

    http_end_header(h);
    h->complete = true;
    h->keep_alive = http_should_keep_alive(p);
    return 2;                   /* nothing after the head is this parser's business */
}

static const http_parser_settings callbacks = {
    .on_url = on_url, .on_header_field = on_field, .on_header_value = on_value,
    .on_headers_complete = on_headers,
};

struct http *http_new(const struct options *o)
{
    struct http *h = must_alloc(sizeof *h);

    *h = (struct http){ .options = o };
    http_parser_init(&h->parser, HTTP_REQUEST);
    h->parser.data = h;
    utstring_init(&h->target);
    utstring_init(&h->name);
    utstring_init(&h->value);
    return h;
}

void http_free(struct http *h)
{
    if (!h)
        return;
    utstring_done(&h->target);
    utstring_done(&h->name);
    utstring_done(&h->value);
    free(h);
}

/* ---- feeding ---- */

/* http_parser takes a bare LF for a line's end, and a folded line for one: others may
 * not, and where two read differently one can be lied to (RFC 9112 sections 2.2, 5.2). */
static bool plain_lines(struct http *h, const char *s, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char before = h->last[0], last = h->last[1];

        if (s[i] == '\n' && last != '\r')
            http_refuse(h, 400, "a line ends with CR and LF");
        if ((s[i] == ' ' || s[i] == '\t') && before == '\r' && last == '\n')
            http_refuse(h, 400, "a folded header line");
        h->last[0] = last;
        h->last[1] = s[i];
    }
    return h->status == 0;
}

bool http_feed(struct http *h, struct bytes *in, struct request *r)
{
    size_t room = h->options->max_head - h->size;
    size_t size = in->size < room ? in->size : room;
    size_t used = http_parser_execute(&h->parser, &callbacks, in->data, size);
    enum http_errno error = HTTP_PARSER_ERRNO(&h->parser);

    plain_lines(h, in->data, used);
    if (error != HPE_OK)
        http_refuse(h, 400, http_errno_description(error));
    h->size += used;
    in->data += used;
    in->size -= used;
    if (!h->complete && h->size >= h->options->max_head)
        http_refuse(h, 431, "the request head is longer than --max-head allows");
    if (!h->complete && !h->status)
        return false;
    http_decide(h, r);
    return true;
}
