/* birth.c - what it costs to make a process or a thread that ends at once, a page that
 * such a process writes to, and to sleep until somebody calls, in CPU time.
 *
 * The machine's own price for serving each client with a new one, before a model adds
 * anything to it. Prints "process,MICROSECONDS", and so for "page", "thread", "sleep". */
#include "die.h"
#include "start.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BIRTHS = 300, PAGES = 64, TURNS = 1000 };

static char *pages;             /* ours; a child that writes to one has to copy it */
static size_t page;

static double used(int who)
{
    struct rusage u;

    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6
        + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void process(size_t written)
{
    pid_t pid = fork();

    if (pid < 0)
        die("fork: %s", strerror(errno));
    if (pid == 0) {
        for (size_t i = 0; i < written; i++)
            pages[i * page]++;
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void short_life(void) { process(0); }
static void writer(void) { process(PAGES); }

static void *nothing(void *arg) { return arg; }

static void thread(void)
{
    pthread_t id;

    if (pthread_create(&id, NULL, nothing, NULL) != 0)
        die("cannot start a thread");
    pthread_join(id, NULL);
}

static int ball[2][2];          /* two pipes, back and forth */

static void take_turns(int mine)
{
    for (int i = 0; i < TURNS; i++) {
        char c = 0;

        if (mine && write(ball[1][1], &c, 1) != 1)
            die("write: %s", strerror(errno));
        if (read(ball[!mine ? 1 : 0][0], &c, 1) != 1)
            die("read: %s", strerror(errno));
        if (!mine && write(ball[0][1], &c, 1) != 1)
            die("write: %s", strerror(errno));
    }
}

static void *play(void *arg) { take_turns(0); return arg; }

/* One who calls, and one who sleeps until then, each in turn. */
static void sleeps(void)
{
    pthread_t id;

    if (pthread_create(&id, NULL, play, NULL) != 0)
        die("cannot start a thread");
    take_turns(1);
    pthread_join(id, NULL);
}

static double price(void (*make)(void))
{
    double before = used(RUSAGE_SELF) + used(RUSAGE_CHILDREN);

    make();
    return used(RUSAGE_SELF) + used(RUSAGE_CHILDREN) - before;
}

int main(void)
{
    double ends = 0, writes = 0, threads = 0;

    start_clean();              /* if SIGCHLD is ignored, children's use is not counted */
    page = (size_t)sysconf(_SC_PAGESIZE);
    pages = must_alloc(PAGES * page);
    memset(pages, 1, PAGES * page);
    for (int i = 0; i < BIRTHS; i++) {  /* in turn: it is their difference that counts */
        ends += price(short_life);
        writes += price(writer);
    }
    for (int i = 0; i < BIRTHS; i++)
        threads += price(thread);
    if (pipe(ball[0]) != 0 || pipe(ball[1]) != 0)
        die("pipe: %s", strerror(errno));
    printf("process,%.2f\npage,%.3f\nthread,%.2f\nsleep,%.3f\n", ends / BIRTHS,
           (writes - ends) / BIRTHS / PAGES, threads / BIRTHS,
           price(sleeps) / (2 * TURNS));
    free(pages);
    return 0;
}
