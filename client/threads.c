#include "threads.h"
#include "clock.h"
#include "die.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

static const int signals[] = { SIGINT, SIGTERM };

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
    (void)loop, (void)events;
    run_interrupt(watcher->data);
}

/* They come to the loop of main()'s thread, whose run this is. */
static void catch_signals(struct run *r, ev_signal *watchers)
{
    for (int i = 0; i < 2; i++) {
        ev_signal_init(&watchers[i], on_signal, signals[i]);
        watchers[i].data = r;
        ev_signal_start(r->team->mates[0].loop, &watchers[i]);
    }
}

static void *work(void *arg)
{
    struct run *r = arg;

    run(r);
    team_end(r->team);
    return NULL;
}

/* Signals are for main()'s thread, so the others are born without them. */
static void start(pthread_t *threads, struct run *runs, int count)
{
    sigset_t ours, before;

    sigemptyset(&ours);
    for (int i = 0; i < 2; i++)
        sigaddset(&ours, signals[i]);
    pthread_sigmask(SIG_BLOCK, &ours, &before);
    for (int i = 1; i < count; i++)
        if (pthread_create(&threads[i], NULL, work, &runs[i]) != 0)
            die("--threads %d: no more than %d can be started", count, i);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct run *threads_run(struct team *team)
{
    int count = team->flags->threads;
    struct run *runs = must_alloc((size_t)count * sizeof *runs);
    pthread_t *threads = must_alloc((size_t)count * sizeof *threads);
    ev_signal watchers[2];

    for (int i = 0; i < count; i++)
        run_init(&runs[i], team, i);
    team->began = clock_now();
    start(threads, runs, count);
    catch_signals(&runs[0], watchers);
    run(&runs[0]);
    while (atomic_load(&team->running) > 0)     /* signals come to this loop */
        ev_run(team->mates[0].loop, EVRUN_ONCE);
    for (int i = 1; i < count; i++)
        pthread_join(threads[i], NULL);
    free(threads);
    return runs;
}

void threads_free(struct run *runs, int count)
{
    for (int i = 0; i < count; i++)
        run_free(&runs[i]);
    free(runs);
}
