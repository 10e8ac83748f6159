#include "gil.h"
#include "clock.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t freed, taken = PTHREAD_COND_INITIALIZER;
static int64_t interval;
static bool held;
static char *holder;            /* the last one: the address of its `self` */
static unsigned changes;        /* of the holder */
static atomic_bool wanted;      /* somebody has waited for an interval */
static _Thread_local char self;

void gil_open(int64_t ns)
{
    pthread_condattr_t attr;

    interval = ns;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&freed, &attr);
    pthread_condattr_destroy(&attr);
}

/* The interval counts from the last change: a holder that is new is not asked at once. */
static void wait_an_interval(void)
{
    unsigned before = changes;
    int64_t until = clock_now() + interval;
    struct timespec t = { until / (1000 * MS), until % (1000 * MS) };

    if (pthread_cond_timedwait(&freed, &lock, &t) == ETIMEDOUT && held
        && changes == before)
        atomic_store_explicit(&wanted, true, memory_order_relaxed);
}

void gil_take(void)
{
    int was = errno;

    pthread_mutex_lock(&lock);
    while (held)
        wait_an_interval();
    held = true;
    changes += holder != &self;
    holder = &self;
    atomic_store_explicit(&wanted, false, memory_order_relaxed);
    pthread_cond_broadcast(&taken);
    pthread_mutex_unlock(&lock);
    errno = was;
}

/* To be free for a moment is not enough: the one that asked for it must first wake up,
 * and a thread that is awake would take it back before that. */
void gil_give(void)
{
    int was = errno;

    pthread_mutex_lock(&lock);
    held = false;
    pthread_cond_signal(&freed);
    if (atomic_load_explicit(&wanted, memory_order_relaxed))
        while (holder == &self)
            pthread_cond_wait(&taken, &lock);
    pthread_mutex_unlock(&lock);
    errno = was;
}

__attribute__((noinline)) int64_t gil_fib(int64_t n)
{
    __asm__ volatile ("");      /* every call is made, as in job_fib() */
    if (atomic_load_explicit(&wanted, memory_order_relaxed)) {
        gil_give();
        gil_take();
    }
    return n < 2 ? n : gil_fib(n - 1) + gil_fib(n - 2);
}
