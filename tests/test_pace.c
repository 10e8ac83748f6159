/* test_pace.c - when a message is due: schedules, ramps, and arrivals by chance. */
#include "clock.h"
#include "pace.h"
#include "unit.h"

#include <math.h>
#include <stdlib.h>

enum { T0 = 1000 };

static struct pace pace_of(double from, double to, double flat, double ramp)
{
    struct pace p = { .from = from, .to = to, .flat = flat, .ramp = ramp };

    pace_start(&p, T0, 0, 1);
    return p;
}

/* However late it is asked, the k-th message is due at t0 + k/R. */
static void a_schedule_does_not_move(void **state)
{
    struct pace p = pace_of(3000, 3000, 0, 0);

    (void)state;
    for (int64_t k = 0; k < 1000000; k++, pace_step(&p)) {
        int64_t off = pace_due(&p) - (T0 + k * 1000000000 / 3000);
        check(off >= -1 && off <= 1, "message %lld is off by %lld ns", (long long)k,
              (long long)off);
    }
}

/* Ten seconds from A to B have (A + B) / 2 * 10 messages, and as many in the first half
 * as the line from A to B says. */
static void a_ramp_rises_in_a_line(void **state)
{
    static const double ends[][2] = {
        { 100, 300 }, { 0, 400 }, { 400, 0 }, { 200, 200 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(ends); i++) {
        double a = ends[i][0], b = ends[i][1];
        struct pace p = pace_of(a, b, 0, 10);
        int half = 0, all = 0;
        int64_t before = 0;
        for (; pace_due(&p) < T0 + 10000 * MS && all < 10000; pace_step(&p)) {
            assert_true(pace_due(&p) >= before);
            before = pace_due(&p);
            half += before < T0 + 5000 * MS;
            all++;
        }
        check(abs(all - 2000) <= 1, "%d messages from %g to %g", all, a, b);
        check(fabs(half - 5 * (3 * a + b) / 4) <= 2, "%d in the first half", half);
    }
}

static void a_warm_up_keeps_the_first_rate(void **state)
{
    struct pace p = pace_of(100, 1000, 2, 3);
    int warm = 0;

    (void)state;
    for (; pace_due(&p) < T0 + 2 * INT64_C(1000000000); pace_step(&p))
        warm++;
    assert_in_range(warm, 200, 201);
}

/* Of an exponential distribution, mean and deviation are the same. */
static void poisson_arrivals_are_independent(void **state)
{
    struct pace p = { .from = 1000, .to = 1000, .poisson = true };
    double sum = 0, squares = 0;
    int64_t before = T0;
    enum { N = 200000 };

    (void)state;
    pace_start(&p, T0, 0, 7);
    for (int i = 0; i < N; i++, pace_step(&p)) {
        double gap = (double)(pace_due(&p) - before) / 1e6;
        before = pace_due(&p);
        sum += gap;
        squares += gap * gap;
    }
    double mean = sum / N, deviation = sqrt(squares / N - mean * mean);
    check(fabs(mean - 1) < 0.02 && fabs(deviation - 1) < 0.02, "mean %g, deviation %g ms",
          mean, deviation);
}

/* 1, 2, 3 are what people give. A generator that begins at a small number would give a
 * small one first, and so a long first gap. */
static void neighbouring_seeds_have_nothing_in_common(void **state)
{
    double sum = 0;
    enum { N = 1000 };

    (void)state;
    for (uint64_t seed = 0; seed < N; seed++) {
        struct pace p = { .from = 1000, .to = 1000, .poisson = true };
        pace_start(&p, T0, 0, seed);
        sum += (double)(pace_due(&p) - T0) / 1e6;
    }
    check(fabs(sum / N - 1) < 0.15, "a first gap of %g ms in the mean", sum / N);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schedule_does_not_move),
        cmocka_unit_test(a_ramp_rises_in_a_line),
        cmocka_unit_test(a_warm_up_keeps_the_first_rate),
        cmocka_unit_test(poisson_arrivals_are_independent),
        cmocka_unit_test(neighbouring_seeds_have_nothing_in_common),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
