/* fetch.h - a GET from the one server behind ours, --upstream, in steps that never wait.
 *
 * HTTP/1.1 (RFC 9112), one request a connection: its answer ends where its length says,
 * or its last chunk, or where the connection does. A redirection is not followed. */
#ifndef FETCH_H
#define FETCH_H

#include <stdbool.h>
#include <stddef.h>

struct fetch;
struct job;

/* Once, at start-up, for asking for an address may take seconds: finds those of
 * "http://HOST:PORT", or dies with a line. They are kept to the end. */
void fetch_open(const char *upstream);

/* Begins to fetch job->name, a path that begins with '/' and has no blanks; its text may
 * have `most` bytes. Nothing has been sent yet, and the job stays where it is. */
struct fetch *fetch_begin(struct job *, size_t most);

/* Goes on as far as it gets. True: the job has its text, or has failed, and the fetch is
 * freed. 503: the server could not be asked; 502: it was, and there is no good answer. */
bool fetch_step(struct fetch *);

/* After a step that was not the last: its descriptor, and the events to wait for. If it
 * has another descriptor than before, that has another number, too. */
int fetch_waits(const struct fetch *, short *events);

/* It is called off, and freed; the job is not touched. */
void fetch_drop(struct fetch *);

#endif
