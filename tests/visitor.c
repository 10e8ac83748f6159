#include "visitor.h"
#include "clock.h"
#include "trial.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void visitor_ask(struct client *c, const char *room, int seconds,
                 const struct cursor *after)
{
    char head[300];
    int n = snprintf(head, sizeof head, "GET /relay/%s?wait=%d%s%s HTTP/1.1\r\n"
                     "Host: h\r\n\r\n", room, seconds, *after->text ? "&after=" : "",
                     after->text);
    client_write(c, head, n);
}

int visitor_answer(struct client *c, struct answer *a, struct cursor *cursor)
{
    http_read(c, a, false);
    if (a->status != 200 && a->status != 204 && a->status != 410)
        return a->status;
    const char *value = http_field(a, "Relay-Cursor");
    check(value, "%d comes without a Relay-Cursor", a->status);
    snprintf(cursor->text, sizeof cursor->text, "%s", value);
    return a->status;
}

int visitor_poll(struct client *c, const char *room, int seconds, struct cursor *cursor,
                 struct answer *a)
{
    visitor_ask(c, room, seconds, cursor);
    return visitor_answer(c, a, cursor);
}

int visitor_post(struct client *c, const char *room, const char *lines, const char *body,
                 size_t n)
{
    char head[500];
    struct answer a;
    int size = snprintf(head, sizeof head, "POST /relay/%s HTTP/1.1\r\nHost: h\r\n"
                        "Content-Length: %zu\r\n%s\r\n", room, n, lines);
    client_write(c, head, size);
    client_try(c, body, n);
    http_read(c, &a, false);
    return a.status;
}

void visitor_say(struct client *c, const char *room, const char *text)
{
    int status = visitor_post(c, room, "", text, strlen(text));
    check(status == 204, "a POST of \"%s\" is answered %d", text, status);
}

void visitor_stream(struct client *c, const char *room, const char *lines)
{
    char head[500];
    struct answer a;
    int n = snprintf(head, sizeof head, "GET /relay/%s HTTP/1.1\r\nHost: h\r\n"
                     "Accept: text/event-stream\r\n%s\r\n", room, lines);
    client_write(c, head, n);
    http_read(c, &a, true);
    check(a.status == 200, "an event stream is answered %d", a.status);
    const char *type = http_field(&a, "Content-Type");
    check(type && !strcmp(type, "text/event-stream"), "it is of type %s",
          type ? type : "none");
}

/* A line without its LF; false when the stream has ended, or none comes in time. */
static bool next_line(struct client *c, char *line, size_t size, int64_t deadline)
{
    char *end;
    while (!(end = memchr(c->buf + c->at, '\n', c->have - c->at)))
        if (client_more(c, deadline) != FRAME)
            return false;
    size_t n = end - (c->buf + c->at);
    check(n < size, "a line of %zu bytes in an event stream", n);
    memcpy(line, c->buf + c->at, n);
    line[n] = '\0';
    c->at += n + 1;
    return true;
}

bool visitor_event(struct client *c, struct event *e, int ms)
{
    int64_t deadline = clock_now() + ms * MS;
    char line[4200];
    bool data = false;
    *e = (struct event){ .comments = 0 };
    while (next_line(c, line, sizeof line, deadline)) {
        if (!strncmp(line, "id: ", 4)) {
            snprintf(e->id.text, sizeof e->id.text, "%.23s", line + 4);
        } else if (!strncmp(line, "event: ", 7)) {
            snprintf(e->name, sizeof e->name, "%.19s", line + 7);
        } else if (!strncmp(line, "data: ", 6)) {
            size_t have = strlen(e->data);
            snprintf(e->data + have, sizeof e->data - have, "%s%s", data ? "\n" : "",
                     line + 6);
            data = true;
        } else if (*line == ':') {
            e->comments++;
        } else {
            check(!*line || !strncmp(line, "retry: ", 7), "a line \"%s\"", line);
        }
        if (!*line && data)
            return true;
    }
    return false;
}

bool visitor_item(const char **at, char *text, size_t size)
{
    const char *from = strchr(*at, '"'), *end = from ? strchr(from + 1, '"') : NULL;
    if (!end)
        return false;
    check((size_t)(end - from) <= size, "a text of %zu bytes", (size_t)(end - from - 1));
    snprintf(text, size, "%.*s", (int)(end - from - 1), from + 1);
    *at = end + 1;
    return true;
}

void visitor_expect(struct client *c, const char *name, const char *data)
{
    struct event e;
    check(visitor_event(c, &e, PATIENCE), "no event comes");
    check(!strcmp(e.name, name) && !strcmp(e.data, data),
          "an event \"%s\" says \"%s\", not \"%s\"", e.name, e.data, data);
}

long visitor_counter(struct client *c, const char *name)
{
    struct answer a;
    http_get(c, "/metrics", &a);
    char *at = strstr(a.body, name);
    while (at && at > a.body && at[-1] != '\n')
        at = strstr(at + 1, name);
    check(at, "/metrics has no %s", name);
    return atol(at + strlen(name));
}
