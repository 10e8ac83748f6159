/* handshake.h - how a WebSocket begins, seen from the client: RFC 6455, section 4.1. */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include "frame.h"

struct handshake;

enum handshake_event {
    HANDSHAKE_MORE,             /* the answer is not complete yet */
    HANDSHAKE_DONE,             /* switched: what follows are frames */
    HANDSHAKE_REFUSED,          /* handshake_why() is one line for the user */
};

/* The subprotocol that is offered, and must be chosen; or NULL. A header that goes with
 * the request, a whole line (credential.h); or NULL. */
struct handshake *handshake_new(const char *authority, const char *path,
                                const char *subprotocol, const char *credential);
void handshake_free(struct handshake *);

/* What to send; lent until handshake_free(). */
struct bytes handshake_request(const struct handshake *);

/* Takes bytes of the answer off the front of *in. */
enum handshake_event handshake_feed(struct handshake *, struct bytes *in);

/* The server has closed: no more will come. The answer so far may still tell why. */
void handshake_end(struct handshake *);

const char *handshake_why(const struct handshake *);

#endif
