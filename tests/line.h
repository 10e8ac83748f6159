/* line.h - a client's line to a peer, without a socket: what every model does, for tests.
 *
 * A line is unkind where a peer must bear it: the bytes it lends are overwritten and
 * freed as soon as that is allowed, and it may write a byte at a time, or later. */
#ifndef LINE_H
#define LINE_H

#include "options.h"
#include "peer.h"
#include "unit.h"

struct line {
    struct peer *peer;
    UT_string out;              /* all that was written */
    UT_string relayed;          /* the frames of all RELAYs */
    UT_string wants;            /* J, W, R, C: in the order they were asked for */
    int writes;                 /* how many WRITEs were answered */
    int looks;                  /* how many READs only wanted a look */
    size_t gulp;                /* bytes a write takes; 0: all of them */
    bool orders;                /* a write is under way until line_sent() */
    struct bytes sending;       /* that one; no bytes: none is */
    bool slow;                  /* a job stays out until line_done() */
    bool working;
    struct job *job;
    int64_t deadline;           /* of the last READ or WRITE */
    struct line *other;         /* another member of the room, or NULL */
    char *lent;                 /* fed, and still borrowed */
    size_t lent_size;
};

/* The upgrade of RFC 6455 section 1.3, and what it is answered. */
#define UPGRADE(target) \
    "GET " target " HTTP/1.1\r\nHost: x\r\n" \
    "Upgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
#define SWITCHED \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

#define RELAY_X UPGRADE("/relay/x")
#define HEALTH "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

/* A mask that changes nothing: the payload is readable. */
#define Z "\0\0\0\0"

/* The defaults; and with 5 ms for whatever a client has to do. */
const struct options *usual(void);
const struct options *hasty(void);

void line_open(struct line *, const struct options *);
void line_close(struct line *);

/* Answers what the peer wants until it wants READ or CLOSE, or has given out a job on a
 * slow line; returns what that was. Every room is expected to be "x". */
enum want line_run(struct line *);

void line_feed(struct line *, const void *, size_t);    /* n > 0 bytes, a copy of them */
void line_done(struct line *);                          /* the job of a slow line */
void line_sent(struct line *);                          /* the write that is under way */

/* Feeds and runs. */
enum want line_say(struct line *, const void *, size_t);
#define SAY(l, literal) line_say(l, literal, sizeof (literal) - 1)

/* Sleeps past the deadline that was asked for, and says so. Its output so far is
 * forgotten. */
enum want line_late(struct line *);

/* A line that is a WebSocket already; its output so far is forgotten. */
void line_upgrade(struct line *, const struct options *, const char *request);

/* Is that all that was written since? */
#define line_wrote(l, literal) same_bytes(&(l)->out, literal, sizeof (literal) - 1)

/* Has it ended with a close frame of that status, behind `before` other bytes? */
bool line_closed(const struct line *, int status, size_t before);

#endif
