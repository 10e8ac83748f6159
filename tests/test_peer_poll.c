/* test_peer_poll.c - a peer that polls: it waits for news, misses none without a word,
 * and is one client with one connection all the time. */
#include "clock.h"
#include "history.h"
#include "visits.h"

#include <inttypes.h>
#include <string.h>

static void a_poll_waits_for_news(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    line_open(&l, &o);
    assert_int_equal(SAY(&l, POLL("60")), READ);
    assert_true(line_wrote(&l, ""));
    assert_string_equal(utstring_body(&l.wants), "J");
    others_say(&l, WS_TEXT, "one");
    others_say(&l, WS_BINARY, "two");
    assert_int_equal(line_run(&l), READ);
    answered(&l, 200, "[\"one\",{\"base64\":\"dHdv\"}]\n");
    clear(&l);
    SAY(&l, POLL("60"));        /* it is a member already */
    assert_string_equal(utstring_body(&l.wants), "");
    line_close(&l);
}

static void without_news_there_is_204(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    line_open(&l, &o);
    SAY(&l, POLL("0"));
    uint64_t number = cursor(&l);
    answered(&l, 204, NULL);
    SAY(&l, POLL("1"));
    assert_in_range(l.deadline, clock_now() + 500 * MS, clock_now() + 1000 * MS);
    assert_int_equal(line_late(&l), READ);
    assert_int_equal(cursor(&l), number);
    answered(&l, 204, NULL);
    line_close(&l);
}

static void between_two_polls_nothing_is_lost(void **state)
{
    struct options o = opened();
    struct line l, m;

    (void)state;
    line_open(&l, &o);
    SAY(&l, POLL("0"));
    uint64_t number = cursor(&l);
    clear(&l);
    others_say(&l, WS_TEXT, "while away");
    assert_int_equal(line_run(&l), READ);
    assert_true(line_wrote(&l, ""));
    line_open(&m, &o);          /* on another connection */
    poll_after(&m, number);
    assert_int_equal(cursor(&m), number + 1);
    answered(&m, 200, "[\"while away\"]\n");
    poll_after(&l, number);     /* and on this one */
    answered(&l, 200, "[\"while away\"]\n");
    poll_after(&l, number + 1);
    assert_true(line_wrote(&l, ""));
    line_close(&l);
    line_close(&m);
}

static void what_has_left_the_history_is_told(void **state)
{
    struct options o = *usual();
    struct line l;

    (void)state;
    o.history = 1024;
    history_open(&o);
    line_open(&l, &o);
    SAY(&l, POLL("0"));
    uint64_t number = cursor(&l);
    for (int i = 0; i < 100; i++)
        others_say(&l, WS_TEXT, "0123456789ABCDEF0123456789ABCDEF");
    clear(&l);
    poll_after(&l, number);
    uint64_t next = cursor(&l);
    answered(&l, 410, NULL);
    assert_in_range(next, number + 1, number + 99);
    poll_after(&l, next);
    uint64_t now = cursor(&l);
    answered(&l, 200, NULL);
    assert_true(now > next && now <= number + 100);
    line_close(&l);
}

/* What is asked for behind a poll waits for its answer, and does not keep us busy. */
static void a_poll_is_answered_before_what_follows(void **state)
{
    struct options o = opened();
    struct line l;
    struct ask ask;

    (void)state;
    line_open(&l, &o);
    assert_int_equal(SAY(&l, POLL("60") HEALTH), READ);
    assert_true(line_wrote(&l, ""));
    assert_int_equal(peer_next(l.peer, &ask), READ);
    assert_true(!ask.more && ask.deadline > clock_now());
    others_say(&l, WS_TEXT, "news");
    line_run(&l);
    const char *out = utstring_body(&l.out), *news = strstr(out, "[\"news\"]");
    assert_true(news && strstr(news, "\r\n\r\nok\n"));
    line_close(&l);
}

/* Each may bring a lot: others have a turn between two. */
static void polls_are_answered_one_by_one(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    line_open(&l, &o);
    SAY(&l, POLL("0"));
    SAY(&l, POLL("0") POLL("0") POLL("0") POLL("0"));
    assert_int_equal(l.looks, 3);
    assert_int_equal(l.writes, 5);
    line_close(&l);
}

static void who_hangs_up_is_not_waited_for(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    line_open(&l, &o);
    SAY(&l, POLL("60"));
    peer_feed(l.peer, "", 0);
    assert_int_equal(line_run(&l), CLOSE);
    line_close(&l);
}

static void at_the_end_a_poll_is_answered(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    for (int lost = 0; lost < 2; lost++) {
        line_open(&l, &o);
        SAY(&l, POLL("60"));
        if (lost)
            peer_lost(l.peer);
        else
            peer_stop(l.peer);
        assert_int_equal(line_run(&l), CLOSE);
        assert_non_null(strstr(utstring_body(&l.out), "Connection: close"));
        answered(&l, 204, NULL);
        line_close(&l);
    }
}

/* A member may still be told something that was said while it was one: a WebSocket of
 * another room must not hear it. */
static void after_a_visit_only_its_room_opens(void **state)
{
    struct options o = opened();
    struct line l;

    (void)state;
    line_open(&l, &o);
    SAY(&l, POLL("0"));
    clear(&l);
    assert_int_equal(SAY(&l, RELAY_X), READ);
    assert_true(line_wrote(&l, SWITCHED));
    assert_string_equal(utstring_body(&l.wants), "");   /* no second JOIN */
    line_close(&l);

    static const char *const elsewhere[] = { UPGRADE("/relay/y"), UPGRADE("/job/cpu:1") };
    for (size_t i = 0; i < COUNT(elsewhere); i++) {
        line_open(&l, &o);
        SAY(&l, POLL("0"));
        clear(&l);
        assert_int_equal(line_say(&l, elsewhere[i], strlen(elsewhere[i])), CLOSE);
        answered(&l, 421, NULL);
        line_close(&l);
    }
}

static void only_so_many_rooms_are_polled(void **state)
{
    struct options o = *usual();
    struct line l;
    uint64_t last;

    (void)state;
    o.histories = 1;
    history_open(&o);
    assert_true(history_attend("other", clock_now(), &last));
    line_open(&l, &o);
    assert_int_equal(SAY(&l, POLL("60")), READ);
    answered(&l, 503, NULL);
    SAY(&l, STREAM);
    answered(&l, 503, NULL);
    line_close(&l);
}

/* A message in JSON that would not pass to this client, ever: it is told as lost. */
static void what_is_too_long_for_a_client_is_lost(void **state)
{
    struct options o = *usual();
    char text[3001] = "";
    struct line l;

    (void)state;
    o.max_output = 16384;
    history_open(&o);
    memset(text, '\1', 3000);
    line_open(&l, &o);
    SAY(&l, POLL("60"));
    others_say(&l, WS_TEXT, text);
    line_run(&l);
    uint64_t number = cursor(&l);
    answered(&l, 410, NULL);
    poll_after(&l, number);
    others_say(&l, WS_TEXT, "next");
    line_run(&l);
    answered(&l, 200, "[\"next\"]\n");
    line_close(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_poll_waits_for_news),
        cmocka_unit_test(without_news_there_is_204),
        cmocka_unit_test(between_two_polls_nothing_is_lost),
        cmocka_unit_test(what_has_left_the_history_is_told),
        cmocka_unit_test(a_poll_is_answered_before_what_follows),
        cmocka_unit_test(polls_are_answered_one_by_one),
        cmocka_unit_test(who_hangs_up_is_not_waited_for),
        cmocka_unit_test(at_the_end_a_poll_is_answered),
        cmocka_unit_test(after_a_visit_only_its_room_opens),
        cmocka_unit_test(only_so_many_rooms_are_polled),
        cmocka_unit_test(what_is_too_long_for_a_client_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
