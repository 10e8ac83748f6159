/* bearer.h - how a token comes with a request, and what is answered if none does, or a
 * wrong one: RFC 6750. */
#ifndef BEARER_H
#define BEARER_H

#include "token.h"
#include <stdbool.h>

struct bearer {                 /* of one request; all-zero: nothing was shown */
    int headers;                /* Authorization, of whatever scheme */
    int tokens;                 /* shown, in a header or in the query */
    bool in_query;              /* no cache may keep the answer for others: section 2.3 */
    const char *why;            /* what is wrong with the first one; NULL: nothing */
};

/* An Authorization header has come: "Bearer TOKEN", section 2.1. Other schemes are not
 * for us. */
void bearer_header(struct bearer *, const struct token_key *, const char *value);

/* The target's query, which is only read: access_token=TOKEN, section 2.3. */
void bearer_query(struct bearer *, const struct token_key *, const char *query);

/* May it come in? Then 0. Otherwise the status, *why for the client, and *challenge: the
 * WWW-Authenticate header, a whole line (section 3). All are literals. */
int bearer_judge(const struct bearer *, const char **why, const char **challenge);

#endif
