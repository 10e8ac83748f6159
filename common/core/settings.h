/* settings.h - what a server is set to: the bounds of everything that a client may do.
 *
 * The command line fills it in (options.h), and so may anyone else. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queries;
struct token_key;

enum { ALONE = -1 };            /* one client at a time, by nature */

struct options {
    const char *model;          /* its name, "epoll" */
    const char *bind;           /* an IPv4 or IPv6 address */
    int port;                   /* 0: any free one */
    int workers;                /* the crew; 0 in a model that has none, or ALONE */
    int max_connections;        /* more are answered 503 */
    int max_per_address;        /* of one client's address, likewise; 0: no limit */
    int helpers;                /* threads that do a loop's jobs; 0: it has none */
    int64_t switch_interval;    /* ns before a thread that computes is asked for the
                                   interpreter's lock; 0: there is none */
    int max_stacks;             /* of computations that await, else 503; 0: none needed */
    size_t max_head;            /* bytes of a request head, else 431 */
    size_t max_message;         /* bytes of a message, else close 1009 */
    size_t max_output;          /* bytes waiting for one client, else close 1013 */
    int max_fib;                /* cpu:N and await:N, else 400 */
    int max_wait;               /* ms of sleep:MS and nap:MS, and of a poll, else 400 */
    size_t history;             /* bytes of a room's messages, kept for polls */
    int histories;              /* rooms where any are kept, else 503 */
    int64_t history_time;       /* ns they are kept after the last poll */
    int64_t handshake;          /* ns for a request head to arrive */
    int64_t ping_after;         /* ns of silence before we ask whether the client lives */
    int64_t pong_within;        /* ns it has to answer */
    int64_t frame_within;       /* ns for a WebSocket frame to arrive; more for bytes: */
    int min_rate;               /* a second for each so many */
    int64_t close_within;       /* ns a client has to answer our close */
    const char *subprotocol;    /* answered where it is offered; NULL: none is */
    const char *allow_origin;   /* browsers' Origins, with commas; NULL: any */
    struct token_key *jwt_key;  /* of the tokens that clients must show; NULL: none */
    const char *files;          /* directory that file:NAME is from; NULL: no such job */
    const char *db;             /* FILE.sqlite or postgres://...; NULL: no sql:NAME */
    struct queries *queries;    /* that may be put to it; NULL without */
    const char *upstream;       /* http://HOST:PORT of fetch:PATH; NULL: no such job */
    size_t max_result;          /* bytes of a job's text (job_most()), else 502 */
    int db_lines;               /* connections to the database, a process */
    int db_queue;               /* jobs that may wait for one; more get 503 at once */
    int64_t queue_timeout;      /* ns that each may wait, else 503 */
    int64_t job_timeout;        /* ns for a sql or fetch from its beginning, else 504 */
    const char *trace;          /* file for the event trace, or NULL */
    bool quiet;                 /* no remarks on stderr */
    bool allow_crash;           /* the job `crash` is done; else 400 */
};

#endif
