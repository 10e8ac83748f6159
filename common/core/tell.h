/* tell.h - what the core has to tell. It writes nothing itself: a listener may.
 *
 * Nobody listens unless somebody is set, which is done before there are threads. */
#ifndef TELL_H
#define TELL_H

/* Something has happened to a client: trace.h has the list. */
extern void (*tell_event)(int connection, const char *event);

/* A line for the person who runs the server. */
extern void (*tell_remark)(const char *line);

#endif
