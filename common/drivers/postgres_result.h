/* postgres_result.h - what the server answers, as a job's text or as its failure. */
#ifndef POSTGRES_RESULT_H
#define POSTGRES_RESULT_H

#include "frame.h"

#include <postgresql/libpq-fe.h>
#include <stdbool.h>

enum verdict {
    GOES_ON,                    /* nothing to remark */
    A_ROW,
    AN_ERROR,
    A_COPY,                     /* would go on for ever: the line is of no use any more */
};

enum verdict result_verdict(const PGresult *);

/* Appends a row to a text of at most so many bytes: tabs between columns, a line feed at
 * the end. *text may be NULL, and moves as it grows. False: that is too much for it. */
bool result_row(const PGresult *, struct frame **text, size_t most);

/* An error's status, in HTTP's terms, and its line for the client, a literal. */
int result_status(const PGresult *, const char **why);

/* It tells that what was prepared on this line is of no use any more. */
bool result_stale(const PGresult *);

/* It tells that the session is over: a last word, between two queries. */
bool result_last(const PGresult *);

#endif
