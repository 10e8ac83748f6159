/* test_check.c - what makes a measurement invalid: each rule at its edge, a queue that
 * grows, and others who had the cores. */
#include "check.h"
#include "clock.h"
#include "cores.h"
#include "proc.h"
#include "tally.h"
#include "unit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { T0 = 1000 };

/* ---- the rules, each at its edge ---- */

static const struct facts good = {
    .rate = 1000, .sent = 1000, .growth = 0.009, .late = 19000, .lag = 900000,
    .median = 100000, .seconds = 10, .client = 0.79, .at_server = { 0.05, 0.04 },
    .at_client = { 0.09, 0 }, .waited = 0.09, .connections = 8, .open = 8,
};

static void expect(struct facts f, const char *rule)
{
    struct verdict v;

    check_run(&f, &v);
    if (!rule) {
        if (v.count)
            fail_msg("%s: %s", v.reasons[0].rule, v.reasons[0].why);
        return;
    }
    assert_int_equal(v.count, 1);
    assert_string_equal(v.reasons[0].rule, rule);
    check(strlen(v.reasons[0].advice) > 50, "no advice for %s", rule);
}

/* Each rule has its own word of what is still true. */
static void advice_is_for_its_rule(void **state)
{
    static const struct facts bad = {
        .rate = 1000, .sent = 900, .lag = 9000000, .seconds = 10, .client = 0.9,
        .at_server = { 0.2, 0.1 }, .waited = 0.2, .connections = 8, .open = 7,
        .unsent = 1,
    }, stolen = { .seconds = 10, .at_server = { 0.1, 0.2 } };
    struct verdict v, other;

    (void)state;
    check_run(&stolen, &other);
    assert_int_equal(other.count, 1);
    check_run(&bad, &v);
    assert_int_equal(v.count, RULES - 1);       /* it was stolen, or it was not */
    v.reasons[v.count++] = other.reasons[0];
    for (int i = 0; i < RULES; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(v.reasons[i].advice, v.reasons[j].advice);
    for (int i = 0; i < RULES; i++)
        if (strcmp(v.reasons[i].rule, "lag") == 0)
            check(strstr(v.reasons[i].advice, "--think"), "%s", v.reasons[i].advice);
}

#define but(...) ({ struct facts f_ = good; __VA_ARGS__; f_; })

static void each_rule_can_be_broken(void **state)
{
    (void)state;
    expect(good, NULL);
    expect(but(f_.sent = 991), NULL);
    expect(but(f_.sent = 989), "rate");
    expect(but(f_.growth = 0.011), "rate");
    expect(but(f_.unsent = 1), "unsent");
    expect(but(f_.lag = 1100000), "lag");
    expect(but(f_.late = 21000), "lag");
    expect(but(f_.late = 400000, f_.median = 1000000), "lag");
    expect(but(f_.lag = 1900000, f_.median = 10000000), NULL);
    expect(but(f_.lag = 2100000, f_.median = 10000000), "lag");
    expect(but(f_.rate = 0, f_.sent = 0, f_.late = f_.lag = 5000000), NULL);
    expect(but(f_.client = 0.81), "client");
    expect(but(f_.client = 0.81, f_.seconds = 0.09), NULL);
    expect(but(f_.open = 7), "connections");
    expect(but(f_.at_server.foreign = 0.11), "foreign");
    expect(but(f_.at_client.foreign = 0.11), "foreign");
    expect(but(f_.at_server.stolen = 0.06), "foreign_steal");
    expect(but(f_.at_client.stolen = 0.02), "foreign");
    expect(but(f_.waited = 0.11), "foreign_wait");
    expect(but(f_.at_server.foreign = f_.waited = 0.11, f_.seconds = 0.4), NULL);
    expect(but(f_.at_server = f_.at_client = (struct others){ -1, -1 }, f_.waited = -1),
           NULL);
}

/* ---- a queue that grows ---- */

/* A second of messages for a server that takes `service` ns for each; late[i] is what
 * keeps it besides, before the i-th. */
static double growth(double rate, int64_t service, const int64_t *late)
{
    struct tally t;
    int64_t free = 0;

    tally_init(&t);
    tally_begin(&t, T0, 1000 * MS);
    for (int i = 0; i < rate; i++) {
        int64_t due = T0 + (int64_t)(i * 1e9 / rate);
        free = (free > due ? free : due) + service + (late ? late[i] : 0);
        tally_answer(&t, due, free);
    }
    double found = tally_growth(&t);
    tally_free(&t);
    return found;
}

/* 1000 a second, whatever comes: with 1050 of them the last waits for 50 ms, which would
 * be a jitter if it were the only one. */
static void an_overload_of_a_twentieth_is_seen_in_a_second(void **state)
{
    (void)state;
    check(fabs(growth(1050, MS, NULL) - 0.05) < 0.002, "growth %g of 0.05",
          growth(1050, MS, NULL));
    check(growth(1020, MS, NULL) > 0.0102, "growth %g of 0.02", growth(1020, MS, NULL));
    check(growth(100, 12 * MS, NULL) > 0.15, "growth %g of 0.2",
          growth(100, 12 * MS, NULL));
}

static void a_server_that_keeps_up_has_no_growing_queue(void **state)
{
    int64_t late[1000] = { 0 };

    (void)state;
    check(growth(1000, MS / 10, NULL) < 1e-4, "growth %g", growth(1000, MS / 10, NULL));
    check(growth(1000, MS, NULL) < 1e-4, "growth %g", growth(1000, MS, NULL));
    late[990] = 45 * MS;                        /* a jitter at the end */
    check(growth(1000, MS / 10, late) < 1e-4, "growth %g", growth(1000, MS / 10, late));
    late[800] = 100 * MS;                       /* and one of half a quarter */
    check(growth(1000, MS / 10, late) < 1e-4, "growth %g", growth(1000, MS / 10, late));
}

/* A tally of a thread that had nothing to do knows nothing of quarters. */
static void quarters_add_up(void **state)
{
    struct tally all, idle, some[2];

    (void)state;
    tally_init(&all);
    tally_init(&idle);
    for (int k = 0; k < 2; k++) {
        tally_init(&some[k]);
        tally_begin(&some[k], T0, 1000 * MS);
        for (int i = 0; i < 500; i++)           /* each takes its turn of a slow server */
            tally_answer(&some[k], T0 + (2 * i + k) * MS,
                         T0 + (2 * i + k) * MS * 11 / 10);
        tally_merge(&all, &some[k]);
        tally_merge(&all, &idle);
        tally_free(&some[k]);
    }
    check(fabs(tally_growth(&all) - 0.1) < 0.002, "growth %g", tally_growth(&all));
    tally_free(&all);
    tally_free(&idle);
}

/* ---- whose time it was ---- */

#define assert_double(found, wanted) \
    check(fabs((found) - (wanted)) < 1e-6, "%g instead of %g", found, (double)(wanted))

/* A made-up machine: of the 100 ticks of a second one core is busy for some, and others
 * of it are stolen. */
static struct cores stat_of(int cores, int busy, int ticks, int stolen, int64_t at)
{
    char path[] = "/tmp/relayrace-test.XXXXXX";
    struct cores c;
    FILE *f = fdopen(mkstemp(path), "w");

    assert_non_null(f);
    fputs("cpu  1 2 3 4 5 6 7 8 9 10\n", f);
    for (int i = 0; i < cores; i++)
        fprintf(f, "cpu%d 100 0 %d 50 %d 0 0 %d 0 0\n", i, i == busy ? ticks : 0,
                at == 0 ? 0 : i == busy ? 100 - ticks - stolen : 100,
                i == busy ? stolen : 0);
    fputs("intr 1 2 3\n", f);
    fclose(f);
    assert_true(cores_look(path, &c));
    unlink(path);
    c.at = at;
    return c;
}

static struct tenant tenant(int from, int until, int64_t cpu)
{
    struct tenant t = { .cpu = cpu };

    for (int i = from; i < until; i++)
        CPU_SET(i, &t.may);
    return t;
}

/* On sixteen cores, a burner is a sixteenth of the machine, and all of the server's. */
static void a_rival_is_seen_on_the_servers_core(void **state)
{
    const struct cores before = stat_of(16, 3, 0, 0, 0),
                       after = stat_of(16, 3, 90, 0, 1000 * MS),
                       taken = stat_of(16, 3, 30, 60, 1000 * MS);
    const struct tenant server = tenant(3, 4, 300 * MS), client = tenant(5, 6, 100 * MS),
                        beside = tenant(4, 5, 0), both = tenant(3, 4, 500 * MS),
                        anywhere = tenant(0, 16, 900 * MS);

    (void)state;
    assert_double(cores_others(&before, &after, &server, &client).foreign, 0.6);
    assert_double(cores_others(&before, &after, &client, &server).foreign, 0);
    assert_double(cores_others(&before, &after, &beside, &client).foreign, 0);
    assert_double(cores_others(&before, &after, &server, &both).foreign, 0.1);
    assert_double(cores_others(&before, &after, &anywhere, &anywhere).foreign, 0);
    assert_double(cores_others(&before, &taken, &server, &client).foreign, 0);
    assert_double(cores_others(&before, &taken, &server, &client).stolen, 0.6);
    assert_double(cores_others(&before, &after, &(struct tenant){ .cpu = 0 },
                               &client).foreign, -1);
    assert_true(cores_shared(&server, &anywhere));
    assert_false(cores_shared(&server, &client));
}

#define family(time, ...) \
    { .cost.cpu = time, .processes = ids(__VA_ARGS__), .threads = ids(__VA_ARGS__) }
#define ids(...) \
    { .id = (int[]){ __VA_ARGS__ }, \
      .count = sizeof((int[]){ __VA_ARGS__ }) / sizeof(int) }

/* After the highest id comes a low one: neither tells who is new. */
static void who_is_gone_takes_the_account_along(void **state)
{
    const struct family at_first = family(100, 32700, 32765, 32766),
                        one_more = family(170, 300, 32700, 32765, 32766),
                        two_new = family(110, 300, 301, 32700),
                        one_left = family(90, 32700);

    (void)state;
    assert_int_equal(proc_between(&at_first, &at_first).cpu, 0);
    assert_int_equal(proc_between(&at_first, &one_more).cpu, 70);
    assert_int_equal(proc_between(&at_first, &two_new).cpu, UNKNOWN);
    assert_int_equal(proc_between(&at_first, &two_new).switches, UNKNOWN);
    assert_int_equal(proc_between(&at_first, &one_left).cpu, UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_overload_of_a_twentieth_is_seen_in_a_second),
        cmocka_unit_test(a_server_that_keeps_up_has_no_growing_queue),
        cmocka_unit_test(quarters_add_up),
        cmocka_unit_test(a_rival_is_seen_on_the_servers_core),
        cmocka_unit_test(each_rule_can_be_broken),
        cmocka_unit_test(advice_is_for_its_rule),
        cmocka_unit_test(who_is_gone_takes_the_account_along),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
