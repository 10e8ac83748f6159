#include "visits.h"
#include "history.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct options opened(void)
{
    struct options o = *usual();

    history_open(&o);
    return o;
}

void clear(struct line *l)
{
    utstring_clear(&l->out);
    utstring_clear(&l->wants);
}

/* What has come: an answer's status, and its body; what is read is forgotten. */
static const char *answer(struct line *l, int *status)
{
    static char body[5000];
    const char *out = utstring_body(&l->out), *end = strstr(out, "\r\n\r\n");

    check(end && sscanf(out, "HTTP/1.1 %d ", status) == 1, "no answer: %s", out);
    const char *length = strstr(out, "\r\nContent-Length: ");
    snprintf(body, sizeof body, "%s", end + 4);
    check(*status == 204 ? !length : length && (size_t)atol(length + 18) == strlen(body),
          "its length: %s", out);
    utstring_clear(&l->out);
    return body;
}

void answered(struct line *l, int expected, const char *expected_body)
{
    int status = 0;
    const char *body = answer(l, &status);

    check(status == expected && (!expected_body || strcmp(body, expected_body) == 0),
          "is answered %d '%s', not %d '%s'", status, body, expected,
          expected_body ? expected_body : "");
}

uint64_t cursor(const struct line *l)
{
    const char *at = strstr(utstring_body(&l->out), "\r\nRelay-Cursor: ");

    check(at, "no cursor: %s", utstring_body(&l->out));
    return strtoull(at + 16, NULL, 10);
}

uint64_t last_number(const struct options *o)
{
    struct line l;

    line_open(&l, o);
    SAY(&l, POLL("0"));
    uint64_t last = cursor(&l);
    line_close(&l);
    return last;
}

void others_say(struct line *l, enum ws_opcode opcode, const char *text)
{
    struct frame *f = ws_frame(opcode, text, strlen(text));

    f->messages = 1;
    history_keep("x", f);
    peer_push(l->peer, f);
    frame_unref(f);
}

void poll_after(struct line *l, uint64_t number)
{
    char request[200];

    snprintf(request, sizeof request,
             "GET /relay/x?wait=60&after=%" PRIu64 " HTTP/1.1\r\nHost: x\r\n\r\n",
             number);
    line_say(l, request, strlen(request));
}
