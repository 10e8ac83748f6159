/* reply.h - an HTTP answer as it comes in: RFC 9112, by http_parser. */
#ifndef REPLY_H
#define REPLY_H

#include "frame.h"
#include <stdbool.h>

struct reply;

enum reply_event {
    REPLY_MORE,                 /* the answer is not complete yet */
    REPLY_OK,                   /* it is, and says 200; the next one may follow */
    REPLY_REFUSED,              /* it says something else: reply_why() */
    REPLY_GARBAGE,              /* it is no HTTP */
};

struct reply *reply_new(void);
void reply_free(struct reply *);

/* Takes bytes of it off the front of *in. */
enum reply_event reply_feed(struct reply *, struct bytes *in);

/* The server has closed; that may be how its answer ends. */
enum reply_event reply_end(struct reply *);

/* The body's first 255 bytes; lent until the next reply_feed(). */
struct bytes reply_body(const struct reply *);

/* Will the server leave the connection open after it? */
bool reply_keeps_alive(const struct reply *);

const char *reply_why(const struct reply *);

#endif
