/* test_deadlines.c - the heap against an oracle that looks at everyone. */
#include "clock.h"
#include "deadlines.h"
#include "unit.h"

#include <limits.h>

enum { MANY = 300 };

struct conn {
    struct deadline late;
    int64_t due;                /* what was set; NEVER: nothing */
};

static struct conn conns[MANY];

static int64_t earliest(void)
{
    int64_t due = NEVER;

    for (int i = 0; i < MANY; i++)
        if (conns[i].due < due)
            due = conns[i].due;
    return due;
}

static void set(struct deadlines *d, struct conn *c, int64_t due)
{
    c->due = due;
    deadlines_set(d, &c->late, due, c);
}

/* Takes out all that is due, and all of that must have been. */
static void take_due(struct deadlines *d, int64_t now)
{
    struct conn *c;

    while ((c = deadlines_due(d, now))) {
        check(c->due <= now, "%d is not due", (int)(c - conns));
        c->due = NEVER;
    }
    check(earliest() > now, "one was forgotten");
    check(deadlines_next(d) > now, "more than was due");
}

static void play(int64_t range, int steps, unsigned clear_one_in)
{
    struct deadlines d = { 0 };
    int64_t now = 0;

    for (int i = 0; i < MANY; i++)
        conns[i] = (struct conn){ .due = NEVER };
    for (int i = 0; i < steps; i++) {
        struct conn *c = &conns[dice(MANY)];

        if (dice(clear_one_in) == 0)
            set(&d, c, NEVER);
        else
            set(&d, c, now + (int64_t)dice((unsigned)range));
        check(deadlines_next(&d) <= earliest(), "late");
        check((deadlines_next(&d) == NEVER) == (earliest() == NEVER), "none, or not");
        if (dice(20) == 0)
            take_due(&d, now += dice((unsigned)range / 4));
    }
    take_due(&d, now + range);
    assert_int_equal(d.count, 0);
    assert_true(deadlines_next(&d) == NEVER);
    deadlines_free(&d);
}

static void test_random(void **state)
{
    (void)state;
    play(1000, 20000, 5);
    play(10, 20000, 50);        /* many at the same time */
    play(1000000, 20000, 2);
}

/* The usual life: everyone's deadline moves on at every message, and nobody is late. */
static void test_moving_on(void **state)
{
    struct deadlines d = { 0 };

    (void)state;
    for (int i = 0; i < MANY; i++)
        conns[i] = (struct conn){ .due = NEVER };
    for (int64_t now = 0; now < 10000; now++) {
        set(&d, &conns[dice(MANY)], now + 100000);
        assert_null(deadlines_due(&d, now));
        assert_true(deadlines_next(&d) <= earliest());
    }
    assert_true(d.count <= MANY);
    deadlines_free(&d);
    assert_int_equal(d.count, 0);
}

static void test_ms(void **state)
{
    (void)state;
    assert_int_equal(deadlines_ms(NEVER), -1);
    assert_int_equal(deadlines_ms(0), 0);
    assert_int_equal(deadlines_ms(clock_now() - 5 * MS), 0);
    assert_int_equal(deadlines_ms(NEVER - 1), INT_MAX);
    assert_int_equal(deadlines_ms(INT64_MAX / 2), INT_MAX);
    /* Rounded up, or a loop would spin through its last millisecond. */
    int ms = deadlines_ms(clock_now() + 1000 * MS);
    assert_in_range(ms, 900, 1000);
    assert_in_range(deadlines_ms(clock_now() + MS), 0, 1);
    for (int i = 0; i < 100; i++) {
        int64_t due = clock_now() + 2 * MS;
        int wait = deadlines_ms(due);
        check(clock_now() + wait * MS >= due, "rounded down to %d", wait);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_moving_on),
        cmocka_unit_test(test_ms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
