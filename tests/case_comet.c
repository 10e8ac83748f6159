/* case_comet.c - a room without a WebSocket: polls, event streams and posts hear each
 * other and everyone else, and lose nothing. */
#include "trial.h"
#include "visitor.h"
#include "clock.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES "Content-Type: application/octet-stream\r\n"

static void expect_answer(struct client *c, struct cursor *cursor, const char *json)
{
    struct answer a;
    int status = visitor_answer(c, &a, cursor);
    check(status == 200 && !strcmp(a.body, json), "a poll is answered %d \"%s\", not %s",
          status, a.body, json);
}

static void all_hear_all(struct server *s)
{
    struct client *socket = client_join(s, "/relay/mixed"), *events = client_connect(s),
                  *poll = client_connect(s), *post = client_connect(s);
    struct cursor cursor = { "" };
    struct answer a;
    visitor_stream(events, "mixed", "");
    int status = visitor_poll(poll, "mixed", 0, &cursor, &a);
    check(status == 204, "the first poll is answered %d", status);
    for (int i = 0; i < 3; i++) {
        visitor_ask(poll, "mixed", 5, &cursor);
        client_text(socket, "from a WebSocket");
        expect_text(socket, "from a WebSocket");
        visitor_expect(events, "", "from a WebSocket");
        expect_answer(poll, &cursor, "[\"from a WebSocket\"]\n");
        visitor_ask(poll, "mixed", 5, &cursor);
        visitor_say(post, "mixed", "gr\xc3\xbc\xc3\x9f dich\nzwei");
        expect_text(socket, "gr\xc3\xbc\xc3\x9f dich\nzwei");
        visitor_expect(events, "", "gr\xc3\xbc\xc3\x9f dich\nzwei");
        expect_answer(poll, &cursor, "[\"gr\xc3\xbc\xc3\x9f dich\\u000azwei\"]\n");
        visitor_ask(poll, "mixed", 5, &cursor);
        status = visitor_post(post, "mixed", BYTES, "\0\xff\x01", 3);
        check(status == 204, "bytes are answered %d", status);
        expect_frame(socket, BINARY, "\0\xff\x01", 3);
        visitor_expect(events, "binary", "AP8B");
        expect_answer(poll, &cursor, "[{\"base64\":\"AP8B\"}]\n");
    }
    long received = visitor_counter(post, "relay_messages_received_total ");
    check(received == 9, "9 were received, and %ld counted", received);
    long delivered = visitor_counter(post, "relay_messages_delivered_total ");
    check(delivered == 27, "27 were delivered, and %ld counted", delivered);
}

/* One that posts may go from room to room, and one that polls. */
static void from_room_to_room(struct server *s)
{
    struct client *c = client_connect(s);
    struct cursor a = { "" }, b = { "" };
    struct answer answer;
    visitor_poll(c, "a", 0, &a, &answer);
    visitor_poll(c, "b", 0, &b, &answer);
    for (int i = 0; i < 5; i++) {
        visitor_say(c, "a", "for a");
        visitor_say(c, "b", "for b");
        visitor_ask(c, "a", 5, &a);
        expect_answer(c, &a, "[\"for a\"]\n");
        visitor_ask(c, "b", 5, &b);
        expect_answer(c, &b, "[\"for b\"]\n");
    }
}

enum { EACH = 300, SENDERS = 3 };

/* "K I" is the message I of sender K, and comes as the next of that one. */
static void expect_next(const char *text, int next[SENDERS], const char *whom)
{
    int who, which;
    check(sscanf(text, "%d %d", &who, &which) == 2 && who >= 0 && who < SENDERS,
          "%s: nobody sent \"%s\"", whom, text);
    check(which == next[who]++, "%s: message %d of sender %d comes as its %dth", whom,
          which, who, next[who] - 1);
}

/* Takes what one poll brings, on a connection of its own; returns how much that was. */
static int take_poll(struct server *s, struct cursor *cursor, int next[SENDERS])
{
    struct client *c = client_connect(s);
    struct answer a;
    char text[64];
    int status = visitor_poll(c, "order", 5, cursor, &a), n = 0;
    check(status == 200, "a poll is answered %d", status);
    for (const char *at = a.body; visitor_item(&at, text, sizeof text); n++)
        expect_next(text, next, "polls");
    client_close(c);
    return n;
}

/* A WebSocket and two that post, all at once; a stream, and polls that come each by a
 * connection of their own, and so are away most of the time. */
static void order_without_loss(struct server *s)
{
    struct client *socket = client_join(s, "/relay/order"), *events = client_connect(s);
    struct client *post[2] = { client_connect(s), client_connect(s) };
    struct cursor cursor = { "" };
    int streamed[SENDERS] = { 0 }, polled[SENDERS] = { 0 }, got = 0;
    struct client *first = client_connect(s);
    struct answer a;
    struct event e;
    char text[64];
    visitor_stream(events, "order", "");
    visitor_poll(first, "order", 0, &cursor, &a);
    client_close(first);
    unsigned long long id = strtoull(cursor.text, NULL, 10);
    for (int i = 0; i < EACH; i++) {
        for (int k = 0; k < SENDERS; k++) {
            snprintf(text, sizeof text, "%d %d", k, i);
            if (k == 0)
                client_text(socket, text);
            else
                visitor_say(post[k - 1], "order", text);
        }
        if (i % 20 == 19)
            got += take_poll(s, &cursor, polled);
    }
    while (got < EACH * SENDERS)
        got += take_poll(s, &cursor, polled);
    for (int i = 0; i < EACH * SENDERS; i++) {
        check(visitor_event(events, &e, PATIENCE), "only %d events came", i);
        expect_next(e.data, streamed, "events");
        check(strtoull(e.id.text, NULL, 10) == ++id, "event %d has the number %s", i,
              e.id.text);
    }
}

static void nothing_lost_between_polls(struct server *s)
{
    struct client *c = client_connect(s);
    struct cursor cursor = { "" };
    struct answer a;
    char text[64];
    visitor_poll(c, "between", 0, &cursor, &a);
    struct cursor start = cursor;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 10; i++) {
            snprintf(text, sizeof text, "%d-%d", round, i);
            visitor_say(c, "between", text);
        }
        client_close(c);
        c = client_connect(s);
        int status = visitor_poll(c, "between", 1, &cursor, &a), n = 0;
        check(status == 200, "round %d: a poll is answered %d", round, status);
        for (const char *at = a.body; visitor_item(&at, text, sizeof text); n++)
            check(atoi(text) == round && atoi(strchr(text, '-') + 1) == n,
                  "round %d, message %d is \"%s\"", round, n, text);
        check(n == 10, "round %d: %d of 10 messages", round, n);
    }
    visitor_poll(c, "between", 0, &start, &a);
    check(a.status == 200 && !strcmp(start.text, cursor.text), "not all at once: %s",
          a.body);
}

static void streams_go_on(struct server *s)
{
    struct client *c = client_connect(s);
    struct cursor cursor = { "" };
    struct answer a;
    struct event e;
    char line[64];
    visitor_poll(c, "again", 0, &cursor, &a);
    for (int i = 0; i < 3; i++) {
        visitor_say(c, "again", "one");
        visitor_say(c, "again", "two");
        client_close(c);
        c = client_connect(s);
        snprintf(line, sizeof line, "Last-Event-ID: %s\r\n", cursor.text);
        visitor_stream(c, "again", line);
        visitor_expect(c, "", "one");
        check(visitor_event(c, &e, PATIENCE) && !strcmp(e.data, "two"), "no second one");
        cursor = e.id;
        client_close(c);
        c = client_connect(s);
    }
}

/* They hang up, or reset, at any point, and nobody else notices. */
static void visitors_leave(struct server *s)
{
    static const char *const all[] = {
        "GET /relay/leave?wait=60 HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /relay/leave HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n",
        "POST /relay/leave HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhalf",
    };
    struct client *socket = client_join(s, "/relay/leave");
    int files = server_files(s);
    for (int round = 0; round < 4; round++)
        for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
            trying("%.20s", all[i]);
            struct client *c = client_connect(s);
            client_write(c, all[i], strlen(all[i]));
            pause_ms(20);
            if (round % 2)
                client_reset(c);
            else
                client_close(c);
            client_text(socket, "still here");
            expect_text(socket, "still here");
        }
    int64_t end = clock_now() + PATIENCE * MS;
    while (server_files(s) > files && clock_now() < end)
        pause_ms(10);
    check(server_files(s) <= files, "%d descriptors are left of them",
          server_files(s) - files);
}

/* When it has taken so many requests besides those that ask it for the number. */
static void await_requests(struct client *asks, long before, int n)
{
    static const char requests[] = "relay_requests_total ";
    int64_t end = clock_now() + PATIENCE * MS;
    for (int own = 1; visitor_counter(asks, requests) < before + own + n; own++) {
        check(clock_now() < end, "a request is not taken");
        pause_ms(5);
    }
}

static void at_the_end(struct server *bare)
{
    struct server *s = server_start(bare->model, "", 0);
    struct client *poll = client_connect(s);
    struct cursor cursor = { "" };
    struct answer a;
    struct event e;
    visitor_poll(poll, "end", 0, &cursor, &a);
    if (!s->model->single) {
        struct client *asks = client_connect(s), *events = client_connect(s);
        visitor_stream(events, "end", "");
        long before = visitor_counter(asks, "relay_requests_total ");
        visitor_ask(poll, "end", 60, &cursor);
        await_requests(asks, before, 1);
        server_stop(s, SIGTERM);
        check(!visitor_event(events, &e, PATIENCE), "an event \"%s\"", e.data);
    } else {                    /* it cannot be asked */
        visitor_ask(poll, "end", 60, &cursor);
        pause_ms(PATIENCE / 20);
        server_stop(s, SIGTERM);
    }
    int status = visitor_answer(poll, &a, &cursor);
    check(status == 204, "a poll is answered %d", status);
    expect_end(poll, PATIENCE);
}

const struct trial comet_trials[] = {
    TRIAL("all hear all, by whatever way", all_hear_all, .needs = SEVERAL),
    TRIAL("from room to room", from_room_to_room),
    TRIAL("order, and nothing lost", order_without_loss, .needs = SEVERAL),
    TRIAL("nothing is lost between two polls", nothing_lost_between_polls),
    TRIAL("streams go on where they were", streams_go_on),
    TRIAL("visitors that leave", visitors_leave, .needs = SEVERAL),
    TRIAL("polls and streams when it ends", at_the_end, .bare = true),
    { 0 },
};
