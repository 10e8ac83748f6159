/* test_seconds.c - what happened in each second is counted in that second, and a second
 * in which nothing did is one, too. */
#include "clock.h"
#include "seconds.h"
#include "unit.h"

static void each_second_has_its_own(void **state)
{
    static const int64_t when[] = { 0, 1, 999 * MS, 1000 * MS - 1, 1000 * MS, 3500 * MS };
    static const uint64_t expected[] = { 4, 1, 0, 1 };
    struct seconds s = { 0 };

    (void)state;
    for (size_t i = 0; i < COUNT(when); i++)
        seconds_add(&s, when[i]);
    assert_int_equal(s.size, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++)
        assert_int_equal(s.count[i], expected[i]);
    seconds_free(&s);
}

static void they_grow_and_never_shrink(void **state)
{
    struct seconds s = { 0 };

    (void)state;
    seconds_reach(&s, 0);
    assert_int_equal(s.size, 0);
    seconds_reach(&s, 100);
    seconds_reach(&s, 5);
    assert_int_equal(s.size, 100);
    for (int64_t i = 0; i < 10000; i++)
        seconds_add(&s, i * 1000 * MS);
    assert_int_equal(s.size, 10000);
    for (size_t i = 0; i < s.size; i++)
        assert_int_equal(s.count[i], 1);
    seconds_free(&s);
}

static void those_of_two_threads_add_up(void **state)
{
    struct seconds one = { 0 }, two = { 0 }, none = { 0 };

    (void)state;
    seconds_add(&one, 0);
    seconds_add(&two, 500 * MS);
    seconds_add(&two, 1500 * MS);
    seconds_merge(&one, &two);
    seconds_merge(&one, &none);
    assert_int_equal(one.size, 2);
    assert_int_equal(one.count[0], 2);
    assert_int_equal(one.count[1], 1);
    seconds_merge(&none, &two);
    assert_int_equal(none.size, 2);
    assert_int_equal(none.count[0] + none.count[1], 2);
    seconds_free(&one);
    seconds_free(&two);
    seconds_free(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_second_has_its_own),
        cmocka_unit_test(they_grow_and_never_shrink),
        cmocka_unit_test(those_of_two_threads_add_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
