#include "fetch.h"
#include "die.h"
#include "job.h"
#include "net.h"

#include <errno.h>
#include <http_parser.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct fetch {
    struct job *job;
    const struct addrinfo *next;        /* the address to try if this one is no good */
    int fd;
    char *request;
    size_t size, sent;          /* of the request, bytes */
    http_parser parser;
    struct frame *text;
    size_t most;
    bool whole, refused, too_long;      /* what is known of the answer */
};

static struct addrinfo *addresses;
static const char *authority;   /* HOST:PORT, for the Host header */

/* ---- where it is ---- */

/* The part of a URL; to be freed. */
static char *part(const char *url, const struct http_parser_url *u, int field)
{
    return strndup(url + u->field_data[field].off, u->field_data[field].len);
}

static bool is_upstream(const char *url, struct http_parser_url *u)
{
    enum { MAY = 1 << UF_SCHEMA | 1 << UF_HOST | 1 << UF_PORT,
           MUST = 1 << UF_SCHEMA | 1 << UF_HOST };

    http_parser_url_init(u);
    return strncmp(url, "http://", 7) == 0
        && http_parser_parse_url(url, strlen(url), 0, u) == 0
        && (u->field_set & MUST) == MUST && (u->field_set & ~MAY) == 0;
}

void fetch_open(const char *upstream)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct http_parser_url u;

    if (!is_upstream(upstream, &u))
        die("--upstream takes http://HOST:PORT, without a path, not '%s'", upstream);
    char *host = part(upstream, &u, UF_HOST), *port = part(upstream, &u, UF_PORT);
    if (addresses)
        freeaddrinfo(addresses);        /* the last one counts */
    int wrong = getaddrinfo(host, *port ? port : "80", &hints, &addresses);
    if (wrong)
        die("--upstream: '%s' is not found: %s", host, gai_strerror(wrong));
    authority = upstream + strlen("http://");
    free(host);
    free(port);
}

/* ---- how it ends ---- */

void fetch_drop(struct fetch *f)
{
    if (f->fd >= 0)
        close(f->fd);
    frame_unref(f->text);
    free(f->request);
    free(f);
}

static bool fail(struct fetch *f, int status, const char *why)
{
    job_fail(f->job, status, why);
    fetch_drop(f);
    return true;
}

static bool succeed(struct fetch *f)
{
    f->job->status = 0;
    f->job->text = f->text;
    f->text = NULL;
    fetch_drop(f);
    return true;
}

/* ---- the answer ---- */

static bool is_final(const http_parser *p) { return p->status_code >= 200; }

/* The body of an answer that is of no use is not waited for. */
static int on_head(http_parser *p)
{
    struct fetch *f = p->data;

    f->refused = is_final(p) && p->status_code > 299;
    return f->refused || p->upgrade ? -1 : 0;
}

static int on_body(http_parser *p, const char *data, size_t n)
{
    struct fetch *f = p->data;

    f->too_long = n > f->most - f->text->size;
    if (f->too_long)
        return -1;
    f->text = frame_append(f->text, data, n);
    return 0;
}

/* What may come after it is nobody's. A word in between, such as 100, is not the end. */
static int on_end(http_parser *p)
{
    struct fetch *f = p->data;

    f->whole = is_final(p);
    if (f->whole)
        http_parser_pause(p, 1);
    return 0;
}

static const http_parser_settings settings = {
    .on_headers_complete = on_head, .on_body = on_body, .on_message_complete = on_end,
};

static bool judge(struct fetch *f)
{
    int status = f->parser.status_code;

    if (f->whole)
        return succeed(f);
    if (f->too_long)
        return fail(f, 502, JOB_TOO_LONG);
    if (f->refused && status == 404)
        return fail(f, 404, "the upstream has nothing at that path");
    if (f->refused)
        return fail(f, 502, "the upstream answers with an error, or sends us elsewhere");
    return fail(f, 502, "the upstream's answer is not HTTP");
}

/* Reads once, so that a long answer does not hold up the others of a loop. The end of the
 * line may be the end of the answer. */
static bool hear(struct fetch *f)
{
    char buf[16384];
    ssize_t n = net_read(f->fd, buf, sizeof buf);

    if (net_would_block(n))
        return false;
    if (n < 0)
        return fail(f, 502, "the upstream has cut the line");
    http_parser_execute(&f->parser, &settings, buf, (size_t)n);
    if (n == 0 && !f->whole)
        return fail(f, 502, "the upstream has hung up in the middle of its answer");
    bool goes_on = HTTP_PARSER_ERRNO(&f->parser) == HPE_OK && !f->parser.upgrade;
    return goes_on ? false : judge(f);
}

/* ---- the request ---- */

/* Makes the next socket before it closes the last one: so its number is another one, and
 * a caller that watches descriptors by their numbers sees that it has changed. */
static bool dial(struct fetch *f)
{
    for (const struct addrinfo *a; (a = f->next); f->next = a->ai_next) {
        int old = f->fd;

        f->fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (old >= 0)
            close(old);
        if (f->fd < 0)
            return false;
        if (connect(f->fd, a->ai_addr, a->ai_addrlen) == 0 || errno == EINPROGRESS) {
            f->next = a->ai_next;
            return true;
        }
    }
    return false;
}

struct fetch *fetch_begin(struct job *job, size_t most)
{
    struct fetch *f = must_alloc(sizeof *f);
    int size;

    *f = (struct fetch){ .job = job, .next = addresses, .fd = -1, .most = most,
                         .text = frame_new(0) };
    http_parser_init(&f->parser, HTTP_RESPONSE);
    f->parser.data = f;
    size = asprintf(&f->request, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\n"
                    "User-Agent: relayrace\r\nConnection: close\r\n\r\n",
                    job->name, authority);
    if (size < 0)
        die("no memory for a request to the upstream");
    f->size = (size_t)size;
    return f;
}

/* Tries to send, and does not ask first whether it is connected: a socket that is not yet
 * would block, and one that was refused says why. As long as nothing has been asked, the
 * next address may be. The answer takes a while: it is for the next step. */
bool fetch_step(struct fetch *f)
{
    if (f->sent == f->size)
        return hear(f);
    while (f->sent < f->size) {
        struct bytes rest = { f->request + f->sent, f->size - f->sent };
        ssize_t n = f->fd < 0 ? 0 : net_write(f->fd, rest);

        if (net_would_block(n))
            return false;
        f->sent += n > 0 ? (size_t)n : 0;
        if (n <= 0 && f->sent)
            return fail(f, 502, "the upstream has cut the line");
        if (n <= 0 && !dial(f))
            return fail(f, 503, "the upstream is away: try again later");
    }
    return false;
}

int fetch_waits(const struct fetch *f, short *events)
{
    *events = f->sent < f->size ? POLLOUT : POLLIN;
    return f->fd;
}
