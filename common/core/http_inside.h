/* http_inside.h - a head that is arriving, for its four parts and nobody else:
 *
 *   http.c          takes in its bytes, and hands them to http_parser
 *   http_header.c   what a header says, as soon as it is complete
 *   http_route.c    what the whole of it asks for
 *   http_visit.c    and that of a client without a WebSocket (comet.h)
 *
 * http_answer.c, which writes what is answered, needs none of this. */
#ifndef HTTP_INSIDE_H
#define HTTP_INSIDE_H

#include "bearer.h"
#include "http.h"
#include "settings.h"

#include <http_parser.h>
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
    bool polls, streams;        /* it may be a poll; it would take an event stream */
    int64_t wait, after;        /* of a poll, as they stand in the query, or BAD */
    int64_t last_event;         /* Last-Event-ID, likewise; 0: there is none */
    bool binary, expects;       /* of a POST */
    struct bearer bearer;       /* only with --jwt-key */
    int status;                 /* what is wrong with it; 0: nothing yet */
    const char *why;
};

/* The first thing wrong is the one that is told. */
void http_refuse(struct http *, int status, const char *why);

/* The header is complete: h->name, h->value. Harmless if there is none. */
void http_end_header(struct http *);

/* Is the word in a comma-separated list (RFC 9110 section 5.6.1)? Of names that a
 * standard has given the case is no matter: compare with strncasecmp(3). */
bool http_lists(const char *list, const char *word,
                int (*compare)(const char *, const char *, size_t));

/* ---- http_visit.c ---- */

enum { BAD = -1 };              /* a number that is none */

/* A header, or a part of the query, which may be one of a visit's. */
void http_visit_header(struct http *, const char *name, const char *value);
void http_visit_query(struct http *, const char *name, const char *value);

/* /relay/ROOM without an upgrade: fills in r->visit, or refuses. */
enum route http_visit_route(struct http *, struct request *);

/* The head is complete, or something is wrong with it: what is to be done? */
void http_decide(struct http *, struct request *);

#endif
