/* heads.h - request heads, and what must come of them: rows of a table for the tests of
 * http.h. */
#ifndef HEADS_H
#define HEADS_H

#include "http.h"
#include "unit.h"

#define H "Host: x\r\n"
#define END "\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define WISH "Upgrade: websocket\r\nConnection: Upgrade\r\n"
#define UP H WISH KEY VERSION END
#define GET(target) "GET " target " HTTP/1.1\r\n"
#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

struct head {
    const char *name, *text;
    enum route route;
    int status;                 /* of ROUTE_ERROR */
    const char *room;
    bool job;                   /* it has one, with this number */
    int64_t n;
    bool closes;
};

#define GOOD(title, bytes, where, ...) \
    { .name = title, .text = bytes, .route = where, __VA_ARGS__ }
#define BAD(bytes, code) \
    { .name = bytes, .text = bytes, .route = ROUTE_ERROR, .status = code }
#define JOB(spec, number) \
    GOOD(spec, GET("/job/" spec) H END, ROUTE_JOB, .job = true, .n = number)
#define NO_JOB(spec) BAD(GET("/job/" spec) H END, 400)
#define ROOM(target, called) \
    GOOD(target, GET(target) UP, ROUTE_RELAY, .room = called)
#define NO_ROOM(target, code) BAD(GET(target) UP, code)
#define UPGRADE(title, headers) \
    GOOD(title, GET("/relay/x") H headers END, ROUTE_RELAY, .room = "x")
#define NO_UPGRADE(headers, code) BAD(GET("/relay/x") H headers END, code)

/* What comes of it when it is fed in steps of so many bytes; name is for the message. */
struct request read_head(const char *text, size_t step, const char *name);

/* Each as a whole, byte by byte, and in steps of seven. */
void try_heads(const struct head *, size_t count);

#endif
