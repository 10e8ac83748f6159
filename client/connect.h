/* connect.h - how a connection comes to be: each of the URL's places is tried, until one
 * takes it. From then on it is the loop's, and connect.c is what the loop calls. */
#ifndef CONNECT_H
#define CONNECT_H

#include "conn.h"

/* Starts to connect, for the first time or after it was over. The path is needed only
 * until it returns. */
void connect_begin(struct conn *, struct conns *, int index, const char *path);

#endif
