/* case_visits.c - a room without a WebSocket has its bounds, and says so; what is lost is
 * told, and not everybody may come in. */
#include "trial.h"
#include "visitor.h"
#include "clock.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void silence_is_204(struct server *s)
{
    struct client *c = client_connect(s);
    struct cursor cursor = { "" };
    struct answer a;
    for (int i = 0; i < 2; i++) {
        int64_t start = clock_now();
        int status = visitor_poll(c, "silent", 1, &cursor, &a);
        int ms = (clock_now() - start) / MS;
        check(status == 204, "is answered %d", status);
        check(ms >= 990 && ms < 3000, "a second takes %d ms", ms);
    }
    http_get(c, "/relay/silent?wait=2", &a);
    check(a.status == 400, "a longer poll than --max-wait is answered %d", a.status);
}

static void history_is_bounded(struct server *s)
{
    char text[99] = "", item[100];
    struct client *c = client_connect(s);
    struct cursor cursor = { "" };
    struct answer a;
    visitor_poll(c, "bounded", 0, &cursor, &a);
    struct cursor start = cursor;
    memset(text, 't', 98);      /* 100 bytes with its header */
    for (int i = 0; i < 100; i++)
        visitor_say(c, "bounded", text);
    int status = visitor_poll(c, "bounded", 1, &cursor, &a), n = 0;
    check(status == 410, "what is gone is answered %d", status);
    long gone = (long)(atoll(cursor.text) - atoll(start.text));
    status = visitor_poll(c, "bounded", 1, &cursor, &a);
    check(status == 200, "what is left is answered %d", status);
    for (const char *at = a.body; visitor_item(&at, item, sizeof item); n++)
        check(!strcmp(item, text), "what is left is \"%s\"", item);
    check(gone + n == 100 && n == 10, "%ld are gone, %d are left", gone, n);
    visitor_stream(c, "bounded", "Last-Event-ID: 1\r\n");
    visitor_expect(c, "lost", "");
}

static void history_has_its_time(struct server *s)
{
    struct client *c = client_connect(s);
    struct cursor cursor = { "" };
    struct answer a;
    visitor_poll(c, "one", 0, &cursor, &a);
    http_get(c, "/relay/two?wait=0", &a);
    check(a.status == 503, "a second room's poll is answered %d", a.status);
    pause_ms(600);
    visitor_say(c, "one", "to nobody");
    int status = visitor_poll(c, "one", 0, &cursor, &a);
    check(status == 410, "after its time a poll is answered %d", status);
    pause_ms(600);
    http_get(c, "/relay/two?wait=0", &a);
    check(a.status == 204, "then the second room is answered %d", a.status);
}

static void bad_posts(struct server *s)
{
    static const struct { const char *name, *head; size_t body; int status; } all[] = {
        { "too long", "POST /relay/x HTTP/1.1\r\nContent-Length: 1001\r\n", 1001, 413 },
        { "far too long", "POST /relay/x HTTP/1.1\r\nContent-Length: 99999999\r\n", 0,
          413 },
        { "without a length", "POST /relay/x HTTP/1.1\r\n", 0, 411 },
        { "chunked", "POST /relay/x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", 0, 411 },
        { "no number", "POST /relay/x HTTP/1.1\r\nContent-Length: 5x\r\n", 5, 400 },
        { "no room", "POST /relay/a+b HTTP/1.1\r\nContent-Length: 5\r\n", 5, 400 },
        { "a PUT", "PUT /relay/x HTTP/1.1\r\nContent-Length: 5\r\n", 5, 405 },
        { "elsewhere", "POST /healthz HTTP/1.1\r\nContent-Length: 5\r\n", 5, 405 },
    };
    static char body[1001];
    struct cursor cursor = { "" };
    struct answer a;
    struct client *c = client_connect(s);
    visitor_poll(c, "x", 0, &cursor, &a);
    memset(body, 'x', sizeof body);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char head[200];
        client_close(c);
        trying("%s", all[i].name);
        c = client_connect(s);
        client_write(c, head, snprintf(head, sizeof head, "%sHost: h\r\n\r\n",
                                       all[i].head));
        client_try(c, body, all[i].body);
        http_read(c, &a, false);
        check(a.status == all[i].status, "is answered %d", a.status);
        expect_end(c, PATIENCE);
    }
    client_close(c);
    trying("not UTF-8");
    c = client_connect(s);
    check(visitor_post(c, "x", "", "ab\xff", 3) == 400, "is let in");
    check(visitor_post(c, "x", "", "ab\xc3", 3) == 400, "half a character is let in");
    trying("none of them");
    check(visitor_poll(c, "x", 0, &cursor, &a) == 204, "is relayed: %s", a.body);
    trying("the longest");
    check(visitor_post(c, "x", "", body, 1000) == 204, "is not let in");
    check(visitor_poll(c, "x", 0, &cursor, &a) == 200 && a.size == 1005, "does not come");
}

/* What a page may ask of us without asking first is a GET or a POST of plain text. */
static void foreign_pages(struct server *s)
{
    static const struct { const char *lines; bool in; } all[] = {
        { "Origin: http://a.example\r\n", true },
        { "", true },
        { "Origin: http://b.example\r\n", false },
        { "Origin: null\r\n", false },
        { "Origin: http://b.example\r\nContent-Type: text/plain\r\n", false },
        { "Sec-Fetch-Site: cross-site\r\n", false },
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct client *c = client_connect(s);
        struct cursor cursor = { "" };
        struct answer a;
        char head[300];
        trying("%s", all[i].lines);
        visitor_poll(c, "page", 0, &cursor, &a);
        int status = visitor_post(c, "page", all[i].lines, "hello", 5);
        check(status == (all[i].in ? 204 : 403), "a POST is answered %d", status);
        client_close(c);
        c = client_connect(s);
        status = visitor_poll(c, "page", 0, &cursor, &a);
        check(status == (all[i].in ? 200 : 204), "then a poll is answered %d", status);
        client_write(c, head, snprintf(head, sizeof head,
                                       "GET /relay/page?wait=0 HTTP/1.1\r\n"
                                       "Host: h\r\n%s\r\n", all[i].lines));
        http_read(c, &a, false);
        check(a.status == (all[i].in ? 204 : 403), "a poll is answered %d", a.status);
        bool named = strncmp(all[i].lines, "Origin: ", 8) == 0;
        const char *leave = http_field(&a, "Access-Control-Allow-Origin");
        check(!leave == !(all[i].in && named), "leave to read it: %s",
              leave ? leave : "none");
        client_close(c);
        c = client_connect(s);
        client_write(c, head, snprintf(head, sizeof head, "GET /relay/page HTTP/1.1\r\n"
                                       "Host: h\r\nAccept: text/event-stream\r\n%s\r\n",
                                       all[i].lines));
        http_read(c, &a, true);
        check(a.status == (all[i].in ? 200 : 403), "a stream is answered %d", a.status);
        client_close(c);
    }
}

/* A body that is announced and does not come keeps no place: it is not waited for longer
 * than a frame. One that comes slowly and keeps up the rate may take its time. */
static void slow_bodies(struct server *s)
{
    enum { SIZE = 2000, PIECE = 50, EVERY_MS = 15 };
    static const struct { const char *name; int come; } all[] = {
        { "nothing comes", 0 }, { "some of it comes", 300 },
    };
    static char body[SIZE];
    char head[100];
    struct client *c;
    struct answer a;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        trying("%s", all[i].name);
        c = client_connect(s);
        int64_t start = clock_now();
        client_write(c, head, snprintf(head, sizeof head, "POST /relay/x HTTP/1.1\r\n"
                                       "Host: h\r\nContent-Length: 1000000\r\n\r\n"));
        client_write(c, body, all[i].come);
        http_read(c, &a, false);
        int ms = (clock_now() - start) / MS;
        check(a.status == 408, "is answered %d", a.status);
        check(ms >= 295 + all[i].come, "is cut after %d ms", ms);
        expect_end(c, PATIENCE);
        client_close(c);
    }
    trying("slow and steady");
    memset(body, 's', SIZE);
    c = client_connect(s);
    client_write(c, head, snprintf(head, sizeof head, "POST /relay/x HTTP/1.1\r\nHost: h"
                                   "\r\nContent-Length: %d\r\n\r\n", SIZE));
    for (int at = 0; at < SIZE; at += PIECE) {
        client_write(c, body + at, PIECE);
        pause_ms(EVERY_MS);
    }
    http_read(c, &a, false);
    check(a.status == 204, "is answered %d", a.status);
}

enum { BURST = 50, BODY = 1000 };

static void say_bursts(struct client *c, int times)
{
    static char body[BODY];
    memset(body, 's', sizeof body);
    for (int i = 0; i < times * BURST; i++) {
        client_send(c, FIN | TEXT, body, sizeof body);
        if (i % BURST == BURST - 1)
            for (int k = 0; k < BURST; k++)
                expect_frame(c, TEXT, body, sizeof body);
    }
}

/* A stream that is read late: the numbers grow by one, or it is told that some are lost.
 * If it ends, the client comes back with the last number, as browsers do. */
static void read_late(struct server *s, struct client *c, const char *last, int *lost)
{
    unsigned long long number = 0;
    char line[64];
    struct event e = { .name = "" };
    for (int comes = 0; strcmp(e.data, last) != 0; ) {
        if (!visitor_event(c, &e, PATIENCE)) {
            check(comes++ < 10, "it has come %d times, and does not get the rest", comes);
            client_close(c);
            c = client_connect(s);
            snprintf(line, sizeof line, "Last-Event-ID: %llu\r\n", number);
            visitor_stream(c, "slow", number ? line : "");
            continue;
        }
        unsigned long long next = strtoull(e.id.text, NULL, 10);
        bool gap = !strcmp(e.name, "lost");
        check(gap ? next > number : !number || next == number + 1,
              "after %llu comes %llu \"%s\"", number, next, e.name);
        *lost += gap;
        number = next;
    }
}

/* What it has not taken waits in the history, and not in memory of its own; and what has
 * left that is told as lost. */
static void slow_streams(struct server *s)
{
    enum { MORE = 300, SANE_GROWTH = 6 * 1024 * SLOWER };       /* KiB */
    struct client *slow = client_slow(s), *socket = client_join(s, "/relay/slow");
    int lost = 0;
    visitor_stream(slow, "slow", "");
    say_bursts(socket, 50);
    long before = server_memory(s);
    say_bursts(socket, MORE);
    long grown = server_memory(s) - before;
    check(grown < SANE_GROWTH, "%d KiB more were said, and it has grown by %ld KiB",
          MORE * BURST * BODY / 1024, grown);
    client_text(socket, "the last");
    expect_text(socket, "the last");
    read_late(s, slow, "the last", &lost);
    check(lost > 0, "it got all of %d KiB: nothing was bounded",
          (MORE + 50) * BURST * BODY / 1024);
}

/* One that takes nothing is given up. */
static void deaf_streams_end(struct server *s)
{
    struct client *deaf = client_slow(s), *socket = client_join(s, "/relay/deaf");
    visitor_stream(deaf, "deaf", "");
    say_bursts(socket, 300);
    struct client *other = client_connect(s);
    int64_t end = clock_now() + PATIENCE * MS;
    while (visitor_counter(other, "relay_connections_total ")
           - visitor_counter(other, "relay_closed_total ") > 2) {
        check(clock_now() < end, "nobody reads there, and the stream does not end");
        pause_ms(20);
    }
}

/* It comes back after a long time, with more to hear than may wait for it at once. */
static void all_of_a_history(struct server *s)
{
    enum { MESSAGES = 1500 };
    struct client *c = client_connect(s);
    struct cursor cursor = { "" };
    struct answer a;
    struct event e;
    char line[64], text[100];
    visitor_poll(c, "long", 0, &cursor, &a);
    for (int i = 0; i < MESSAGES; i++) {
        snprintf(text, sizeof text, "%d \n\n\n\n\n\n\n\n\n\n of many", i);
        visitor_say(c, "long", text);
    }
    client_close(c);
    c = client_connect(s);
    snprintf(line, sizeof line, "Last-Event-ID: %s\r\n", cursor.text);
    visitor_stream(c, "long", line);
    for (int i = 0; i < MESSAGES; i++) {
        check(visitor_event(c, &e, PATIENCE), "the stream ends after %d messages", i);
        check(atoi(e.data) == i && !*e.name, "message %d is %s \"%s\"", i, e.name,
              e.data);
    }
}

static void comments_in_silence(struct server *s)
{
    struct client *c = client_connect(s);
    int64_t start = clock_now();
    struct event e;
    int comments = 0;
    visitor_stream(c, "quiet", "");
    while (comments < 3) {
        visitor_event(c, &e, 50);
        comments += e.comments;
        check(clock_now() - start < PATIENCE * MS, "%d comments", comments);
    }
    int ms = (clock_now() - start) / MS;
    check(ms >= 550, "%d comments in %d ms", comments, ms);
}

const struct trial visit_trials[] = {
    TRIAL("silence is a 204", silence_is_204, .options = "--max-wait 1500"),
    TRIAL("bytes of a history", history_is_bounded, .options = "--history 1024"),
    TRIAL("time of a history, and rooms with one", history_has_its_time,
          .options = "--history-time 500 --max-histories 1"),
    TRIAL("posts that are refused", bad_posts, .options = "--max-message 1000"),
    TRIAL("pages from elsewhere, without a WebSocket", foreign_pages,
          .options = "--allow-origin http://a.example"),
    TRIAL("bodies that come slowly, or not at all", slow_bodies,
          .options = "--frame-timeout 300 --min-rate 1000"),
    TRIAL("a slow reader of events", slow_streams, .needs = SEVERAL,
          .options = "--max-output 262144"),
    TRIAL("a stream that takes nothing", deaf_streams_end, .needs = SEVERAL,
          .options = "--max-output 262144 --ping-after 1500 --pong-timeout 60000"),
    TRIAL("a history longer than --max-output", all_of_a_history,
          .options = "--max-output 16384"),
    TRIAL("comments in silence", comments_in_silence,
          .options = "--ping-after 200 --handshake-timeout 5000"),
    { 0 },
};
