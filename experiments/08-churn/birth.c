/* birth.c - what it costs to make a process or a thread that ends at once, and a page
 * that such a process writes to, in CPU time.
 *
 * The machine's own price for serving each client with a new one, before a model adds
 * anything to it. Prints "process,MICROSECONDS", and so for "page" and "thread". */
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

enum { BIRTHS = 300, PAGES = 64 };

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
        die("no thread to be had");
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
    printf("process,%.2f\npage,%.3f\nthread,%.2f\n", ends / BIRTHS,
           (writes - ends) / BIRTHS / PAGES, threads / BIRTHS);
    free(pages);
    return 0;
}
