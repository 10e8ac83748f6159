#include "history_lock.h"
#include "die.h"
#include "history.h"

#include <errno.h>
#include <pthread.h>

static pthread_mutex_t *lock;   /* in memory that children share */

static void guard(bool enter)
{
    if (!enter) {
        pthread_mutex_unlock(lock);
    } else if (pthread_mutex_lock(lock) == EOWNERDEAD) {
        pthread_mutex_consistent(lock);
        history_spoilt();
    }
}

void history_share(const struct options *o)
{
    pthread_mutexattr_t shared;

    history_open(o);
    lock = must_share(sizeof *lock);
    pthread_mutexattr_init(&shared);
    pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&shared, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(lock, &shared);
    pthread_mutexattr_destroy(&shared);
    history_guard = guard;
}
