/* enclose.c - runs a command; when it ends, or has to, nothing that it started is left.
 *
 *   enclose SECONDS COMMAND [ARGUMENT...]      all that it prints comes out on stderr
 *
 * exit status: the command's; 1, and a line that says why, if it had to be ended */
#include "enclosure.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* The first process of a namespace inherits orphans and hears no signals: that is us. */
static void run(void *arg)
{
    char **command = arg;
    int status;
    pid_t child = fork(), pid;
    if (child == 0) {
        execvp(command[0], command);
        fprintf(stderr, "enclose: %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    while ((pid = wait(&status)) != child && pid > 0)
        ;
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void interrupted(int sig)
{
    enclosure_break();
    _exit(128 + sig);
}

int main(int argc, char **argv)
{
    char why[200];
    int seconds = argc > 2 ? atoi(argv[1]) : 0;
    if (seconds <= 0) {
        fprintf(stderr, "usage: enclose SECONDS COMMAND [ARGUMENT...]\n");
        return 2;
    }
    signal(SIGINT, interrupted);
    signal(SIGTERM, interrupted);
    signal(SIGHUP, interrupted);
    int status = enclose(run, argv + 2, seconds, why, sizeof why);
    if (status < 0)
        fprintf(stderr, "enclose: it %s\n", why);
    return status < 0 ? 1 : status;
}
