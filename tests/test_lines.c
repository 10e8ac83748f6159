/* test_lines.c - the lines to a database: as many as are allowed, first come, first
 * served, and nobody waits in a queue that is too long or for too long. */
#include "clock.h"
#include "driver.h"
#include "lines.h"
#include "options.h"
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- a driver without a database ---- */

struct fake { struct line line; bool dead; };

static atomic_int opened, closed;
static bool no_memory;

static struct line *open_fake(const char *where, size_t queries)
{
    assert_string_equal(where, "nowhere");
    assert_int_equal(queries, 3);
    if (no_memory)
        return NULL;
    opened++;
    return calloc(1, sizeof (struct fake));
}

static bool fake_is_alive(struct line *line) { return !((struct fake *)line)->dead; }

static void close_fake(struct line *line)
{
    closed++;
    free(line);
}

static const struct driver fake = { .open = open_fake, .alive = fake_is_alive,
                                    .close = close_fake };

static struct options o;

static void begin(int lines, int queue, int64_t timeout)
{
    static struct queries queries = { .count = 3 };

    lines_close();
    options_default(&o);
    o.db = "nowhere";
    o.queries = &queries;
    o.db_lines = lines;
    o.db_queue = queue;
    o.queue_timeout = timeout;
    database = &fake;
    lines_open(&o);
    opened = closed = 0;
}

static struct line *take(void)
{
    struct job job = { .kind = JOB_SQL };
    struct line *line = lines_get(&job);

    check(line && job.status == 0, "no line: %d", job.status);
    return line;
}

static void refused(const char *word)
{
    struct job job = { .kind = JOB_SQL };

    assert_null(lines_get(&job));
    assert_int_equal(job.status, 503);
    check(strstr(job.why, word), "no '%s' in %s", word, job.why);
}

/* ---- somebody who waits ---- */

struct customer {
    pthread_t thread;
    atomic_int tid;             /* 0: not asked yet */
    struct line *line;          /* NULL: refused */
    atomic_int served;          /* as the how manieth; 0: not yet */
};

static atomic_int served;

static void *come(void *arg)
{
    struct customer *c = arg;
    struct job job = { .kind = JOB_SQL };

    c->tid = (int)syscall(SYS_gettid);
    c->line = lines_get(&job);
    c->served = ++served;
    return NULL;
}

/* Until it sleeps: it has taken its place in the queue. */
static void send(struct customer *c)
{
    char path[64], stat[200], state = 'R';

    *c = (struct customer){ .tid = 0 };
    assert_int_equal(pthread_create(&c->thread, NULL, come, c), 0);
    while (state != 'S') {
        pause_for(MS);
        snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)c->tid);
        FILE *f = c->tid ? fopen(path, "re") : NULL;
        if (f) {
            slurp(f, stat, sizeof stat);
            state = strrchr(stat, ')')[2];
        }
    }
}

/* ---- */

static void they_are_opened_when_they_are_wanted(void **state)
{
    (void)state;
    begin(2, 0, MS);
    assert_int_equal(opened, 0);
    struct line *a = take();
    assert_int_equal(opened, 1);
    lines_give(a);
    assert_ptr_equal(take(), a);
    struct line *b = take();
    assert_ptr_not_equal(a, b);
    assert_int_equal(opened, 2);
    refused("--db-queue");
    lines_give(b);
    lines_give(a);
    assert_int_equal(closed, 0);
    lines_close();
    assert_int_equal(closed, 2);
}

static void a_dead_one_is_not_handed_out(void **state)
{
    (void)state;
    begin(1, 0, MS);
    struct line *a = take();
    ((struct fake *)a)->dead = true;
    lines_give(a);
    a = take();
    assert_int_equal(opened, 2);
    assert_int_equal(closed, 1);
    assert_false(((struct fake *)a)->dead);
    lines_give(a);
}

static void without_memory_nobody_is_left_waiting(void **state)
{
    (void)state;
    begin(1, 0, MS);
    no_memory = true;
    for (int i = 0; i < 3; i++)
        refused("memory");
    no_memory = false;
    lines_give(take());
}

static void first_come_first_served(void **state)
{
    struct customer c[4];

    (void)state;
    begin(1, 4, 3600 * 1000 * MS);
    served = 0;
    struct line *a = take();
    for (size_t i = 0; i < COUNT(c); i++)
        send(&c[i]);
    refused("--db-queue");
    for (size_t i = 0; i < COUNT(c); i++) {
        assert_int_equal(c[i].served, 0);
        lines_give(a);
        while (served == (int)i)
            pause_for(MS);
        check(c[i].served == (int)i + 1, "%zu is served as number %d", i + 1,
              (int)c[i].served);
        pthread_join(c[i].thread, NULL);
        assert_ptr_equal(c[i].line, a);
    }
    lines_give(a);
    assert_int_equal(opened, 1);
}

static void nobody_waits_for_too_long(void **state)
{
    struct customer c;

    (void)state;
    begin(1, 2, 30 * MS);
    struct line *a = take();
    int64_t began = clock_now();
    refused("--queue-timeout");
    assert_true(clock_now() - began >= 30 * MS);
    send(&c);                   /* and another beside it */
    refused("--queue-timeout");
    pthread_join(c.thread, NULL);
    assert_null(c.line);
    lines_give(a);              /* to nobody: they have gone */
    assert_ptr_equal(take(), a);
    lines_give(a);
}

/* ---- a rush ---- */

static atomic_int in_use, most_in_use, refusals;

static void *hurry(void *arg)
{
    for (int i = 0; i < 2000; i++) {
        struct job job = { .kind = JOB_SQL };
        struct line *line = lines_get(&job);

        if (!line) {
            refusals++;
            continue;
        }
        int now = ++in_use;
        if (now > most_in_use)
            most_in_use = now;
        if (++line->deadline % 100 == 0)        /* nobody else has it */
            ((struct fake *)line)->dead = true;
        in_use--;
        lines_give(line);
    }
    return arg;
}

static void in_a_rush_each_has_its_own(void **state)
{
    pthread_t threads[8];

    (void)state;
    begin(3, 8, 3600 * 1000 * MS);
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hurry, NULL), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    check(most_in_use <= 3, "%d lines at a time", (int)most_in_use);
    assert_int_equal(refusals, 0);
    lines_close();
    assert_int_equal(opened, closed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_opened_when_they_are_wanted),
        cmocka_unit_test(a_dead_one_is_not_handed_out),
        cmocka_unit_test(without_memory_nobody_is_left_waiting),
        cmocka_unit_test(first_come_first_served),
        cmocka_unit_test(nobody_waits_for_too_long),
        cmocka_unit_test(in_a_rush_each_has_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
