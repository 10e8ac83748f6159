/* test_load_liars.c - the load client notices what a server does to messages: loses,
 * repeats, swaps, spoils or misdirects them. */
#include "loading.h"

#include <string.h>

static void deliveries_are_accounted_for(void **state)
{
    static const struct { enum lie lie; const char *count; } cases[] = {
        { DROPS, "lost" }, { REPEATS, "duplicated" }, { SWAPS, "reordered" },
        { CORRUPTS, "corrupted" },
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        load_liar(&r, liar_start(cases[i].lie),
                  "-c 4 --senders 1 --rate 1000 -d 200ms --drain 300ms --json - " URL);
        check(r.status == 3, "%s: exit status %d: %s%s", cases[i].count, r.status, r.out,
              r.err);
        double n = json_number(r.out, cases[i].count, NULL);
        check(n >= 40 && n <= 120, "%g of 800 %s, where every tenth was", n,
              cases[i].count);
    }
}

static void an_honest_server_is_believed(void **state)
{
    struct result r;

    (void)state;
    load_liar(&r, liar_start(HONEST), "-c 4 -n 500 --json - " URL);
    went_well(&r);
    assert_int_equal(json_number(r.out, "deliveries", NULL), 2000);
    assert_int_equal(json_number(r.out, "first_delivery_ns", "count"), 500);
    assert_int_equal(json_number(r.out, "last_delivery_ns", "count"), 500);
}

static void some_loss_can_be_allowed(void **state)
{
    struct result r;

    (void)state;
    load_liar(&r, liar_start(DROPS),
              "-c 4 --rate 1000 -d 200ms --drain 200ms --max-loss 400 --json - " URL);
    ended_well(&r);
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
    struct result r;

    (void)state;
    load_liar(&r, liar_start(ECHOES), "-c 4 --rooms 4 -n 400 --json - " URL);
    went_well(&r);
    assert_int_equal(json_number(r.out, "deliveries", NULL), 400);
}

/* If all rooms are one there, that is said, too. */
static void a_room_that_is_none_is_noticed(void **state)
{
    struct result r;

    (void)state;
    load_liar(&r, liar_start(HONEST), "-c 4 --rooms 4 -n 40 ws://127.0.0.1:%d/chat");
    assert_int_equal(r.status, 3);
    tells(r.out, "a message of another room, see --room-path");
}

/* It ends its turn: nobody waits for a right one. */
static void a_wrong_result_is_counted_and_not_waited_for(void **state)
{
    struct result r;

    (void)state;            /* an honest relay says what it was told */
    load_liar(&r, liar_start(HONEST), "-n 10 --json - ws://127.0.0.1:%d/job/cpu:20");
    assert_int_equal(r.status, 3);
    assert_int_equal(json_number(r.out, "corrupted", NULL), 10);
    struct liar liar = recite(.answers = { HTTP_OK("1\n"), HTTP_OK("2\n"),
                                           HTTP_OK("1\n") });
    load(&r, "-n 10 --json - http://127.0.0.1:%d/job/sql:x", liar.port);
    assert_int_equal(r.status, 3);
    assert_int_equal(json_number(r.out, "messages", NULL), 9);
    assert_int_equal(json_number(r.out, "corrupted", NULL), 1);
    tells(r.out, "\"silent\": false");
    load(&r, "-n 10 --json - http://127.0.0.1:%d/time", liar.port);
    liar_stop(&liar);
    went_well(&r);              /* a page that is no job may change */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deliveries_are_accounted_for),
        cmocka_unit_test(an_honest_server_is_believed),
        cmocka_unit_test(a_server_that_is_no_relay_is_recognised),
        cmocka_unit_test(an_echo_server_can_be_measured),
        cmocka_unit_test(a_room_that_is_none_is_noticed),
        cmocka_unit_test(some_loss_can_be_allowed),
        cmocka_unit_test(a_wrong_result_is_counted_and_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
