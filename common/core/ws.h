/* ws.h - WebSocket messages out of bytes, and bytes out of messages: RFC 6455.
 *
 * A payload goes from where it was read straight into the frame that is sent on; on the
 * way it is unmasked and looked at. Both roles: the server's side insists on masked
 * frames, the client's on bare ones. */
#ifndef WS_H
#define WS_H

#include "frame.h"
#include "utf8.h"
#include <stdbool.h>

enum ws_role { WS_SERVER, WS_CLIENT };

enum ws_opcode { WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

enum ws_event {
    WS_NOTHING,                 /* the bytes are used up, feed more */
    WS_MESSAGE,                 /* a whole text or binary message: ws->frame */
    WS_CONTROL,                 /* ping, pong, close: ws->opcode, control, size, status */
    WS_ERROR,                   /* close with ws->status and ws->why, and feed no more */
};

struct ws {
    size_t max_message;         /* bytes; more is error 1009 as soon as it is announced */
    struct frame *frame;        /* the message so far. After WS_MESSAGE it is whole, and
                                   the caller may take it and set this to NULL */
    uint64_t left, got;         /* bytes of the frame under way: to come, and come */
    unsigned frames;            /* begun so far */
    uint8_t role;               /* enum ws_role */
    uint8_t message;            /* opcode of the message so far; 0 between messages */
    uint8_t opcode;             /* of the frame under way */
    bool inside, fin;           /* there is one; it is its message's last */
    uint8_t key[4];             /* its mask, turned so that key[0] is for the next byte */
    uint8_t headed;             /* bytes of a head that is not complete */
    uint8_t head[14];           /* a frame's header, which may arrive in pieces */
    struct utf8 utf8;           /* of a text so far */
    uint16_t status;            /* of WS_ERROR; of a WS_CLOSE its code, or 1005 */
    const char *why;
    uint8_t size;               /* bytes of control */
    char control[125];
};

void ws_init(struct ws *, enum ws_role, size_t max_message);
void ws_free(struct ws *);      /* what it holds, not the struct */

/* Takes what it uses off the front of *in and says what it found. Call again until
 * WS_NOTHING. Between messages a ws holds no memory but itself. A WS_MESSAGE has become
 * a frame that can be sent on as it stands: unmasked, in one piece. */
enum ws_event ws_next(struct ws *, struct bytes *in);

/* If the input begins with a message that is simple enough, appends it to the run: a
 * frame that a WS_MESSAGE has become, which nobody else has seen. So what one read brings
 * goes on as one. Else takes nothing. A run is as long as WS_RUN or a message may be. */
enum { WS_RUN = 16384 };
bool ws_append(const struct ws *, struct frame **run, struct bytes *in);

/* The frame under way: is there one, or a part of its header? How many of its payload
 * bytes have come, how many have not? 0 without one. */
bool ws_inside(const struct ws *);
uint64_t ws_got(const struct ws *);
uint64_t ws_left(const struct ws *);

/* The opcode of a frame that is whole, wherever it comes from, and its payload; a mask
 * is left on. */
enum ws_opcode ws_opcode(const struct frame *);
struct bytes ws_payload(const struct frame *);

/* How many messages are these, as a server sends them, each in one frame? 0 unless all
 * are whole. Of what came from another process; text is not looked into. */
unsigned ws_messages(struct bytes);

/* Takes the first of them off the front: its opcode, and its payload, which lies there.
 * The data is NULL if there is none, or none that is whole. */
struct bytes ws_take(struct bytes *, enum ws_opcode *);

/* Puts a header before a payload that a frame has gathered, and returns the frame: it is
 * one that a server sends, with FIN set and no mask. */
struct frame *ws_seal(struct frame *, enum ws_opcode);

/* The same of a payload that is copied. */
struct frame *ws_frame(enum ws_opcode, const char *, size_t);

/* A close frame: a status and a reason, of which the first 123 bytes are kept. */
struct frame *ws_close_frame(uint16_t status, const char *why);

#endif
