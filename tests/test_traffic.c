/* test_traffic.c - who was sent what, who has heard it, and who still waits. */
#include "flight.h"
#include "heard.h"
#include "payload.h"
#include "traffic.h"
#include "unit.h"

/* ---- who heard what ---- */

static void deliveries_are_told_apart(void **state)
{
    static const struct { uint64_t sequence; enum hearing expected; } story[] = {
        { 4, HEARD_EARLY }, { 5, HEARD_NEW }, { 7, HEARD_NEW }, { 6, HEARD_LATE },
        { 6, HEARD_TWICE }, { 7, HEARD_TWICE }, { 5, HEARD_TWICE }, { 200, HEARD_NEW },
        { 199, HEARD_LATE }, { 100, HEARD_TWICE }, { 201, HEARD_NEW },
    };
    struct heard h;

    (void)state;
    heard_from(&h, 5);
    for (size_t i = 0; i < COUNT(story); i++)
        assert_int_equal(heard(&h, story[i].sequence), story[i].expected);
}

static void messages_in_flight_are_found(void **state)
{
    struct flight f = { 0 };

    (void)state;
    for (uint64_t i = 0; i < 3000; i++)
        *flight_new(&f, i, i) =
            (struct message){ .sequence = i, .due = (int64_t)i, .owed = 1 };
    for (uint64_t i = 0; i < 3000; i++) {
        assert_non_null(flight_find(&f, i));
        assert_int_equal(flight_find(&f, i)->due, i);
    }
    flight_find(&f, 17)->owed = 0;
    assert_null(flight_find(&f, 17));
    assert_null(flight_find(&f, 3000));
    flight_free(&f);
}

/* A listener that never gets its messages does not let the ring grow. */
static void what_nobody_waits_for_makes_place(void **state)
{
    struct flight f = { 0 };

    (void)state;
    for (uint64_t i = 0; i < 100000; i++)
        flight_new(&f, i, 1)->owed = 1;
    assert_true(f.size <= 256);
    assert_non_null(flight_find(&f, 99999));
    assert_null(flight_find(&f, 0));
    flight_free(&f);
}

/* As far as somebody looks now and then: too early would be an accusation. */
static void a_wait_begins_when_it_is_first_seen(void **state)
{
    struct group g = { .living = 1, .sent = 7 };
    struct client c = { .group = &g, .member = true, .since = 5, .got = 2 };

    (void)state;
    assert_int_equal(traffic_waits_since(&c, 100), 100);    /* nothing is owed */
    g.sent = 9;
    assert_int_equal(traffic_waits_since(&c, 200), 200);
    assert_int_equal(traffic_waits_since(&c, 300), 200);
    c.got = 3;                                              /* one came, one is to */
    assert_int_equal(traffic_waits_since(&c, 400), 400);
    c.since = g.sent++;                                     /* on a new connection */
    c.got = 0;
    assert_int_equal(traffic_waits_since(&c, 500), 500);
    assert_int_equal(traffic_waits_since(&c, 600), 500);
    c.member = false;
    assert_int_equal(traffic_waits_since(&c, 700), 700);
}

/* ---- what a message says ---- */

static void sizes_are_spread_and_repeatable(void **state)
{
    struct payload p;
    int seen[41] = { 0 };

    (void)state;
    payload_init(&p, 1, 24, 64);
    for (uint64_t i = 0; i < 41000; i++) {
        size_t size = payload_size(&p, 3, i);
        assert_in_range(size, 24, 64);
        assert_int_equal(size, payload_size(&p, 3, i));
        seen[size - 24]++;
    }
    for (int i = 0; i < 41; i++)
        check(seen[i] > 800 && seen[i] < 1200, "size %d came %d times", 24 + i, seen[i]);
    payload_free(&p);
}

static void a_stamp_is_eight_digits_at_a_time(void **state)
{
    static const uint8_t mask[4] = { 1, 2, 3, 4 }, bare[4];
    const uint64_t sequence = (UINT64_C(1) << 47) + 63;
    struct payload p;
    struct stamp s = { 0 };
    char text[64];

    (void)state;
    payload_init(&p, 0xABCDEF, sizeof text, sizeof text);
    payload_write(&p, 5, sizeof text, text);
    payload_stamp(&p, text, mask, sequence, 1);
    for (int i = 8; i < 24; i++)
        text[i] ^= (char)mask[i % 4];
    assert_memory_equal(text, "Zlg_0005P000000o00000001", STAMP);
    assert_true(payload_check(&p, (struct bytes){ text, sizeof text }, &s));
    assert_int_equal(s.run, 0xABCDEF);
    assert_int_equal(s.sender, 5);
    assert_true(s.sequence == sequence && s.when == 1);
    for (int i = 0; i < STAMP; i++) {
        char kept = text[i];
        text[i] = i % 2 ? '/' : 'p';
        assert_false(payload_check(&p, (struct bytes){ text, sizeof text }, &s));
        text[i] = kept;
    }
    payload_stamp(&p, text, bare, 0, 0);
    assert_memory_equal(text + 8, "0000000000000000", 16);
    payload_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deliveries_are_told_apart),
        cmocka_unit_test(messages_in_flight_are_found),
        cmocka_unit_test(what_nobody_waits_for_makes_place),
        cmocka_unit_test(sizes_are_spread_and_repeatable),
        cmocka_unit_test(a_stamp_is_eight_digits_at_a_time),
        cmocka_unit_test(a_wait_begins_when_it_is_first_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
