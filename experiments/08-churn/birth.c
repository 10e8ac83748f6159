/* birth.c - what it costs to make a process or a thread that ends at once, in CPU time.
 *
 * The machine's own price for serving each client with a new one, before a model adds
 * anything to it. Prints "process,MICROSECONDS" and "thread,MICROSECONDS". */
#include "die.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BIRTHS = 300 };

static double used(int who)
{
    struct rusage u;

    getrusage(who, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6
        + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

static void process(void)
{
    pid_t pid = fork();

    if (pid < 0)
        die("fork: %s", strerror(errno));
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
}

static void *nothing(void *arg) { return arg; }

static void thread(void)
{
    pthread_t id;

    if (pthread_create(&id, NULL, nothing, NULL) != 0)
        die("no thread to be had");
    pthread_join(id, NULL);
}

static void tell(const char *what, void (*make)(void))
{
    double before = used(RUSAGE_SELF) + used(RUSAGE_CHILDREN);

    for (int i = 0; i < BIRTHS; i++)
        make();
    printf("%s,%.2f\n", what,
           (used(RUSAGE_SELF) + used(RUSAGE_CHILDREN) - before) / BIRTHS);
}

int main(void)
{
    tell("process", process);
    tell("thread", thread);
    return 0;
}
