/* race.c - several add to one counter: how many of their additions are lost?
 *
 *   race KIND WHO ADDITIONS     WHO add ADDITIONS each; prints lost,of,ns
 *   race                        prints the kinds
 *
 * counter += 1 is three steps: read, add, write. Who is interrupted in their midst writes
 * back what has long become more. */
#include "clock.h"
#include "coro.h"
#include "die.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64 };

static volatile long counter;   /* each read and write of it is really done */
static atomic_long whole;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t gate;
static long additions;

/* ---- how one adds ---- */

static void add_plainly(void)
{
    long seen = counter;

    counter = seen + 1;
}

static void add_locked(void)
{
    pthread_mutex_lock(&lock);
    add_plainly();
    pthread_mutex_unlock(&lock);
}

static void add_atomically(void)
{
    atomic_fetch_add(&whole, 1);
}

/* As code does that asks somebody between reading and writing. */
static void add_yielding(void)
{
    long seen = counter;

    co_yield();
    counter = seen + 1;
}

static void add_then_yield(void)
{
    add_plainly();
    co_yield();
}

/* ---- who adds ---- */

static void *in_thread(void *add)
{
    pthread_barrier_wait(&gate);        /* all at once, else the first is done too soon */
    for (long i = 0; i < additions; i++)
        (*(void (**)(void))add)();
    return NULL;
}

static void threads(void (*add)(void), int who)
{
    pthread_t thread[MOST];

    pthread_barrier_init(&gate, NULL, (unsigned)who);
    for (int i = 0; i < who; i++)
        if ((errno = pthread_create(&thread[i], NULL, in_thread, &add)) != 0)
            die("pthread_create: %s", strerror(errno));
    for (int i = 0; i < who; i++)
        pthread_join(thread[i], NULL);
    pthread_barrier_destroy(&gate);
}

static void in_coroutine(void *add)
{
    for (long i = 0; i < additions; i++)
        (*(void (**)(void))add)();
}

/* Each in turn, until all have returned. */
static void coroutines(void (*add)(void), int who)
{
    struct co *co[MOST];
    int alive = who;

    for (int i = 0; i < who; i++)
        if (!(co[i] = co_new(in_coroutine, &add)))
            die("no memory for %d coroutines", who);
    while (alive)
        for (int i = 0; i < who; i++)
            if (co[i] && !co_resume(co[i])) {
                co[i] = NULL;
                alive--;
            }
}

/* ---- */

static const struct {
    const char *name;
    void (*run)(void (*add)(void), int who);
    void (*add)(void);
} kinds[] = {
    { "threads", threads, add_plainly },
    { "threads with a lock", threads, add_locked },
    { "threads with an atomic", threads, add_atomically },
    { "coroutines that yield in between", coroutines, add_yielding },
    { "coroutines that yield after", coroutines, add_then_yield },
};

enum { KINDS = sizeof kinds / sizeof *kinds };

int main(int argc, char **argv)
{
    int who = argc == 4 ? atoi(argv[2]) : 0;

    if (argc == 1) {
        for (int i = 0; i < KINDS; i++)
            puts(kinds[i].name);
        return 0;
    }
    additions = argc == 4 ? atol(argv[3]) : 0;
    if (who < 1 || who > MOST || additions < 1 || additions > 1000000000)
        die("usage: race [KIND WHO, to %d ADDITIONS]", MOST);
    for (int i = 0; i < KINDS; i++)
        if (strcmp(kinds[i].name, argv[1]) == 0) {
            int64_t began = clock_now();
            kinds[i].run(kinds[i].add, who);
            int64_t took = clock_now() - began;
            long all = who * additions, lost = all - counter - atomic_load(&whole);
            printf("%ld,%ld,%lld\n", lost, all, (long long)took);
            return 0;
        }
    die("there is no '%s': run race alone for the kinds", argv[1]);
}
