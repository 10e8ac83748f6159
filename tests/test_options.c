/* test_options.c - the command line: every option's bounds, a word for what is wrong. */
#include "clock.h"
#include "options.h"
#include "query.h"
#include "token.h"
#include "unit.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT(field) offsetof(struct options, field), sizeof ((struct options *)0)->field

static const struct row {
    const char *name;
    size_t offset, size;
    int64_t scale, standard, least, most;
} rows[] = {
    { "port", AT(port), 1, 9000, 0, 65535 },
    { "workers", AT(workers), 1, 16, 1, 4096 },
    { "max-connections", AT(max_connections), 1, 16384, 1, 1000000 },
    { "max-per-address", AT(max_per_address), 1, 0, 0, 1000000 },
    { "max-stacks", AT(max_stacks), 1, 4096, 1, 1000000 },
    { "helpers", AT(helpers), 1, 4, 1, 4096 },
    { "switch-interval", AT(switch_interval), MS, 5, 1, 60000 },
    { "max-head", AT(max_head), 1, 8192, 64, 65536 },
    { "max-message", AT(max_message), 1, 1 << 20, 0, 1 << 30 },
    { "max-output", AT(max_output), 1, 4 << 20, 1024, INT64_C(1) << 32 },
    { "max-fib", AT(max_fib), 1, 45, 0, 90 },
    { "max-wait", AT(max_wait), 1, 60000, 0, 86400000 },
    { "history", AT(history), 1, 2 << 20, 1024, 1 << 30 },
    { "max-histories", AT(histories), 1, 32, 1, 65536 },
    { "history-time", AT(history_time), MS, 60000, 1, 86400000 },
    { "handshake-timeout", AT(handshake), MS, 10000, 1, 3600000 },
    { "ping-after", AT(ping_after), MS, 30000, 1, 3600000 },
    { "pong-timeout", AT(pong_within), MS, 30000, 1, 3600000 },
    { "frame-timeout", AT(frame_within), MS, 60000, 1, 3600000 },
    { "min-rate", AT(min_rate), 1, 500, 1, 1000000000 },
    { "close-timeout", AT(close_within), MS, 500, 1, 3600000 },
    { "max-result", AT(max_result), 1, 1 << 20, 0, 1 << 30 },
    { "db-lines", AT(db_lines), 1, 4, 1, 1024 },
    { "db-queue", AT(db_queue), 1, 64, 0, 1000000 },
    { "queue-timeout", AT(queue_timeout), MS, 1000, 1, 3600000 },
    { "job-timeout", AT(job_timeout), MS, 10000, 1, 3600000 },
};

static int64_t value(const struct options *o, const struct row *r)
{
    const char *field = (const char *)o + r->offset;

    return (r->size == 4 ? (int64_t)*(const int *)(const void *)field
                         : *(const int64_t *)(const void *)field) / r->scale;
}

/* A crew, where there must be one, or must be none, for this option. */
static int crew_for(const struct row *r)
{
    return strcmp(r->name, "max-connections") == 0 ? 0 : 4;
}

/* A command line, its first word left out; workers as a model with a crew sets it. */
struct line { const char *words[7]; int workers; };        /* the last: NULL */

static int stacks = 4096;       /* as a model sets it where await takes some */
static int helpers = 4;         /* where a loop has some */
static int64_t interval = 5 * MS;       /* where there is an interpreter's lock */

static struct options parse(const struct line *l)
{
    struct options o = { .workers = l->workers, .max_stacks = stacks,
                         .helpers = helpers, .switch_interval = interval };
    char *argv[8] = { (char *)"test" };
    int argc = 1;

    for (; l->words[argc - 1]; argc++)
        argv[argc] = (char *)l->words[argc - 1];
    optind = 0;                 /* getopt(3): begins anew */
    options_parse(&o, argc, argv);
    return o;
}

static void parse_in_child(void *line) { parse(line); }

/* Exit 2, nothing on stdout, one line on stderr that has this word in it. */
static void refused(struct line l, const char *word)
{
    struct outcome r = in_child(parse_in_child, &l);
    size_t size = strlen(r.err);
    const char *last = l.words[1] ? l.words[1] : "";

    check(r.status == 2 && r.signal == 0, "%s %s: exit %d, signal %d", l.words[0], last,
          r.status, r.signal);
    check(!*r.out, "%s %s: says %s on stdout", l.words[0], last, r.out);
    check(size > 1 && strchr(r.err, '\n') == r.err + size - 1, "%s %s: not one line: %s",
          l.words[0], last, r.err);
    check(strstr(r.err, word), "%s %s: no '%s' in %s", l.words[0], last, word, r.err);
}

static void test_defaults(void **state)
{
    struct options parsed = parse(&(struct line){ .workers = 16 });
    struct options o = { .workers = 16, .max_stacks = 4096, .helpers = 4,
                         .switch_interval = 5 * MS };

    (void)state;
    options_default(&o);
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(value(&o, &rows[i]) == rows[i].standard, "%s is %" PRId64, rows[i].name,
              value(&o, &rows[i]));
        check(value(&parsed, &rows[i]) == rows[i].standard, "%s", rows[i].name);
    }
    assert_string_equal(parsed.bind, "127.0.0.1");
    assert_non_null(parsed.model);
    assert_null(parsed.trace);
    assert_false(parsed.quiet);
    assert_false(parsed.allow_crash);
}

/* A flag sets itself and nothing else. */
static void test_flags(void **state)
{
    struct options quiet = parse(&(struct line){ { "--quiet" }, 4 });
    struct options crash = parse(&(struct line){ { "--allow-crash" }, 4 });

    (void)state;
    assert_true(quiet.quiet && !quiet.allow_crash);
    assert_true(crash.allow_crash && !crash.quiet);
    refused((struct line){ { "--allow-crash=1" }, 4 }, "--allow-crash");
}

static void test_bounds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct row *r = &rows[i];
        const int64_t numbers[] = { r->least, r->most, r->least - 1, r->most + 1 };
        char name[40], number[32];

        snprintf(name, sizeof name, "--%s", r->name);
        for (size_t k = 0; k < COUNT(numbers); k++) {
            struct line l = { { name, number }, crew_for(r) };

            snprintf(number, sizeof number, "%" PRId64, numbers[k]);
            if (k >= 2) {
                refused(l, name);
                continue;
            }
            struct options o = parse(&l);
            check(value(&o, r) == numbers[k], "%s %s", name, number);
        }
    }
}

static void test_no_numbers(void **state)
{
    static const char *const all[] = {
        "", " ", "x", "1x", "0x10", "1.5", "1e3", "1 ", "--", "99999999999999999999",
        "-99999999999999999999", "\xEF\xBC\x91",
    };
    char name[40];

    (void)state;
    for (size_t k = 0; k < COUNT(all); k++)
        refused((struct line){ { "--max-connections", all[k] }, 0 }, "--max-connections");
    for (size_t i = 0; i < COUNT(rows); i++) {
        snprintf(name, sizeof name, "--%s", rows[i].name);
        refused((struct line){ { name, "many" }, crew_for(&rows[i]) }, "many");
        refused((struct line){ { name }, crew_for(&rows[i]) }, name);
    }
}

static void test_wrong_words(void **state)
{
    (void)state;
    refused((struct line){ { "--nonsense" }, 0 }, "--nonsense");
    refused((struct line){ { "--nonsense=1" }, 0 }, "--nonsense");
    refused((struct line){ { "-x" }, 0 }, "-x");
    refused((struct line){ { "--quiet=1" }, 0 }, "--quiet");
    refused((struct line){ { "9000" }, 0 }, "9000");
    refused((struct line){ { "--quiet", "--", "x" }, 0 }, "x");
    refused((struct line){ { "--bind" }, 0 }, "--bind");
    refused((struct line){ { "--trace" }, 0 }, "--trace");
}

/* getopt(3) reads them one by one; the word it is in counts as unread until its end. */
static void test_several_letters(void **state)
{
    (void)state;
    refused((struct line){ { "-xy" }, 0 }, "-x");
    refused((struct line){ { "--quiet", "-xy" }, 0 }, "-x");
}

/* A beginning that several options share means none of them. */
static void test_ambiguous(void **state)
{
    (void)state;
    refused((struct line){ { "--max", "1" }, 0 }, "--max");
    refused((struct line){ { "--p", "1" }, 0 }, "--p");
}

static void test_crew(void **state)
{
    struct options o = parse(&(struct line){ { "--workers", "7" }, 4 });

    (void)state;
    assert_int_equal(o.workers, 7);
    refused((struct line){ { "--workers", "7" }, 0 }, "--workers");
    refused((struct line){ { "--workers", "7" }, ALONE }, "--workers");
    refused((struct line){ { "--max-connections", "7" }, 4 }, "backlog");
    refused((struct line){ { "--max-connections", "7" }, ALONE }, "backlog");
    o = parse(&(struct line){ .workers = 0 });
    assert_int_equal(o.workers, 0);
}

/* Where await takes no stack there is none to bound, and nothing is asked of the job. */
static void test_helpers(void **state)
{
    struct line l = { { "--helpers", "7" }, 0 }, help = { { "--help" }, 0 };

    (void)state;
    assert_int_equal(parse(&l).helpers, 7);
    assert_non_null(strstr(in_child(parse_in_child, &help).out, "--helpers"));
    helpers = 0;
    refused(l, "--helpers");
    refused(l, "offload");
    assert_null(strstr(in_child(parse_in_child, &help).out, "--helpers"));
    assert_int_equal(parse(&(struct line){ .workers = 0 }).helpers, 0);
    helpers = 4;
}

static void test_interval(void **state)
{
    struct line l = { { "--switch-interval", "7" }, 0 }, help = { { "--help" }, 0 };

    (void)state;
    assert_int_equal(parse(&l).switch_interval, 7 * MS);
    assert_non_null(strstr(in_child(parse_in_child, &help).out, "--switch-interval"));
    interval = 0;
    refused(l, "--switch-interval");
    refused(l, "gil");
    assert_null(strstr(in_child(parse_in_child, &help).out, "--switch-interval"));
    assert_int_equal(parse(&(struct line){ .workers = 0 }).switch_interval, 0);
    interval = 5 * MS;
}

static void test_stacks(void **state)
{
    struct line l = { { "--max-stacks", "7" }, 0 }, help = { { "--help" }, 0 };

    (void)state;
    assert_int_equal(parse(&l).max_stacks, 7);
    assert_non_null(strstr(in_child(parse_in_child, &help).out, "else 503 (4096)\n"));
    stacks = 0;
    refused(l, "--max-stacks");
    refused(l, "coroutine");
    assert_null(strstr(in_child(parse_in_child, &help).out, "--max-stacks"));
    assert_int_equal(parse(&(struct line){ .workers = 0 }).max_stacks, 0);
    stacks = 4096;
}

static void test_texts_and_flags(void **state)
{
    struct options o = parse(&(struct line){
        { "--bind", "::1", "--quiet", "--port=1" }, 0 });

    (void)state;
    assert_string_equal(o.bind, "::1");
    assert_true(o.quiet);
    assert_int_equal(o.port, 1);
    o = parse(&(struct line){ { "--port", "1", "--port", "2" }, 0 });
    assert_int_equal(o.port, 2);        /* the last one counts */
}

static void test_origins(void **state)
{
    struct options o = parse(&(struct line){ { "--allow-origin", "http://a, null" }, 0 });

    (void)state;
    assert_string_equal(o.allow_origin, "http://a, null");
    refused((struct line){ { "--allow-origin", "http://a/" }, 0 }, "https://a.example");
    refused((struct line){ { "--allow-origin=http://a,*" }, 0 }, "'*'");
    refused((struct line){ { "--allow-origin", "" }, 0 }, "''");
}

static void test_subprotocol(void **state)
{
    static const char *const good[] = {
        "chat", "a", "v10.stomp", "graphql-transport-ws", "!#$%&'*+-.^_`|~0",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };
    static const char *const bad[] = {
        "", " ", "a b", "a,b", "a/1", "a:b", "\"a\"", "a\rX", "\xc3\xa4", "a=b",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    };

    (void)state;
    assert_null(parse(&(struct line){ .workers = 0 }).subprotocol);
    for (size_t i = 0; i < COUNT(good); i++) {
        struct options o = parse(&(struct line){ { "--subprotocol", good[i] }, 0 });
        assert_string_equal(o.subprotocol, good[i]);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        refused((struct line){ { "--subprotocol", bad[i] }, 0 }, "--subprotocol");
}

/* The file is test_keyfile.c's: it is read, and the last one counts. */
static void test_key(void **state)
{
    char path[] = "/tmp/test_options-XXXXXX";
    int fd = mkstemp(path);

    (void)state;
    assert_null(parse(&(struct line){ .workers = 0 }).jwt_key);
    assert_int_equal(write(fd, "0123456789abcdef0123456789abcdef", 32), 32);
    close(fd);
    struct options o = parse(&(struct line){
        { "--jwt-key", path, "--jwt-key", path }, 0 });
    assert_non_null(o.jwt_key);
    token_key_free(o.jwt_key);
    unlink(path);
    refused((struct line){ { "--jwt-key", path }, 0 }, path);
    refused((struct line){ { "--jwt-key" }, 0 }, "--jwt-key");
}

/* The file is test_queryfile.c's. Queries are for a database, and it wants some. */
static void test_database(void **state)
{
    char path[] = "/tmp/test_options-XXXXXX";
    int fd = mkstemp(path);
    struct line both = { { "--db", "x", "--queries", path, "--queries", path }, 0 };

    (void)state;
    assert_null(parse(&(struct line){ .workers = 0 }).db);
    assert_null(parse(&(struct line){ .workers = 0 }).queries);
    assert_int_equal(write(fd, "a: SELECT 1\n", 12), 12);
    close(fd);
    struct options o = parse(&both);
    assert_string_equal(o.db, "x");
    assert_int_equal(o.queries->count, 1);
    queries_free(o.queries);
    refused((struct line){ { "--db", "x" }, 0 }, "--queries");
    refused((struct line){ { "--queries", path }, 0 }, "--db");
    unlink(path);
    refused(both, path);
    refused((struct line){ { "--db" }, 0 }, "--db");
}

static void test_upstream(void **state)
{
    static const char *const good[] = {
        "http://a:1", "http://127.0.0.1:8080", "http://a.example:65535/",
        "http://[::1]:80",
    };
    static const char *const bad[] = {
        "", "a", "a:1", "http://", "http://a", "http://:1", "http://a:", "http://a:0",
        "http://a:65536", "http://a:1/b", "http://a:1//", "http://a:1?b", "http://a:1/#b",
        "https://a:1", "ws://a:1", "http://me@a:1", "http://a b:1", "http://a:1 ",
        "//a:1", "http://a:x", "HTTP://a:1", "/a",
    };

    (void)state;
    assert_null(parse(&(struct line){ .workers = 0 }).upstream);
    for (size_t i = 0; i < COUNT(good); i++) {
        struct options o = parse(&(struct line){ { "--upstream", good[i] }, 0 });
        assert_string_equal(o.upstream, good[i]);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        refused((struct line){ { "--upstream", bad[i] }, 0 }, "http://HOST:PORT");
}

static void test_help(void **state)
{
    struct line with = { { "--help" }, 4 }, without = { { "--help" }, 0 };
    struct outcome crew = in_child(parse_in_child, &with);
    struct outcome none = in_child(parse_in_child, &without);
    char name[40];

    (void)state;
    assert_int_equal(crew.status, 0);
    assert_string_equal(crew.err, "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        snprintf(name, sizeof name, "  --%s N ", rows[i].name);
        check(!strstr(crew.out, name) == !crew_for(&rows[i]), "%s", name);
        bool workers = strcmp(rows[i].name, "workers") == 0;
        check(!strstr(none.out, name) == workers, "%s", name);
    }
    static const char *const others[] = { "--bind ADDRESS ", "--trace FILE ", "--quiet ",
                                          "--allow-origin LIST ", "--subprotocol NAME ",
                                          "--jwt-key FILE ", "--files DIR ",
                                          "--db WHERE ",
                                          "--queries FILE ", "--upstream URL ", "--help ",
                                          "--version " };
    for (size_t i = 0; i < COUNT(others); i++)
        check(strstr(none.out, others[i]), "no %s", others[i]);
}

static void test_version(void **state)
{
    struct line l = { { "--version" }, 0 };
    struct outcome r = in_child(parse_in_child, &l);

    (void)state;
    assert_int_equal(r.status, 0);
    assert_string_equal(r.err, "");
    assert_memory_equal(r.out, "relayrace ", 10);
    assert_ptr_equal(strchr(r.out, '\n'), r.out + strlen(r.out) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_no_numbers),
        cmocka_unit_test(test_wrong_words),
        cmocka_unit_test(test_several_letters),
        cmocka_unit_test(test_ambiguous),
        cmocka_unit_test(test_crew),
        cmocka_unit_test(test_stacks),
        cmocka_unit_test(test_helpers),
        cmocka_unit_test(test_interval),
        cmocka_unit_test(test_texts_and_flags),
        cmocka_unit_test(test_origins),
        cmocka_unit_test(test_subprotocol),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_database),
        cmocka_unit_test(test_upstream),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
