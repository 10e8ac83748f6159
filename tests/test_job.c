/* test_job.c - what a job may be called, and that it is done. */
#include "clock.h"
#include "job.h"
#include "options.h"
#include "unit.h"
#include "work.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int64_t clock_of(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 * MS + t.tv_nsec;
}

static const struct options *usual(void)
{
    static struct options o;

    options_default(&o);
    return &o;
}

static void test_good_names(void **state)
{
    static const struct { const char *spec; enum job_kind kind; int64_t n; } all[] = {
        { "cpu:0", JOB_CPU, 0 }, { "cpu:1", JOB_CPU, 1 }, { "cpu:45", JOB_CPU, 45 },
        { "await:0", JOB_AWAIT, 0 }, { "await:45", JOB_AWAIT, 45 },
        { "sleep:0", JOB_SLEEP, 0 }, { "sleep:60000", JOB_SLEEP, 60000 },
        { "nap:10", JOB_NAP, 10 }, { "nap:60000", JOB_NAP, 60000 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        const char *why;
        struct job job;

        check(job_parse(all[i].spec, usual(), &job, &why), "%s", all[i].spec);
        assert_int_equal(job.kind, all[i].kind);
        assert_int_equal(job.n, all[i].n);
    }
}

static void test_bad_names(void **state)
{
    static const char *const all[] = {
        "", ":", "cpu", "cpu:", "cpu:46", "await:46", "sleep:60001", "nap:60001", "CPU:1",
        "cpu :1", " cpu:1", "cpu: 1", "cpu:1 ", "cpu:+1", "cpu:-1", "cpu:-0", "cpu:01",
        "cpu:00", "cpu:046", "cpu:1.5", "cpu:1e1", "cpu:0x1", "cpu:1,000", "cpu:one",
        "cpu:\xEF\xBC\x91", "cpu:\xD9\xA1", "cpu:1\n", "cpu:1:1", "cpus:1", "sql:1",
        "cpu:4294967297", "cpu:9223372036854775807", "cpu:9223372036854775808",
        "cpu:18446744073709551616", "cpu:18446744073709551617",
        "cpu:100000000000000000000000000000000000000001", "crash", "crash:", "crash:1",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        const char *why = NULL;
        struct job job;

        check(!job_parse(all[i], usual(), &job, &why), "%s passes", all[i]);
        check(why && *why && !strchr(why, '\n'), "%s: no reason in one line", all[i]);
    }
}

/* The bounds are the options', to the last number. */
static void test_bounds(void **state)
{
    struct options o = { .max_fib = 7, .max_wait = 0 };
    const char *why;
    struct job job;

    (void)state;
    assert_true(job_parse("cpu:7", &o, &job, &why));
    assert_false(job_parse("cpu:8", &o, &job, &why));
    assert_true(job_parse("sleep:0", &o, &job, &why));
    assert_false(job_parse("nap:1", &o, &job, &why));
    assert_true(job_parse("await:7", &o, &job, &why));
    o.max_stacks = 6;
    assert_true(job_parse("await:6", &o, &job, &why));
    assert_false(job_parse("await:7", &o, &job, &why));
    assert_non_null(strstr(why, "--max-stacks"));
    assert_true(job_parse("cpu:7", &o, &job, &why));
}

/* It has to be allowed, and then kills the process that does it. */
static void test_crash(void **state)
{
    struct options o = { .allow_crash = true };
    const char *why;
    struct job job;
    int status;

    (void)state;
    assert_false(job_parse("crash", usual(), &job, &why));
    assert_non_null(strstr(why, "--allow-crash"));
    assert_false(job_parse("crash:1", &o, &job, &why));
    assert_true(job_parse("crash", &o, &job, &why));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        job_run(&job);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

static void test_fib(void **state)
{
    static const int64_t first[] = { 0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55 };

    (void)state;
    for (size_t i = 0; i < COUNT(first); i++)
        assert_int_equal(job_fib((int64_t)i), first[i]);
    assert_int_equal(job_fib(20), 6765);
    assert_int_equal(job_fib(25), 75025);
}

static void test_run(void **state)
{
    static const struct { const char *spec; int64_t result; } all[] = {
        { "cpu:20", 6765 }, { "await:20", 6765 }, { "cpu:0", 0 }, { "sleep:3", 3 },
        { "nap:3", 3 }, { "sleep:0", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        const char *why;
        struct job job;

        assert_true(job_parse(all[i].spec, usual(), &job, &why));
        job_run(&job);
        check(job.result == all[i].result, "%s", all[i].spec);
    }
}

/* A wait takes its time and no CPU; computing takes CPU for as long as it lasts. */
static void test_what_it_costs(void **state)
{
    struct job wait = { .kind = JOB_SLEEP, .n = 40 }, nap = { .kind = JOB_NAP, .n = 40 };
    struct job compute = { .kind = JOB_CPU, .n = 32 };

    (void)state;
    int64_t began = clock_now(), cpu = clock_of(CLOCK_THREAD_CPUTIME_ID);
    job_run(&wait);
    job_run(&nap);
    assert_true(clock_now() - began >= 80 * MS);
    assert_true(clock_of(CLOCK_THREAD_CPUTIME_ID) - cpu < 20 * MS);
    cpu = clock_of(CLOCK_THREAD_CPUTIME_ID);
    job_run(&compute);
    assert_true(clock_of(CLOCK_THREAD_CPUTIME_ID) - cpu > MS);
    assert_int_equal(compute.result, 2178309);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_names),
        cmocka_unit_test(test_bad_names),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_crash),
        cmocka_unit_test(test_fib),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_what_it_costs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
