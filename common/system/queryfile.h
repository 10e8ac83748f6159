/* queryfile.h - the queries that clients may ask for (query.h), out of a file. */
#ifndef QUERYFILE_H
#define QUERYFILE_H

struct queries;

/* Reads it, or ends the program with status 2 and one line that says what to do: the file
 * must be a regular one, of queries and at most 1 MiB. What is returned is the caller's,
 * to be freed with queries_free(). */
struct queries *queryfile_read(const char *option, const char *path);

#endif
