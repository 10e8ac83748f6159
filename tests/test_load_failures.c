/* test_load_failures.c - whatever ends a run too early, the load client ends in time, by
 * itself, and says what it was. */
#include "clock.h"
#include "loading.h"
#include "local.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* ---- servers that fail ---- */

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
        load_liar(&r, liar_start(cases[i].lie), "-c 4 -d 5s --timeout 1s " URL);
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
    int its, fd = local_bound(&its);
    char url[80];
    struct result r;

    (void)state;
    assert_true(fd >= 0);
    for (size_t i = 0; i < COUNT(urls); i++) {
        snprintf(url, sizeof url, urls[i], its);
        load(&r, "-c 4 %s", url);
        assert_int_equal(r.status, 1);
        tells(r.err, "is a server running there?");
        assert_true(r.seconds < 3);
    }
    close(fd);
}

static void a_renewed_connection_is_not_waited_for_without_end(void **state)
{
    struct result r;

    (void)state;
    load_liar(&r, liar_start(TAKES_NO_MORE), "-c 4 --churn 5 -n 1000 --timeout 1s " URL);
    check(r.status == 1, "exit status %d: %s%s", r.status, r.out, r.err);
    tells(r.out, "was not served within 1 s");
    assert_true(r.seconds < 5);
}

static void fewer_connections_are_invalid(void **state)
{
    struct result r;

    (void)state;
    load_model(&r, "prefork", "--workers 2", "-c 5 --timeout 1s --json - " URL);
    invalid(&r, "connections");
    tells(r.err, " of 5 connections were served");
}

/* No handshake tells that the server has not taken a connection. */
static void a_connection_that_is_never_answered_is_noticed(void **state)
{
    struct result r;

    (void)state;
    load_model(&r, "naive", "",
               "-c 5 -d 15s --timeout 1s --json - http://127.0.0.1:%d/job/cpu:1");
    invalid(&r, "connections");
    tells(r.err, "only 1 of 5 connections were served");
    check(r.seconds < 10, "it took %.1f s", r.seconds);
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
        load_liar(&r, liar_recite(s), "-c 2 -n 6 --timeout 100ms --drain 50ms --quiet "
                  "%s://127.0.0.1:%d/job/cpu:1", urls[i % 2]);
        check(r.status >= 0 && r.status <= 4 && r.status != 2 && r.seconds < 10,
              "server %d: status %d after %.1f s: %s", i, r.status, r.seconds, r.err);
    }
}

/* ---- a run that is interrupted, or cannot tell what it found ---- */

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
    halt(p.pid, 1000);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_are_told_in_time),
        cmocka_unit_test(no_server_can_harm_it),
        cmocka_unit_test(an_unreachable_server_is_told_at_once),
        cmocka_unit_test(a_renewed_connection_is_not_waited_for_without_end),
        cmocka_unit_test(fewer_connections_are_invalid),
        cmocka_unit_test(a_connection_that_is_never_answered_is_noticed),
        cmocka_unit_test(an_interrupted_run_reports_what_it_has),
        cmocka_unit_test(an_interrupted_connecting_is_reported_too),
        cmocka_unit_test(who_was_away_blames_nobody),
        cmocka_unit_test(a_report_that_cannot_be_written_is_a_failure),
    };

    return cmocka_run_group_tests(tests, start_epoll, stop_epoll);
}
