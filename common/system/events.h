/* events.h - libev's loop, as a server wants it. */
#ifndef EVENTS_H
#define EVENTS_H

struct ev_loop;

/* A loop on epoll(7), whatever the environment says, or it dies with a line. From now on
 * libev dies with a line, too, where it would abort. */
struct ev_loop *events_open(void);

#endif
