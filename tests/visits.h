/* visits.h - a peer without a WebSocket, on a line: what it is asked, and answers. */
#ifndef VISITS_H
#define VISITS_H

#include "line.h"
#include "ws.h"

#define HTTP_X(method, query, headers) \
    method " /relay/x" query " HTTP/1.1\r\nHost: x\r\n" headers "\r\n"
#define POLL(query) HTTP_X("GET", "?wait=" query, "")
#define STREAM HTTP_X("GET", "", "Accept: text/event-stream\r\n")
#define POST(headers, size, body) \
    HTTP_X("POST", "", headers "Content-Length: " #size "\r\n") body
#define HELLO POST("", 5, "hello")

/* The defaults, and a history with them. */
struct options opened(void);

/* What it has written and wanted so far is forgotten. */
void clear(struct line *);

/* Complains unless exactly that answer was written; NULL: any body will do. */
void answered(struct line *, int status, const char *body);

/* The cursor of the answer that lies there. */
uint64_t cursor(const struct line *);

/* The number of the last message so far. */
uint64_t last_number(const struct options *);

/* As another member says it: into the history first, then to this line. */
void others_say(struct line *, enum ws_opcode, const char *text);

/* It polls for a minute. */
void poll_after(struct line *, uint64_t number);

#endif
