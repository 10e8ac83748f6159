/* upstream.h - the server behind the server: what a path asks for says how it behaves.
 *
 *   /text           "behind\n", with its length      /empty          204
 *   /slow/MS        the same after MS milliseconds   /continue       100, then /text
 *   /drip           the same, byte by byte           /missing        404
 *   /chunked        the same in chunks, and slowly   /error          500
 *   /close          the same, ended by closing       /moved          302, to /text
 *   /bytes/N        N times 'x', with their length   /babble         no HTTP
 *   /endless        'x' in chunks, until it breaks   /switch         101
 *   /not-text       bytes that are no UTF-8          /hang-up        nothing, and its end
 *   /never          no answer                        /half           some, and its end
 *   /reset          some, and a reset                /again          /text, and more
 *
 * Each line has a process of its own, so one that is slow keeps no other waiting. */
#ifndef UPSTREAM_H
#define UPSTREAM_H

#include <sys/types.h>

struct upstream {
    pid_t pid;                  /* its process group, too */
    int port;
};

/* Starts one on that port of 127.0.0.1, or on any that is free: 0. It dies with us. */
struct upstream upstream_start(int port);

/* Kills it, and all its lines break. */
void upstream_stop(struct upstream *);

#endif
