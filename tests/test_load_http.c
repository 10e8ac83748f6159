/* test_load_http.c - servers that others have written: handshakes, answers and farewells
 * that HTTP allows, or does not. */
#include "loading.h"

/* ---- handshakes ---- */

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
        load_liar(&r, recite(.answers = { answers[i / 2] }, .by_bytes = i % 2),
                  "-c 2 -n 4 --json - " URL);
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
        load_liar(&r, recite(.answers = { cases[i].answer }),
                  "-n 1 --timeout 2s " URL);
        check(r.status == 1, "%s: exit status %d", cases[i].answer, r.status);
        tells(r.err, cases[i].word);
        assert_true(r.seconds < 1.5);
    }
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
    load_liar(&r, recite(.answers = {
        SWITCHES "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Protocol: chat, news\r\n" ACCEPTS }),
              "-n 6 --subprotocol chat " URL);
    check(r.status == 1, "exit status %d: %s", r.status, r.out);
    tells(r.err, "not offered");
}

/* ---- answers ---- */

/* The run goes on, each class is counted and timed on its own, and a quick refusal makes
 * nobody else's time better. */
static void answers_are_told_apart_by_their_status(void **state)
{
    struct liar liar = recite(.answers = {
        HTTP_OK("ok"), "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nfull\n",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 503 Busy\r\nContent-Length: 5\r\n\r\nFULL\n",
        "HTTP/1.1 500 \r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 304 Same\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 204 \r\n\r\n",
        HTTP_OK("ok") });
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
    tells(r.out, "\"statuses\": [{ \"status\": 200, \"count\": 6 }, "
          "{ \"status\": 204, \"count\": 1 }, { \"status\": 304, \"count\": 1 }, "
          "{ \"status\": 404, \"count\": 1 }, { \"status\": 500, \"count\": 1 }, "
          "{ \"status\": 503, \"count\": 2 }]");
    tells(r.out, "\"errors\": { }");
    load(&r, "-n 12 --max-refused 5 http://127.0.0.1:%d/page", liar.port);
    liar_stop(&liar);
    ended_well(&r);
    tells(r.out, "2 answers of 503: the server answered 503 Busy: full");
    tells(r.out, "6 of 200, 1 of 204, 1 of 304, 1 of 404, 1 of 500, 2 of 503");
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
    struct result r;

    (void)state;
    load_model(&r, "epoll", "--max-connections 3", "-c 6 --think 10ms -d 400ms "
               "--max-refused 100000 --json - http://127.0.0.1:%d/healthz");
    went_well(&r);
    assert_true(json_number(r.out, "response_503_ns", "count") > 3);
    assert_true(json_number(r.out, "messages", NULL) > 3);
    tells(r.out, "\"errors\": { }");
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
        load_liar(&r, liar_recite(cases[i].script), "-n 4 http://127.0.0.1:%d/page");
        check(r.status == 1, "%s: exit status %d: %s", cases[i].word, r.status, r.out);
        tells(r.out, cases[i].word);
        tells(r.out, "1 connection: ");
    }
}

/* A name may have two addresses, and the server one of them. */
static void every_address_of_a_name_is_tried(void **state)
{
    struct liar liar = recite(.answers = { HTTP_OK("ok") }, .on_six = true);
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

/* ---- connections that end ---- */

static void an_answer_may_end_with_its_connection(void **state)
{
    struct result r;

    (void)state;
    load_liar(&r, liar_start(ENDS_BY_CLOSING),
              "-c 2 -n 6 --json - http://127.0.0.1:%d/healthz");
    went_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 6);
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
        load_liar(&r, recite(.answers = { HTTP_OK("ok") }, .idle_ms = 80,
                             .last_word = i % 2 ? late : NULL),
                  "%s --json - http://127.0.0.1:%d/page", runs[i / 2]);
        ended_well(&r);
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
    struct result r;

    (void)state;
    load_liar(&r, recite(.answers = { HTTP_OK("ok") }, .idle_ms = 60),
              "-c 6 --connect-rate 20 -n 12 --json - http://127.0.0.1:%d/page");
    ended_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 12);
    tells(r.out, "\"errors\": { }");
}

/* Our own does it, with a 408. */
static void our_own_servers_close_idle_connections_too(void **state)
{
    struct result r;

    (void)state;
    load_model(&r, "epoll", "--handshake-timeout 100",
               "-c 2 --think 300ms -n 6 --json - http://127.0.0.1:%d/job/cpu:5");
    went_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 6);
    check(json_number(r.out, "reopened", NULL) >= 4, "%s", r.out);
}

/* It closed just when the next request was on its way: that was not read, and asking once
 * more does no harm. Once it has been read, an answer is owed. */
static void a_request_that_was_not_read_is_repeated(void **state)
{
    struct result r;

    (void)state;
    load_liar(&r, recite(.answers = { HTTP_OK("ok"), "!" }),
              "-c 2 -n 10 --json - http://127.0.0.1:%d/page");
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
        load_liar(&r, recite(.answers = { HTTP_OK("ok") }, .idle_ms = -1),
                  "%s http://127.0.0.1:%d/page", runs[i]);
        check(r.status == 1, "%s: exit status %d: %s", runs[i], r.status, r.out);
        tells(r.out, "without an answer");
        assert_true(r.seconds < 5);
    }
}

/* Some servers read on after they have closed, to throw it away: no reset tells then. */
static void a_server_may_lose_its_patience(void **state)
{
    struct liar liar = recite(.answers = { HTTP_OK("ok"), "" }, .closes_after = 2);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_answer_may_end_with_its_connection),
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
    };

    return cmocka_run_group_tests(tests, start_epoll, stop_epoll);
}
