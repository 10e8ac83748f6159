/* wsclient.h - a client that can misbehave: frames made by hand over a blocking socket.
 *
 * It shares no code with the relay, so that a mistake in one is not repeated by the
 * other. Whatever it waits for, it waits PATIENCE ms at most, then the trial fails. */
#ifndef WSCLIENT_H
#define WSCLIENT_H

#include "server.h"
#include <stdbool.h>
#include <stddef.h>

enum { CONT = 0, TEXT = 1, BINARY = 2, CLOSING = 8, PING = 9, PONG = 10, FIN = 0x80 };

struct client {
    int fd;
    bool closing;               /* we have sent a close frame */
    char *buf;                  /* read, from buf + at on not yet looked at */
    size_t at, have, room;
    char accept[29];            /* what our handshake must be answered with */
    struct client *next;        /* all that are open */
};

/* ---- the line; clients are freed when they are closed ---- */
struct client *client_connect(const struct server *);
struct client *client_slow(const struct server *);      /* with a small receive buffer */
void client_close(struct client *);
void client_reset(struct client *);                     /* RST instead of FIN */
void clients_close(void);                               /* all that are left */
/* Does the server learn of a reset while it wants nothing of the client: its job sleeps?
 * Where a thread waits, and in select, it does not. */
bool client_is_missed(const struct server *);
int client_port(const struct client *);
bool has_ipv6(void);                                    /* this machine */

void client_write(struct client *, const char *, size_t);
bool client_try(struct client *, const char *, size_t); /* false: the line is gone */
void client_drip(struct client *, const char *, size_t);/* byte by byte, likewise */

/* ---- the handshake ---- */
/* A whole and proper request head for the target, "/relay/room", at most 512 bytes. */
size_t client_head(struct client *, const char *target, char *head);
void client_ask(struct client *, const char *target);
bool client_answered(struct client *, int ms);  /* the 101 has come, in time; checks it */
struct client *client_join(const struct server *, const char *target);
/* Tries again while it is refused: a place may become free a little after its client has
 * seen the end. */
struct client *client_join_patiently(const struct server *, const char *target);
/* Joins a room where nobody has been: what somebody said in his last moment may still be
 * on its way to a room when he has left. */
struct client *client_join_alone(const struct server *);
void clients_join(const struct server *, const char *target, struct client **, int n);

/* ---- frames ---- */
/* Puts a masked frame there, returns its length, 14 + n at most. first: FIN | TEXT. */
size_t frame_put(char *to, int first, const char *, size_t n);
void client_send(struct client *, int first, const char *, size_t n);
void client_text(struct client *, const char *);
void client_send_close(struct client *, int code, const char *reason);

enum arrival { FRAME, END, BROKEN, NOTHING };   /* NOTHING within the time */

/* Reads what there is, or waits for it until the deadline (CLOCK_MONOTONIC, ns): it lies
 * behind buf + at. NOTHING: none came in time. */
enum arrival client_more(struct client *, int64_t deadline);

struct got {                    /* valid until the client reads again */
    int first;                  /* FIN | TEXT */
    const char *data;
    size_t size;
};

/* The next frame. Complains if it is not one that a server may send. */
enum arrival client_frame(struct client *, struct got *, int ms);

void expect_frame(struct client *, int opcode, const char *, size_t n);
void expect_text(struct client *, const char *);
void expect_texts(struct client **, int n, const char *);       /* everyone gets it */
void expect_close(struct client *, int code);   /* the frame (1005: bare) and the end */
void expect_end(struct client *, int ms);       /* nothing more, the line is over */
void expect_silence(struct client *, int ms);   /* nothing, and the line is up */

/* ---- HTTP ---- */
struct answer {
    int status;                 /* 0: the line ended without an answer */
    char head[8192];
    char body[16384];
    size_t size;                /* of the body */
};

void http_read(struct client *, struct answer *, bool bodyless);
void http_get(struct client *, const char *target, struct answer *);    /* keeps alive */
/* The value of a header field, NULL if there is none; valid until the next call. */
const char *http_field(const struct answer *, const char *name);
/* On a line of its own: sends these bytes, returns the status of the answer. */
int http_status(const struct server *, const char *bytes, size_t n);

#endif
