/* comet.h - a relay for clients without a WebSocket: how browsers did it before 2011, and
 * still do where a proxy lets nothing else through.
 *
 *   GET /relay/ROOM?wait=S      long poll: the request waits until something is said, and
 *   [&after=N]                  the answer brings it; then the client asks again
 *   GET /relay/ROOM with        event stream: one answer that does not end, and each
 *   Accept: text/event-stream   message is an event in it
 *   POST /relay/ROOM            says something, since neither of them can
 *
 * Both are told each message's number, or the last one's, and say it when they come back
 * (after=N, Last-Event-ID), by whatever connection: what was said in the meantime lies in
 * the history (history.h). If it has left the history, that is told: 410, or an event
 * `lost`. So nothing is lost without a word.
 *
 * For the model such a client is a member of the room like any other: it joins, and
 * frames are pushed to it. But a push only wakes it. What was said it takes from the
 * history, where it lies with its number. It stays a member until its connection ends,
 * and what is pushed between two polls is dropped: the next one looks into the history
 * before it waits. */
#ifndef COMET_H
#define COMET_H

#include "frame.h"
#include "room.h"
#include <stdbool.h>
#include <stdint.h>

struct peer;

enum { NO_NUMBER = 0 };         /* no message has it */

struct visit {                  /* what such a request asks for, besides its room */
    uint64_t after;             /* the last message that it knows, or NO_NUMBER */
    int64_t wait;               /* of a poll, ns */
    size_t size;                /* of a POST, bytes to come */
    bool binary, expects;       /* it is no text; it waits for a 100 (Continue) */
};

struct comet {                  /* a peer that has come in this way; peer_comet.c */
    char room[ROOM_NAME + 1];   /* that it has joined; "": none */
    uint64_t known;             /* the last message that it has been told */
    int64_t until;              /* it is waited for news, or for its body; ns */
    struct frame *body;         /* of a POST, as far as it has come; else NULL */
};

/* ---- how a message is written: it is UTF-8 if it is a text ---- */

/* Appends an event, WHATWG HTML section 9.2.6: its number as `id:`, and a `data:` for
 * each line. So a text's CR, LF and CR LF all become LF. A binary message is an event
 * `binary`, in base64. Use what returns. */
struct frame *comet_event(struct frame *, uint64_t number, bool text, struct bytes);

/* Appends it as JSON, RFC 8259: a text is a string, and a binary message an object with
 * one member, {"base64":"..."}. Use what returns. */
struct frame *comet_json(struct frame *, bool text, struct bytes);

#endif
