/* test_hist.c - the histogram agrees with sorting, to three digits. */
#include "hist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

static const uint32_t asked[] = { 0, 1, 500000, 900000, 990000, 999000, 999999, 1000000 };

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* From nanoseconds to minutes, every order of magnitude equally often. */
static int64_t some_duration(unsigned *seed)
{
    int64_t wide = (int64_t)rand_r(seed) << 31 | rand_r(seed);

    return wide & ((INT64_C(1) << rand_r(seed) % 37) - 1);
}

static void compare(const struct hist *h, const int64_t *sorted, size_t n)
{
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        size_t rank = (n * asked[i] + 999999) / 1000000;
        int64_t exact = sorted[rank ? rank - 1 : 0];
        int64_t told = hist_percentile(h, asked[i]);

        assert_true(told >= exact);
        assert_true(exact < 2048 ? told == exact : told - exact <= exact / 1024);
        assert_true(told <= h->max);
    }
    assert_int_equal(h->count, n);
    assert_int_equal(h->min, sorted[0]);
    assert_int_equal(h->max, sorted[n - 1]);
    assert_int_equal(h->clamped, 0);
}

static void like_sorting(size_t n)
{
    int64_t *values = malloc(n * sizeof *values), sum = 0;
    struct hist *h = hist_new(), *half = hist_new();
    unsigned seed = (unsigned)n;

    for (size_t i = 0; i < n; i++) {
        sum += values[i] = some_duration(&seed);
        hist_record(i % 2 ? h : half, values[i]);
    }
    hist_merge(h, half);
    qsort(values, n, sizeof *values, ascending);
    compare(h, values, n);
    assert_int_equal(h->sum, sum);
    free(values);
    hist_free(h);
    hist_free(half);
}

static void agrees_with_sorting(void **state)
{
    static const size_t counts[] = { 1, 2, 3, 5, 1000000 };

    (void)state;
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        like_sorting(counts[i]);
}

/* Each value at an edge between counters, alone: it must come back as itself. */
static void edges_are_exact(void **state)
{
    (void)state;
    for (int bit = 0; bit <= 36; bit++)
        for (int64_t v = (INT64_C(1) << bit) - 1; v <= (INT64_C(1) << bit) + 1; v++) {
            struct hist *h = hist_new();
            if (v <= HIST_MOST) {
                hist_record(h, v);
                assert_int_equal(hist_percentile(h, 500000), v);
                assert_int_equal(h->clamped, 0);
            }
            hist_free(h);
        }
}

static void what_does_not_fit_is_clamped_and_counted(void **state)
{
    struct hist *h = hist_new();

    (void)state;
    hist_record(h, -5);
    hist_record(h, HIST_MOST + 1);
    hist_record(h, INT64_MAX);
    assert_int_equal(h->count, 3);
    assert_int_equal(h->clamped, 3);
    assert_int_equal(h->min, 0);
    assert_int_equal(h->max, HIST_MOST);
    assert_int_equal(hist_percentile(h, 1000000), HIST_MOST);
    hist_free(h);
}

static void nothing_resolves_in_an_empty_one(void **state)
{
    struct hist *h = hist_new(), *other = hist_new();

    (void)state;
    hist_merge(h, other);
    assert_int_equal(hist_percentile(h, 500000), 0);
    assert_false(hist_resolves(h, 500000));
    hist_free(h);
    hist_free(other);
}

/* n >= 10 / (1 - p), and not one less. */
static void percentiles_need_ten_values_beyond(void **state)
{
    static const struct { uint32_t millionths; int n; } need[] = {
        { 500000, 20 }, { 900000, 100 }, { 990000, 1000 }, { 999000, 10000 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof need / sizeof *need; i++) {
        struct hist *h = hist_new();
        for (int n = 1; n < need[i].n; n++)
            hist_record(h, n);
        assert_false(hist_resolves(h, need[i].millionths));
        hist_record(h, 1);
        assert_true(hist_resolves(h, need[i].millionths));
        hist_free(h);
    }
}

/* 1, 2, 3 ... n: what is told has ten above it, or a hundredth. */
static void a_tail_has_ten_values_beyond(void **state)
{
    static const struct { int n; int64_t tail; } cases[] = {
        { 0, 0 }, { 1, 1 }, { 10, 1 }, { 11, 1 }, { 20, 10 }, { 700, 690 }, { 999, 989 },
        { 1000, 990 }, { 2000, 1980 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct hist *h = hist_new();
        for (int k = 1; k <= cases[i].n; k++)
            hist_record(h, k);
        assert_int_equal(hist_tail(h), cases[i].tail);
        hist_free(h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_sorting),
        cmocka_unit_test(edges_are_exact),
        cmocka_unit_test(what_does_not_fit_is_clamped_and_counted),
        cmocka_unit_test(nothing_resolves_in_an_empty_one),
        cmocka_unit_test(percentiles_need_ten_values_beyond),
        cmocka_unit_test(a_tail_has_ten_values_beyond),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
