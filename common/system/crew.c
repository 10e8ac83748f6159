#include "crew.h"
#include "die.h"
#include "job.h"
#include "work.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <utlist.h>

enum { STACK = 256 * 1024 };

struct chore {
    struct job job;             /* a copy: the helper's, then the loop's */
    struct job *original;       /* the client's: for the loop alone, as is */
    void *whose;                /* NULL: nobody wants it any more */
    bool begun;                 /* under the lock */
    struct chore *prev, *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t handed_out = PTHREAD_COND_INITIALIZER;
static struct chore *queue, *finished;          /* under the lock */
static int bell;

/* A helper's whole life. It rings once for all that lies there, and outside the lock. */
static void *help(void *unused)
{
    (void)unused;
    for (;;) {
        pthread_mutex_lock(&lock);
        while (!queue)
            pthread_cond_wait(&handed_out, &lock);
        struct chore *chore = queue;
        DL_DELETE(queue, chore);
        chore->begun = true;
        pthread_mutex_unlock(&lock);

        job_run(&chore->job);

        pthread_mutex_lock(&lock);
        bool first = !finished;
        DL_APPEND(finished, chore);
        pthread_mutex_unlock(&lock);
        if (first)
            eventfd_write(bell, 1);
    }
    return NULL;
}

int crew_open(int helpers)
{
    pthread_attr_t attr;
    pthread_t id;

    if ((bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
        die("no descriptor is left for the helpers' bell");
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, STACK);
    for (int i = 0; i < helpers; i++)
        if (pthread_create(&id, &attr, help, NULL) != 0)
            die("cannot start helper %d of %d: try fewer --helpers", i + 1, helpers);
    pthread_attr_destroy(&attr);
    return bell;
}

struct chore *crew_take(struct job *job, void *whose)
{
    struct chore *chore = must_alloc(sizeof *chore);

    *chore = (struct chore){ .job = *job, .original = job, .whose = whose };
    if (job_has_text(job) && !(chore->job.name = strdup(job->name)))
        die("no memory");
    pthread_mutex_lock(&lock);
    DL_APPEND(queue, chore);
    pthread_cond_signal(&handed_out);
    pthread_mutex_unlock(&lock);
    return chore;
}

static void chore_free(struct chore *chore)
{
    job_free(&chore->job);
    free(chore);
}

void crew_drop(struct chore *chore)
{
    if (!chore)
        return;
    pthread_mutex_lock(&lock);
    bool begun = chore->begun;
    if (!begun)
        DL_DELETE(queue, chore);
    pthread_mutex_unlock(&lock);
    chore->whose = NULL;
    if (!begun)
        chore_free(chore);
}

static void hand_over(struct chore *chore)
{
    chore->original->status = chore->job.status;
    chore->original->why = chore->job.why;
    if (job_has_text(&chore->job)) {
        chore->original->text = chore->job.text;
        chore->job.text = NULL;
    } else {
        chore->original->result = chore->job.result;
    }
}

/* The bell first: a chore that is finished after that rings again. */
void crew_bring_back(void (*done)(void *whose))
{
    struct chore *list, *chore, *next;
    eventfd_t rings;

    eventfd_read(bell, &rings);
    pthread_mutex_lock(&lock);
    list = finished;
    finished = NULL;
    pthread_mutex_unlock(&lock);
    DL_FOREACH_SAFE(list, chore, next) {
        if (chore->whose) {
            hand_over(chore);
            done(chore->whose);
        }
        chore_free(chore);
    }
}
