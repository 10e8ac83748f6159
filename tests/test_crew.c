/* test_crew.c - helpers do chores for a loop: each result comes home, unless it is called
 * off. */
#include "clock.h"
#include "crew.h"
#include "job.h"
#include "unit.h"

#include <poll.h>
#include <string.h>

enum { HELPERS = 2, MANY = 200, PATIENCE = 10000 };     /* ms */

static int bell, done;

static void count(void *whose)
{
    *(int *)whose += 1;
    done++;
}

static void collect(int wanted)
{
    for (int64_t end = clock_now() + PATIENCE * MS; done < wanted; ) {
        assert_true(clock_now() < end);
        poll(&(struct pollfd){ .fd = bell, .events = POLLIN }, 1, 100);
        crew_bring_back(count);
    }
    assert_int_equal(done, wanted);
    done = 0;
}

static bool rings(int ms)
{
    return poll(&(struct pollfd){ .fd = bell, .events = POLLIN }, 1, ms) == 1;
}

static void test_results_come_home(void **state)
{
    static struct job jobs[MANY];
    static int times[MANY];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        jobs[i] = (struct job){ .kind = JOB_CPU, .n = i % 20 };
        crew_take(&jobs[i], &times[i]);
    }
    collect(MANY);
    for (int i = 0; i < MANY; i++) {
        static const int64_t fib[20] = { 0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144,
                                         233, 377, 610, 987, 1597, 2584, 4181 };
        assert_int_equal(jobs[i].result, fib[i % 20]);
        assert_int_equal(times[i], 1);
    }
    assert_false(rings(20));
}

/* All helpers nap, so the next chores are not begun: they leave the queue. One that is
 * begun is ended, and its owner, who has gone, does not hear of it. */
static void test_called_off(void **state)
{
    static struct job naps[HELPERS], waiting[MANY];
    struct chore *begun[HELPERS], *queued[MANY];
    int heard = 0, unheard = 0;

    (void)state;
    for (int i = 0; i < HELPERS; i++) {
        naps[i] = (struct job){ .kind = JOB_NAP, .n = 200, .result = -1 };
        begun[i] = crew_take(&naps[i], i ? &unheard : &heard);
    }
    assert_false(rings(50));            /* both are begun */
    for (int i = 0; i < MANY; i++) {
        waiting[i] = (struct job){ .kind = JOB_NAP, .n = 60000 };
        queued[i] = crew_take(&waiting[i], &unheard);
    }
    for (int i = 0; i < MANY; i++)
        crew_drop(queued[i]);
    crew_drop(begun[1]);
    memset(&naps[1], 0xff, sizeof naps[1]);     /* it is somebody else's now */
    collect(1);
    assert_true(rings(PATIENCE) || unheard == 0);
    crew_bring_back(count);
    assert_int_equal(heard, 1);
    assert_int_equal(unheard, 0);
    assert_int_equal(naps[1].result, -1);       /* as it was overwritten */
    crew_drop(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_results_come_home),
        cmocka_unit_test(test_called_off),
    };
    bell = crew_open(HELPERS);
    return cmocka_run_group_tests_name("crew", tests, NULL, NULL);
}
