/* post_letters.h - what travels between the post office and a child: letters.
 *
 * A letter is a head, and a body of so many bytes; they come as a stream, which may break
 * anywhere. Both ends of a line are post_office.c and post.c; nobody else reads this. */
#ifndef POST_LETTERS_H
#define POST_LETTERS_H

#include "frame.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct options;
struct outbox;

enum kind {
    NONSENSE,                   /* its sender has lost its mind: the line ends */
    JOINS,                      /* child: a room's name.    office: empty, it is done */
    LEAVES,                     /* child: empty */
    MAIL,                       /* a WebSocket frame, as it goes on the wire, both ways */
    LOST,                       /* office: empty, more came for you than you took */
};

struct head { uint32_t kind, size; };

struct letter {
    uint32_t kind;
    struct bytes body, whole;   /* whole: with its head, to be passed on */
};

struct stream {
    int fd;
    size_t most;                /* bytes of a body */
    char *buf;                  /* what is not a whole letter yet */
    size_t have, room;
};

struct stream stream_on(int fd, const struct options *);
void stream_close(struct stream *);

/* Reads once. False when the other side is gone. */
bool stream_fill(struct stream *);

/* The letter at `at`, if it is complete; moves `at` behind it. One that is longer than a
 * letter may be is NONSENSE, and is not waited for. */
bool stream_letter(const struct stream *, size_t *at, struct letter *);

/* Forgets the letters before `at`, and the buffer when nothing is left. */
void stream_forget(struct stream *, size_t at);

/* Writes what the other side takes now. False if something is left. */
bool stream_flush(struct stream *, struct outbox *);

#endif
