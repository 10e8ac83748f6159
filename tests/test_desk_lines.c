/* test_desk_lines.c - what becomes of the desk's lines and sockets: when they die, when
 * their numbers come back, and what they cost. */
#include "deskside.h"
#include "clock.h"
#include "net.h"

#include <stdio.h>

/* ---- lines that die ---- */

static void test_an_idle_line_dies(void **state)
{
    (void)state;
    open_desk();
    take(0, "sql:q");
    says(0, 'y');
    turns_until_told(1);
    hangs_up(0);
    turn(1000);                 /* it is noticed when it happens */
    assert_int_equal(lines_closed, 1);
    assert_true(desk_deadline() == NEVER);
    take(1, "sql:q");
    says(1, 'y');
    turns_until_told(2);
    came_to(1, 0);
}

/* It has died, and before the desk hears of it there is another job. */
static void test_a_dead_line_is_not_used(void **state)
{
    (void)state;
    open_desk();
    take(0, "sql:q");
    says(0, 'y');
    turns_until_told(1);
    hangs_up(0);
    take(1, "sql:q");
    assert_int_equal(lines_closed, 1);
    says(1, 'y');
    turns_until_told(2);
    came_to(1, 0);
}

static void test_a_line_dies_with_a_job(void **state)
{
    (void)state;
    open_desk();
    take_queries(2);
    hangs_up(0);
    turns_until_told(1);
    came_to(0, 502);
    assert_int_equal(lines_closed, 1);
    says(1, 'y');
    turns_until_told(2);
    came_to(1, 0);
}

static void test_an_error_is_not_the_lines(void **state)
{
    (void)state;
    open_desk();
    take_queries(2);
    says(0, '!');
    turns_until_told(1);
    came_to(0, 404);
    says(0, 'y');
    turns_until_told(2);
    came_to(1, 0);
    assert_int_equal(lines_closed, 0);
}

/* While it connects, each step closes the socket and makes another, with its number. */
static void test_a_descriptor_that_comes_back(void **state)
{
    (void)state;
    steps_to_connect = 3;
    open_desk();
    take(0, "sql:q");
    for (int i = 0; i < 3; i++)
        turn(1000);
    assert_int_equal(steps_left(0), 0);
    says(0, 'y');
    turns_until_told(1);
    came_to(0, 0);
}

static void test_a_settled_line_connects_again(void **state)
{
    (void)state;
    open_desk();
    take(0, "sql:q");
    says(0, 'y');
    turns_until_told(1);
    take(1, "sql:q");
    says(0, 'r');
    for (int i = 0; i < 5; i++)
        turn(50);
    assert_int_equal(steps_left(0), 0);
    says(0, 'y');
    turns_until_told(2);
    came_to(1, 0);
    assert_int_equal(lines_opened, 1);
}

/* The line is half connected, and its next job goes on with that. */
static void test_dropped_while_it_connects(void **state)
{
    (void)state;
    steps_to_connect = 3;
    open_desk();
    take(0, "sql:q");
    drop_job(0);
    is_silent();
    take(1, "sql:q");
    for (int i = 0; i < 2; i++)
        turn(1000);
    says(0, 'y');
    turns_until_told(1);
    came_to(1, 0);
    assert_int_equal(lines_opened, 1);
}

/* ---- fetches ---- */

static void test_many_fetches(void **state)
{
    (void)state;
    open_desk();
    int64_t began = clock_now();
    for (int i = 0; i < 20; i++)
        take(i, i % 2 ? "fetch:/slow/500" : "fetch:/chunked");
    take(20, "fetch:/missing");
    take(21, "fetch:/reset");
    turns_until_told(22);
    int ms = (int)((clock_now() - began) / MS);
    check(ms < 4000, "all together take %d ms", ms);
    for (int i = 0; i < 20; i++)
        came_to(i, 0);
    came_to(20, 404);
    came_to(21, 502);
}

static void test_a_fetch_that_never_ends(void **state)
{
    (void)state;
    o.job_timeout = 1000 * MS;
    o.max_result = 1000;
    open_desk();
    take(0, "fetch:/never");
    take(1, "fetch:/text");
    take(2, "fetch:/endless");
    turns_until_told(3);
    came_to(0, 504);
    came_to(1, 0);
    came_to(2, 502);
}

static void test_a_fetch_is_dropped(void **state)
{
    (void)state;
    open_desk();
    take(0, "fetch:/never");
    turn(20);
    int next = net_next(1);
    drop_job(0);
    assert_true(net_next(1) < next);    /* its socket is closed */
    take(1, "fetch:/text");             /* and this one gets its number */
    turns_until_told(1);
    came_to(1, 0);
}

/* ---- what it costs ---- */

/* A line that waits for its next answer is watched as it was: nothing is told again. */
static void test_a_settled_line_is_left_alone(void **state)
{
    char path[64], before[4096] = "", after[4096] = "";

    (void)state;
    open_desk();
    take(0, "sql:q");
    says(0, 'y');
    turns_until_told(1);
    snprintf(path, sizeof path, "/proc/self/fdinfo/%d", desk);
    FILE *file = fopen(path, "r");
    slurp(file, before, sizeof before);
    take(1, "sql:q");
    file = fopen(path, "r");
    slurp(file, after, sizeof after);
    assert_string_equal(before, after);
    says(0, 'y');
    turns_until_told(2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_begins, desk_ends)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_idle_line_dies),
        TEST(test_a_dead_line_is_not_used),
        TEST(test_a_line_dies_with_a_job),
        TEST(test_an_error_is_not_the_lines),
        TEST(test_a_descriptor_that_comes_back),
        TEST(test_a_settled_line_connects_again),
        TEST(test_dropped_while_it_connects),
        TEST(test_many_fetches),
        TEST(test_a_fetch_that_never_ends),
        TEST(test_a_fetch_is_dropped),
        TEST(test_a_settled_line_is_left_alone),
    };
    return cmocka_run_group_tests_name("its lines", tests, upstream_begins,
                                       upstream_ends);
}
