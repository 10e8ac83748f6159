/* send.h - what is due is written, as soon as the connection takes it.
 *
 * Messages that are due at once go out in one write. A frame is encoded once: the next
 * time it gets another stamp. */
#ifndef SEND_H
#define SEND_H

#include "traffic.h"

/* Finds out how large a message is, and how many go out at once. */
void send_init(struct traffic *);

/* Writes what a sender has due, as far as that is possible now. If it is away, has it
 * opened again. If its time is over, it leaves. */
void send_pump(struct traffic *, struct client *);

/* What it wrote last has not been read: it is due again, as if never written. */
void send_undo(struct traffic *, struct client *);

#endif
