/* rooms.h - who sits where: the rooms of a run, their paths, and whose thread they are.
 *
 * Connections are dealt to rooms like cards, and rooms to threads. So the first of each
 * room come first, and a room, with all in it, is one thread's. */
#ifndef ROOMS_H
#define ROOMS_H

#include "flags.h"

/* Connection i sits in room i mod rooms, at place i / rooms. The first of the places are
 * those of the senders. */
static inline int room_of(const struct flags *f, int index) { return index % f->rooms; }
static inline int place_of(const struct flags *f, int index) { return index / f->rooms; }

/* The number of the thread that holds the connection. */
static inline int thread_of(const struct flags *f, int index)
{
    return room_of(f, index) % f->threads;
}

/* The path a connection of this room asks for: --room-path, or the URL's; of our own
 * servers' rooms that is numbered by --rooms: /relay/a-7?job=cpu:20. False: it does not
 * fit. */
bool path_of(const struct flags *, int room, char path[URL_PATH]);

#endif
