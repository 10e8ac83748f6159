/* peer_inside.h - a peer's inside, for its four parts and nobody else:
 *
 *   peer.c        asks, and is told what became of it; and looks after the time
 *   peer_hear.c   takes in what the client says: requests, messages, control frames
 *   peer_say.c    what we say: answers, frames, our close; and how much of it may wait
 *   peer_comet.c  does all three for a client without a WebSocket (comet.h) */
#ifndef PEER_INSIDE_H
#define PEER_INSIDE_H

#include "comet.h"
#include "http.h"
#include "outbox.h"
#include "peer.h"
#include "settings.h"
#include "ws.h"

enum state {
    HEAD,                       /* waiting for a request, reading one, or answering it */
    OPEN,                       /* a WebSocket */
    CLOSING,                    /* a close is on its way; of the input only one counts */
    GONE,                       /* nothing more to say or to hear */
    /* A visit: in a room without a WebSocket. These stand behind GONE, so that one
       comparison tells them all from OPEN, which every message asks about. */
    POLLING,                    /* a poll waits for news; its answer leads back to HEAD */
    STREAMING,                  /* events, until it ends */
    SAYING,                     /* a POST arrives, and goes to the room; likewise */
};

/* What every message touches comes first, in four or five cache lines: with a thousand
 * clients in turn, each line of each is fetched from far away. */
struct peer {
    enum state state;
    int connection;             /* its name in the trace */
    const struct options *options;

    struct {                    /* What is to be asked for next? */
        struct frame *frame;    /* a message: to be worked on, then relayed */
        bool join, work, relay;
        bool frame_out;         /* it is with the model: the next call drops it */
        bool job_out;           /* and so is the job, until peer_done() */
    } pending;

    struct {                    /* What has the input come to? */
        struct bytes rest;      /* fed and not used; borrowed, or the stash */
        char *stash;
        unsigned taken;         /* messages since the last look */
        bool paused;            /* a look before more is used */
        bool peer_eof;          /* nothing comes after the rest */
        bool discard;           /* it makes no sense any more, and is not read */
    } in;

    struct {                    /* What waits to be written? */
        struct outbox box;
        unsigned handshake_frames;      /* the first of them, up to the 101 */
        bool close_when_flushed;
    } out;

    struct {                    /* Does the client live? */
        int64_t deadline;
        bool heard;             /* it does: the deadline moves at the next wait */
        bool pinged;            /* it must answer by the deadline */
        unsigned frame;         /* the frame that is arriving: its number, */
        int64_t frame_since;    /* since when, */
        int64_t frame_until;    /* and until when it may take, or NEVER */
    } life;

    struct ws ws;
    struct request request;
    struct http *http;          /* a head that is arriving */
    struct comet *comet;        /* NULL until its first visit */
};

/* ---- peer_hear.c ---- */

/* Uses some of the rest: a head, or a message and what goes on as one with it. */
void hear(struct peer *);

/* ---- peer_say.c ---- */

/* A frame for the client; say() takes over our reference. When too much waits, the client
 * is closed. */
void say(struct peer *, struct frame *);
void say_shared(struct peer *, struct frame *);

void say_answer(struct peer *, int status, const char *text);   /* to a request */
void say_refusal(struct peer *, int status, const char *why);
void say_written(struct peer *, struct frame *);        /* an answer; takes it over */

/* Our close, once; from here on only the client's counts. */
void say_close(struct peer *, uint16_t status, const char *why);

/* It reads too slowly, or not at all: what waits is dropped, and our close is said. */
void say_too_slow(struct peer *);

/* ---- peer_comet.c ---- */

/* The request is one of comet's. */
void begin_visit(struct peer *);

/* In a visit: tells what there is to tell, unless something is pending that comes first.
 * True: something has changed, ask again. */
bool visit_goes_on(struct peer *);

void hear_body(struct peer *);          /* in SAYING */
void visit_late(struct peer *);

/* The job for what was to be said has failed: it goes to nobody. */
void say_unsaid(struct peer *, int status, const char *why);

void comet_free(struct comet *);        /* NULL is harmless */

/* It ends: a poll is answered with what there is, a stream is over. */
void visit_end(struct peer *);

#endif
