/* test_nonblocking.c - what the teaching client says of its own time is so. */
#include "program.h"
#include "unit.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* Its last line: seconds of work by the clock on the wall, seconds in all, and seconds in
 * which it had a core. */
static void last_line(const char *out, double *wall, double *all, double *cpu)
{
    const char *at = strstr(out, " s of ");

    check(at, "no account in: %s", out);
    while (at > out && at[-1] != '\n')
        at--;
    check(sscanf(at, "%lf s of %lf s were spent on work of our own: %*[0-9] %%, in which "
                 "we had a core for %lf s", wall, all, cpu) == 3, "it says: %s", at);
}

/* All that it starts has one core: what the server computes cannot be our own work. */
static void a_core_that_is_shared_is_not_counted_twice(void **state)
{
    cpu_set_t ours, one;
    struct program server, client;
    struct result r;
    double wall, all, cpu;

    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof ours, &ours), 0);
    CPU_ZERO(&one);
    for (int core = 0; core < CPU_SETSIZE && CPU_COUNT(&one) == 0; core++)
        if (CPU_ISSET(core, &ours))
            CPU_SET(core, &one);
    sched_setaffinity(0, sizeof one, &one);
    int port = model_start(&server, "naive", "");
    client = program_start("nonblocking http://127.0.0.1:%d/job/cpu:37", port);
    program_end(&client, &r);
    model_stop(&server);
    sched_setaffinity(0, sizeof ours, &ours);
    assert_int_equal(r.status, 0);
    last_line(r.out, &wall, &all, &cpu);
    check(wall <= all && cpu <= wall, "%g s of work, %g with a core, in %g s", wall, cpu,
          all);
    check(cpu > 0 && cpu < 0.8 * all, "the server had this core, too, but we had it for "
          "%g s of %g", cpu, all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_core_that_is_shared_is_not_counted_twice),
    };

    return cmocka_run_group_tests_name("nonblocking", tests, NULL, NULL);
}
