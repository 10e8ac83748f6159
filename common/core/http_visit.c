#include "clock.h"
#include "http_inside.h"

#include <string.h>
#include <strings.h>

/* Decimal digits and nothing else, at most 18 of them; or BAD. */
static int64_t number(const char *s)
{
    size_t digits = strspn(s, "0123456789");
    int64_t n = 0;

    if (digits == 0 || digits > 18 || s[digits])
        return BAD;
    while (*s)
        n = n * 10 + (*s++ - '0');
    return n;
}

/* Of a POST all is text but what says that it is not: what people have typed comes as
 * text/plain, JSON, or from curl as a form, and is UTF-8. */
void http_visit_header(struct http *h, const char *name, const char *value)
{
    if (strcasecmp(name, "Accept") == 0)
        h->streams |= http_lists(value, "text/event-stream", strncasecmp);
    else if (strcasecmp(name, "Last-Event-ID") == 0)
        h->last_event = number(value);
    else if (strcasecmp(name, "Content-Type") == 0)
        h->binary = strcasecmp(value, "application/octet-stream") == 0;
    else if (strcasecmp(name, "Expect") == 0)
        h->expects = strcasecmp(value, "100-continue") == 0;
}

void http_visit_query(struct http *h, const char *name, const char *value)
{
    if (strcmp(name, "wait") == 0) {
        h->polls = true;
        h->wait = number(value);
    } else if (strcmp(name, "after") == 0) {
        h->after = number(value);
    }
}

/* One that is chunked (RFC 9112 section 7.1) does not say how long it will be. */
static enum route say(struct http *h, struct request *r)
{
    bool sized = h->parser.flags & F_CONTENTLENGTH && !h->body;

    if (!sized)
        http_refuse(h, 411, "a message comes with a Content-Length");
    else if (h->parser.content_length > h->options->max_message)
        http_refuse(h, 413, "the message is longer than --max-message allows");
    else
        r->visit.size = h->parser.content_length;
    r->visit.binary = h->binary;
    r->visit.expects = h->expects && h->parser.http_minor > 0;
    return ROUTE_SAY;
}

static enum route poll(struct http *h, struct request *r)
{
    if (h->wait == BAD || h->wait > h->options->max_wait / 1000)
        http_refuse(h, 400, "wait is a number of seconds, as many as --max-wait allows");
    r->visit.wait = h->wait * 1000 * MS;
    return ROUTE_POLL;
}

/* A poll says in its query which message it knows. An event stream says that in a header
 * when it comes back, and until then its query counts. */
enum route http_visit_route(struct http *h, struct request *r)
{
    int64_t after = h->last_event && !h->polls ? h->last_event : h->after;
    bool get = h->parser.method == HTTP_GET;

    r->page = h->origins == 1 && h->origin_ok;
    r->visit = (struct visit){ .after = after > 0 ? (uint64_t)after : NO_NUMBER };
    if (h->parser.method == HTTP_POST)
        return say(h, r);
    if (get && (h->polls || h->streams) && r->has_job)
        http_refuse(h, 400, "a job goes with what is said, not with what is heard");
    if (get && (h->polls || h->streams) && after == BAD)
        http_refuse(h, 400, "after is the number of a message");
    if (get && h->polls)
        return poll(h, r);
    if (get && h->streams)
        return ROUTE_STREAM;
    http_refuse(h, 426, "a relay speaks WebSocket: ask for an upgrade, for an event "
                        "stream, or for ?wait=SECONDS");
    return ROUTE_ERROR;
}
