/* visitor.h - a client of a room without a WebSocket: it polls, reads an event stream,
 * and posts. As wsclient.h, it shares no code with the relay, and for nothing it waits
 * longer than PATIENCE. */
#ifndef VISITOR_H
#define VISITOR_H

#include "wsclient.h"

/* A number as the server tells it; "": none. */
struct cursor { char text[24]; };

/* Asks for the messages after that one; the answer is read by visitor_answer(). */
void visitor_ask(struct client *, const char *room, int seconds, const struct cursor *);

/* The answer to a poll, and its cursor. Returns its status. */
int visitor_answer(struct client *, struct answer *, struct cursor *);

/* Both. */
int visitor_poll(struct client *, const char *room, int seconds, struct cursor *,
                 struct answer *);

/* The status of the answer to a POST of n bytes, with these header lines. */
int visitor_post(struct client *, const char *room, const char *lines, const char *body,
                 size_t n);

/* Says a text; complains unless it is answered 204. */
void visitor_say(struct client *, const char *room, const char *text);

/* Opens an event stream, with these header lines, and reads its head. */
void visitor_stream(struct client *, const char *room, const char *lines);

/* The next event: its number, its name ("": none), its data, joined by LF. Comments and
 * what it says of reconnecting are passed over, and counted. False: the stream has ended;
 * with ms, also if nothing came by then. */
struct event {
    struct cursor id;
    char name[20], data[4096];
    int comments;               /* before it */
};
bool visitor_event(struct client *, struct event *, int ms);

/* The next event is that one. */
void visitor_expect(struct client *, const char *name, const char *data);

/* A counter of /metrics: "relay_jobs_total ", with the blank. */
long visitor_counter(struct client *, const char *name);

/* The next text of a poll's answer, read at *at, which moves behind it; or false. */
bool visitor_item(const char **at, char *text, size_t size);

#endif
