/* dial.h - how a connection comes to be: each of the URL's places is tried, until one
 * takes it. From then on it is the loop's, and dial.c is what the loop calls. */
#ifndef DIAL_H
#define DIAL_H

#include "conn.h"

/* Starts to connect, for the first time or after it was over. The path is needed only
 * until it returns. */
void dial(struct conn *, struct conns *, int index, const char *path);

#endif
