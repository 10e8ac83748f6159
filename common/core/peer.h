/* peer.h - one client, as a machine without I/O.
 *
 * Ask it what it wants next, do that, and tell it what became of it:
 *
 *     for (;;)
 *         switch (peer_next(c->peer, &ask)) {
 *         case READ:  ...read, then peer_feed()...
 *         case JOIN:  ...enter the room ask.room...
 *         case WORK:  ...do ask.job, then peer_done()...
 *         case RELAY: ...peer_push(ask.frame) to every member of the room...
 *         case WRITE: ...write ask.bytes, then peer_sent()...
 *         case CLOSE: ...leave the room, close, peer_free()...
 *         }
 *
 * Every failure, of the client or of the line, comes back as CLOSE: one exit.
 *
 * Inside, a client is in one of four states; a broken line leads to GONE from each:

      +----+ answered, and kept alive
      v    |
     HEAD -+---- 101 ---->  OPEN  ---- a close, ours or the client's ---->  CLOSING
      |                       |                                                |
      | no request in time    | the line is broken                             | no close
      v                       v                                                | in time
     GONE <-------------------+------------------------------------------------+

 * A client without a WebSocket (comet.h) visits a room from HEAD, and is back there when
 * its request is answered; for the model that is a JOIN, a RELAY and some WRITEs like any
 * others.
 *
 * CLOSE is asked in GONE. Before that it is asked when all is written and nothing more
 * can come: after the client's close, the last answer, or the end of its input. */
#ifndef PEER_H
#define PEER_H

#include "clock.h"
#include "frame.h"
#include "job.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct options;
struct peer;

enum want { READ, JOIN, WORK, RELAY, WRITE, CLOSE };

struct ask {                    /* what it is about; valid until the next peer call */
    struct bytes bytes;         /* WRITE: write these, or some of them */
    struct frame *frame;        /* RELAY: a finished frame, the same for every member */
    const char *room;           /* JOIN, RELAY */
    struct job *job;            /* WORK: lives until peer_done() */
    bool more;                  /* READ, WRITE: read in the meantime; if not, only notice
                                   that the line breaks */
    int64_t deadline;           /* READ, WRITE: be back by then, with peer_late() if
                                   nothing happened; CLOCK_MONOTONIC in ns, or NEVER */
};

/* The options must outlive the peer. `connection` names it in the trace. */
struct peer *peer_new(const struct options *, int connection);
void peer_free(struct peer *);

/* What now? The order in which it asks:
 * JOIN before the 101 leaves, so that a client who has read its 101 is a member (a client
 * without a WebSocket may join another room later, and so leave this one);
 * RELAY and WORK as long as there is input; WRITE when the input is used up, so that
 * all answers to one read leave in one write; READ last.
 * One client's input must not hold up everyone else, or its own answers. After a job, a
 * poll, 256 messages or requests, or peer_pause(), the rest of the input is kept: first
 * WRITE is asked until nothing waits, then READ without `more` and with a deadline that
 * has passed. This is a look: a blocking model sees if the line, the room or a signal has
 * news, a loop comes back to this client in its next turn. Nor is more of the input used
 * while half of max_output waits.
 * A model that waits in order to WRITE should read in the meantime: a client may say all
 * it has to say before it reads. While a job is out only WRITE or READ are asked, without
 * `more`: that is backpressure. */
enum want peer_next(struct peer *, struct ask *);

/* n bytes were read, and lie there; n == 0: the client's side is at its end; n < 0: the
 * line is broken. The bytes are borrowed until peer_next() asks anything but JOIN or
 * RELAY: one buffer may serve many peers. */
void peer_feed(struct peer *, const char *, ssize_t n);

/* The deadline has passed. */
void peer_late(struct peer *);

/* Enough for this turn: before more of the input is used, there is a look. For a loop
 * whose client has delivered a lot, so that others should be served first. */
void peer_pause(struct peer *);

/* When JOIN or RELAY cannot be done at once: how long this client may be kept waiting for
 * it. A handshake has --handshake-timeout in all; after that it is as for READ. */
int64_t peer_deadline(struct peer *);

/* The job is finished: its result or its text is set, or its status, if it failed. A
 * request is then answered with that; a WebSocket has no word for a failure but a close,
 * 1013 ("try again later") for 503 and 504 and 1011 for others, and the message that
 * wanted the job goes to nobody. The text is the peer's from here on. */
void peer_done(struct peer *);

/* Is the job that is out still wanted? Our close calls it off, and so does the client's
 * end: there is no point in going on with it, or in waiting for it. */
bool peer_working(const struct peer *);

/* A frame for this client. Takes a reference of its own. When more than max_output bytes
 * wait, they are dropped and the client is closed with 1013 (IANA's registry of close
 * codes): a slow reader costs nobody else anything. */
void peer_push(struct peer *, struct frame *);

/* Frames for this client were dropped before they got here, since too many were
 * waiting: it is closed in the same way. */
void peer_lost(struct peer *);

/* n of the bytes asked for were written; n < 0: the line is broken. */
void peer_sent(struct peer *, ssize_t n);

/* For a model that orders a write and is told later what became of it: these bytes, which
 * WRITE has just asked for, or the first of them, are under way until peer_sent(). They
 * stay where they are, and what they are part of is not dropped, though everything else
 * may be. In the meantime READ is asked where WRITE would be: with WRITE's deadline, and
 * without `more` if some input is left, since each order would be a reason to read on.
 * CLOSE does not wait for it if the line is broken or the client's time is up. Then the
 * order has to be called off, and peer_free() comes after its end. */
void peer_sending(struct peer *, struct bytes);

/* The server is going away: 1001, and CLOSE soon after. */
void peer_stop(struct peer *);

#endif
