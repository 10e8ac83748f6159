/* test_client.c - the load client's parts: the schedule, the accounts, the judgement. */
#include "check.h"
#include "clock.h"
#include "conn.h"
#include "flight.h"
#include "heard.h"
#include "pace.h"
#include "payload.h"
#include "proc.h"
#include "traffic.h"
#include "unit.h"
#include "url.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* ---- connecting ---- */

static void ten_thousand_share_a_source_address(void **state)
{
    static const struct { int index; const char *source; } cases[] = {
        { 0, "127.0.0.1" }, { 9999, "127.0.0.1" }, { 10000, "127.0.0.2" },
        { 19999, "127.0.0.2" }, { 20000, "127.0.0.3" },
    };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in own = { .sin_family = AF_INET }, from;
    socklen_t size = sizeof own;
    struct url url = { .address_size = size };
    struct conns all = { .loop = ev_loop_new(0), .url = &url, .wire = WIRE_RAW };

    (void)state;
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(listener, (struct sockaddr *)&own, size), 0);
    assert_int_equal(listen(listener, 8), 0);
    getsockname(listener, (struct sockaddr *)&url.address, &size);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct conn c = { 0 };
        conn_open(&c, &all, cases[i].index, "/");
        int fd = accept(listener, (struct sockaddr *)&from, &(socklen_t){ sizeof from });
        assert_string_equal(inet_ntoa(from.sin_addr), cases[i].source);
        conn_drop(&c);
        close(fd);
    }
    close(listener);
    ev_loop_destroy(all.loop);
}

/* ---- who heard what ---- */

static void deliveries_are_told_apart(void **state)
{
    static const struct { uint64_t sequence; enum hearing expected; } story[] = {
        { 4, HEARD_EARLY }, { 5, HEARD_NEW }, { 7, HEARD_NEW }, { 6, HEARD_LATE },
        { 6, HEARD_TWICE }, { 7, HEARD_TWICE }, { 5, HEARD_TWICE }, { 200, HEARD_NEW },
        { 199, HEARD_LATE }, { 100, HEARD_TWICE }, { 201, HEARD_NEW },
    };
    struct heard h;

    (void)state;
    heard_from(&h, 5);
    for (size_t i = 0; i < COUNT(story); i++)
        assert_int_equal(heard(&h, story[i].sequence), story[i].expected);
}

static void messages_in_flight_are_found(void **state)
{
    struct flight f = { 0 };

    (void)state;
    for (uint64_t i = 0; i < 3000; i++)
        *flight_new(&f, i, i) =
            (struct message){ .sequence = i, .due = (int64_t)i, .left = 1 };
    for (uint64_t i = 0; i < 3000; i++) {
        assert_non_null(flight_find(&f, i));
        assert_int_equal(flight_find(&f, i)->due, i);
    }
    flight_find(&f, 17)->left = 0;
    assert_null(flight_find(&f, 17));
    assert_null(flight_find(&f, 3000));
    flight_free(&f);
}

/* A listener that never gets its messages does not let the ring grow. */
static void what_nobody_waits_for_makes_place(void **state)
{
    struct flight f = { 0 };

    (void)state;
    for (uint64_t i = 0; i < 100000; i++)
        flight_new(&f, i, 1)->left = 1;
    assert_true(f.size <= 256);
    assert_non_null(flight_find(&f, 99999));
    assert_null(flight_find(&f, 0));
    flight_free(&f);
}

static void sizes_are_spread_and_repeatable(void **state)
{
    struct payload p;
    int seen[41] = { 0 };

    (void)state;
    payload_init(&p, 1, 24, 64);
    for (uint64_t i = 0; i < 41000; i++) {
        size_t size = payload_size(&p, 3, i);
        assert_in_range(size, 24, 64);
        assert_int_equal(size, payload_size(&p, 3, i));
        seen[size - 24]++;
    }
    for (int i = 0; i < 41; i++)
        check(seen[i] > 800 && seen[i] < 1200, "size %d came %d times", 24 + i, seen[i]);
    payload_free(&p);
}

static void a_stamp_is_eight_digits_at_a_time(void **state)
{
    static const uint8_t mask[4] = { 1, 2, 3, 4 }, bare[4];
    const uint64_t sequence = (UINT64_C(1) << 47) + 63;
    struct payload p;
    struct stamp s;
    char text[64];

    (void)state;
    payload_init(&p, 0xABCDEF, sizeof text, sizeof text);
    payload_write(&p, 5, sizeof text, text);
    payload_stamp(&p, text, mask, sequence, 1);
    for (int i = 8; i < 24; i++)
        text[i] ^= (char)mask[i % 4];
    assert_memory_equal(text, "Zlg_0005P000000o00000001", STAMP);
    assert_true(payload_check(&p, (struct bytes){ text, sizeof text }, &s));
    assert_int_equal(s.run, 0xABCDEF);
    assert_int_equal(s.sender, 5);
    assert_true(s.sequence == sequence && s.when == 1);
    for (int i = 0; i < STAMP; i++) {
        char kept = text[i];
        text[i] = i % 2 ? '/' : 'p';
        assert_false(payload_check(&p, (struct bytes){ text, sizeof text }, &s));
        text[i] = kept;
    }
    payload_stamp(&p, text, bare, 0, 0);
    assert_memory_equal(text + 8, "0000000000000000", 16);
    payload_free(&p);
}

/* ---- the rules, each at its edge ---- */

static const struct facts good = {
    .rate = 1000, .sent = 1000, .answered = 1000, .lag = 900000, .median = 100000,
    .seconds = 10, .client = 0.79, .foreign = 0.09, .connections = 8, .open = 8,
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
}

#define but(...) ({ struct facts f_ = good; __VA_ARGS__; f_; })

static void each_rule_can_be_broken(void **state)
{
    (void)state;
    expect(good, NULL);
    expect(but(f_.sent = f_.answered = 991), NULL);
    expect(but(f_.sent = 989), "rate");
    expect(but(f_.answered = 989), "rate");
    expect(but(f_.unsent = 1), "unsent");
    expect(but(f_.lag = 1100000), "lag");
    expect(but(f_.lag = 1900000, f_.median = 10000000), NULL);
    expect(but(f_.lag = 2100000, f_.median = 10000000), "lag");
    expect(but(f_.rate = 0, f_.sent = 0, f_.lag = 5000000), NULL);
    expect(but(f_.client = 0.81), "client");
    expect(but(f_.client = 0.81, f_.seconds = 0.09), NULL);
    expect(but(f_.open = 7), "connections");
    expect(but(f_.foreign = 0.11), "foreign");
    expect(but(f_.foreign = 0.11, f_.seconds = 0.4), NULL);
    expect(but(f_.foreign = -1), NULL);
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

/* ---- who waits ---- */

/* As far as somebody looks now and then: too early would be an accusation. */
static void a_wait_begins_when_it_is_first_seen(void **state)
{
    struct group g = { .living = 1, .sent = 7 };
    struct client c = { .group = &g, .member = true, .since = 5, .got = 2 };

    (void)state;
    assert_int_equal(traffic_waits_since(&c, 100), 100);    /* nothing is owed */
    g.sent = 9;
    assert_int_equal(traffic_waits_since(&c, 200), 200);
    assert_int_equal(traffic_waits_since(&c, 300), 200);
    c.got = 3;                                              /* one came, one is to */
    assert_int_equal(traffic_waits_since(&c, 400), 400);
    c.since = g.sent++;                                     /* on a new connection */
    c.got = 0;
    assert_int_equal(traffic_waits_since(&c, 500), 500);
    assert_int_equal(traffic_waits_since(&c, 600), 500);
    c.member = false;
    assert_int_equal(traffic_waits_since(&c, 700), 700);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schedule_does_not_move),
        cmocka_unit_test(a_ramp_rises_in_a_line),
        cmocka_unit_test(a_warm_up_keeps_the_first_rate),
        cmocka_unit_test(poisson_arrivals_are_independent),
        cmocka_unit_test(ten_thousand_share_a_source_address),
        cmocka_unit_test(deliveries_are_told_apart),
        cmocka_unit_test(messages_in_flight_are_found),
        cmocka_unit_test(what_nobody_waits_for_makes_place),
        cmocka_unit_test(sizes_are_spread_and_repeatable),
        cmocka_unit_test(a_stamp_is_eight_digits_at_a_time),
        cmocka_unit_test(each_rule_can_be_broken),
        cmocka_unit_test(who_is_gone_takes_the_account_along),
        cmocka_unit_test(a_wait_begins_when_it_is_first_seen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
