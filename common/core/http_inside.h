/* http_inside.h - a head that is arriving, for its three parts and nobody else:
 *
 *   http.c          takes in its bytes, and hands them to http_parser
 *   http_header.c   what a header says, as soon as it is complete
 *   http_route.c    what the whole of it asks for
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
    struct bearer bearer;       /* only with --jwt-key */
    int status;                 /* what is wrong with it; 0: nothing yet */
    const char *why;
};

/* The first thing wrong is the one that is told. */
void http_refuse(struct http *, int status, const char *why);

/* The header is complete: h->name, h->value. Harmless if there is none. */
void http_end_header(struct http *);

/* The head is complete, or something is wrong with it: what is to be done? */
void http_decide(struct http *, struct request *);

#endif
