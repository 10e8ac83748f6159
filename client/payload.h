/* payload.h - what a message says: whose it is, which one, and when it left.
 *
 * So its receiver can tell all that, and also that not a byte of it has changed. First
 * a stamp of 24 characters, six bits each, '0' to 'o': legal in a text message and cheap
 * to write. Then a pattern that is each sender's own. Where a payload may be shorter than
 * the stamp, all are pattern alone; then only the order can tell which one it is. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include "frame.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STAMP = 24 };

struct stamp {
    uint32_t run;               /* 24 bits: the same for all messages of a run */
    uint32_t sender;            /* 24 bits */
    uint64_t sequence;          /* 48 bits, from 0, each sender's own */
    int64_t when;               /* 48 bits: when it was due, ns since the run began */
};

struct payload {                /* what all messages of a run have in common */
    uint32_t run;
    size_t least, most;         /* bytes a payload */
    char *pattern;
};

void payload_init(struct payload *, uint32_t run, size_t least, size_t most);
void payload_free(struct payload *);

/* Of the sender's message of that number: anything from least to most, and always the
 * same. */
size_t payload_size(const struct payload *, uint32_t sender, uint64_t sequence);

/* Writes `size` bytes of a sender's payload. Its stamp says sequence 0, time 0. */
void payload_write(const struct payload *, uint32_t sender, size_t size, char *to);

/* Changes sequence and time of a payload that lies in a frame under this mask (RFC 6455,
 * section 5.3); a mask of zeros for bare bytes. Leaves what is too short for a stamp. */
void payload_stamp(const struct payload *, char *to, const uint8_t mask[4],
                   uint64_t sequence, int64_t when);

/* Is it one of ours, whole? Fills in the stamp. Where payloads have none it stays as it
 * is: then the caller has to know the sender and the sequence, and has set them. */
bool payload_check(const struct payload *, struct bytes, struct stamp *);

#endif
