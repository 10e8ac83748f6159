/* reply.h - an HTTP answer as it comes in, read as a client has to: RFC 9110 and 9112.
 *
 * head.h reads the head. This finds where the answer ends (RFC 9112, section 6.3), and
 * gives up where nobody can know. */
#ifndef REPLY_H
#define REPLY_H

#include "head.h"

struct reply;

enum reply_event {
    REPLY_MORE,                 /* the answer is not complete yet */
    REPLY_DONE,                 /* it is: reply_status() and so on; the next may follow */
    REPLY_GARBAGE,              /* it is no HTTP that can be followed: reply_why() */
};

struct reply *reply_new(void);
void reply_free(struct reply *);

/* Takes bytes of it off the front of *in, up to its end. Interim answers are passed over:
 * all 1xx but the 101, which ends with its head. */
enum reply_event reply_feed(struct reply *, struct bytes *in);

/* The server has closed; that may be how its answer ends. */
enum reply_event reply_end(struct reply *);

/* Has any of the next answer come, be it an interim one? */
bool reply_begun(const struct reply *);

/* As soon as the head is complete; before that, 0. Beyond 599: 500. */
int reply_status(const struct reply *);

/* The body's first 255 bytes; lent until the next reply_feed(). */
struct bytes reply_body(const struct reply *);

/* Will the server leave the connection open after it? */
bool reply_keeps_alive(const struct reply *);

/* Its head, of which nothing is sure until it is whole; lent as above. */
const struct head *reply_head(const struct reply *);

/* One line: what makes it garbage; else its status, and the first line of its body. */
const char *reply_why(struct reply *);

#endif
