/* test_errand.c - a fetch, step by step: whatever the server behind ours does, the job
 * ends in time, with its text or with a status that says whose fault it was. */
#include "clock.h"
#include "errand.h"
#include "job.h"
#include "local.h"
#include "net.h"
#include "options.h"
#include "unit.h"
#include "upstream.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct options o;
static struct upstream upstream;

static void point_at(const char *host, int port)
{
    static char url[100];

    snprintf(url, sizeof url, "http://%s:%d", host, port);
    o.upstream = url;
    errand_open(&o);
}

static int start(void **state)
{
    (void)state;
    upstream = upstream_start(0);
    options_default(&o);
    point_at("127.0.0.1", upstream.port);
    return upstream.pid == 0;
}

static int stop(void **state)
{
    (void)state;
    upstream_stop(&upstream);
    return 0;
}

/* Counts what is open: nothing may be left when a fetch is over. */
static int descriptors(void)
{
    int n = 0;

    for (int fd = 0; fd < 200; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static struct job fetch_of(const char *path)
{
    return (struct job){ .kind = JOB_FETCH, .name = strdup(path) };
}

/* To its end, as a blocking model does it. */
static struct job fetched(const char *path)
{
    struct job job = fetch_of(path);
    struct errand errand;
    int before = descriptors();

    assert_true(errand_steps(&job));
    errand_begin(&errand, &job, NULL);
    while (!errand_step(&errand)) {
        struct pollfd set = net_poll(errand.fd, errand.events);

        check(errand.fd >= 0 && errand.events, "%s: waits for nothing", path);
        net_wait(&set, 1, errand.deadline);
    }
    errand_drop(&errand);       /* harmless now */
    check(descriptors() == before, "%s: %d descriptors more", path,
          descriptors() - before);
    return job;
}

static void brings(const char *path, const char *text, size_t size)
{
    struct job job = fetched(path);

    check(job.status == 0, "%s: %d %s", path, job.status, job.why);
    check(job.text && job.text->size == size && !memcmp(job.text->data, text, size),
          "%s: %.*s", path, job.text ? (int)job.text->size : 0,
          job.text ? job.text->data : "");
    job_free(&job);
}

static void fails(const char *path, int status, const char *word)
{
    struct job job = fetched(path);

    check(job.status == status, "%s: status %d, not %d", path, job.status, status);
    check(!job.text, "%s: it has failed, and has a text", path);
    check(strstr(job.why, word) && !strchr(job.why, '\n'), "%s: %s", path, job.why);
    job_free(&job);
}

/* ---- what it brings ---- */

static void test_answers(void **state)
{
    static const char *const paths[] = { "/text", "/slow/50", "/drip", "/chunked",
                                         "/close", "/continue", "/again" };

    (void)state;
    for (size_t i = 0; i < COUNT(paths); i++)
        brings(paths[i], "behind\n", 7);
    brings("/empty", "", 0);
    brings("/not-text", "\xff\xfe!\n", 4);
}

static void test_a_long_answer(void **state)
{
    enum { SIZE = 500000 };
    char *all = malloc(SIZE);

    (void)state;
    memset(all, 'x', SIZE);
    brings("/bytes/500000", all, SIZE);
    free(all);
}

static void test_a_path_as_long_as_a_head(void **state)
{
    static char path[60000];

    (void)state;
    memset(path, 'y', sizeof path - 1);
    memcpy(path, "/text?", 6);
    brings(path, "behind\n", 7);
}

/* ---- how it fails ---- */

static void test_failures(void **state)
{
    static const struct { const char *path; int status; const char *word; } all[] = {
        { "/missing", 404, "nothing at that path" }, { "/error", 502, "error" },
        { "/moved", 502, "elsewhere" }, { "/babble", 502, "not HTTP" },
        { "/switch", 502, "not HTTP" }, { "/hang-up", 502, "hung up" },
        { "/half", 502, "hung up" }, { "/reset", 502, "cut the line" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        fails(all[i].path, all[i].status, all[i].word);
}

static void test_too_long(void **state)
{
    (void)state;
    o.max_result = 100;
    fails("/bytes/101", 502, "--max-result");
    fails("/endless", 502, "--max-result");
    struct job job = fetched("/bytes/100");
    assert_int_equal(job.status, 0);
    job_free(&job);
    o.max_result = 6;
    fails("/chunked", 502, "--max-result");
    fails("/close", 502, "--max-result");
    options_default(&o);
    point_at("127.0.0.1", upstream.port);
}

static void test_too_late(void **state)
{
    static const char *const paths[] = { "/never", "/slow/10000" };

    (void)state;
    o.job_timeout = 50 * MS;
    for (size_t i = 0; i < COUNT(paths); i++) {
        int64_t began = clock_now();

        fails(paths[i], 504, "--job-timeout");
        int ms = (int)((clock_now() - began) / MS);
        check(ms >= 50 && ms < 2000, "%s: after %d ms", paths[i], ms);
    }
    options_default(&o);
    point_at("127.0.0.1", upstream.port);
}

static void test_nobody_there(void **state)
{
    int port, bound = local_bound(&port);

    (void)state;
    point_at("127.0.0.1", port);
    fails("/text", 503, "try again later");
    close(bound);
    point_at("127.0.0.1", upstream.port);
}

/* Where a name has two addresses, and only the second one answers, that one is asked. */
static void test_the_other_address(void **state)
{
    (void)state;
    point_at("localhost", upstream.port);
    brings("/text", "behind\n", 7);
    point_at("127.0.0.1", upstream.port);
}

static void without_descriptors(void *unused)
{
    struct job job = fetch_of("/text");
    struct errand errand;

    (void)unused;
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 3, 3 });
    errand_begin(&errand, &job, NULL);
    _exit(errand_step(&errand) && job.status == 503 ? 0 : 1);
}

static void test_no_descriptor(void **state)
{
    (void)state;
    assert_int_equal(in_child(without_descriptors, NULL).status, 0);
}

/* ---- called off ---- */

static void test_dropped_at_each_step(void **state)
{
    int before = descriptors();

    (void)state;
    for (int steps = 0; steps < 5; steps++) {
        struct job job = fetch_of("/drip"), same = job;
        struct errand errand;

        errand_begin(&errand, &job, NULL);
        for (int i = 0; i < steps; i++) {
            check(!errand_step(&errand), "it is over after %d steps", i);
            struct pollfd set = net_poll(errand.fd, errand.events);

            net_wait(&set, 1, errand.deadline);
        }
        errand_drop(&errand);
        errand_drop(&errand);
        check(!memcmp(&job, &same, sizeof job), "its job was touched");
        check(descriptors() == before, "%d descriptors more", descriptors() - before);
        job_free(&job);
    }
}

/* ---- where it is ---- */

static void open_it(void *url)
{
    setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);   /* nobody may be there to ask */
    o.upstream = url;
    errand_open(&o);
}

static void test_wrong_addresses(void **state)
{
    static const char *const all[] = {
        "", "127.0.0.1:80", "https://127.0.0.1:80", "http://", "http://:80", "http:80",
        "http://127.0.0.1:80/", "http://127.0.0.1:80/path", "http://127.0.0.1:99999",
        "http://me@127.0.0.1:80", "http://127.0.0.1:80?q", "http://127.0.0.1:port",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct outcome out = in_child(open_it, (void *)all[i]);

        check(out.status == 2, "'%s': status %d", all[i], out.status);
        check(strstr(out.err, "--upstream takes http://HOST:PORT"), "'%s': %s", all[i],
              out.err);
    }
    struct outcome out = in_child(open_it, "http://no-such-host.invalid:80");
    check(out.status == 2 && strstr(out.err, "is not found"), "%s", out.err);
}

static void test_good_addresses(void **state)
{
    static const char *const all[] = { "http://127.0.0.1", "http://127.0.0.1:80",
                                       "http://[::1]:80", "http://localhost:80" };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct outcome out = in_child(open_it, (void *)all[i]);

        check(out.status == 0, "'%s': %s", all[i], out.err);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_a_long_answer),
        cmocka_unit_test(test_a_path_as_long_as_a_head),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_too_late),
        cmocka_unit_test(test_nobody_there),
        cmocka_unit_test(test_the_other_address),
        cmocka_unit_test(test_no_descriptor),
        cmocka_unit_test(test_dropped_at_each_step),
        cmocka_unit_test(test_wrong_addresses),
        cmocka_unit_test(test_good_addresses),
    };
    return cmocka_run_group_tests_name("errand", tests, start, stop);
}
