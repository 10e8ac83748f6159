#include "lines.h"
#include "clock.h"
#include "die.h"
#include "driver.h"
#include "job.h"
#include "settings.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <utlist.h>

struct waiter {                 /* on the stack of the thread that waits */
    pthread_cond_t bell;
    bool called;                /* the turn that somebody gave back is its turn */
    struct waiter *prev, *next;
};

/* As many have a turn as there may be lines. Of these each has a line, or opens one. */
static struct {
    pthread_mutex_t lock;
    const struct options *o;
    struct line **idle;         /* under the lock, like all that follows */
    int idles, turns, waiting;
    struct waiter *queue;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

void lines_open(const struct options *o)
{
    if (!database)
        return;
    pool.o = o;
    pool.idle = must_realloc(pool.idle, (size_t)o->db_lines * sizeof *pool.idle);
    atexit(lines_close);
}

/* ---- whose turn it is ---- */

static struct timespec time_of(int64_t ns)
{
    return (struct timespec){ ns / (1000 * MS), ns % (1000 * MS) };
}

/* Under the lock. */
static bool wait_in_queue(void)
{
    struct timespec until = time_of(clock_now() + pool.o->queue_timeout);
    struct waiter me = { .called = false };
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&me.bell, &monotonic);
    pthread_condattr_destroy(&monotonic);
    DL_APPEND(pool.queue, &me);
    pool.waiting++;
    while (!me.called
           && pthread_cond_timedwait(&me.bell, &pool.lock, &until) != ETIMEDOUT)
        ;
    if (!me.called) {
        DL_DELETE(pool.queue, &me);
        pool.waiting--;
    }
    pthread_cond_destroy(&me.bell);
    return me.called;
}

/* The lock is held when this is called, and when it returns. */
static bool take_turn(struct job *job)
{
    if (!pool.queue && pool.turns < pool.o->db_lines) {
        pool.turns++;
        return true;
    }
    if (pool.waiting >= pool.o->db_queue) {
        job_fail(job, 503, "too many jobs wait for the database (--db-queue): try again "
                           "later");
        return false;
    }
    if (!wait_in_queue()) {
        job_fail(job, 503, "the database was busy for longer than --queue-timeout: try "
                           "again later");
        return false;
    }
    return true;
}

/* To the first in the queue, if there is one: nobody who comes later can be faster. */
static void give_turn(void)
{
    struct waiter *first = pool.queue;

    if (!first) {
        pool.turns--;
        return;
    }
    DL_DELETE(pool.queue, first);
    pool.waiting--;
    first->called = true;
    pthread_cond_signal(&first->bell);
}

/* ---- the lines ---- */

struct line *lines_get(struct job *job)
{
    struct line *line = NULL;

    pthread_mutex_lock(&pool.lock);
    bool mine = take_turn(job);
    if (mine && pool.idles)
        line = pool.idle[--pool.idles];
    pthread_mutex_unlock(&pool.lock);
    if (!mine)
        return NULL;
    if (line && !database->alive(line)) {
        database->close(line);
        line = NULL;
    }
    if (!line)
        line = database->open(pool.o->db, pool.o->queries->count);
    if (!line) {
        job_fail(job, 503, "no memory is left for the database: try again later");
        pthread_mutex_lock(&pool.lock);
        give_turn();
        pthread_mutex_unlock(&pool.lock);
    }
    return line;
}

void lines_give(struct line *line)
{
    pthread_mutex_lock(&pool.lock);
    pool.idle[pool.idles++] = line;
    give_turn();
    pthread_mutex_unlock(&pool.lock);
}

void lines_close(void)
{
    pthread_mutex_lock(&pool.lock);
    while (pool.idles)
        database->close(pool.idle[--pool.idles]);
    pthread_mutex_unlock(&pool.lock);
}
