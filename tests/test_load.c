/* test_load.c - the load client finds what is wrong: with its orders, with the server,
 * and with its own measurement. */
#include "clock.h"
#include "liar.h"
#include "program.h"
#include "report.h"
#include "rooms.h"
#include "unit.h"

#include <arpa/inet.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define URL "ws://127.0.0.1:%d/relay/a"
#define HTTP_OK(body) "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" body

static struct program epoll;
static int port;                /* bin/epoll's */

/* Fewer descriptors than some -c asks for, however many the machine allows. */
static void lower_limit(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max > 100000)
        limit.rlim_cur = limit.rlim_max = 100000;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static int start_epoll(void **state)
{
    (void)state;
    lower_limit();
    port = model_start(&epoll, "epoll", "");
    return 0;
}

static int stop_epoll(void **state)
{
    (void)state;
    model_stop(&epoll);
    return 0;
}

/* Runs bin/load with these options. */
#define load(result, ...) \
    do { struct program p_ = program_start("load " __VA_ARGS__); \
         program_end(&p_, result); } while (0)

#define tells(text, words) \
    check(strstr(text, words), "\"%s\" is not in: %s", words, text)

static bool has(const struct result *r, const char *rule)
{
    char quoted[60];

    snprintf(quoted, sizeof quoted, "\"rule\": \"%s\"", rule);
    return strstr(r->out, quoted);
}

/* All went well, and if the machine had other things to do, that was said. Needs the JSON
 * on stdout. */
static void went_well(const struct result *r)
{
    bool disturbed = has(r, "lag") || has(r, "client") || has(r, "foreign")
                  || has(r, "foreign_steal") || has(r, "foreign_wait") || has(r, "rate");
    bool wrong = has(r, "connections") || has(r, "unsent");

    check(r->status == 0 || (r->status == 4 && disturbed && !wrong),
          "exit status %d: %s%s", r->status, r->out, r->err);
    assert_int_equal(json_number(r->out, "lost", NULL), 0);
}

/* ---- the right moment: a busy machine may take its time to get there ---- */

static int connect_to(int its_port)
{
    struct sockaddr_in there = { .sin_family = AF_INET, .sin_port = htons(its_port),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&there, sizeof there), 0);
    return fd;
}

/* How many messages a model has had, by its own account. */
static long messages_at(int its_port)
{
    static const char ask[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n"
                              "Connection: close\r\n\r\n",
                      name[] = "\nrelay_messages_received_total ";
    char text[4096];
    size_t have = 0;
    ssize_t n;
    int fd = connect_to(its_port);

    assert_int_equal(send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL), sizeof ask - 1);
    while (have < sizeof text - 1
           && (n = recv(fd, text + have, sizeof text - 1 - have, 0)) > 0)
        have += (size_t)n;
    close(fd);
    text[have] = '\0';
    const char *at = strstr(text, name);
    check(at, "there is no%s in %s", name + 1, text);
    return atol(at + sizeof name - 1);
}

/* Starts bin/load, and waits until it is well under way: this port has had messages. */
#define load_sending(its_port, ...) ({ \
    long had_ = messages_at(its_port); \
    struct program p_ = program_start("load " __VA_ARGS__); \
    wait_for_messages(its_port, had_ + 50); \
    p_; })

static void wait_for_messages(int its_port, long wanted)
{
    int64_t patience = clock_now() + 10000 * MS;

    while (messages_at(its_port) < wanted) {
        check(clock_now() < patience, "bin/load sends hardly anything");
        pause_for(5 * MS);
    }
}

/* ---- its orders ---- */

static void wrong_options_are_told_in_one_line(void **state)
{
    static const struct { const char *options, *word; } wrong[] = {
        { "", "there is no URL" }, { "-c 0 " "ws://127.0.0.1:1/relay/a", "-c takes" },
        { "--rate 0 ws://127.0.0.1:1/relay/a", "--rate 0" },
        { "--rate x ws://127.0.0.1:1/relay/a", "--rate takes" },
        { "--rate 5: ws://127.0.0.1:1/relay/a", "--rate takes" },
        { "--rate 1:5 -n 10 ws://127.0.0.1:1/relay/a", "add it" },
        { "--arrival often ws://127.0.0.1:1/relay/a", "--arrival is" },
        { "--arrival poisson ws://127.0.0.1:1/relay/a", "add --rate" },
        { "--rate 5 --seed 1 ws://127.0.0.1:1/relay/a", "add --arrival" },
        { "--rate 5 --seed x ws://127.0.0.1:1/relay/a", "--seed takes" },
        { "--rate 5 --burst 2 ws://127.0.0.1:1/relay/a", "--burst" },
        { "--rate 5 --think 1s ws://127.0.0.1:1/relay/a", "--think" },
        { "--size 5-2 ws://127.0.0.1:1/relay/a", "the smaller one" },
        { "--size 10-20 -c 2 ws://127.0.0.1:1/relay/a", "too small" },
        { "--size 10-20 tcp://127.0.0.1:1", "--size A-B" },
        { "--stage 5s ws://127.0.0.1:1/relay/a", "--stage takes" },
        { "--stage 0s:5 ws://127.0.0.1:1/relay/a", "no time" },
        { "--stage 1s:5 -c 3 ws://127.0.0.1:1/relay/a", "leave out" },
        { "--churn 0 ws://127.0.0.1:1/relay/a", "--churn takes" },
        { "--churn 2 tcp://127.0.0.1:1", "--churn is" },
        { "--threads 2 -c 4 ws://127.0.0.1:1/relay/a", "--threads 2" },
        { "--burst 2 http://127.0.0.1:1/job/cpu:1", "--burst" },
        { "--slo-p99 soon ws://127.0.0.1:1/relay/a", "--slo-p99 takes" },
        { "-n 99999999999999999999 ws://127.0.0.1:1/relay/a", "-n takes" },
        { "--json x --csv x ws://127.0.0.1:1/relay/a", "only one of" },
        { "-c 7000 ws://127.0.0.1:1/relay/a", "raise --rooms" },
        { "--max-loss few ws://127.0.0.1:1/relay/a", "--max-loss takes" },
        { "--subprotocol a,b ws://127.0.0.1:1/relay/x", "--subprotocol takes" },
        { "--subprotocol a http://127.0.0.1:1/", "--subprotocol is for" },
        { "--max-refused few http://127.0.0.1:1/", "--max-refused takes" },
        { "wss://127.0.0.1:1/relay/a", "TLS" }, { "https://127.0.0.1:1/", "TLS" },
        { "--senders 3 -c 2 ws://127.0.0.1:1/relay/a", "--senders 3" },
        { "-d 0 ws://127.0.0.1:1/relay/a", "measures nothing" },
        { "--json /nowhere/x ws://127.0.0.1:1/relay/a", "cannot write" },
        { "--json - --csv - ws://127.0.0.1:1/relay/a", "only one of" },
        { "-c 900000 ws://127.0.0.1:1/relay/a", "descriptors" },
        { "--room-path /a ws://127.0.0.1:1/relay/a", "add that" },
        { "--rooms 1 --room-path a ws://127.0.0.1:1/relay/a", "takes a path" },
        { "--rooms 1 http://127.0.0.1:1/", "nobody shares" },
        { "--nonsense ws://127.0.0.1:1/relay/a", "nonsense" },
        { "ftp://127.0.0.1:1/", "a URL begins" },
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        load(&r, "%s", wrong[i].options);
        check(r.status == 2, "load %s: exit status %d", wrong[i].options, r.status);
        tells(r.err, wrong[i].word);
        check(strchr(r.err, '\n') == strrchr(r.err, '\n'), "more than a line: %s", r.err);
    }
}

static void help_tells_every_option_and_exit_status(void **state)
{
    static const char *const words[] = {
        "--rate", "--arrival", "--seed", "--stage", "--churn", "--think", "--threads",
        "--slo-p99", "--max-loss", "--drain", "--csv", "--hdr", "--timeline",
        "130 interrupted",
    };
    struct result r;

    (void)state;
    load(&r, "--help");
    assert_int_equal(r.status, 0);
    for (size_t i = 0; i < COUNT(words); i++)
        tells(r.out, words[i]);
}

/* ---- servers that do their work badly ---- */

static void deliveries_are_accounted_for(void **state)
{
    static const struct { enum lie lie; const char *count; } cases[] = {
        { DROPS, "lost" }, { REPEATS, "duplicated" }, { SWAPS, "reordered" },
        { CORRUPTS, "corrupted" },
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct liar liar = liar_start(cases[i].lie);
        load(&r, "-c 4 --senders 1 --rate 1000 -d 200ms --drain 300ms --json - " URL,
             liar.port);
        liar_stop(&liar);
        check(r.status == 3, "%s: exit status %d: %s%s", cases[i].count, r.status, r.out,
              r.err);
        double n = json_number(r.out, cases[i].count, NULL);
        check(n >= 40 && n <= 120, "%g of 800 %s, where every tenth was", n,
              cases[i].count);
    }
}

static void an_honest_server_is_believed(void **state)
{
    struct liar liar = liar_start(HONEST);
    struct result r;

    (void)state;
    load(&r, "-c 4 -n 500 --json - " URL, liar.port);
    liar_stop(&liar);
    went_well(&r);
    assert_int_equal(json_number(r.out, "deliveries", NULL), 2000);
    assert_int_equal(json_number(r.out, "first_delivery_ns", "count"), 500);
    assert_int_equal(json_number(r.out, "last_delivery_ns", "count"), 500);
}

/* Not every server is a relay. What is missing then is no loss, and it says so. */
static void a_server_that_is_no_relay_is_recognised(void **state)
{
    static const struct { enum lie lie; int status; const char *json, *words; }
        cases[] = {
        { ECHOES, 3, "\"looks_like\": \"echo server\"",
          "add --rooms 4 --room-path /relay/a" },
        { SPARES_THE_SENDER, 1, "\"looks_like\": \"all but the sender\"",
          "everybody but the sender" },
        { DROPS, 3, "\"looks_like\": null", NULL },
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct liar liar = liar_start(cases[i].lie);
        load(&r, "-c 4 --rate 200 -d 300ms --drain 100ms --json - " URL, liar.port);
        check(r.status == cases[i].status, "exit status %d: %s", r.status, r.out);
        tells(r.out, cases[i].json);
        load(&r, "-c 4 --rate 200 -d 300ms --drain 100ms " URL, liar.port);
        liar_stop(&liar);
        if (cases[i].words)
            tells(r.out, cases[i].words);
        else
            check(!strstr(r.out, "looks like"), "a lossy relay: %s", r.out);
    }
}

/* Each on its own, an echo is all that is owed. */
static void an_echo_server_can_be_measured(void **state)
{
    struct liar liar = liar_start(ECHOES);
    struct result r;

    (void)state;
    load(&r, "-c 4 --rooms 4 -n 400 --json - " URL, liar.port);
    liar_stop(&liar);
    went_well(&r);
    assert_int_equal(json_number(r.out, "deliveries", NULL), 400);
}

/* If all rooms are one there, that is said, too. */
static void a_room_that_is_none_is_noticed(void **state)
{
    struct liar liar = liar_start(HONEST);
    struct result r;

    (void)state;
    load(&r, "-c 4 --rooms 4 -n 40 ws://127.0.0.1:%d/chat", liar.port);
    liar_stop(&liar);
    assert_int_equal(r.status, 3);
    tells(r.out, "a message of another room, see --room-path");
}

/* Only our own servers have numbered rooms. */
static void rooms_are_named_as_told(void **state)
{
    static const struct { const char *options, *path, *last; } cases[] = {
        { "--rooms 3", "/relay/a?x=1", "/relay/a-2?x=1" }, { "", "/relay/a", "/relay/a" },
        { "--rooms 3", "/echo", "/echo" }, { "--rooms 3", "?x=1", "/?x=1" },
        { "--rooms 3 --room-path /chat?room={}&x=1", "/", "/chat?room=2&x=1" },
        { "--rooms 3 --room-path /relay/b", "/relay/a", "/relay/b" },
    };
    static struct flags f;
    char line[200], path[URL_PATH];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *argv[20] = { 0 }, *rest;
        int argc = 0;
        snprintf(line, sizeof line, "load -c 3 %s ws://127.0.0.1:9000%s",
                 cases[i].options, cases[i].path);
        for (char *w = strtok_r(line, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
            argv[argc++] = w;
        optind = 1;
        flags_parse(&f, argc, argv);
        assert_true(path_of(&f, f.rooms - 1, path));
        assert_string_equal(path, cases[i].last);
        free(f.line);
    }
}

static void some_loss_can_be_allowed(void **state)
{
    struct liar liar = liar_start(DROPS);
    struct result r;

    (void)state;
    load(&r, "-c 4 --rate 1000 -d 200ms --drain 200ms --max-loss 400 --json - " URL,
         liar.port);
    liar_stop(&liar);
    check(r.status == 0 || r.status == 4, "exit status %d", r.status);
}

/* Servers that say what nobody would think of: the client ends, in time and by itself. */
static void no_server_can_harm_it(void **state)
{
    enum { SERVERS = 60, PIECES = 12 };
    static const char *const pieces[] = {
        "HTTP/1.1 101 Switching Protocols\r\n", "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 100 \r\n", "Upgrade: websocket\r\n", "Connection: Upgrade\r\n",
        "Content-Length: 3\r\n", "Sec-WebSocket-Accept: $A\r\n",
        "Transfer-Encoding: chunked\r\n", "Content-Length: 18446744073709551616\r\n",
        "\r\n", "\r\n\r\n", "ffffffffffffffff\r\n", "0\r\n", "abc",
        "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", "\x81\x03" "abc",
        "\x88\x02\x03\xe8", "\x89\x01p", "\x01\x01" "a", "\xff\xff",
        "HTTP/1.1 503 \r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 101 \r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
            "Sec-WebSocket-Accept: $A\r\n\r\n",
    };
    static const char *const urls[] = { "ws", "http" };
    struct result r;

    (void)state;
    for (int i = 0; i < SERVERS; i++) {
        char said[2][1000] = { "", "" };
        struct script s = { .answers = { said[0], said[1] }, .by_bytes = dice(4) == 0,
                            .closes_after = (int)dice(3), .idle_ms = (int)dice(3) * 20 };

        for (int k = 0; k < 2; k++)
            for (unsigned n = 1 + dice(PIECES); n; n--)
                strncat(said[k], pieces[dice(COUNT(pieces))], 80);
        struct liar liar = liar_recite(s);
        load(&r, "-c 2 -n 6 --timeout 100ms --drain 50ms --quiet "
             "%s://127.0.0.1:%d/job/cpu:1", urls[i % 2], liar.port);
        liar_stop(&liar);
        check(r.status >= 0 && r.status <= 4 && r.status != 2 && r.seconds < 10,
              "server %d: status %d after %.1f s: %s", i, r.status, r.seconds, r.err);
    }
}

static void failures_are_told_in_time(void **state)
{
    static const struct { enum lie lie; int status; const char *word; } cases[] = {
        { NEVER_ANSWERS, 1, "no answer from 127.0.0.1" },
        { SPEAKS_SSH, 1, "does not speak HTTP" },
        { WRONG_ACCEPT, 1, "Sec-WebSocket-Accept" },
        { REFUSES, 1, "503" },
        { DIES, 1, "did the server die?" },
        { CLOSES, 1, "the server closed with 1001" },
        { BABBLES, 1, "not WebSocket" },
        { FALLS_SILENT, 3, "no answer for 1 s" },
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct liar liar = liar_start(cases[i].lie);
        load(&r, "-c 4 -d 5s --timeout 1s " URL, liar.port);
        liar_stop(&liar);
        tells(*r.err ? r.err : r.out, cases[i].word);
        check(r.status == cases[i].status, "%s: exit status %d", cases[i].word, r.status);
        check(r.seconds < 4.5, "%s: it took %.1f s", cases[i].word, r.seconds);
    }
}

static void an_unreachable_server_is_told_at_once(void **state)
{
    static const char *const urls[] = {
        "ws://127.0.0.1:%d/relay/a", "http://127.0.0.1:%d/job/cpu:1",
        "tcp://127.0.0.1:%d",
    };
    struct sockaddr_in own = { .sin_family = AF_INET };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char url[80];
    struct result r;

    (void)state;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);   /* ours, and nobody listens there */
    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    getsockname(fd, (struct sockaddr *)&own, &(socklen_t){ sizeof own });
    for (size_t i = 0; i < COUNT(urls); i++) {
        snprintf(url, sizeof url, urls[i], ntohs(own.sin_port));
        load(&r, "-c 4 %s", url);
        assert_int_equal(r.status, 1);
        tells(r.err, "is a server running there?");
        assert_true(r.seconds < 3);
    }
    close(fd);
}

static void an_answer_may_end_with_its_connection(void **state)
{
    struct liar liar = liar_start(ENDS_BY_CLOSING);
    struct result r;

    (void)state;
    load(&r, "-c 2 -n 6 --json - http://127.0.0.1:%d/healthz", liar.port);
    liar_stop(&liar);
    went_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 6);
}

/* It ends its turn: nobody waits for a right one. */
static void a_wrong_result_is_counted_and_not_waited_for(void **state)
{
    struct liar liar = liar_start(HONEST);  /* which says what it was told */
    struct result r;

    (void)state;
    load(&r, "-n 10 --json - ws://127.0.0.1:%d/job/cpu:20", liar.port);
    liar_stop(&liar);
    assert_int_equal(r.status, 3);
    assert_int_equal(json_number(r.out, "corrupted", NULL), 10);
    liar = liar_recite((struct script){
        .answers = { HTTP_OK("1\n"), HTTP_OK("2\n"), HTTP_OK("1\n") } });
    load(&r, "-n 10 --json - http://127.0.0.1:%d/job/sql:x", liar.port);
    assert_int_equal(r.status, 3);
    assert_int_equal(json_number(r.out, "messages", NULL), 9);
    assert_int_equal(json_number(r.out, "corrupted", NULL), 1);
    tells(r.out, "\"silent\": false");
    load(&r, "-n 10 --json - http://127.0.0.1:%d/time", liar.port);
    liar_stop(&liar);
    went_well(&r);              /* a page that is no job may change */
}

/* ---- servers that others have written ---- */

#define SWITCHES "HTTP/1.1 101 Switching Protocols\r\n"
#define ACCEPTS  "Sec-WebSocket-Accept: $A\r\n\r\n"

static void a_handshake_may_be_written_otherwise(void **state)
{
    static const char *const answers[] = {
        SWITCHES "Upgrade: websocket\r\nConnection: Upgrade\r\n" ACCEPTS,
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nContent-Length: 5\r\n\r\n"
        SWITCHES "Upgrade: websocket\r\nConnection: Upgrade\r\n" ACCEPTS,
        SWITCHES "Upgrade:\t websocket \t\r\nConnection: Upgrade  \r\n"
        "Sec-WebSocket-Accept:   $A \t \r\n\r\n",
        SWITCHES "UPGRADE: WebSocket\r\nconnection: keep-alive, upgrade\r\n" ACCEPTS,
        SWITCHES "Upgrade: , websocket,\r\nConnection: keep-alive\r\n"
        "Connection: Upgrade\r\n" ACCEPTS,
        SWITCHES "Upgrade: h2c, websocket\r\nConnection: Upgrade\r\n" ACCEPTS,
        SWITCHES "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" ACCEPTS,
        "HTTP/1.1 101\nUpgrade: websocket\nConnection: Upgrade\n"
        "Sec-WebSocket-Accept: $A\n\n",
        SWITCHES "Upgrade:\r\n websocket\r\nConnection: Upgrade\r\n" ACCEPTS,
        SWITCHES "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Protocol:\r\nSec-WebSocket-Extensions: \r\n" ACCEPTS,
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(answers) * 2; i++) {
        struct liar liar = liar_recite((struct script){ .answers = { answers[i / 2] },
                                                        .by_bytes = i % 2 });
        load(&r, "-c 2 -n 4 --json - " URL, liar.port);
        liar_stop(&liar);
        check(r.status == 0 || r.status == 4, "%s: exit status %d: %s", answers[i / 2],
              r.status, r.err);
        assert_int_equal(json_number(r.out, "deliveries", NULL), 8);
    }
}

static void a_wrong_handshake_is_told_why(void **state)
{
    static const struct { const char *answer, *word; } cases[] = {
        { SWITCHES "Connection: Upgrade\r\n" ACCEPTS, "Upgrade: websocket" },
        { SWITCHES "Upgrade: h2c\r\nConnection: Upgrade\r\n" ACCEPTS,
          "Upgrade: websocket" },
        { SWITCHES "Upgrade: websocket\r\n" ACCEPTS, "Connection: Upgrade" },
        { SWITCHES "Upgrade: websocket\r\nConnection: keep-alive\r\n" ACCEPTS,
          "Connection: Upgrade" },
        { SWITCHES "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
          "does not have one Sec-WebSocket-Accept" },
        { SWITCHES "Upgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: $A\r\n" ACCEPTS, "does not have one" },
        { SWITCHES "Upgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Accept: x$A\r\n\r\n", "wrong Sec-WebSocket-Accept" },
        { SWITCHES "Upgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Extensions: permessage-deflate; x=1\r\n" ACCEPTS,
          "an extension that was not offered: permessage-deflate" },
        { SWITCHES "Upgrade: websocket\r\nConnection: Upgrade\r\n"
          "Sec-WebSocket-Protocol: chat\r\n" ACCEPTS,
          "a subprotocol that was not offered: chat" },
        { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "answered 200 OK: hello" },
        { "HTTP/1.1 200 OK\r\n\r\ndata: 1\n\n", "answered 200 OK: data: 1" },
        { "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "answered 302 Found" },
        { "HTTP/1.1 404 No\tno\x1b[31m\r\nContent-Length: 0\r\n\r\n",
          "answered 404 No.no.[31m" },
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct liar liar = liar_recite((struct script){ .answers = { cases[i].answer } });
        load(&r, "-n 1 --timeout 2s " URL, liar.port);
        liar_stop(&liar);
        check(r.status == 1, "%s: exit status %d", cases[i].answer, r.status);
        tells(r.err, cases[i].word);
        assert_true(r.seconds < 1.5);
    }
}

/* The run goes on, each class is counted and timed on its own, and a quick refusal makes
 * nobody else's time better. */
static void answers_are_told_apart_by_their_status(void **state)
{
    struct liar liar = liar_recite((struct script){ .answers = {
        HTTP_OK("ok"), "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nfull\n",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nFULL\n",
        "HTTP/1.1 500 \r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 204 \r\n\r\n",
        HTTP_OK("ok") } });
    struct result r;

    (void)state;
    load(&r, "-n 12 --json - http://127.0.0.1:%d/page", liar.port);
    check(r.status == 3, "exit status %d: %s", r.status, r.out);
    assert_int_equal(json_number(r.out, "messages", NULL), 7);
    assert_int_equal(json_number(r.out, "refused", NULL), 5);
    assert_int_equal(json_number(r.out, "lost", NULL), 0);
    assert_int_equal(json_number(r.out, "response_ns", "count"), 7);
    assert_int_equal(json_number(r.out, "response_3xx_ns", "count"), 1);
    assert_int_equal(json_number(r.out, "response_4xx_ns", "count"), 1);
    assert_int_equal(json_number(r.out, "response_5xx_ns", "count"), 1);
    assert_int_equal(json_number(r.out, "response_503_ns", "count"), 2);
    tells(r.out, "\"answers\": { \"2xx\": { \"count\": 7, \"first\": null }, "
          "\"3xx\": { \"count\": 1, \"first\": \"the server answered 304 Same\" }");
    tells(r.out, "\"503\": { \"count\": 2, \"first\": "
          "\"the server answered 503 Busy: full\"");
    tells(r.out, "\"errors\": { }");
    load(&r, "-n 12 --max-refused 5 http://127.0.0.1:%d/page", liar.port);
    liar_stop(&liar);
    check(r.status == 0 || r.status == 4, "exit status %d: %s", r.status, r.out);
    tells(r.out, "2 answers of 503: the server answered 503 Busy: full");
}

/* As browsers have it: the one that was offered is chosen, or nothing comes of it. */
static void a_subprotocol_is_chosen_or_nothing_comes_of_it(void **state)
{
    struct program chats;
    int its = model_start(&chats, "epoll", "--subprotocol chat");
    struct result r;

    (void)state;
    load(&r, "-c 2 -n 6 --rooms 2 --json - --subprotocol chat " URL, its);
    went_well(&r);
    load(&r, "-c 2 -n 6 --rooms 2 --json - " URL, its);
    went_well(&r);
    load(&r, "-n 6 --subprotocol Chat " URL, its);
    check(r.status == 1, "exit status %d: %s", r.status, r.out);
    tells(r.err, "does not choose the subprotocol");
    model_stop(&chats);
    struct liar liar = liar_recite((struct script){ .answers = {
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Accept: $A\r\n"
        "Sec-WebSocket-Protocol: chat, news\r\n\r\n" } });
    load(&r, "-n 6 --subprotocol chat " URL, liar.port);
    liar_stop(&liar);
    check(r.status == 1, "exit status %d: %s", r.status, r.out);
    tells(r.err, "not offered");
}

static void a_server_that_refuses_all_is_a_failure(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-n 10 --max-refused 100 http://127.0.0.1:%d/nowhere", port);
    assert_int_equal(r.status, 1);
    tells(r.out, "10 answers of 4xx: the server answered 404");
}

/* A server sheds what is more than it can do: what it does answer kept the pace, and the
 * rest is no failure of the measurement. */
static void shedding_load_is_valid(void **state)
{
    struct program shedder;
    int its = model_start(&shedder, "epoll", "--max-connections 3");
    struct result r;

    (void)state;
    load(&r, "-c 6 --think 10ms -d 400ms --max-refused 100000 --json - "
         "http://127.0.0.1:%d/healthz", its);
    model_stop(&shedder);
    went_well(&r);
    assert_true(json_number(r.out, "response_503_ns", "count") > 3);
    assert_true(json_number(r.out, "messages", NULL) > 3);
    tells(r.out, "\"errors\": { }");
}

/* Between two answers a server may close when it likes: nothing was owed. */
static void an_idle_connection_may_be_closed(void **state)
{
    static const char late[] = "HTTP/1.1 408 Late\r\nConnection: close\r\n\r\n";
    static const char *const runs[] = {
        "-c 2 --think 300ms -n 6", "-c 4 --rate 10 -d 1s",
    };
    struct result r;

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct liar liar = liar_recite((struct script){
            .answers = { HTTP_OK("ok") }, .idle_ms = 80,
            .last_word = i % 2 ? late : NULL });
        load(&r, "%s --json - http://127.0.0.1:%d/page", runs[i / 2], liar.port);
        liar_stop(&liar);
        check(r.status == 0 || r.status == 4, "%s: exit status %d: %s%s", runs[i / 2],
              r.status, r.out, r.err);
        tells(r.out, "\"errors\": { }");
        assert_int_equal(json_number(r.out, "lost", NULL), 0);
        assert_int_equal(json_number(r.out, "unsent", NULL), 0);
        double n = json_number(r.out, "messages", NULL);
        check(n == (i / 2 ? 10 : 6), "%g messages: %s", n, r.out);
        check(json_number(r.out, "reopened", NULL) >= 4, "few came back: %s", r.out);
        assert_true(json_number(r.out, "connections_opened", NULL) >= 6);
    }
}

/* Also while the others are still connecting. */
static void an_early_connection_may_be_closed(void **state)
{
    struct liar liar = liar_recite((struct script){ .answers = { HTTP_OK("ok") },
                                                    .idle_ms = 60 });
    struct result r;

    (void)state;
    load(&r, "-c 6 --connect-rate 20 -n 12 --json - http://127.0.0.1:%d/page", liar.port);
    liar_stop(&liar);
    check(r.status == 4 || r.status == 0, "exit status %d: %s%s", r.status, r.out, r.err);
    assert_int_equal(json_number(r.out, "messages", NULL), 12);
    tells(r.out, "\"errors\": { }");
}

/* Our own does it, with a 408. */
static void our_own_servers_close_idle_connections_too(void **state)
{
    struct program model;
    int its = model_start(&model, "epoll", "--handshake-timeout 100");
    struct result r;

    (void)state;
    load(&r, "-c 2 --think 300ms -n 6 --json - http://127.0.0.1:%d/job/cpu:5", its);
    model_stop(&model);
    went_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 6);
    check(json_number(r.out, "reopened", NULL) >= 4, "%s", r.out);
}

/* It closed just when the next request was on its way: that was not read, and asking once
 * more does no harm. Once it has been read, an answer is owed. */
static void a_request_that_was_not_read_is_repeated(void **state)
{
    struct liar liar = liar_recite((struct script){ .answers = { HTTP_OK("ok"), "!" } });
    struct result r;

    (void)state;
    load(&r, "-c 2 -n 10 --json - http://127.0.0.1:%d/page", liar.port);
    liar_stop(&liar);
    went_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 10);
    assert_int_equal(json_number(r.out, "deliveries_expected", NULL), 10);
    double n = json_number(r.out, "repeated", NULL);
    check(n >= 8, "%g of 8 repeated: %s", n, r.out);
}

/* One that accepts and closes, too: asked on a new connection, it does not answer. */
static void a_server_that_only_closes_is_a_failure(void **state)
{
    static const char *const runs[] = { "-n 4", "-c 2 --rate 20 -d 300ms" };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(runs); i++) {
        struct liar liar = liar_recite((struct script){ .answers = { HTTP_OK("ok") },
                                                        .idle_ms = -1 });
        load(&r, "%s http://127.0.0.1:%d/page", runs[i], liar.port);
        liar_stop(&liar);
        check(r.status == 1, "%s: exit status %d: %s", runs[i], r.status, r.out);
        tells(r.out, "without an answer");
        assert_true(r.seconds < 5);
    }
}

/* Some servers read on after they have closed, to throw it away: no reset tells then. */
static void a_server_may_lose_its_patience(void **state)
{
    struct liar liar = liar_recite((struct script){ .answers = { HTTP_OK("ok"), "" },
                                                    .closes_after = 2 });
    struct result r;

    (void)state;
    load(&r, "-n 3 --think 700ms --json - http://127.0.0.1:%d/page", liar.port);
    went_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 3);
    assert_int_equal(json_number(r.out, "repeated", NULL), 2);
    load(&r, "-n 3 --think 100ms --json - http://127.0.0.1:%d/page", liar.port);
    liar_stop(&liar);
    assert_int_equal(r.status, 1);
}

static void an_answer_that_is_owed_is_a_failure(void **state)
{
    static const struct { struct script script; const char *word; } cases[] = {
        { { .answers = { HTTP_OK("ok"), "" }, .closes_after = 2 }, "without an answer" },
        { { .answers = { "" }, .closes_after = 1 }, "without an answer" },
        { { .answers = { "!" } }, "without an answer" },
        { { .answers = { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhalf" },
            .closes_after = 1 }, "within an answer" },
        { { .answers = { "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf" },
            .closes_after = 1 }, "within an answer" },
        { { .answers = { "HTTP/1.1 200 OK\r\nContent-Le" }, .closes_after = 1 },
          "within an answer" },
        { { .answers = { "HTTP/1.1 100 Continue\r\n\r\n" }, .closes_after = 1 },
          "within an answer" },
        { { .answers = { "HTTP/1.1 101 OK\r\n\r\n" } }, "nobody asked for" },
        { { .answers = { HTTP_OK("ok") HTTP_OK("ok") } }, "nobody asked for" },
        { { .answers = { "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n" } },
          "Content-Length is no number" },
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct liar liar = liar_recite(cases[i].script);
        load(&r, "-n 4 http://127.0.0.1:%d/page", liar.port);
        liar_stop(&liar);
        check(r.status == 1, "%s: exit status %d: %s", cases[i].word, r.status, r.out);
        tells(r.out, cases[i].word);
        tells(r.out, "1 connection: ");
    }
}

/* A name may have two addresses, and the server one of them. */
static void every_address_of_a_name_is_tried(void **state)
{
    struct liar liar = liar_recite((struct script){ .answers = { HTTP_OK("ok") },
                                                    .on_six = true });
    struct result r;

    (void)state;
    load(&r, "-c 3 -n 9 --json - HTTP://LocalHost:%d?x=1", liar.port);
    went_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 9);
    liar_stop(&liar);
    load(&r, "-c 3 -n 9 http://localhost:%d/", liar.port);
    assert_int_equal(r.status, 1);
    tells(r.err, "127.0.0.1:");
    tells(r.err, " or [::1]:");
    tells(r.err, "is a server running there?");
}

static void a_renewed_connection_is_not_waited_for_without_end(void **state)
{
    struct liar liar = liar_start(TAKES_NO_MORE);
    struct result r;

    (void)state;
    load(&r, "-c 4 --churn 5 -n 1000 --timeout 1s " URL, liar.port);
    liar_stop(&liar);
    check(r.status == 1, "exit status %d: %s%s", r.status, r.out, r.err);
    tells(r.out, "was not served within 1 s");
    assert_true(r.seconds < 5);
}

/* What a dead server has cost is known while it is a zombie, or not at all. */
static void a_server_that_dies_has_no_negative_cost(void **state)
{
    struct program other, p;
    int its = model_start(&other, "epoll", "");
    struct result r;

    (void)state;
    p = load_sending(its, "-c 2 --think 1ms -d 5s --server-pid %d --json - " URL,
                     other.pid, its);
    kill(other.pid, SIGKILL);
    program_end(&other, &r);
    program_end(&p, &r);
    check(r.status == 1, "exit status %d", r.status);
    check(!strstr(r.out, ": -"), "a negative figure in %s", r.out);
}

/* Its processes end with their clients, and take the account with them. */
static void a_cost_that_cannot_be_known_is_not_told(void **state)
{
    struct program fork;
    int its = model_start(&fork, "fork", "");
    struct result r;

    (void)state;
    load(&r, "-c 4 --churn 5 -n 100 --server-pid %d --json - " URL, fork.pid, its);
    model_stop(&fork);
    went_well(&r);
    tells(r.out, "\"server\": { \"cpu_ns\": null, \"switches\": null");
}

/* ---- measurements that are none ---- */

static void invalid(const struct result *r, const char *rule)
{
    check(r->status == 4, "%s: exit status %d: %s%s", rule, r->status, r->out, r->err);
    check(has(r, rule), "rule %s is not in: %s", rule, r->out);
    tells(r->out, "\"valid\": false");
}

static void a_rate_that_is_not_reached_is_invalid(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 1 --rate 200 -d 300ms --json - http://127.0.0.1:%d/job/sleep:20", port);
    invalid(&r, "rate");
    load(&r, "-c 1 --rate 200 -d 500ms --json - ws://127.0.0.1:%d/job/sleep:20", port);
    invalid(&r, "rate");
}

/* 4 % too many, for a second: in the end a message waits for 40 ms, while the first had
 * to wait for none. And what was answered is what was counted. */
static void a_small_overload_is_invalid(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 1 --rate 52 -d 1s --json - ws://127.0.0.1:%d/job/sleep:20", port);
    invalid(&r, "rate");
    tells(r.out, "with each second answers came ");
    double answered = json_number(r.out, "rate", "answered");
    check(answered == json_number(r.out, "messages_per_s", NULL) && answered < 51,
          "%g are said to be answered in %s", answered, r.out);
}

static void sending_late_is_invalid(void **state)
{
    struct program p = load_sending(port, "-c 2 --rate 1000 -d 800ms --json - " URL,
                                    port);
    struct result r;

    (void)state;
    kill(p.pid, SIGSTOP);
    pause_for(100 * MS);
    kill(p.pid, SIGCONT);
    program_end(&p, &r);
    invalid(&r, "lag");
    tells(r.out, "\"advice\": \"This program did not get the CPU when a message was due");
    assert_int_equal(json_number(r.out, "lag_ns", "count"), 800);   /* none left out */
}

/* A newcomer sees the words, and is told what to do. */
static void what_is_invalid_explains_itself(void **state)
{
    struct program p = load_sending(port, "-c 2 --rate 1000 -d 800ms " URL, port);
    struct result r;

    (void)state;
    kill(p.pid, SIGSTOP);
    pause_for(100 * MS);
    kill(p.pid, SIGCONT);
    program_end(&p, &r);
    assert_int_equal(r.status, 4);
    tells(r.out, "INVALID, lag: ");
    tells(r.out, "is still true");
    tells(r.out, "--think");
}

static void fewer_connections_are_invalid(void **state)
{
    struct program prefork;
    int other = model_start(&prefork, "prefork", "--workers 2");
    struct result r;

    (void)state;
    load(&r, "-c 5 --timeout 1s --json - " URL, other);
    model_stop(&prefork);
    invalid(&r, "connections");
    tells(r.err, " of 5 connections were served");
}

/* No handshake tells that the server has not taken a connection. */
static void a_connection_that_is_never_answered_is_noticed(void **state)
{
    struct program naive;
    int its = model_start(&naive, "naive", "");
    struct result r;

    (void)state;
    load(&r, "-c 5 -d 15s --timeout 1s --json - http://127.0.0.1:%d/job/cpu:1", its);
    model_stop(&naive);
    invalid(&r, "connections");
    tells(r.err, "only 1 of 5 connections were served");
    check(r.seconds < 10, "it took %.1f s", r.seconds);
}

/* However many cores the machine has: one is the server's, and that has a rival. */
static pid_t burner;
static cpu_set_t allowed;

/* On the first of our cores; it dies with us. */
static void start_burner(void)
{
    cpu_set_t one;
    int core = 0;

    sched_getaffinity(0, sizeof allowed, &allowed);
    while (!CPU_ISSET(core, &allowed))
        core++;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    sched_setaffinity(epoll.pid, sizeof one, &one);
    if ((burner = fork()) == 0) {
        sched_setaffinity(0, sizeof one, &one);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (volatile int n = 0; ; n++)
            ;
    }
}

/* Also after a test that failed. */
static int stop_burner(void **state)
{
    (void)state;
    kill(burner, SIGKILL);
    waitpid(burner, NULL, 0);
    sched_setaffinity(epoll.pid, sizeof allowed, &allowed);
    return 0;
}

static void a_rival_on_the_servers_core_is_invalid(void **state)
{
    struct result r;

    (void)state;
    start_burner();
    load(&r, "-c 2 --think 5ms -d 800ms --server-pid %d --json - " URL, epoll.pid, port);
    invalid(&r, "foreign");
    check(json_number(r.out, "foreign_server", NULL) > 0.6, "less than most: %s", r.out);
    check(json_number(r.out, "foreign_wait", NULL) >= 0, "no waiting known: %s", r.out);
    check(json_number(r.out, "server", "waited_ns") > 0, "it never waited: %s", r.out);
}

/* While it works, a rival has half of its core. */
static void a_server_that_waits_for_its_core_is_invalid(void **state)
{
    struct result r;

    (void)state;
    start_burner();
    load(&r, "-c 1 -d 800ms --server-pid %d --json - ws://127.0.0.1:%d/job/cpu:27",
         epoll.pid, port);
    invalid(&r, "foreign_wait");
    tells(r.out, "the server was ready to run, and others had its core");
}

/* Where that is allowed, server and client come before all others: sched(7). */
static void take_precedence(bool first)
{
    struct sched_param priority = { .sched_priority = first };

    sched_setscheduler(epoll.pid, first ? SCHED_RR : SCHED_OTHER, &priority);
    sched_setscheduler(0, first ? SCHED_RR : SCHED_OTHER, &priority);
}

static int be_modest(void **state)
{
    (void)state;
    take_precedence(false);
    return 0;
}

/* If the machine lets it have a core, in one of these moments. */
static void a_client_at_its_limit_is_invalid(void **state)
{
    struct result r;
    double cores = 0;

    (void)state;
    take_precedence(true);
    for (int i = 0; i < 10 && cores < 0.82; i++) {
        load(&r, "-c 64 --rooms 64 --size 24-3000 -d 150ms --json - " URL, port);
        assert_int_equal(json_number(r.out, "lost", NULL), 0);
        cores = json_number(r.out, "client", "cores");
    }
    if (cores < 0.82) {
        print_message("(it never had a core to itself)\n");
        skip();
    }
    invalid(&r, "client");
}

static void an_objective_can_be_broken(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 4 -n 40 --slo-p99 5ms http://127.0.0.1:%d/job/sleep:20", port);
    assert_int_equal(r.status, 3);
    tells(r.out, "--slo-p99 is broken");
    load(&r, "-c 4 -n 40 --slo-p99 10s http://127.0.0.1:%d/job/sleep:20", port);
    assert_int_equal(r.status, 0);
}

static void an_interrupted_run_reports_what_it_has(void **state)
{
    static const char *const runs[] = {
        "-c 2 --think 2ms", "-c 4 --rooms 4 --threads 2 --rate 400",
        "-c 4 --churn 3 --rate 200", "-c 3 --warmup 15s",
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(runs); i++) {
        struct program p = load_sending(port, "%s -d 20s " URL, runs[i], port);
        int64_t began = clock_now();
        kill(p.pid, SIGINT);
        program_end(&p, &r);
        double took = (double)(clock_now() - began) / 1e9;
        check(r.status == 130, "%s: exit status %d: %s", runs[i], r.status, r.err);
        tells(r.out, "this report is partial");
        tells(r.out, " 0 duplicated, 0 reordered, 0 corrupted");
        check(strstr(r.out, " 0 lost,") || took > 1, "%s: lost after only %.2f s: %s",
              runs[i], took, r.out);
        check(took < 5, "%s: it took %.1f s", runs[i], took);
    }
}

/* Does it catch this signal yet? */
static bool catches(pid_t pid, int signal)
{
    unsigned long long caught = 0;
    char path[40], line[200];

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f) && !sscanf(line, "SigCgt: %llx", &caught))
        ;
    if (f)
        fclose(f);
    return caught >> (signal - 1) & 1;
}

static void an_interrupted_connecting_is_reported_too(void **state)
{
    struct liar liar = liar_start(NEVER_ANSWERS);
    struct program p = program_start("load -c 4 --json - " URL, liar.port);
    struct result r;

    (void)state;
    for (int i = 0; i < 1000 && !catches(p.pid, SIGINT); i++)
        pause_for(10 * MS);
    kill(p.pid, SIGINT);
    program_end(&p, &r);
    liar_stop(&liar);
    assert_int_equal(r.status, 130);
    tells(r.err, "interrupted before all connections were open");
    tells(r.out, "\"exit_status\": 130");
}

/* Whoever is stopped for longer than --timeout has missed the answers himself. */
static void who_was_away_blames_nobody(void **state)
{
    struct program p = program_start("load -c 2 -d 2s --timeout 600ms --json - "
                                     "ws://127.0.0.1:%d/job/sleep:100", port);
    struct result r;

    (void)state;
    pause_for(300 * MS);
    kill(p.pid, SIGSTOP);
    pause_for(1000 * MS);
    kill(p.pid, SIGCONT);
    program_end(&p, &r);
    went_well(&r);
    tells(r.out, "\"silent\": false");
}

static void a_report_that_cannot_be_written_is_a_failure(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-n 5 --json /dev/full " URL, port);
    assert_int_equal(r.status, 1);
    tells(r.err, "cannot write /dev/full: No space left");
}

/* ---- loops and shapes ---- */

/* Two threads, one with two of the three senders: it has two thirds of the messages, and
 * the last is due when the schedule says. */
static void a_count_is_split_as_the_schedule_is(void **state)
{
    long long due, first = INT64_MAX, last = 0;
    struct result r;
    int n = 0;

    (void)state;
    load(&r, "-c 3 --rooms 3 --threads 2 --rate 300 -n 60 --timeline - " URL, port);
    for (char *s = strchr(r.out, '\n'); s; s = strchr(s + 1, '\n')) {
        if (sscanf(s, "%*d,%*d,%*d,%*d,%lld", &due) != 1)
            continue;
        first = due < first ? due : first;
        last = due > last ? due : last;
        n++;
    }
    assert_int_equal(n, 60);
    check(last - first > 190 * MS && last - first < 210 * MS, "60 at 300 a second were "
          "due in %g ms", (double)(last - first) / 1e6);
}

static void a_schedule_is_kept_to_the_message(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 3 --rooms 3 --rate 500 -d 600ms --json - " URL, port);
    went_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 300);
    load(&r, "-c 3 --rooms 3 --rate 0:1000 -d 600ms --json - " URL, port);
    went_well(&r);
    double n = json_number(r.out, "messages", NULL);
    check(n >= 298 && n <= 302, "%g messages of a ramp to 1000 a second", n);
    load(&r, "-c 3 --rooms 3 --rate 500 -d 300ms --warmup 200ms --json - " URL, port);
    went_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 150);
    assert_int_equal(json_number(r.out, "response_ns", "count"), 150);
    assert_int_equal(json_number(r.out, "deliveries", NULL), 100 + 150);
    load(&r, "-c 3 --rooms 3 --rate 500 -d 600ms --warmup 200ms --arrival poisson "
         "--json - " URL, port);
    went_well(&r);
    n = json_number(r.out, "messages", NULL);
    check(n >= 200 && n <= 400, "%g messages, where 300 were to be expected", n);
}

/* A stall of the server: who waits for answers sends nothing meanwhile, and has hardly a
 * message that was slow. Who keeps to a schedule has all that fell into it. */
static void only_an_open_loop_sees_a_stall(void **state)
{
    static const char *const loops[] = { "--think 1ms", "--rate 2000" };
    double p99[2];
    struct result r;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct program p = load_sending(port, "-c 4 --rooms 4 %s -d 1s --json - " URL,
                                        loops[i], port);
        kill(epoll.pid, SIGSTOP);
        pause_for(200 * MS);
        kill(epoll.pid, SIGCONT);
        program_end(&p, &r);
        p99[i] = json_number(r.out, "response_ns", "p99");
    }
    check(p99[1] > 100e6, "an open loop's p99 is %g ms", p99[1] / 1e6);
    check(p99[0] < p99[1] / 2, "a closed loop's p99 is %g ms", p99[0] / 1e6);
}

/* Twice as much is asked for as can be done: half of what is due waits. */
static void a_queue_shows_in_the_response_time(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 1 --rate 100 -d 300ms --json - http://127.0.0.1:%d/job/sleep:20", port);
    double service = json_number(r.out, "service_ns", "p50");
    check(service >= 20e6 && json_number(r.out, "response_ns", "p50") > 2 * service,
          "no queue in %s", r.out);
}

/* Of a single message all that is told of its way must fit together. */
static void one_message_to_many_has_a_first_and_a_last(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 8 --senders 1 -n 1 --json - " URL, port);
    went_well(&r);
    double own = json_number(r.out, "response_ns", "max"),
           first = json_number(r.out, "first_delivery_ns", "max"),
           last = json_number(r.out, "last_delivery_ns", "max");
    assert_int_equal(json_number(r.out, "delivery_ns", "count"), 8);
    check(first > 0 && first <= own && own <= last, "%g, %g, %g", first, own, last);
    check(first == json_number(r.out, "delivery_ns", "min"), "the first: %s", r.out);
    check(last == json_number(r.out, "delivery_ns", "max"), "the last: %s", r.out);
    check(last - first == json_number(r.out, "spread_ns", "max"), "between: %s", r.out);
}

static void who_thinks_sends_no_more_than_that_allows(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 4 --rooms 4 --think 40ms -d 400ms --json - " URL, port);
    went_well(&r);
    double n = json_number(r.out, "messages", NULL);
    check(n >= 4 && n <= 4 * (1 + 400 / 40), "%g messages", n);
}

static void connections_are_begun_at_a_rate(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 21 --rooms 3 --connect-rate 100 -n 42 --json - " URL, port);
    went_well(&r);
    double opening = json_number(r.out, "opening_s", NULL);
    check(opening >= 0.19, "21 connections, 100 a second, in %g s", opening);
    assert_int_equal(json_number(r.out, "connect_ns", "count"), 21);
    check(json_number(r.out, "connect_ns", "min") > 1e3
          && json_number(r.out, "connect_ns", "max") < opening * 1e9,
          "a connection takes a while, and less than all: %s", r.out);
}

static void stages_follow_each_other(void **state)
{
    struct result r;

    (void)state;
    load(&r, "--stage 300ms:4 --stage 300ms:12 --stage 300ms:2 --stage 300ms:8 --rooms 2 "
         "--rate 300 --json - " URL, port);
    went_well(&r);
    assert_int_equal(json_number(r.out, "connections_opened", NULL), 12 + 6);
    assert_int_equal(json_number(r.out, "messages", NULL), 360);
}

/* Who is still to have an answer when a stage wants fewer stays, if the next wants it. */
static void a_stage_keeps_who_has_not_left(void **state)
{
    struct result r;

    (void)state;
    load(&r, "--stage 200ms:6 --stage 100ms:1 --stage 900ms:6 --rate 40 --json - "
         "ws://127.0.0.1:%d/job/sleep:200", port);
    check(r.status == 0 || r.status == 4, "exit status %d: %s", r.status, r.out);
    assert_int_equal(json_number(r.out, "messages", NULL), 48);
    assert_int_equal(json_number(r.out, "connections_at_once", NULL), 6);
}

/* And who is just leaving comes back, and sends: each as often as the others. */
static void a_stage_calls_back_who_was_leaving(void **state)
{
    static const struct { int connections; const char *stages; } runs[] = {
        { 20, "--stage 20ms:20 --stage 100us:1 --stage 200ms:20" },
        { 20, "--stage 20ms:20 --stage 100us:1 --stage 200ms:20" },
        { 2, "--stage 150ms:2 --stage 50ms:1 --stage 1s:2 --think 100ms" },
    };
    char path[] = "/tmp/relayrace-test.XXXXXX", line[200];
    struct result r;

    (void)state;
    close(mkstemp(path));
    for (size_t i = 0; i < COUNT(runs); i++) {
        int count[20] = { 0 }, connection, least = INT_MAX, most = 0;
        load(&r, "%s --rooms %d --timeline %s --json - " URL, runs[i].stages,
             runs[i].connections, path, port);
        went_well(&r);
        FILE *f = fopen(path, "re");
        while (fgets(line, sizeof line, f))
            if (sscanf(line, "%*d,%*d,%d", &connection) == 1)
                count[connection]++;
        fclose(f);
        for (int c = 0; c < runs[i].connections; c++) {
            least = count[c] < least ? count[c] : least;
            most = count[c] > most ? count[c] : most;
        }
        check(least > most / 2, "%s: one sent %d messages, another %d", runs[i].stages,
              most, least);
    }
    unlink(path);
}

static void connections_can_be_renewed(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 4 -n 200 --churn 5 --json - " URL, port);
    went_well(&r);
    double opened = json_number(r.out, "connections_opened", NULL);
    check(opened >= 40 && opened <= 44, "%g connections for 200 messages", opened);
    check(r.seconds < 5, "it took %.1f s", r.seconds);
    load(&r, "-c 20 --rooms 4 -d 300ms --churn 3 --json - " URL, port);
    went_well(&r);
    assert_int_equal(json_number(r.out, "unsent", NULL), 0);
    check(r.seconds < 5, "it took %.1f s", r.seconds);
    load(&r, "-c 4 -n 200 --churn 1 --json - http://127.0.0.1:%d/job/cpu:1", port);
    went_well(&r);
    opened = json_number(r.out, "connections_opened", NULL);
    check(opened >= 200 && opened <= 204, "%g connections for 200 requests", opened);
}

/* The server closes after it, as we have asked; others are still to be answered. */
static void the_last_of_a_connection_is_no_failure(void **state)
{
    static const char *const models[] = { "epoll", "thread", "fork" };
    struct program model;
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(models); i++) {
        int its = model_start(&model, models[i], "");
        load(&r, "-c 8 --churn 1 --rate 100 -d 300ms --json - "
             "http://127.0.0.1:%d/job/sleep:60", its);
        model_stop(&model);
        went_well(&r);
        tells(r.out, "\"errors\": { }");
    }
}

static void many_shapes_lose_nothing(void **state)
{
    static const char *const shapes[] = {
        "-c 6 --rooms 2 --size 24-70000 --burst 3 -n 60", "-c 1 --size 0-10 -n 50",
        "-c 6 --rooms 3 --senders 1 --text -n 90", "-c 8 --rooms 8 --threads 2 -n 81",
        "-c 8 --rooms 4 --threads 4 --rate 400 -d 300ms --arrival poisson",
        "-c 4 --think 3ms -d 200ms --churn 7", "-c 4 --rooms 4 --threads 4 -n 2",
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(shapes); i++) {
        load(&r, "%s --json - " URL, shapes[i], port);
        went_well(&r);
    }
}

static void http_and_job_are_measured_alike(void **state)
{
    static const char *const urls[] = {
        "http://127.0.0.1:%d/job/cpu:15", "ws://127.0.0.1:%d/job/cpu:15",
        "http://127.0.0.1:%d/healthz",
    };
    char url[80];
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(urls); i++) {
        snprintf(url, sizeof url, urls[i], port);
        load(&r, "-c 4 -n 100 --json - %s", url);
        went_well(&r);
        assert_int_equal(json_number(r.out, "messages", NULL), 100);
    }
}

/* ---- what it costs, and what the kernel says of it ---- */

static double cpu_of(pid_t pid)
{
    clockid_t clock;
    struct timespec t;

    assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
    assert_int_equal(clock_gettime(clock, &t), 0);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Of a process with one thread. */
static double switches_of(pid_t pid)
{
    char path[40], line[200];
    double sum = 0, n;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "voluntary_ctxt_switches: %lf", &n) == 1
            || sscanf(line, "nonvoluntary_ctxt_switches: %lf", &n) == 1)
            sum += n;
    fclose(f);
    return sum;
}

/* The rest was connecting, starting and ending. */
static void most_of(const char *what, double told, double all)
{
    check(told <= all && told >= all / 3, "%s: %g, where the kernel counts %g in all",
          what, told, all);
}

static double seconds_of(const struct rusage *use)
{
    return (double)(use->ru_utime.tv_sec + use->ru_stime.tv_sec)
         + (double)(use->ru_utime.tv_usec + use->ru_stime.tv_usec) / 1e6;
}

static void a_cost_is_what_the_kernel_counts(void **state)
{
    struct rusage before, after;
    struct result r;

    (void)state;
    double cpu = cpu_of(epoll.pid), switches = switches_of(epoll.pid);
    getrusage(RUSAGE_CHILDREN, &before);
    load(&r, "-c 1 -n 4000 --server-pid %d --json - " URL, epoll.pid, port);
    getrusage(RUSAGE_CHILDREN, &after);
    went_well(&r);
    most_of("server's CPU time", json_number(r.out, "server", "cpu_ns"),
            cpu_of(epoll.pid) - cpu);
    most_of("server's switches", json_number(r.out, "server", "switches"),
            switches_of(epoll.pid) - switches);
    most_of("client's CPU time", json_number(r.out, "client", "cpu_ns"),
            seconds_of(&after) * 1e9 - seconds_of(&before) * 1e9);
    most_of("client's switches", json_number(r.out, "client", "switches"),
            (double)(after.ru_nvcsw + after.ru_nivcsw - before.ru_nvcsw
                     - before.ru_nivcsw));
}

/* ---- what it writes ---- */

static int lines_of(const char *path, char *text, size_t size)
{
    FILE *f = fopen(path, "re");
    int n = 0;

    assert_non_null(f);
    text[fread(text, 1, size - 1, f)] = '\0';
    fclose(f);
    unlink(path);
    for (const char *s = text; *s; s++)
        n += *s == '\n';
    return n;
}

/* Messages by the rows' rates, of which the end's row may be missing. */
static double messages_of_rows(const char *text)
{
    double before = 0, sum = 0, time, answered, delivered;

    for (const char *s = text; (s = strchr(s, '\n')); s++)
        if (sscanf(s, "\n%lf,%lf,%lf", &time, &answered, &delivered) == 3) {
            check(answered == delivered, "%g and %g in %s", answered, delivered, text);
            sum += answered * (time - before);
            before = time;
        }
    return sum;
}

static void files_have_what_they_should(void **state)
{
    char dir[] = "/tmp/relayrace-test.XXXXXX", path[100], text[65536];
    struct result r;

    (void)state;
    assert_non_null(mkdtemp(dir));
    load(&r, "-c 2 --rooms 2 --rate 100 -d 1200ms --csv %s/c --hdr %s/h --timeline %s/t "
         "--json - " URL, dir, dir, dir, port);
    went_well(&r);
    snprintf(path, sizeof path, "%s/t", dir);
    assert_int_equal(lines_of(path, text, sizeof text), 1 + 120);
    snprintf(path, sizeof path, "%s/c", dir);
    int rows = lines_of(path, text, sizeof text);
    check(rows >= 2 && rows <= 4, "%d rows in the CSV: %s", rows, text);
    tells(text, "time_s,answered_per_s,");
    tells(text, ",,");          /* a hundred values have no p99 */
    double n = messages_of_rows(text);
    check(n > 60 && n < 121, "%g of 120 messages in %s", n, text);
    snprintf(path, sizeof path, "%s/h", dir);
    assert_true(lines_of(path, text, sizeof text) > 5);
    tells(text, "1/(1-Percentile)");
    tells(text, "#[Max     = ");
    rmdir(dir);
}

/* Written when it was due or later; and of random arrivals, a seventh keep a distance of
 * two mean ones (exp(-2)), while of regular ones none does. */
static void a_timeline_is_in_order(void **state)
{
    char path[] = "/tmp/relayrace-test.XXXXXX", line[200];
    int64_t began = clock_now(), last = 0;
    int rows = 0, far = 0;
    long long start, end, due;
    struct result r;

    (void)state;
    close(mkstemp(path));
    load(&r, "-c 1 --rate 1000 -d 300ms --arrival poisson --timeline %s --json - " URL,
         path, port);
    went_well(&r);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "%lld,%lld,0,%*d,%lld", &start, &end, &due) == 3) {
            check(began < due && last <= due && due <= start && start < end
                  && end < clock_now(), "after %lld: %s", (long long)last, line);
            far += last && due - last > 2 * MS;
            last = due;
            rows++;
        }
    fclose(f);
    unlink(path);
    check(rows > 200 && rows < 400, "%d rows, where 300 were to be expected", rows);
    check(far > rows / 20, "%d of %d come late", far, rows);
}

enum { ARRIVALS = 30 };

/* When each message was due after the first one, by the timeline, in which they may lie
 * in another order. */
static void find_arrivals(const char *csv, long long due[ARRIVALS])
{
    int rows = 0;

    for (const char *s = strchr(csv, '\n'); s && rows < ARRIVALS; s = strchr(s + 1, '\n'))
        rows += sscanf(s, "%*d,%*d,%*d,%*d,%lld", &due[rows]) == 1;
    assert_int_equal(rows, ARRIVALS);
    for (int i = 1; i < ARRIVALS; i++)
        due[i] -= due[0];
    due[0] = 0;
}

static bool alike(const long long a[ARRIVALS], const long long b[ARRIVALS])
{
    return memcmp(a, b, ARRIVALS * sizeof *a) == 0;
}

/* Runs that should show how much is chance must not all have the same luck. */
static void arrivals_are_repeated_only_on_demand(void **state)
{
    static const char *const seeds[] = {
        "-n 30", "-n 30", "-n 30 --seed 7", "-n 30 --seed 7", "-n 30 --seed 8",
    };
    long long due[COUNT(seeds)][ARRIVALS];
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(seeds); i++) {
        load(&r, "-c 1 --rate 1000 --arrival poisson %s --timeline - " URL,
             seeds[i], port);
        find_arrivals(r.out, due[i]);
    }
    check(!alike(due[0], due[1]), "two runs had the same arrivals by chance");
    check(alike(due[2], due[3]), "the same seed had other arrivals");
    check(!alike(due[3], due[4]), "another seed had the same arrivals");
}

/* What was drawn is told, so that it can be asked for again. */
static void the_seed_is_told(void **state)
{
    char again[40];
    struct result r;

    (void)state;
    load(&r, "-c 1 --rate 1000 --arrival poisson -n 9 --seed 4294967295 --json - " URL,
         port);
    assert_true(json_number(r.out, "seed", NULL) == 4294967295.0);
    load(&r, "-c 1 --rate 1000 --arrival poisson -n 9 --json - " URL, port);
    double drawn = json_number(r.out, "seed", NULL);
    load(&r, "-c 1 --rate 1000 --arrival poisson -n 9 --json - " URL, port);
    check(drawn != json_number(r.out, "seed", NULL), "%.0f twice", drawn);
    load(&r, "-c 1 --rate 1000 -n 9 --json - " URL, port);
    tells(r.out, "\"seed\": null");
    load(&r, "-c 1 --rate 1000 --arrival poisson -n 9 --seed %.0f " URL, drawn, port);
    snprintf(again, sizeof again, "(poisson, seed %.0f)", drawn);
    tells(r.out, again);
}

static int listen_anywhere(int *its_port)
{
    struct sockaddr_in own = { .sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(fd, (struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(listen(fd, 2), 0);
    getsockname(fd, (struct sockaddr *)&own, &(socklen_t){ sizeof own });
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 10, 0 },
               sizeof(struct timeval));
    *its_port = ntohs(own.sin_port);
    return fd;
}

/* Gives a message back to each. */
static void echo(const int fds[2])
{
    char messages[2][64];

    for (int i = 0; i < 2; i++)
        assert_int_equal(recv(fds[i], messages[i], 64, MSG_WAITALL), 64);
    for (int i = 0; i < 2; i++)
        assert_int_equal(send(fds[i], messages[i], 64, MSG_NOSIGNAL), 64);
}

/* While it is stopped, two answers come. Neither is to wait for what is written after the
 * other. */
static void all_is_read_before_anything_is_written(void **state)
{
    char path[] = "/tmp/relayrace-test.XXXXXX", line[200];
    int its_port, listener = listen_anywhere(&its_port), fds[2], rows = 0;
    long long start[4], end[4];
    struct result r;

    (void)state;
    close(mkstemp(path));
    struct program p = program_start("load -c 2 -n 4 --timeline %s tcp://127.0.0.1:%d",
                                     path, its_port);
    for (int i = 0; i < 2; i++) {
        fds[i] = accept(listener, NULL, NULL);
        check(fds[i] >= 0, "bin/load does not connect");
        recv(fds[i], line, 64, MSG_PEEK | MSG_WAITALL);
    }
    kill(p.pid, SIGSTOP);
    assert_int_equal(waitpid(p.pid, NULL, WUNTRACED), p.pid);
    echo(fds);
    kill(p.pid, SIGCONT);
    echo(fds);
    program_end(&p, &r);
    check(r.status == 0 || r.status == 4, "exit status %d: %s", r.status, r.err);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (rows < 4 && sscanf(line, "%lld,%lld,", &start[rows], &end[rows]) == 2)
            rows++;
    fclose(f);
    unlink(path);
    for (int i = 0; i < 2; i++)
        close(fds[i]);
    close(listener);
    assert_int_equal(rows, 4);
    for (int i = 0; i < 4; i++)
        check(i < 2 ? end[i] <= start[2] && end[i] <= start[3] : start[i] < end[i],
              "row %d: written at %lld, back at %lld", i, start[i], end[i]);
}

/* The first thread is through 75 ms before the last; there is one row, with all. */
static void the_last_row_has_what_all_threads_did(void **state)
{
    double time = 0, rate = 0;
    struct result r;

    (void)state;
    load(&r, "-c 4 --rooms 4 --threads 4 --rate 40 -n 20 --csv - " URL, port);
    check(sscanf(strchr(r.out, '\n'), "%lf,%lf", &time, &rate) == 2, "no row: %s", r.out);
    check(time * rate > 19.9 && time * rate < 20.1, "%g of 20 messages in the CSV: %s",
          time * rate, r.out);
}

/* ---- what the manual says of it ---- */

enum { KEYS = 200 };

struct keys {
    char name[KEYS][40];
    int count;
};

static bool is_in(const struct keys *k, const char *name)
{
    for (int i = 0; i < k->count; i++)
        if (strcmp(k->name[i], name) == 0)
            return true;
    return false;
}

static void put_key(struct keys *k, const char *from, size_t size)
{
    char name[40];

    assert_true(size < sizeof name);
    snprintf(name, sizeof name, "%.*s", (int)size, from);
    if (is_in(k, name))
        return;
    assert_true(k->count < KEYS);
    strcpy(k->name[k->count++], name);
}

/* "name": */
static void find_keys(struct keys *k, const char *json)
{
    for (const char *s = json, *end; (s = strchr(s, '"')); s = end + 1) {
        for (end = s + 1; *end && *end != '"'; end++)
            end += *end == '\\';
        assert_int_equal(*end, '"');
        if (end[1] == ':')
            put_key(k, s + 1, (size_t)(end - s - 1));
    }
}

/* `name`s in the first column of the tables below this heading. */
static void find_documented(struct keys *k, const char *heading)
{
    FILE *f = fopen("client/README.md", "re");
    bool here = false;
    char line[1000];

    check(f, "client/README.md is not to be found from here");
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#')
            here = strstr(line, heading);
        if (!here || strncmp(line, "| `", 3) != 0)
            continue;
        const char *stop = strchr(line + 1, '|');
        for (char *s = line, *end; (s = strchr(s, '`')) && s < stop; s = end + 1) {
            end = strchr(s + 1, '`');
            put_key(k, s + 1, (size_t)(end - s - 1));
        }
    }
    fclose(f);
}

static void same_keys(const struct keys *said, const struct keys *documented)
{
    for (int i = 0; i < said->count; i++)
        check(is_in(documented, said->name[i]),
              "client/README.md does not tell of \"%s\"", said->name[i]);
    for (int i = 0; i < documented->count; i++)
        check(is_in(said, documented->name[i]), "client/README.md tells of \"%s\", "
              "which there is not", documented->name[i]);
    check(said->count > 3, "%d keys", said->count);
}

/* An open loop in stages that is not valid, and servers that fail, have every key. */
static void every_key_is_documented(void **state)
{
    struct keys said = { .count = 0 }, documented = { .count = 0 };
    struct liar liar = liar_start(CLOSES);
    struct result r;

    (void)state;
    load(&r, "--stage 200ms:2 --rate 3000 --server-pid %d --json - "
         "http://127.0.0.1:%d/job/sleep:20", epoll.pid, port);
    tells(r.out, "\"rule\"");
    find_keys(&said, r.out);
    load(&r, "-c 2 --json - " URL, liar.port);
    liar_stop(&liar);
    tells(r.out, "\"closed_by_server\"");
    find_keys(&said, r.out);
    for (int i = 0; i < FAILURES; i++)
        put_key(&said, failure_names[i], strlen(failure_names[i]));
    find_documented(&documented, "The JSON report");
    same_keys(&said, &documented);
}

/* The columns of a file, by its first line. */
static void find_columns(struct keys *k, const char *path)
{
    char line[300], *rest;
    FILE *f = fopen(path, "re");

    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    for (char *s = strtok_r(line, ",\n", &rest); s; s = strtok_r(NULL, ",\n", &rest))
        put_key(k, s, strlen(s));
    fclose(f);
    unlink(path);
}

static void every_column_is_documented(void **state)
{
    struct keys said = { .count = 0 }, documented = { .count = 0 };
    char dir[] = "/tmp/relayrace-test.XXXXXX", path[100];
    struct result r;

    (void)state;
    assert_non_null(mkdtemp(dir));
    load(&r, "-n 5 --csv %s/c --timeline %s/t --quiet " URL, dir, dir, port);
    snprintf(path, sizeof path, "%s/c", dir);
    find_columns(&said, path);
    snprintf(path, sizeof path, "%s/t", dir);
    find_columns(&said, path);
    rmdir(dir);
    find_documented(&documented, "The other files");
    same_keys(&said, &documented);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_options_are_told_in_one_line),
        cmocka_unit_test(help_tells_every_option_and_exit_status),
        cmocka_unit_test(deliveries_are_accounted_for),
        cmocka_unit_test(an_honest_server_is_believed),
        cmocka_unit_test(a_server_that_is_no_relay_is_recognised),
        cmocka_unit_test(an_echo_server_can_be_measured),
        cmocka_unit_test(a_room_that_is_none_is_noticed),
        cmocka_unit_test(rooms_are_named_as_told),
        cmocka_unit_test(some_loss_can_be_allowed),
        cmocka_unit_test(failures_are_told_in_time),
        cmocka_unit_test(no_server_can_harm_it),
        cmocka_unit_test(an_unreachable_server_is_told_at_once),
        cmocka_unit_test(an_answer_may_end_with_its_connection),
        cmocka_unit_test(a_wrong_result_is_counted_and_not_waited_for),
        cmocka_unit_test(a_handshake_may_be_written_otherwise),
        cmocka_unit_test(a_wrong_handshake_is_told_why),
        cmocka_unit_test(answers_are_told_apart_by_their_status),
        cmocka_unit_test(a_subprotocol_is_chosen_or_nothing_comes_of_it),
        cmocka_unit_test(a_server_that_refuses_all_is_a_failure),
        cmocka_unit_test(shedding_load_is_valid),
        cmocka_unit_test(an_idle_connection_may_be_closed),
        cmocka_unit_test(an_early_connection_may_be_closed),
        cmocka_unit_test(our_own_servers_close_idle_connections_too),
        cmocka_unit_test(a_request_that_was_not_read_is_repeated),
        cmocka_unit_test(a_server_that_only_closes_is_a_failure),
        cmocka_unit_test(a_server_may_lose_its_patience),
        cmocka_unit_test(an_answer_that_is_owed_is_a_failure),
        cmocka_unit_test(every_address_of_a_name_is_tried),
        cmocka_unit_test(a_renewed_connection_is_not_waited_for_without_end),
        cmocka_unit_test(a_server_that_dies_has_no_negative_cost),
        cmocka_unit_test(a_cost_that_cannot_be_known_is_not_told),
        cmocka_unit_test(a_rate_that_is_not_reached_is_invalid),
        cmocka_unit_test(a_small_overload_is_invalid),
        cmocka_unit_test(sending_late_is_invalid),
        cmocka_unit_test(what_is_invalid_explains_itself),
        cmocka_unit_test(fewer_connections_are_invalid),
        cmocka_unit_test(a_connection_that_is_never_answered_is_noticed),
        cmocka_unit_test_teardown(a_rival_on_the_servers_core_is_invalid, stop_burner),
        cmocka_unit_test_teardown(a_server_that_waits_for_its_core_is_invalid,
                                  stop_burner),
        cmocka_unit_test_teardown(a_client_at_its_limit_is_invalid, be_modest),
        cmocka_unit_test(an_objective_can_be_broken),
        cmocka_unit_test(an_interrupted_run_reports_what_it_has),
        cmocka_unit_test(an_interrupted_connecting_is_reported_too),
        cmocka_unit_test(who_was_away_blames_nobody),
        cmocka_unit_test(a_report_that_cannot_be_written_is_a_failure),
        cmocka_unit_test(a_schedule_is_kept_to_the_message),
        cmocka_unit_test(a_count_is_split_as_the_schedule_is),
        cmocka_unit_test(only_an_open_loop_sees_a_stall),
        cmocka_unit_test(a_queue_shows_in_the_response_time),
        cmocka_unit_test(one_message_to_many_has_a_first_and_a_last),
        cmocka_unit_test(who_thinks_sends_no_more_than_that_allows),
        cmocka_unit_test(arrivals_are_repeated_only_on_demand),
        cmocka_unit_test(the_seed_is_told),
        cmocka_unit_test(connections_are_begun_at_a_rate),
        cmocka_unit_test(stages_follow_each_other),
        cmocka_unit_test(a_stage_keeps_who_has_not_left),
        cmocka_unit_test(a_stage_calls_back_who_was_leaving),
        cmocka_unit_test(connections_can_be_renewed),
        cmocka_unit_test(the_last_of_a_connection_is_no_failure),
        cmocka_unit_test(many_shapes_lose_nothing),
        cmocka_unit_test(http_and_job_are_measured_alike),
        cmocka_unit_test(a_cost_is_what_the_kernel_counts),
        cmocka_unit_test(files_have_what_they_should),
        cmocka_unit_test(a_timeline_is_in_order),
        cmocka_unit_test(all_is_read_before_anything_is_written),
        cmocka_unit_test(the_last_row_has_what_all_threads_did),
        cmocka_unit_test(every_key_is_documented),
        cmocka_unit_test(every_column_is_documented),
    };

    return cmocka_run_group_tests(tests, start_epoll, stop_epoll);
}
