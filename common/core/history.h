/* history.h - what was said in a room lately, for clients that come and go.
 *
 * A WebSocket is there when something is said. A client that polls is away between two
 * of its requests, and an event stream is away while it reconnects. So the messages of a
 * room that a client of this kind asks for are kept for a while, each with a number, and
 * the client says which one it knows: what came after that is still there, whichever
 * connection the client comes by, and whichever thread or process serves it.
 *
 * It has three bounds. A room keeps --history bytes, and no more messages than if each
 * took 64 of them. There are --max-histories rooms. And it has its time: --history-time
 * after the last of these clients was there, a room's messages are dropped, and nothing
 * is kept until the next one comes. A room where only WebSockets meet keeps nothing and
 * costs nothing.
 *
 * Numbers grow by one from message to message of a room, and never go back: not when a
 * room is dropped and kept again, and not when the server is started again, since they
 * begin with the time of day, in microseconds. So an old number is always found to be
 * old. They fit into the 53 bits of JavaScript's numbers.
 *
 * All of it lies in memory that is made before the first fork and shared by all. */
#ifndef HISTORY_H
#define HISTORY_H

#include "frame.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct options;

/* Before the first fork or thread. Until then, nothing is kept. */
void history_open(const struct options *);

/* Where threads or processes share it, this keeps them apart: called with true before the
 * history is touched, and with false afterwards. It does nothing unless somebody sets it
 * (the core takes no locks). */
extern void (*history_guard)(bool enter);

/* Somebody died inside, and whatever lies there may be half of something: no room is kept
 * any more, and its readers will find their messages lost. Within the guard. */
void history_spoilt(void);

/* A client is there until that time (CLOCK_MONOTONIC, ns): what is said in the room from
 * now on is kept, until then and --history-time longer. *last becomes the number of the
 * last message so far. False: --max-histories other rooms are kept. */
bool history_attend(const char *room, int64_t until, uint64_t *last);

/* Says whether any room is kept: if not, there is no need to call history_keep(). */
extern atomic_int *histories;
static inline bool history_wanted(void)
{
    return atomic_load_explicit(histories, memory_order_relaxed) > 0;
}

/* Messages that are about to be relayed, so that a client which they wake finds them. */
void history_keep(const char *room, const struct frame *);

/* A client looks, and is there until then, as in history_attend(): the messages after
 * that number, side by side as in a frame that is relayed, at most `most` bytes, but one
 * at least; *after becomes the number of the last of them. NULL: there are none, or, with
 * *lost, some that came after *after are gone, and *after becomes the last of those. (If
 * it stays as it was, the room has been dropped, and there is no place to keep it again.)
 * The frame is the caller's. */
struct frame *history_after(const char *room, int64_t until, uint64_t *after, size_t most,
                            bool *lost);

#endif
