/* member.h - a client comes into its room, leaves it, and comes back: what that means for
 * its messages. For what the words mean, see traffic.h. */
#ifndef MEMBER_H
#define MEMBER_H

#include "traffic.h"

/* This connection is open: the client is a member, and may send. */
void member_join(struct traffic *, struct client *);

/* It is to leave when its messages are back. Before it is gone it can be called back. */
void member_retire(struct traffic *, struct client *);
void member_recall(struct client *);

/* Its connection is over; if it was to leave, as expected. True: it returns, and is to be
 * opened again. */
bool member_gone(struct traffic *, struct client *);

/* The same when the server has closed and owes nothing, or when we have, of which it is
 * away. NOT_READ: what was sent last has not been read by anybody, and is due once
 * more. */
bool member_away(struct traffic *, struct client *, enum failure);

/* It is being opened: if it was away, it is no longer. */
void member_opens(struct traffic *, struct client *);

#endif
