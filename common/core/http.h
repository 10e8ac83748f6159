/* http.h - request heads and the routes: what does this client want? */
#ifndef HTTP_H
#define HTTP_H

#include "comet.h"
#include "frame.h"
#include "job.h"
#include "room.h"
#include <stdbool.h>

enum route {
    ROUTE_RELAY,                /* /relay/ROOM[?job=SPEC], upgrade */
    ROUTE_MESSAGE_JOB,          /* /job/SPEC, upgrade */
    ROUTE_JOB,                  /* /job/SPEC */
    ROUTE_HEALTH,               /* /healthz */
    ROUTE_METRICS,              /* /metrics */
    ROUTE_POLL,                 /* /relay/ROOM?wait=SECONDS[&after=N] */
    ROUTE_STREAM,               /* /relay/ROOM, Accept: text/event-stream */
    ROUTE_SAY,                  /* /relay/ROOM[?job=SPEC], POST: the body is to come */
    ROUTE_ERROR,                /* status and why: answer and close */
};

struct request {
    enum route route;
    bool has_job;
    char room[ROOM_NAME + 1];
    bool page;                  /* a page of elsewhere asks, and may read the answer */
    bool posts;                 /* its path is one to which a POST may go */
    struct job job;             /* its name is the taker's: job_free() */
    union {
        char accept[29];        /* of an upgrade: Sec-WebSocket-Accept, section 4.2.2 */
        struct visit visit;     /* of ROUTE_POLL, ROUTE_STREAM and ROUTE_SAY */
    };
    const char *subprotocol;    /* of an upgrade: to be echoed, RFC 6455 section 1.9 */
    bool head;                  /* HEAD: answer without a body */
    bool keep_alive;
    bool private;               /* its target has a token in it: RFC 6750 section 2.3 */
    int status;                 /* of ROUTE_ERROR */
    const char *why;
    const char *challenge;      /* and its WWW-Authenticate, a line; or NULL */
};

struct http;                    /* a head that is arriving */

struct http *http_new(const struct options *);
void http_free(struct http *);

/* Takes bytes of a head off the front of *in. True when it is complete, or beyond hope:
 * then *r says what to do, and what remains of *in belongs to whatever comes next. */
bool http_feed(struct http *, struct bytes *in, struct request *r);

/* The answer to a plain request: head, and body unless the request was HEAD. */
struct frame *http_answer(const struct request *, int status, const char *body);

/* The same of that media type, with more header lines, or "". A 204 has no body. */
struct frame *http_write(const struct request *, int status, const char *type,
                         const char *lines, struct bytes body);

/* The beginning of an event stream: it has no length, and ends with the connection. A
 * client that loses it comes back after a second. */
struct frame *http_stream(const struct request *);

/* The 101 to an upgrade. */
struct frame *http_switch(const struct request *);

/* "503 Service Unavailable", whole, for who is turned away before it could ask. */
struct bytes http_unavailable(void);

#endif
