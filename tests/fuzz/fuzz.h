/* fuzz.h - what is fuzzed: the first byte of an input says which, the rest is for it. */
#ifndef FUZZ_H
#define FUZZ_H

#include "frame.h"
#include "peer.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <utstring.h>

/* The entry that libFuzzer and AFL++ know. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A list of events for one client: bytes in, a job done, a frame for it, silence.
 * Whatever comes, its peer answers in well-formed HTTP and frames, and ends. */
void fuzz_peer(struct bytes);

/* The same bytes, whole and cut anywhere, draw the same answers. */
void fuzz_split(struct bytes);

/* The same request head, whole and cut anywhere, means the same. */
void fuzz_head(struct bytes);

/* Children that may say anything, and their office: a child whose letters are proper
 * stays and gets all its answers; what the office says is proper. */
void fuzz_office(struct bytes);

/* An office that may say anything, and a child: what that says, to either side, is
 * proper. */
void fuzz_child(struct bytes);

/* Both, children killed and stopped at any byte among them: what is heard is in order and
 * of the right room, and afterwards every child can be used. */
void fuzz_family(struct bytes);

/* Tokens of strangers, who never come in, and of the issuer, who may write anything; and
 * JSON on its own. */
void fuzz_token(struct bytes);

/* A file of queries: those it has are whole, and found by their names. */
void fuzz_query(struct bytes);

/* Takes a byte off the front; 0 at the end. */
uint8_t take(struct bytes *);

/* Aborts unless that is what a server may say: HTTP, and after a 101 frames. */
void check_output(struct bytes);

/* ---- a client's line: what every model does, without a socket ---- */

struct options fuzz_options(void);      /* all jobs small, all limits wide */

struct wire {
    struct peer *peer;
    UT_string out, relayed;     /* what was written, and what the room was to hear */
    size_t gulp;                /* bytes that a write takes; 0: all */
    bool orders;                /* a write is under way until wire_sent() */
    struct bytes sending;       /* that one, if it has bytes, */
    char *copy;                 /* and what they were when it began */
    bool patient;               /* a job stays out until wire_done() */
    struct job *job;            /* that is out, or NULL */
};

void wire_open(struct wire *, const struct options *);
void wire_close(struct wire *);
void wire_upgrade(struct wire *, const char *target);   /* to a WebSocket */
enum want wire_run(struct wire *);      /* until it wants READ or CLOSE */
void wire_done(struct wire *);
void wire_sent(struct wire *);
void wire_feed(struct wire *, struct bytes);    /* a copy, gone by the next call */

#endif
