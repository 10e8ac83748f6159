/* test_load_schedule.c - when the load client sends: as a schedule says, or when it has
 * its answer and has thought. */
#include "clock.h"
#include "loading.h"
#include "local.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_schedule_is_kept_to_the_message(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 3 --rooms 3 --rate 500 -d 600ms --json - " URL, port);
    went_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 300);
    load(&r, "-c 3 --rooms 3 --rate 0:1000 -d 600ms --json - " URL, port);
    went_well(&r);
    double n = json_number(r.out, "messages", NULL);
    check(n >= 298 && n <= 302, "%g messages of a ramp to 1000 a second", n);
    load(&r, "-c 3 --rooms 3 --rate 500 -d 300ms --warmup 200ms --json - " URL, port);
    went_well(&r);
    assert_int_equal(json_number(r.out, "messages", NULL), 150);
    assert_int_equal(json_number(r.out, "response_ns", "count"), 150);
    assert_int_equal(json_number(r.out, "deliveries", NULL), 100 + 150);
    load(&r, "-c 3 --rooms 3 --rate 500 -d 600ms --warmup 200ms --arrival poisson "
         "--json - " URL, port);
    went_well(&r);
    n = json_number(r.out, "messages", NULL);
    check(n >= 200 && n <= 400, "%g messages, where 300 were to be expected", n);
}

/* Two threads, one with two of the three senders: it has two thirds of the messages, and
 * the last is due when the schedule says. */
static void a_count_is_split_as_the_schedule_is(void **state)
{
    long long first = INT64_MAX, last = 0;
    struct result r;
    struct row row;
    int n = 0;

    (void)state;
    load(&r, "-c 3 --rooms 3 --threads 2 --rate 300 -n 60 --timeline - " URL, port);
    for (FILE *f = fmemopen(r.out, strlen(r.out), "r"); next_row(f, &row); n++) {
        first = row.due < first ? row.due : first;
        last = row.due > last ? row.due : last;
    }
    assert_int_equal(n, 60);
    check(last - first > 190 * MS && last - first < 210 * MS, "60 at 300 a second were "
          "due in %g ms", (double)(last - first) / 1e6);
}

/* A stall of the server: who waits for answers sends nothing meanwhile, and has hardly a
 * message that was slow. Who keeps to a schedule has all that fell into it. */
static void only_an_open_loop_sees_a_stall(void **state)
{
    static const char *const loops[] = { "--think 1ms", "--rate 2000" };
    double p99[2];
    struct result r;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct program p = load_sending(port, "-c 4 --rooms 4 %s -d 1s --json - " URL,
                                        loops[i], port);
        halt(epoll.pid, 200);
        program_end(&p, &r);
        p99[i] = json_number(r.out, "response_ns", "p99");
    }
    check(p99[1] > 100e6, "an open loop's p99 is %g ms", p99[1] / 1e6);
    check(p99[0] < p99[1] / 2, "a closed loop's p99 is %g ms", p99[0] / 1e6);
}

/* Twice as much is asked for as can be done: half of what is due waits. */
static void a_queue_shows_in_the_response_time(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 1 --rate 100 -d 300ms --json - http://127.0.0.1:%d/job/sleep:20", port);
    double service = json_number(r.out, "service_ns", "p50");
    check(service >= 20e6 && json_number(r.out, "response_ns", "p50") > 2 * service,
          "no queue in %s", r.out);
}

static void who_thinks_sends_no_more_than_that_allows(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 4 --rooms 4 --think 40ms -d 400ms --json - " URL, port);
    went_well(&r);
    double n = json_number(r.out, "messages", NULL);
    check(n >= 4 && n <= 4 * (1 + 400 / 40), "%g messages", n);
}

/* Written when it was due or later; and of random arrivals, a seventh keep a distance of
 * two mean ones (exp(-2)), while of regular ones none does. */
static void a_timeline_is_in_order(void **state)
{
    struct output timeline = output_open();
    int64_t began = clock_now(), last = 0;
    int rows = 0, far = 0;
    struct result r;
    struct row row;

    (void)state;
    load(&r, "-c 1 --rate 1000 -d 300ms --arrival poisson --timeline %s --json - " URL,
         timeline.path, port);
    went_well(&r);
    for (; next_row(timeline.file, &row); rows++) {
        check(began < row.due && last <= row.due && row.due <= row.start
              && row.start < row.end && row.end < clock_now(),
              "after %lld: due at %lld, written at %lld, back at %lld", (long long)last,
              row.due, row.start, row.end);
        assert_int_equal(row.connection, 0);
        far += last && row.due - last > 2 * MS;
        last = row.due;
    }
    check(rows > 200 && rows < 400, "%d rows, where 300 were to be expected", rows);
    check(far > rows / 20, "%d of %d come late", far, rows);
}

/* ---- arrivals by chance ---- */

enum { ARRIVALS = 30 };

/* When each message was due after the first one, by the timeline, in which they may lie
 * in another order. */
static void find_arrivals(FILE *timeline, long long due[ARRIVALS])
{
    struct row row;
    int rows = 0;

    for (; next_row(timeline, &row); rows++) {
        assert_true(rows < ARRIVALS);
        due[rows] = row.due;
    }
    assert_int_equal(rows, ARRIVALS);
    for (int i = 1; i < ARRIVALS; i++)
        due[i] -= due[0];
    due[0] = 0;
}

static bool alike(const long long a[ARRIVALS], const long long b[ARRIVALS])
{
    return memcmp(a, b, ARRIVALS * sizeof *a) == 0;
}

/* Runs that should show how much is chance must not all have the same luck. */
static void arrivals_are_repeated_only_on_demand(void **state)
{
    static const char *const seeds[] = {
        "-n 30", "-n 30", "-n 30 --seed 7", "-n 30 --seed 7", "-n 30 --seed 8",
    };
    long long due[COUNT(seeds)][ARRIVALS];
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(seeds); i++) {
        struct output timeline = output_open();
        load(&r, "-c 1 --rate 1000 --arrival poisson %s --timeline %s " URL,
             seeds[i], timeline.path, port);
        find_arrivals(timeline.file, due[i]);
    }
    check(!alike(due[0], due[1]), "two runs had the same arrivals by chance");
    check(alike(due[2], due[3]), "the same seed had other arrivals");
    check(!alike(due[3], due[4]), "another seed had the same arrivals");
}

/* What was drawn is told, so that it can be asked for again. */
static void the_seed_is_told(void **state)
{
    char again[40];
    struct result r;

    (void)state;
    load(&r, "-c 1 --rate 1000 --arrival poisson -n 9 --seed 4294967295 --json - " URL,
         port);
    assert_true(json_number(r.out, "seed", NULL) == 4294967295.0);
    load(&r, "-c 1 --rate 1000 --arrival poisson -n 9 --json - " URL, port);
    double drawn = json_number(r.out, "seed", NULL);
    load(&r, "-c 1 --rate 1000 --arrival poisson -n 9 --json - " URL, port);
    check(drawn != json_number(r.out, "seed", NULL), "%.0f twice", drawn);
    load(&r, "-c 1 --rate 1000 -n 9 --json - " URL, port);
    tells(r.out, "\"seed\": null");
    load(&r, "-c 1 --rate 1000 --arrival poisson -n 9 --seed %.0f " URL, drawn, port);
    snprintf(again, sizeof again, "(poisson, seed %.0f)", drawn);
    tells(r.out, again);
}

/* ---- reading before writing ---- */

static int listen_anywhere(int *its_port)
{
    int fd = local_bound(its_port);

    assert_int_equal(listen(fd, 2), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ 10, 0 },
               sizeof(struct timeval));
    return fd;
}

/* Gives a message back to each. */
static void echo(const int fds[2])
{
    char messages[2][64];

    for (int i = 0; i < 2; i++)
        assert_int_equal(recv(fds[i], messages[i], 64, MSG_WAITALL), 64);
    for (int i = 0; i < 2; i++)
        assert_int_equal(send(fds[i], messages[i], 64, MSG_NOSIGNAL), 64);
}

/* While it is stopped, two answers come. Neither is to wait for what is written after the
 * other. */
static void all_is_read_before_anything_is_written(void **state)
{
    int its_port, listener = listen_anywhere(&its_port), fds[2], rows = 0;
    struct output timeline = output_open();
    struct row row, all[4];
    struct result r;
    char first[64];

    (void)state;
    struct program p = program_start("load -c 2 -n 4 --timeline %s tcp://127.0.0.1:%d",
                                     timeline.path, its_port);
    for (int i = 0; i < 2; i++) {
        fds[i] = accept(listener, NULL, NULL);
        check(fds[i] >= 0, "bin/load does not connect");
        recv(fds[i], first, sizeof first, MSG_PEEK | MSG_WAITALL);
    }
    kill(p.pid, SIGSTOP);
    assert_int_equal(waitpid(p.pid, NULL, WUNTRACED), p.pid);
    echo(fds);
    kill(p.pid, SIGCONT);
    echo(fds);
    program_end(&p, &r);
    ended_well(&r);
    while (next_row(timeline.file, &row)) {
        assert_true(rows < 4);
        all[rows++] = row;
    }
    for (int i = 0; i < 2; i++)
        close(fds[i]);
    close(listener);
    assert_int_equal(rows, 4);
    for (int i = 0; i < 4; i++)
        check(i < 2 ? all[i].end <= all[2].start && all[i].end <= all[3].start
                    : all[i].start < all[i].end,
              "row %d: written at %lld, back at %lld", i, all[i].start, all[i].end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schedule_is_kept_to_the_message),
        cmocka_unit_test(a_count_is_split_as_the_schedule_is),
        cmocka_unit_test(only_an_open_loop_sees_a_stall),
        cmocka_unit_test(a_queue_shows_in_the_response_time),
        cmocka_unit_test(who_thinks_sends_no_more_than_that_allows),
        cmocka_unit_test(arrivals_are_repeated_only_on_demand),
        cmocka_unit_test(the_seed_is_told),
        cmocka_unit_test(a_timeline_is_in_order),
        cmocka_unit_test(all_is_read_before_anything_is_written),
    };

    return cmocka_run_group_tests(tests, start_epoll, stop_epoll);
}
