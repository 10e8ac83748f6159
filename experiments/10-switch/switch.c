/* switch.c - what it costs that somebody else goes on: a call, a coroutine, a thread, a
 * process; and what it costs to make one.
 *
 *   switch KIND MS       does it for about MS milliseconds, prints the ns of one
 *   switch               prints the kinds
 *
 * A hand-over is half of a round trip. Threads and processes use the same eventfds for
 * it, so that they differ in nothing but the memory they share. That matters when there
 * is memory: in two kinds each side works through 256 KiB of its own at every turn. */
#include "clock.h"
#include "coro.h"
#include "die.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

enum { WORKING_SET = 256 * 1024, LINE = 64 };

static int ping, pong;
static long rounds;
static bool working;            /* each side has a working set */

static void must(bool done, const char *what)
{
    if (!done)
        die("%s: %s", what, strerror(errno));
}

/* ---- within one thread ---- */

static __attribute__((noinline)) void callee(void)
{
    __asm__ volatile ("");
}

static void calls(long n)
{
    for (long i = 0; i < n; i++)
        callee();
}

static void system_calls(long n)
{
    for (long i = 0; i < n; i++)
        syscall(SYS_getppid);
}

/* All its pages are there: each has been written to. */
static char *working_set(void)
{
    char *set = malloc(WORKING_SET);

    must(set != NULL, "malloc");
    memset(set, 1, WORKING_SET);
    return set;
}

static void touch(char *set)
{
    for (volatile char *p = set; p < set + WORKING_SET; p += LINE)
        ++*p;
}

static void touches(long n)
{
    char *set = working_set();

    for (long i = 0; i < n; i++)
        touch(set);
    free(set);
}

static void yield_always(void *arg)
{
    for (long n = *(long *)arg; n > 0; n--)
        co_yield();
}

/* There and back: two switches. */
static void coroutine(long n)
{
    long half = (n + 1) / 2;
    struct co *co = co_new(yield_always, &half);

    while (co_resume(co))
        ;
}

static ucontext_t here, there;

static void swap_always(void)
{
    for (;;)
        swapcontext(&there, &here);
}

static void ucontext(long n)
{
    static char stack[64 * 1024];

    getcontext(&there);
    there.uc_stack.ss_sp = stack;
    there.uc_stack.ss_size = sizeof stack;
    makecontext(&there, swap_always, 0);
    for (long i = 0; i < n; i += 2)
        swapcontext(&here, &there);
}

/* ---- between threads, between processes ---- */

/* The kernel's numbers of the cores we may use. Sets us onto the one, or does nothing. */
static void stay_on(int core)
{
    static cpu_set_t allowed;
    cpu_set_t one;

    if (CPU_COUNT(&allowed) == 0)
        must(sched_getaffinity(0, sizeof allowed, &allowed) == 0, "sched_getaffinity");
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        if (CPU_ISSET(cpu, &allowed) && core-- == 0) {
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            must(sched_setaffinity(0, sizeof one, &one) == 0, "sched_setaffinity");
            return;
        }
    die("there is only one core");
}

static void ring(int fd) { must(eventfd_write(fd, 1) == 0, "eventfd"); }

static void hear(int fd)
{
    eventfd_t value;

    must(eventfd_read(fd, &value) == 0, "eventfd");
}

static void answer(int core)
{
    char *set = working ? working_set() : NULL;

    stay_on(core);
    for (long i = 0; i < rounds; i++) {
        hear(ping);
        if (set)
            touch(set);
        ring(pong);
    }
    free(set);
}

static void ask(void)
{
    char *set = working ? working_set() : NULL;

    for (long i = 0; i < rounds; i++) {
        if (set)
            touch(set);
        ring(ping);
        hear(pong);
    }
    free(set);
}

static void *answer_in_thread(void *core)
{
    answer(*(int *)core);
    return NULL;
}

static void hand_to_thread(long n, int core)
{
    pthread_t thread;

    rounds = (n + 1) / 2;
    must((errno = pthread_create(&thread, NULL, answer_in_thread, &core)) == 0, "thread");
    ask();
    pthread_join(thread, NULL);
}

static void hand_to_process(long n, int core)
{
    rounds = (n + 1) / 2;
    pid_t child = fork();
    must(child >= 0, "fork");
    if (child == 0) {
        answer(core);
        _exit(0);
    }
    ask();
    waitpid(child, NULL, 0);
}

static void thread(long n) { hand_to_thread(n, 0); }
static void thread_far(long n) { hand_to_thread(n, 1); }
static void process(long n) { hand_to_process(n, 0); }
static void process_far(long n) { hand_to_process(n, 1); }
static void thread_working(long n) { working = true; hand_to_thread(n, 0); }
static void process_working(long n) { working = true; hand_to_process(n, 0); }

/* ---- making one, and seeing it end ---- */

static void nothing(void *arg) { (void)arg; }
static void *nothing_too(void *arg) { return arg; }

static void co_spawn(long n)
{
    for (long i = 0; i < n; i++)
        co_resume(co_new(nothing, NULL));
}

static void make_thread(long n)
{
    pthread_t made;

    for (long i = 0; i < n; i++) {
        must((errno = pthread_create(&made, NULL, nothing_too, NULL)) == 0, "thread");
        pthread_join(made, NULL);
    }
}

static void make_process(long n)
{
    for (long i = 0; i < n; i++) {
        pid_t child = fork();

        must(child >= 0, "fork");
        if (child == 0)
            _exit(0);
        waitpid(child, NULL, 0);
    }
}

/* ---- */

static const struct { const char *name; void (*run)(long n); } kinds[] = {
    { "call", calls }, { "coroutine", coroutine }, { "system call", system_calls },
    { "ucontext", ucontext }, { "thread", thread }, { "process", process },
    { "touch", touches },
    { "thread / 256 KiB", thread_working }, { "process / 256 KiB", process_working },
    { "thread / other core", thread_far }, { "process / other core", process_far },
    { "co_new", co_spawn }, { "pthread_create", make_thread }, { "fork", make_process },
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* Twice as many until it takes long enough for the clock and the first time to count
 * for nothing. */
static double one(void (*run)(long), int64_t least)
{
    for (long n = 2;; n *= 2) {
        int64_t began = clock_now();
        run(n);
        int64_t took = clock_now() - began;
        if (took >= least)
            return (double)took / (double)n;
    }
}

int main(int argc, char **argv)
{
    long ms = argc == 3 ? atol(argv[2]) : 0;

    if (argc == 1) {
        for (int i = 0; i < KINDS; i++)
            puts(kinds[i].name);
        return 0;
    }
    if (ms < 1 || ms > 10000)
        die("usage: switch [KIND MS, from 1 to 10000]");
    ping = eventfd(0, EFD_CLOEXEC);
    pong = eventfd(0, EFD_CLOEXEC);
    must(ping >= 0 && pong >= 0, "eventfd");
    stay_on(0);
    for (int i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, argv[1]) == 0) {
            printf("%.2f\n", one(kinds[i].run, ms * MS));
            return 0;
        }
    die("there is no '%s': run switch alone for the kinds", argv[1]);
}
