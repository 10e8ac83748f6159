/* conn.h - one connection of the load client, on libev: what it is, what it sends, and
 * how it is over.
 *
 * It connects (dial.h), shakes hands, and from then on tells of messages (wire.h). It
 * never blocks, and counts nothing. */
#ifndef CONN_H
#define CONN_H

#include "frame.h"
#include "url.h"
#include "ws.h"
#include <ev.h>
#include <stdint.h>

struct conn;
struct handshake;
struct reply;

enum failure {
    NOT_CONNECTED, NOT_SWITCHED, CLOSED, CUT_OFF, GARBAGE, FAILURES,
    /* HTTP, and no failures: a server may close between two answers when it likes, and
     * a client when it has no more patience. */
    CLOSED_IDLE = FAILURES,     /* nothing was asked */
    NOT_READ,                   /* a request was under way, and it had not read it */
    GIVEN_UP,                   /* it was for too long: it is we who close */
};

enum wire {
    WIRE_WS,                    /* a handshake, then frames */
    WIRE_RAW,                   /* neither: every `size` bytes are a message */
    WIRE_HTTP,                  /* requests, and an answer to each */
};

/* What all connections of a run have in common. The calls are made from the functions
 * below and from the loop; in each of them the owner may do anything to the
 * connection. */
struct conns {
    struct ev_loop *loop;
    const struct url *url;
    const char *subprotocol;    /* to be offered; or NULL */
    const char *credential;     /* a header of each handshake; or NULL */
    int place;                  /* of its places, the one that took a connection last */
    enum wire wire;
    bool prove;                 /* ping before it counts as open: see CONN_PROVING */
    size_t size;
    size_t max_message;
    void *owner;                /* nothing that a conn looks at */
    void (*opened)(struct conn *);
    /* All that was to be sent has gone, later than conn_send() returned. */
    void (*idle)(struct conn *);
    /* A message has come, its bytes lent for the call; `now` is when it was read. */
    void (*message)(struct conn *, uint8_t opcode, struct bytes payload, int64_t now);
    /* HTTP: an answer has come that is not 2xx; `why` is a line on it, lent as above. */
    void (*refused)(struct conn *, int status, const char *why, int64_t now);
    /* It is over: state is CONN_GONE. After conn_leave() this is how it ends, too. */
    void (*over)(struct conn *, enum failure, const char *why);
};

/* A server says 101 first and gives the client its place in the room then. Whether it
 * has, a ping tells: the pong comes from who has read on. */
enum conn_state {
    CONN_NEW, CONN_CONNECTING, CONN_ASKING, CONN_PROVING,
    CONN_OPEN, CONN_LEAVING, CONN_GONE
};

struct control {                /* a frame between the messages: pong or close */
    char data[144];
    uint8_t size, sent;
};

struct conn {                   /* its owner's fields come after it, in a larger one */
    ev_io io;
    struct conns *all;
    enum conn_state state;
    int fd;
    int first;                  /* of the URL's places, to be tried */
    int tried;                  /* places that did not take it, and */
    uint8_t errors[PLACES];     /* why: errno of each */
    int index;                  /* the how-manieth of its run, from 0 */
    int port;                   /* ours: it names us in the server's trace */
    int64_t since;              /* when connecting began */
    struct handshake *handshake;/* until it is open */
    struct ws ws;
    struct frame *piece;        /* raw: the message so far */
    struct reply *reply;        /* HTTP: the answer so far */
    bool asked, answered;       /* HTTP: an answer is owed; one has come before */
    int64_t quiet;              /* HTTP: since when nothing is asked; and, */
    int64_t idle;               /* as far as somebody looked, for how long nothing was */
    bool last;                  /* HTTP: the server will close after this answer */
    struct bytes out;           /* what is left to send, lent by the owner */
    struct control control;
};

/* Sends these bytes, lent until they are gone. Only when the last are: conn_idle(). */
void conn_send(struct conn *, struct bytes);
bool conn_idle(const struct conn *);

/* Says goodbye with a close frame and waits for the server's; without frames, or when
 * bytes are still on their way, it is over at once. Failures from now on are none. */
void conn_leave(struct conn *);

/* Gives it up, as if the line had broken, for this reason, and tells the owner. */
void conn_break(struct conn *, enum failure, const char *why);

/* Cuts the line with a reset, which leaves no TIME_WAIT behind (SO_LINGER, socket(7)),
 * and frees what the connection holds; without a word to the owner. */
void conn_drop(struct conn *);

/* ---- for dial.c and wire.c ---- */

/* The server is there and has taken it: CONN_OPEN, and the owner is told. */
void conn_opened(struct conn *);

/* Sends a control frame as soon as no message is half sent. It takes the place of one
 * that has not begun to leave: only the latest ping is to be answered (section 5.5.3). */
void conn_say(struct conn *, enum ws_opcode, const char *, size_t);

/* The socket takes bytes again. */
void conn_writable(struct conn *);

/* From now on the loop is to tell of these events. */
void conn_watch(struct conn *, int events);

#endif
