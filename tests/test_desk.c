/* test_desk.c - jobs at the desk come back, each once, in their order, and with a status
 * that tells what became of them; unless they are dropped, at whatever moment. */
#include "deskside.h"
#include "clock.h"
#include "driver.h"

#include <string.h>

/* ---- whether there is one ---- */

static void test_no_desk(void **state)
{
    static struct driver blocks;
    struct job sql = { .kind = JOB_SQL }, cpu = { .kind = JOB_CPU },
               file = { .kind = JOB_FILE }, nap = { .kind = JOB_NAP };

    (void)state;
    o.upstream = NULL;
    database = NULL;
    assert_int_equal(desk_open(&o), -1);
    database = &blocks;
    assert_int_equal(desk_open(&o), -1);
    assert_null(desk_take(&cpu, &o));
    assert_null(desk_take(&nap, &o));
    assert_null(desk_take(&file, &o));
    assert_null(desk_take(&sql, &o));
    assert_true(desk_deadline() == NEVER);
    desk_drop(NULL);
}

static void test_nothing_to_do(void **state)
{
    (void)state;
    open_desk();
    assert_true(desk_deadline() == NEVER);
    assert_null(desk_next());
    assert_int_equal(lines_opened, 0);        /* lazily */
}

/* ---- the queue ---- */

static void test_first_come_first_served(void **state)
{
    (void)state;
    open_desk();
    take_queries(5);
    assert_int_equal(lines_opened, 1);
    is_silent();
    for (int i = 0; i < 5; i++) {
        says(0, 'y');
        turns_until_told(i + 1);
        check(heard[i] == i, "%d comes as number %d", heard[i], i);
        came_to(i, 0);
    }
    assert_int_equal(lines_opened, 1);
    assert_int_equal(lines_closed, 0);
}

static void test_as_many_as_there_are_lines(void **state)
{
    (void)state;
    o.db_lines = 3;
    open_desk();
    take_queries(5);
    assert_int_equal(lines_opened, 3);
    is_silent();
    says(2, 'y');
    says(0, 'y');
    turns_until_told(2);
    came_to(2, 0);
    came_to(0, 0);
    for (int i = 0; i < 3; i++)
        says(i, 'y');
    turns_until_told(5);
    came_to(4, 0);
}

static void test_the_queue_is_full(void **state)
{
    (void)state;
    o.db_queue = 2;
    open_desk();
    take_queries(5);
    assert_int_equal(desk_deadline(), 0);
    turns_until_told(2);
    came_to(3, 503);
    came_to(4, 503);
    for (int i = 0; i < 3; i++) {
        says(0, 'y');
        turns_until_told(3 + i);
        came_to(i, 0);
    }
    o.db_queue = 0;
    take(5, "sql:q");           /* the line is free */
    take(6, "sql:q");
    turns_until_told(6);
    came_to(6, 503);
    says(0, 'y');
    turns_until_told(7);
    came_to(5, 0);
}

static void test_queued_for_too_long(void **state)
{
    (void)state;
    o.queue_timeout = 30 * MS;
    open_desk();
    int64_t began = clock_now();
    take_queries(3);
    turns_until_told(2);
    int ms = (int)((clock_now() - began) / MS);
    check(ms >= 30 && ms < 2000, "after %d ms", ms);
    came_to(1, 503);
    came_to(2, 503);
    says(0, 'y');
    turns_until_told(3);
    came_to(0, 0);
}

static void test_it_takes_too_long(void **state)
{
    (void)state;
    o.job_timeout = 500 * MS;
    open_desk();
    take_queries(2);
    turns_until_told(1);
    came_to(0, 504);
    assert_int_equal(jobs_dropped, 1);
    says(0, 'y');               /* the same line, for the next */
    turns_until_told(2);
    came_to(1, 0);
    assert_int_equal(lines_opened, 1);
}

/* A driver may have a clock of its own, for a connection that does not come about. */
static void test_a_line_with_a_deadline(void **state)
{
    (void)state;
    open_desk();
    line_deadline = clock_now() + 20 * MS;
    take(0, "sql:q");
    assert_true(desk_deadline() == line_deadline);
    int64_t first = line_deadline;
    line_deadline = NEVER;
    turn(1000);
    check(clock_now() >= first, "it does not wait for the driver's deadline");
    says(0, 'y');
    turns_until_told(1);
    came_to(0, 0);
}

/* ---- dropped ---- */

static void test_dropped_in_the_queue(void **state)
{
    (void)state;
    open_desk();
    take_queries(3);
    drop_job(1);
    assert_int_equal(jobs_dropped, 0);
    says(0, 'y');
    turns_until_told(1);
    says(0, 'y');
    turns_until_told(2);
    came_to(0, 0);
    came_to(2, 0);
    is_silent();
}

/* The line is given to the next in the queue. */
static void test_dropped_while_it_is_out(void **state)
{
    (void)state;
    open_desk();
    take_queries(2);
    drop_job(0);
    assert_int_equal(jobs_dropped, 1);
    assert_int_equal(desk_deadline(), 0);
    turn(0);
    says(0, 'y');
    turns_until_told(1);
    came_to(1, 0);
    check(!all[0].job.text, "the dropped one has got the answer");
}

static void drop_the_others(struct owner *t)
{
    for (int i = 0; i < MOST; i++)
        if (&all[i] != t && all[i].order)
            drop_job(i);
}

/* Two are done in one batch; the owner that is told first drops the other. */
static void test_dropped_when_it_is_done(void **state)
{
    (void)state;
    o.db_lines = 3;
    open_desk();
    take_queries(3);
    says(0, 'y');
    says(1, 'y');
    when_told = drop_the_others;
    turn(1000);
    assert_int_equal(tellings, 1);
    assert_int_equal(jobs_dropped, 1);       /* the third, which was out */
    when_told = NULL;
    is_silent();
    take(3, "sql:q");
    assert_int_equal(lines_opened, 3);
}

static void take_another(struct owner *t)
{
    when_told = NULL;
    assert_ptr_equal(t, &all[0]);
    take(1, "sql:q");
}

static void test_taken_while_others_are_told(void **state)
{
    (void)state;
    open_desk();
    take(0, "sql:q");
    when_told = take_another;
    says(0, 'y');
    turns_until_told(1);
    says(0, 'y');
    turns_until_told(2);
    came_to(1, 0);
}

static void test_closed_with_all_that_is_out(void **state)
{
    (void)state;
    o.db_queue = 1;
    open_desk();
    take_queries(3);            /* out, queued, done */
    take(3, "fetch:/never");
    desk_close();
    assert_int_equal(jobs_dropped, 1);
    assert_int_equal(lines_opened, lines_closed);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, desk_begins, desk_ends)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_no_desk),
        TEST(test_nothing_to_do),
        TEST(test_first_come_first_served),
        TEST(test_as_many_as_there_are_lines),
        TEST(test_the_queue_is_full),
        TEST(test_queued_for_too_long),
        TEST(test_it_takes_too_long),
        TEST(test_a_line_with_a_deadline),
        TEST(test_dropped_in_the_queue),
        TEST(test_dropped_while_it_is_out),
        TEST(test_dropped_when_it_is_done),
        TEST(test_taken_while_others_are_told),
        TEST(test_closed_with_all_that_is_out),
    };
    return cmocka_run_group_tests_name("desk", tests, upstream_begins, upstream_ends);
}
