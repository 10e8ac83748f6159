/* local.h - sockets with this machine's own addresses. */
#ifndef LOCAL_H
#define LOCAL_H

#include <netinet/in.h>

/* 127.0.0.N; port 0 is any that is free. */
struct sockaddr_in local_address(int n, int port);

/* A TCP socket of 127.0.0.1 with a port of its own, at which nobody listens yet; or one
 * that is connected to this port. -1: none could be made. */
int local_bound(int *port);
int local_connected(int port);

#endif
