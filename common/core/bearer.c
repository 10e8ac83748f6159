#include "bearer.h"

#include <string.h>
#include <strings.h>
#include <time.h>

#define CHALLENGE "WWW-Authenticate: Bearer realm=\"relayrace\""

/* Of several only the first is looked at: they are refused in any case. */
static void show(struct bearer *b, const struct token_key *key, struct bytes token)
{
    if (b->tokens++ == 0)
        b->why = token_wrong(key, token, time(NULL));
}

void bearer_header(struct bearer *b, const struct token_key *key, const char *value)
{
    size_t scheme = strcspn(value, " ");
    const char *token = value + scheme + strspn(value + scheme, " ");

    b->headers++;
    if (scheme == 6 && strncasecmp(value, "Bearer", 6) == 0)
        show(b, key, (struct bytes){ token, strlen(token) });
}

/* Neither the name nor a token has a sign that would have to be escaped: none is. */
void bearer_query(struct bearer *b, const struct token_key *key, const char *query)
{
    static const char name[] = "access_token=";
    size_t skip = strlen(name);

    for (size_t n; *query; query += n + (query[n] == '&')) {
        n = strcspn(query, "&");
        if (n >= skip && strncmp(query, name, skip) == 0) {
            b->in_query = true;
            show(b, key, (struct bytes){ query + skip, n - skip });
        }
    }
}

int bearer_judge(const struct bearer *b, const char **why, const char **challenge)
{
    if (b->headers > 1 || b->tokens > 1) {
        *why = "one token is enough: one Authorization header, or one access_token";
        *challenge = CHALLENGE ", error=\"invalid_request\"\r\n";
        return 400;
    }
    if (b->tokens == 0) {       /* it may not have known: no error, section 3.1 */
        *why = "this server wants a token: Authorization: Bearer TOKEN";
        *challenge = CHALLENGE "\r\n";
        return 401;
    }
    *why = b->why;
    *challenge = CHALLENGE ", error=\"invalid_token\"\r\n";
    return b->why ? 401 : 0;
}
