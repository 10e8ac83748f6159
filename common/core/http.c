#include "die.h"
#define utstring_oom() die("out of memory for a request head")
#include "http.h"
#include "bearer.h"
#include "metrics.h"
#include "settings.h"
#include "tell.h"

#include <http_parser.h>
#include <nettle/base64.h>
#include <nettle/sha1.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <utstring.h>

/* http_parser reads the grammar; what is collected here is what the routes need. The
 * pieces it hands out may break anywhere, so a header is judged when it is complete. */
struct http {
    http_parser parser;
    const struct options *options;
    size_t size;                /* bytes of the head so far */
    UT_string target, name, value;
    bool in_value, complete, keep_alive;
    char last[2];               /* the two bytes before the next: CR LF, then a space? */
    int hosts, keys, versions, origins;
    bool origin_ok, elsewhere, upgrade, connection, key_ok, version_ok, body, blank;
    bool offered, echo;         /* a subprotocol; ours is among them */
    char accept[29];
    struct bearer bearer;       /* only with --jwt-key */
    int status;                 /* what is wrong with it; 0: nothing yet */
    const char *why;
};

/* The first thing wrong is the one that is told. */
static void refuse(struct http *h, int status, const char *why)
{
    if (!h->status) {
        h->status = status;
        h->why = why;
    }
}

/* ---- headers ---- */

/* Is the word in a comma-separated list (RFC 9110 section 5.6.1)? Of names that a
 * standard has given the case is no matter: compare with strncasecmp(3). */
static bool lists(const char *list, const char *word,
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

static void end_header(struct http *h)
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
        h->origin_ok = !allowed || (*value && lists(allowed, value, strncasecmp));
    } else if (strcasecmp(name, "Sec-Fetch-Site") == 0) {
        /* A page's <img> names no Origin, but its browser says that another site asks. */
        h->elsewhere |= h->options->allow_origin && strcmp(value, "none") != 0
            && strcmp(value, "same-origin") != 0;
    } else if (strcasecmp(name, "Upgrade") == 0) {
        h->upgrade |= lists(value, "websocket", strncasecmp);
    } else if (strcasecmp(name, "Connection") == 0) {
        h->connection |= lists(value, "upgrade", strncasecmp);
    } else if (strcasecmp(name, "Sec-WebSocket-Protocol") == 0) {
        const char *ours = h->options->subprotocol;

        h->offered = true;
        h->echo |= ours && lists(value, ours, strncmp);
    } else if (strcasecmp(name, "Sec-WebSocket-Version") == 0) {
        h->versions++;
        h->version_ok = strcmp(value, "13") == 0;
    } else if (strcasecmp(name, "Sec-WebSocket-Key") == 0) {
        h->keys++;
        if ((h->key_ok = key_valid(value)))
            compute_accept(value, h->accept);
    } else if (h->options->jwt_key && strcasecmp(name, "Authorization") == 0) {
        bearer_header(&h->bearer, h->options->jwt_key, value);
    }
    utstring_clear(&h->name);
    utstring_clear(&h->value);
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

    end_header(h);
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

    end_header(h);
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

/* ---- the route ---- */

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *p = strchr(digits, c | 32);

    return c && p ? (int)(p - digits) : -1;
}

/* %3A is a colon (RFC 3986 section 2.1). In place; false for a bad escape, or NUL. */
static bool unescape(char *s)
{
    char *to = s;

    for (; *s; s++) {
        int high, low;

        if (*s != '%') {
            *to++ = *s;
            continue;
        }
        if ((high = hex(s[1])) < 0 || (low = hex(s[2])) < 0 || (high | low) == 0)
            return false;
        *to++ = (char)(high << 4 | low);
        s += 2;
    }
    *to = '\0';
    return true;
}

static void read_job(struct http *h, const char *spec, struct request *r)
{
    const char *why;

    if (r->has_job)
        refuse(h, 400, "one job at a time");
    else if (!job_parse(spec, h->options, &r->job, &why))
        refuse(h, 400, why);
    r->has_job = true;
}

/* Of the query only job=SPEC means something, and only that is judged: a client may add
 * what it likes, as it likes. */
static void read_query(struct http *h, char *query, struct request *r)
{
    char *save = NULL;

    for (char *p = strtok_r(query, "&", &save); p; p = strtok_r(NULL, "&", &save)) {
        char *value = p + strcspn(p, "=");

        if (*value)
            *value++ = '\0';
        if (!unescape(p) || strcmp(p, "job") != 0)
            continue;
        if (unescape(value))
            read_job(h, value, r);
        else
            refuse(h, 400, "the job has a bad escape");
    }
}

/* What RFC 6455 section 4.2.1 asks of an upgrade. */
static void check_upgrade(struct http *h)
{
    if (h->parser.http_minor < 1)
        refuse(h, 400, "an upgrade needs HTTP/1.1");
    if (h->parser.method != HTTP_GET)
        refuse(h, 405, "an upgrade is a GET");
    if (h->versions != 1 || !h->version_ok)
        refuse(h, 426, "this is WebSocket version 13");
    if (h->keys != 1 || !h->key_ok)
        refuse(h, 400, "Sec-WebSocket-Key is base64 of 16 bytes, once");
}

static enum route find_route(struct http *h, char *path, char *query, struct request *r)
{
    bool upgrade = h->upgrade && h->connection;

    if (strcmp(path, "/healthz") == 0)
        return ROUTE_HEALTH;
    if (strcmp(path, "/metrics") == 0)
        return ROUTE_METRICS;
    if (strncmp(path, "/job/", 5) == 0) {
        if (upgrade)
            check_upgrade(h);
        read_job(h, path + 5, r);
        return upgrade ? ROUTE_MESSAGE_JOB : ROUTE_JOB;
    }
    if (strncmp(path, "/relay/", 7) == 0) {
        if (!upgrade)
            refuse(h, 426, "a relay speaks WebSocket: ask for an upgrade");
        check_upgrade(h);
        if (!room_valid(path + 7))
            refuse(h, 400, "a room's name is 1 to 64 of A-Z a-z 0-9 . _ -");
        else
            strcpy(r->room, path + 7);
        read_query(h, query, r);
        return ROUTE_RELAY;
    }
    refuse(h, 404, "there are /relay/ROOM, /job/SPEC, /healthz and /metrics");
    return ROUTE_ERROR;
}

/* Splits the target, which http_parser has let pass as a path or an absolute URL. Returns
 * what is wrong with it, or NULL. */
static const char *split(struct http *h, char **path, char **query)
{
    struct http_parser_url url;
    char *target = utstring_body(&h->target);

    http_parser_url_init(&url);
    *path = *query = target + utstring_len(&h->target);         /* none */
    if (http_parser_parse_url(target, utstring_len(&h->target), 0, &url) != 0)
        return "the target is no URL";
    if (url.field_set & 1 << UF_QUERY) {
        *query = target + url.field_data[UF_QUERY].off;
        (*query)[url.field_data[UF_QUERY].len] = '\0';
    }
    if (url.field_set & 1 << UF_PATH) {
        *path = target + url.field_data[UF_PATH].off;
        (*path)[url.field_data[UF_PATH].len] = '\0';
    }
    return unescape(*path) ? NULL : "the path has a bad escape";
}

/* Without a token there is /healthz, for those that watch whether we live, and nothing
 * else: not even what there would be is told. */
static void admit(struct http *h, const char *path, const char *query, struct request *r)
{
    const char *why, *challenge;

    if (strcmp(path, "/healthz") == 0)
        return;
    bearer_query(&h->bearer, h->options->jwt_key, query);
    r->private = h->bearer.in_query;
    int status = bearer_judge(&h->bearer, &why, &challenge);
    if (status && !h->status) {
        refuse(h, status, why);
        r->challenge = challenge;
    }
}

/* RFC 6455 lets a client go on without a subprotocol, and most give up. The first one
 * gets a remark, without its words; all are counted. */
static void regret(const struct options *o)
{
    if (atomic_fetch_add(&metrics->unanswered, 1) == 0 && !o->quiet)
        tell_remark("a client offers WebSocket subprotocols and gets none: it may give "
                    "up, see --subprotocol");
}

static void decide(struct http *h, struct request *r)
{
    http_parser *p = &h->parser;
    char *path, *query;

    /* "Content-Length : 1": who does not know this name may read a body as a request. */
    if (h->complete && h->blank)
        refuse(h, 400, "a blank in a header's name");
    /* Of a head that is malformed the method is not believed either. */
    *r = (struct request){ .head = h->complete && !h->status && p->method == HTTP_HEAD };
    if (h->complete) {
        if (p->http_major != 1)
            refuse(h, 505, "this is HTTP/1.1");
        if (h->hosts > 1 || (h->hosts == 0 && p->http_minor > 0))
            refuse(h, 400, "exactly one Host header is needed");
        if (h->origins ? h->origins > 1 || !h->origin_ok : h->elsewhere)
            refuse(h, 403, "that Origin is not one of --allow-origin");
        const char *no_target = split(h, &path, &query);
        if (h->options->jwt_key)
            admit(h, no_target ? "" : path, query, r);
        if (p->method != HTTP_GET && p->method != HTTP_HEAD)
            refuse(h, 405, "there is only GET and HEAD");
        if (h->body || (p->flags & F_CONTENTLENGTH && p->content_length > 0))
            refuse(h, 413, "no request here has a body");
        r->keep_alive = !h->status && h->keep_alive;
        if (no_target)
            refuse(h, 400, no_target);
        r->route = find_route(h, path, query, r);
    }
    if (h->echo)
        r->subprotocol = h->options->subprotocol;
    else if (h->offered && !h->status
             && (r->route == ROUTE_RELAY || r->route == ROUTE_MESSAGE_JOB))
        regret(h->options);
    memcpy(r->accept, h->accept, sizeof r->accept);
    if (h->status) {
        r->route = ROUTE_ERROR;
        r->status = h->status;
        r->why = h->why;
    }
}

/* ---- feeding ---- */

/* http_parser takes a bare LF for a line's end, and a folded line for one: others may
 * not, and where two read differently one can be lied to (RFC 9112 sections 2.2, 5.2). */
static bool plain_lines(struct http *h, const char *s, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char before = h->last[0], last = h->last[1];

        if (s[i] == '\n' && last != '\r')
            refuse(h, 400, "a line ends with CR and LF");
        if ((s[i] == ' ' || s[i] == '\t') && before == '\r' && last == '\n')
            refuse(h, 400, "a folded header line");
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
        refuse(h, 400, http_errno_description(error));
    h->size += used;
    in->data += used;
    in->size -= used;
    if (!h->complete && h->size >= h->options->max_head)
        refuse(h, 431, "the request head is longer than --max-head allows");
    if (!h->complete && !h->status)
        return false;
    decide(h, r);
    return true;
}

/* ---- answers ---- */

static const char *extra_header(const struct request *r, int status)
{
    if (r->challenge)
        return r->challenge;
    switch (status) {
    case 200: return r->private ? "Cache-Control: private\r\n" : "";
    case 405: return "Allow: GET, HEAD\r\n";
    case 426: return "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
    case 503: return "Retry-After: 1\r\n";
    default:  return "";
    }
}

static const char *connection_header(const struct request *r, int status)
{
    if (status == 426)
        return r->keep_alive ? "Upgrade" : "Upgrade, close";
    return r->keep_alive ? "keep-alive" : "close";
}

struct frame *http_answer(const struct request *r, int status, const char *body)
{
    char head[512], date[40];
    time_t now = time(NULL);
    struct tm utc;

    strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &utc));
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 %d %s\r\nDate: %s\r\nContent-Type: text/plain%s\r\n"
                     "Content-Length: %zu\r\nConnection: %s\r\n%s\r\n",
                     status, http_status_str((enum http_status)status), date,
                     r->route == ROUTE_METRICS ? "; version=0.0.4" : "; charset=utf-8",
                     strlen(body), connection_header(r, status), extra_header(r, status));
    struct frame *f = frame_copy(head, (size_t)n);
    return r->head ? f : frame_append(f, body, strlen(body));
}

struct frame *http_switch(const struct request *r)
{
    char head[320];
    bool echo = r->subprotocol;
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 101 Switching Protocols\r\n"
                     "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                     "Sec-WebSocket-Accept: %s\r\n%s%s%s\r\n", r->accept,
                     echo ? "Sec-WebSocket-Protocol: " : "", echo ? r->subprotocol : "",
                     echo ? "\r\n" : "");

    return frame_copy(head, (size_t)n);
}

struct bytes http_unavailable(void)
{
    static const char answer[] =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Length: 49\r\nConnection: close\r\nRetry-After: 1\r\n\r\n"
        "503 this server has all the clients it can serve\n";

    return (struct bytes){ answer, sizeof answer - 1 };
}
