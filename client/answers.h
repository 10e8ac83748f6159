/* answers.h - http://: one request at a time, and an answer to each.
 *
 * A server may close a connection between two answers as it likes. So an end is no
 * failure if nothing was asked; and a request that nobody has read may be repeated. */
#ifndef ANSWERS_H
#define ANSWERS_H

#include "conn.h"

/* Takes bytes that have come, and tells the owner of each answer. One that nobody asked
 * for is the end of the connection. */
void answers_take(struct conn *, struct bytes *in, int64_t now);

/* The server has closed (n == 0), or the line is broken (n < 0). True: that may be, it is
 * the end of an answer, CLOSED_IDLE or NOT_READ, and the owner has been told. False: an
 * answer is owed. */
bool answers_end(struct conn *, ssize_t n, int64_t now);

#endif
