/* test_gil.c - the interpreter's lock: one has it, and who waits for it gets it. */
#include "clock.h"
#include "gil.h"
#include "unit.h"
#include "work.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

enum { THREADS = 4, ROUNDS = 2000, INTERVAL = 5 };      /* ms */

static void nap_ms(int ms)
{
    nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000L }, NULL);
}

/* ---- one at a time ---- */

static long counter;            /* no atomic, no lock of its own */
static int inside;

static void *count(void *arg)
{
    for (int i = 0; i < ROUNDS; i++) {
        gil_take();
        int before = inside++;
        counter++;
        inside--;
        gil_give();
        if (before)
            return arg;         /* not alone: the sum will be short, too */
        if (i % 64 == 0)
            sched_yield();
    }
    return NULL;
}

static void test_one_at_a_time(void **state)
{
    pthread_t threads[THREADS];
    void *failed;

    (void)state;
    gil_open(INTERVAL * MS);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count, "not alone"), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(counter, THREADS * ROUNDS);
}

/* ---- who computes is asked for it ---- */

static atomic_bool computes, enough;

static void *compute(void *arg)
{
    gil_take();
    while (!enough) {
        computes = true;
        gil_fib(25);
    }
    gil_give();
    return arg;
}

/* Ten times, beside two that compute. A turn of the others comes before ours, so it may
 * take several intervals; without the asking it would take for ever. */
static void test_the_waiting_gets_it(void **state)
{
    pthread_t threads[2];

    (void)state;
    gil_open(INTERVAL * MS);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, compute, NULL);
    while (!computes)
        nap_ms(1);
    int64_t start = clock_now();
    for (int i = 0; i < 10; i++) {
        gil_take();
        gil_give();
        nap_ms(1);
    }
    int64_t took = clock_now() - start;
    enough = true;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_in_range(took / MS, INTERVAL, 10 * 100 * INTERVAL);
}

/* An interval of a minute: nobody is asked, and the job is done in one go. */
static void *long_job(void *arg)
{
    gil_take();
    computes = true;
    *(int64_t *)arg = gil_fib(30);
    atomic_store(&enough, true);
    gil_give();
    return NULL;
}

static void test_within_the_interval(void **state)
{
    int64_t result = 0;
    pthread_t thread;

    (void)state;
    gil_open(60000 * MS);
    computes = enough = false;
    pthread_create(&thread, NULL, long_job, &result);
    while (!computes)
        ;
    gil_take();
    bool over = enough;
    gil_give();
    pthread_join(thread, NULL);
    assert_true(over);
    assert_int_equal(result, 832040);
}

/* ---- the rest ---- */

static int fails(void)
{
    errno = EAGAIN;
    return -1;
}

static void test_errno_survives(void **state)
{
    (void)state;
    gil_open(INTERVAL * MS);
    gil_take();
    errno = 0;
    assert_int_equal(ALLOW_THREADS(fails()), -1);
    assert_int_equal(errno, EAGAIN);
    gil_give();
    assert_int_equal(errno, EAGAIN);
}

static void test_it_computes_the_same(void **state)
{
    (void)state;
    gil_open(INTERVAL * MS);
    gil_take();
    for (int n = 0; n < 20; n++)
        assert_int_equal(gil_fib(n), job_fib(n));
    gil_give();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_at_a_time),
        cmocka_unit_test(test_the_waiting_gets_it),
        cmocka_unit_test(test_within_the_interval),
        cmocka_unit_test(test_errno_survives),
        cmocka_unit_test(test_it_computes_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
