#include "postgres_result.h"

#include <string.h>

/* An error's code: PostgreSQL's manual, appendix A. */
static bool is(const PGresult *r, const char *code)
{
    const char *its = PQresultErrorField(r, PG_DIAG_SQLSTATE);

    return its && strcmp(its, code) == 0;
}

enum verdict result_verdict(const PGresult *r)
{
    switch (PQresultStatus(r)) {
    case PGRES_SINGLE_TUPLE:
        return A_ROW;
    case PGRES_TUPLES_OK: case PGRES_COMMAND_OK: case PGRES_EMPTY_QUERY:
        return GOES_ON;
    case PGRES_FATAL_ERROR: case PGRES_NONFATAL_ERROR: case PGRES_BAD_RESPONSE:
        return AN_ERROR;
    default:
        return A_COPY;
    }
}

bool result_row(const PGresult *r, struct frame **text, size_t most)
{
    int columns = PQnfields(r);
    size_t n = columns ? (size_t)columns : 1;

    for (int i = 0; i < columns; i++)
        n += (size_t)PQgetlength(r, 0, i);
    if (n > most || (*text && n > most - (*text)->size))
        return false;
    *text = *text ? frame_reserve(*text, n) : frame_new(n);
    for (int i = 0; i < columns; i++) {
        if (i > 0)
            *text = frame_append(*text, "\t", 1);
        *text = frame_append(*text, PQgetvalue(r, 0, i), (size_t)PQgetlength(r, 0, i));
    }
    *text = frame_append(*text, "\n", 1);
    return true;
}

int result_status(const PGresult *r, const char **why)
{
    if (is(r, "57014")) {
        *why = "the database has cancelled the query: see its statement_timeout";
        return 504;
    }
    *why = "the database rejects that query: its log says why";
    return 502;
}

/* A table has other columns than the plan; or somebody has dropped the statement. */
bool result_stale(const PGresult *r) { return is(r, "0A000") || is(r, "26000"); }

bool result_last(const PGresult *r)
{
    const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY_NONLOCALIZED);

    return severity && (strcmp(severity, "FATAL") == 0 || strcmp(severity, "PANIC") == 0);
}
