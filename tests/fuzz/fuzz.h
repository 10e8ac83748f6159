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

/* Takes a byte off the front; 0 at the end. */
uint8_t take(struct bytes *);

/* ---- a client's line: what every model does, without a socket ---- */

struct options fuzz_options(void);      /* all jobs small, all limits wide */

struct wire {
    struct peer *peer;
    UT_string out, relayed;     /* what was written, and what the room was to hear */
    size_t gulp;                /* bytes that a write takes; 0: all */
    bool patient;               /* a job stays out until wire_done() */
    struct job *job;            /* that is out, or NULL */
};

void wire_open(struct wire *, const struct options *);
void wire_close(struct wire *);
enum want wire_run(struct wire *);      /* until it wants READ or CLOSE */
void wire_done(struct wire *);
void wire_feed(struct wire *, struct bytes);    /* a copy, gone by the next call */

#endif
