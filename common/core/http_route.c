#include "http_inside.h"
#include "metrics.h"
#include "tell.h"

#include <string.h>

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
        http_refuse(h, 400, "one job at a time");
    else if (!job_parse(spec, h->options, &r->job, &why))
        http_refuse(h, r->job.status, why);
    r->has_job = true;
}

/* Of the query only job=SPEC means something, and to a client without a WebSocket wait
 * and after; only that is judged: a client may add what it likes, as it likes. */
static void read_query(struct http *h, char *query, struct request *r)
{
    char *save = NULL;

    for (char *p = strtok_r(query, "&", &save); p; p = strtok_r(NULL, "&", &save)) {
        char *value = p + strcspn(p, "=");

        if (*value)
            *value++ = '\0';
        if (!unescape(p))
            continue;
        if (strcmp(p, "job") != 0)
            http_visit_query(h, p, value);
        else if (unescape(value))
            read_job(h, value, r);
        else
            http_refuse(h, 400, "the job has a bad escape");
    }
}

/* What RFC 6455 section 4.2.1 asks of an upgrade. */
static void check_upgrade(struct http *h)
{
    if (h->parser.http_minor < 1)
        http_refuse(h, 400, "an upgrade needs HTTP/1.1");
    if (h->parser.method != HTTP_GET)
        http_refuse(h, 405, "an upgrade is a GET");
    if (h->versions != 1 || !h->version_ok)
        http_refuse(h, 426, "this is WebSocket version 13");
    if (h->keys != 1 || !h->key_ok)
        http_refuse(h, 400, "Sec-WebSocket-Key is base64 of 16 bytes, once");
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
        if (upgrade)
            check_upgrade(h);
        read_query(h, query, r);
        enum route route = upgrade ? ROUTE_RELAY : http_visit_route(h, r);
        if (!room_valid(path + 7))
            http_refuse(h, 400, "a room's name is 1 to 64 of A-Z a-z 0-9 . _ -");
        else
            strcpy(r->room, path + 7);
        return route;
    }
    http_refuse(h, 404, "there are /relay/ROOM, /job/SPEC, /healthz and /metrics");
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

/* Without a token only /healthz is open, for programs that watch whether we live. All
 * else is closed alike: a stranger is not even told which routes there are. */
static void admit(struct http *h, const char *path, const char *query, struct request *r)
{
    const char *why, *challenge;

    if (strcmp(path, "/healthz") == 0)
        return;
    bearer_query(&h->bearer, h->options->jwt_key, query);
    r->private = h->bearer.in_query;
    int status = bearer_judge(&h->bearer, &why, &challenge);
    if (status && !h->status) {
        http_refuse(h, status, why);
        r->challenge = challenge;
    }
}

/* Only what is said to a room has a body, and that a POST brings. */
static void check_method(struct http *h, const struct request *r)
{
    const http_parser *p = &h->parser;

    if (r->posts && p->method == HTTP_POST)
        return;
    if (p->method != HTTP_GET && p->method != HTTP_HEAD)
        http_refuse(h, 405, r->posts ? "there is only GET, HEAD and POST"
                                     : "there is only GET and HEAD");
    if (h->body || (p->flags & F_CONTENTLENGTH && p->content_length > 0))
        http_refuse(h, 413, "only what is said to a room has a body");
}

/* RFC 6455 lets a client go on without a subprotocol, and most give up. The first one
 * gets a remark, without its words; all are counted. */
static void regret(const struct options *o)
{
    if (atomic_fetch_add(&metrics->unanswered, 1) == 0 && !o->quiet)
        tell_remark("a client offers WebSocket subprotocols and gets none: it may give "
                    "up, see --subprotocol");
}

void http_decide(struct http *h, struct request *r)
{
    http_parser *p = &h->parser;
    char *path, *query;

    /* "Content-Length : 1": where this name is not known, a body is read as a request. */
    if (h->complete && h->blank)
        http_refuse(h, 400, "a blank in a header's name");
    /* Of a head that is malformed the method is not believed either. */
    *r = (struct request){ .head = h->complete && !h->status && p->method == HTTP_HEAD };
    if (h->complete) {
        if (p->http_major != 1)
            http_refuse(h, 505, "this is HTTP/1.1");
        if (h->hosts > 1 || (h->hosts == 0 && p->http_minor > 0))
            http_refuse(h, 400, "exactly one Host header is needed");
        if (h->origins ? h->origins > 1 || !h->origin_ok : h->elsewhere)
            http_refuse(h, 403, "that Origin is not one of --allow-origin");
        const char *no_target = split(h, &path, &query);
        if (h->options->jwt_key)
            admit(h, no_target ? "" : path, query, r);
        r->posts = strncmp(path, "/relay/", 7) == 0;
        check_method(h, r);
        r->keep_alive = !h->status && h->keep_alive;
        if (no_target)
            http_refuse(h, 400, no_target);
        r->route = find_route(h, path, query, r);
        if (h->status && p->method == HTTP_POST)
            r->keep_alive = false;      /* its body is not read */
    }
    if (h->echo)
        r->subprotocol = h->options->subprotocol;
    else if (h->offered && !h->status
             && (r->route == ROUTE_RELAY || r->route == ROUTE_MESSAGE_JOB))
        regret(h->options);
    if (r->route < ROUTE_POLL || r->route > ROUTE_SAY)  /* refused or not */
        memcpy(r->accept, h->accept, sizeof r->accept);
    if (h->status) {
        r->route = ROUTE_ERROR;
        r->status = h->status;
        r->why = h->why;
    }
}
