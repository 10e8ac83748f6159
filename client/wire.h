/* wire.h - what comes in on a connection: frames, bare bytes, or HTTP's answers.
 *
 * It comes at any place cut in two. Whole messages are told to the owner (conns.message),
 * and what ends the connection by conn_break(). */
#ifndef WIRE_H
#define WIRE_H

#include "conn.h"

/* Reads once, into a buffer that all connections share, and takes all of it. */
void wire_read(struct conn *);

/* HTTP, before a request: has the server closed meanwhile, and nobody has looked? Then it
 * is over now. What there is to read is no answer, for nothing is asked. */
bool wire_has_ended(struct conn *, int64_t now);

#endif
