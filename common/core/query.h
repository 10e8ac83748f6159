/* query.h - the queries that clients may ask for, each by its name.
 *
 * A client never says SQL: it says a name and an argument, and the argument is a value,
 * whatever it looks like. A file of queries is text:
 *
 *   # a comment
 *   point: SELECT name FROM item WHERE id = $1
 *   report: SELECT kind, count(*) FROM item
 *       GROUP BY kind
 *
 * A line that begins with a blank goes on with the query before it. $1, or ?1 with SQLite
 * alone, stands for the argument, where the query takes one. */
#ifndef QUERY_H
#define QUERY_H

#include "frame.h"
#include <stdbool.h>
#include <stddef.h>

struct query {
    char *name;                 /* 1 to 64 of A-Z a-z 0-9 . _ - */
    char *sql;                  /* one statement */
    size_t number;              /* its place among all, from 0 */
    int line;                   /* where it begins in the file, from 1 */
    bool takes_arg;             /* it has $1, or ?1 */
};

struct queries {
    size_t count;
    struct query *all;          /* in the file's order */
};

/* Reads such a text. NULL: *why says what is wrong in *line, if that is not 0. What is
 * returned is the caller's, to be freed with queries_free(). */
struct queries *queries_parse(struct bytes text, int *line, const char **why);

/* The one of that name, of n bytes; NULL: there is none. */
const struct query *queries_find(const struct queries *, const char *name, size_t n);

void queries_free(struct queries *);    /* NULL is harmless */

#endif
