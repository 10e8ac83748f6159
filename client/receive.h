/* receive.h - what comes back: is it what was sent, and how long did it take?
 *
 * Nothing is believed. A message has to be whole, of this run and of this room, and come
 * once and in order (heard.h). Then it is no longer owed, and its times are recorded. */
#ifndef RECEIVE_H
#define RECEIVE_H

#include "traffic.h"

/* Finds out what an answer has to say, where that is known. */
void receive_init(struct traffic *);

/* For conns.message, and conns.refused. */
void receive_message(struct traffic *, struct client *, uint8_t opcode,
                     struct bytes payload, int64_t now);
void receive_refused(struct traffic *, struct client *, int status, const char *why,
                     int64_t now);

#endif
