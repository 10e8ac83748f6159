#include "trace.h"
#include "clock.h"
#include "die.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int file = -1;

static void put(const char *row, int size)
{
    ssize_t n = write(file, row, (size_t)size);

    if (n == size)
        return;
    /* A trace with holes would lie: better none at all, and a word about it. */
    fprintf(stderr, "%s: the trace ends here: %s\n", program_invocation_short_name,
            strerror(n < 0 ? errno : ENOSPC));
    close(file);
    file = -1;
}

void trace_open(const char *name)
{
    static const char head[] = "ns,pid,connection,event\n";

    file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
                0644);
    if (file < 0)
        die("--trace %s: %s%s", name, strerror(errno),
            errno == EEXIST ? ": remove it or choose another name" : "");
    signal(SIGXFSZ, SIG_IGN);   /* a file that may not grow is no reason to die */
    put(head, sizeof head - 1);
}

void trace(int connection, const char *event)
{
    char row[96];

    if (file < 0)
        return;
    put(row, snprintf(row, sizeof row, "%" PRId64 ",%d,%d,%s\n",
                      clock_now(), (int)getpid(), connection, event));
}
