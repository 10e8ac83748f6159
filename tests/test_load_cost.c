/* test_load_cost.c - what server and client cost, as the kernel counts it, and who else
 * had their cores. */
#include "loading.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- what the kernel says of it ---- */

static double cpu_of(pid_t pid)
{
    clockid_t clock;
    struct timespec t;

    assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
    assert_int_equal(clock_gettime(clock, &t), 0);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Of a process with one thread. */
static double switches_of(pid_t pid)
{
    char path[40], line[200];
    double sum = 0, n;

    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        if (sscanf(line, "voluntary_ctxt_switches: %lf", &n) == 1
            || sscanf(line, "nonvoluntary_ctxt_switches: %lf", &n) == 1)
            sum += n;
    fclose(f);
    return sum;
}

/* The rest was connecting, starting and ending. */
static void most_of(const char *what, double told, double all)
{
    check(told <= all && told >= all / 3, "%s: %g, where the kernel counts %g in all",
          what, told, all);
}

static double seconds_of(const struct rusage *use)
{
    return (double)(use->ru_utime.tv_sec + use->ru_stime.tv_sec)
         + (double)(use->ru_utime.tv_usec + use->ru_stime.tv_usec) / 1e6;
}

static void a_cost_is_what_the_kernel_counts(void **state)
{
    struct rusage before, after;
    struct result r;

    (void)state;
    double cpu = cpu_of(epoll.pid), switches = switches_of(epoll.pid);
    getrusage(RUSAGE_CHILDREN, &before);
    load(&r, "-c 1 -n 4000 --server-pid %d --json - " URL, epoll.pid, port);
    getrusage(RUSAGE_CHILDREN, &after);
    went_well(&r);
    most_of("server's CPU time", json_number(r.out, "server", "cpu_ns"),
            cpu_of(epoll.pid) - cpu);
    most_of("server's switches", json_number(r.out, "server", "switches"),
            switches_of(epoll.pid) - switches);
    most_of("client's CPU time", json_number(r.out, "client", "cpu_ns"),
            seconds_of(&after) * 1e9 - seconds_of(&before) * 1e9);
    most_of("client's switches", json_number(r.out, "client", "switches"),
            (double)(after.ru_nvcsw + after.ru_nivcsw - before.ru_nvcsw
                     - before.ru_nivcsw));
}

/* What a dead server has cost is known while it is a zombie, or not at all. */
static void a_server_that_dies_has_no_negative_cost(void **state)
{
    struct program other, p;
    int its = model_start(&other, "epoll", "");
    struct result r;

    (void)state;
    p = load_sending(its, "-c 2 --think 1ms -d 5s --server-pid %d --json - " URL,
                     other.pid, its);
    kill(other.pid, SIGKILL);
    program_end(&other, &r);
    program_end(&p, &r);
    check(r.status == 1, "exit status %d", r.status);
    check(!strstr(r.out, ": -"), "a negative figure in %s", r.out);
}

/* Its processes end with their clients, and take the account with them. */
static void a_cost_that_cannot_be_known_is_not_told(void **state)
{
    struct program fork;
    int its = model_start(&fork, "fork", "");
    struct result r;

    (void)state;
    load(&r, "-c 4 --churn 5 -n 100 --server-pid %d --json - " URL, fork.pid, its);
    model_stop(&fork);
    went_well(&r);
    tells(r.out, "\"server\": { \"cpu_ns\": null, \"switches\": null");
}

/* ---- rivals ---- */

/* However many cores the machine has: one is the server's, and that has a rival. */
static pid_t burner;
static cpu_set_t allowed;

/* On the first of our cores; it dies with us. */
static void start_burner(void)
{
    cpu_set_t one;
    int core = 0;

    sched_getaffinity(0, sizeof allowed, &allowed);
    while (!CPU_ISSET(core, &allowed))
        core++;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    sched_setaffinity(epoll.pid, sizeof one, &one);
    if ((burner = fork()) == 0) {
        sched_setaffinity(0, sizeof one, &one);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (volatile int n = 0; ; n++)
            ;
    }
}

/* Also after a test that failed. */
static int stop_burner(void **state)
{
    (void)state;
    kill(burner, SIGKILL);
    waitpid(burner, NULL, 0);
    sched_setaffinity(epoll.pid, sizeof allowed, &allowed);
    return 0;
}

static void a_rival_on_the_servers_core_is_invalid(void **state)
{
    struct result r;

    (void)state;
    start_burner();
    load(&r, "-c 2 --think 5ms -d 800ms --server-pid %d --json - " URL, epoll.pid, port);
    invalid(&r, "foreign");
    check(json_number(r.out, "foreign_server", NULL) > 0.6, "less than most: %s", r.out);
    check(json_number(r.out, "foreign_wait", NULL) >= 0, "no waiting known: %s", r.out);
    check(json_number(r.out, "server", "waited_ns") > 0, "it never waited: %s", r.out);
}

/* While it works, a rival has half of its core. */
static void a_server_that_waits_for_its_core_is_invalid(void **state)
{
    struct result r;

    (void)state;
    start_burner();
    load(&r, "-c 1 -d 800ms --server-pid %d --json - ws://127.0.0.1:%d/job/cpu:27",
         epoll.pid, port);
    invalid(&r, "foreign_wait");
    tells(r.out, "the server was ready to run, and others had its core");
}

/* Where that is allowed, server and client come before all others: sched(7). */
static void take_precedence(bool first)
{
    struct sched_param priority = { .sched_priority = first };

    sched_setscheduler(epoll.pid, first ? SCHED_RR : SCHED_OTHER, &priority);
    sched_setscheduler(0, first ? SCHED_RR : SCHED_OTHER, &priority);
}

static int be_modest(void **state)
{
    (void)state;
    take_precedence(false);
    return 0;
}

/* If the machine lets it have a core, in one of these moments. */
static void a_client_at_its_limit_is_invalid(void **state)
{
    struct result r;
    double cores = 0;

    (void)state;
    take_precedence(true);
    for (int i = 0; i < 10 && cores < 0.82; i++) {
        load(&r, "-c 64 --rooms 64 --size 24-3000 -d 150ms --json - " URL, port);
        assert_int_equal(json_number(r.out, "lost", NULL), 0);
        cores = json_number(r.out, "client", "cores");
    }
    if (cores < 0.82) {
        print_message("(it never had a core to itself)\n");
        skip();
    }
    invalid(&r, "client");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_dies_has_no_negative_cost),
        cmocka_unit_test(a_cost_that_cannot_be_known_is_not_told),
        cmocka_unit_test_teardown(a_rival_on_the_servers_core_is_invalid, stop_burner),
        cmocka_unit_test_teardown(a_server_that_waits_for_its_core_is_invalid,
                                  stop_burner),
        cmocka_unit_test_teardown(a_client_at_its_limit_is_invalid, be_modest),
        cmocka_unit_test(a_cost_is_what_the_kernel_counts),
    };

    return cmocka_run_group_tests(tests, start_epoll, stop_epoll);
}
