/* test_job.c - what a job may be called, and that it is done. */
#include "clock.h"
#include "job.h"
#include "options.h"
#include "query.h"
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
        "file:", "file", "file:a", "sql:", "sql:one", "sql", "fetch:/", "fetch:",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        const char *why = NULL;
        struct job job;

        check(!job_parse(all[i], usual(), &job, &why), "%s passes", all[i]);
        check(why && *why && !strchr(why, '\n'), "%s: no reason in one line", all[i]);
    }
}

/* ---- those that bring a text ---- */

static struct query queried[] = {
    { (char *)"one", (char *)"", 0, 1, false },
    { (char *)"with", (char *)"", 1, 2, true },
};
static struct queries queries = { COUNT(queried), queried };

static struct options with_all(void)
{
    struct options o = *usual();

    o.files = "/nowhere";
    o.db = "nowhere.sqlite";
    o.queries = &queries;
    o.upstream = "http://nowhere:1";
    return o;
}

static void test_good_texts(void **state)
{
    static const struct { const char *spec; enum job_kind kind; const char *name; }
    all[] = {
        { "file:a", JOB_FILE, "a" }, { "file:a/b:c d", JOB_FILE, "a/b:c d" },
        { "file:../x", JOB_FILE, "../x" },      /* it is not there, says who looks */
        { "sql:one", JOB_SQL, "one" }, { "sql:with:", JOB_SQL, "with:" },
        { "sql:with:a:b", JOB_SQL, "with:a:b" },
        { "sql:with:' OR 1=1; --", JOB_SQL, "with:' OR 1=1; --" },
        { "sql:with:\xc3\xa4", JOB_SQL, "with:\xc3\xa4" },
        { "fetch:/", JOB_FETCH, "/" },
        { "fetch:/a%20b?c=d&e", JOB_FETCH, "/a%20b?c=d&e" },
    };
    struct options o = with_all();

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        const char *why;
        struct job job;

        check(job_parse(all[i].spec, &o, &job, &why), "%s: %s", all[i].spec, why);
        assert_true(job.kind == all[i].kind && job.status == 0 && job_has_text(&job));
        assert_string_equal(job.name, all[i].name);
        assert_null(job.text);
        job_free(&job);
        job_free(&job);         /* twice is harmless */
    }
}

static void test_queries(void **state)
{
    struct options o = with_all();
    const char *why, *arg;
    struct job job;

    (void)state;
    assert_true(job_parse("sql:one", &o, &job, &why));
    assert_ptr_equal(job_query(&job, &o, &arg), &queried[0]);
    assert_null(arg);
    job_free(&job);
    assert_true(job_parse("sql:with:a:b", &o, &job, &why));
    assert_ptr_equal(job_query(&job, &o, &arg), &queried[1]);
    assert_string_equal(arg, "a:b");
    job_free(&job);
}

static void test_bad_texts(void **state)
{
    static const struct { const char *spec; int status; const char *word; } all[] = {
        { "file:", 400, "name" }, { "sql:", 404, "no query" },
        { "sql:two", 404, "no query" },
        { "sql:One", 404, "no query" }, { "sql:on", 404, "no query" },
        { "sql:one:", 400, "no argument" }, { "sql:one:x", 400, "no argument" },
        { "sql:with", 400, "takes an argument" }, { "sql:with:\xff", 400, "UTF-8" },
        { "fetch:", 400, "slash" }, { "fetch:a", 400, "slash" },
        { "fetch:http://elsewhere/", 400, "slash" }, { "fetch:/a b", 400, "blanks" },
        { "fetch:/a\r\nX: y", 400, "blanks" }, { "fetch:/\n", 400, "blanks" },
        { "fetch:/\xc3\xa4", 400, "ASCII" }, { "fetch:/\x7f", 400, "ASCII" },
        { "fetch:/a#b", 400, "#" }, { "cpu:46", 400, "--max-fib" },
    };
    struct options o = with_all();

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        const char *why = NULL;
        struct job job;

        check(!job_parse(all[i].spec, &o, &job, &why), "%s passes", all[i].spec);
        check(job.status == all[i].status, "%s is %d", all[i].spec, job.status);
        check(strstr(why, all[i].word), "%s: %s", all[i].spec, why);
        job_free(&job);         /* harmless: it has nothing */
    }
}

/* Each is for a server that was started for it, and that says which option it lacks. */
static void test_texts_that_are_not_offered(void **state)
{
    static const char *const specs[] = { "file:a", "sql:one", "fetch:/" };
    static const char *const options[] = { "--files", "--db", "--upstream" };

    (void)state;
    for (size_t i = 0; i < COUNT(specs); i++) {
        const char *why;
        struct job job;

        assert_false(job_parse(specs[i], usual(), &job, &why));
        assert_int_equal(job.status, 400);
        check(strstr(why, options[i]), "%s: %s", specs[i], why);
    }
}

/* One answer leaves room for others: what waits for a client is bounded. */
static void test_most(void **state)
{
    struct options o = { .max_result = 1000, .max_output = 4000 };

    (void)state;
    assert_int_equal(job_most(&o), 1000);
    o.max_output = 3999;
    assert_int_equal(job_most(&o), 999);
    o.max_result = 0;
    assert_int_equal(job_most(&o), 0);
    assert_int_equal(job_most(usual()), 1 << 20);
}

static void test_failing(void **state)
{
    struct job job = { .kind = JOB_FILE, .text = frame_copy("half", 4) };

    (void)state;
    job_fail(&job, 502, "so");
    assert_null(job.text);
    assert_int_equal(job.status, 502);
    assert_string_equal(job.why, "so");
    job = (struct job){ .kind = JOB_AWAIT, .n = 7, .result = 3 };
    job_fail(&job, 503, "so");
    assert_true(job.n == 7 && job.result == 3 && job.status == 503);
    job_free(&job);
    assert_int_equal(job.n, 7);
}

/* ---- and all of them ---- */

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
        cmocka_unit_test(test_good_texts),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_bad_texts),
        cmocka_unit_test(test_texts_that_are_not_offered),
        cmocka_unit_test(test_most),
        cmocka_unit_test(test_failing),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_crash),
        cmocka_unit_test(test_fib),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_what_it_costs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
