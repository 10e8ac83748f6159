#include "trace.h"
#include "clock.h"
#include "die.h"
#include "tell.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int file = -1;           /* stays open: somebody may be writing */
static atomic_bool *ended;      /* in a page that children share */

/* A trace with holes would lie: at the first row that has no room it ends for all who
 * write, with one word about it, and what is torn is cut off. */
static void end(ssize_t written, const char *why)
{
    bool first = !atomic_exchange(ended, true);

    if (written > 0 && ftruncate(file, lseek(file, 0, SEEK_END) - written) < 0)
        why = "and its last row is torn";
    if (first)
        fprintf(stderr, "%s: the trace ends here: %s\n", program_invocation_short_name,
                why);
}

static void put(const char *row, int size)
{
    ssize_t n = write(file, row, (size_t)size);

    if (n < size)
        end(n, strerror(n < 0 ? errno : ENOSPC));
}

/* A trace is a new file. What lies there is nothing that we would advise to remove. */
_Noreturn static void refuse(const char *name)
{
    struct stat st;
    int why = errno;
    mode_t kind = why == EEXIST && lstat(name, &st) == 0 ? st.st_mode & S_IFMT : 0;

    if (!kind)
        die("--trace %s: %s", name, strerror(why));
    die("--trace %s: that is %s, and a trace is a new file: choose another name", name,
        kind == S_IFREG ? "there already" : kind == S_IFDIR ? "a folder"
        : kind == S_IFLNK ? "a link" : kind == S_IFIFO ? "a pipe"
        : kind == S_IFSOCK ? "a socket" : "a device");
}

void trace_open(const char *name)
{
    static const char head[] = "ns,pid,connection,event\n";

    file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
                0644);
    if (file < 0)
        refuse(name);
    ended = must_share(sizeof *ended);
    signal(SIGXFSZ, SIG_IGN);   /* a file that may not grow is no reason to die */
    put(head, sizeof head - 1);
    tell_event = trace;
}

void trace(int connection, const char *event)
{
    char row[96];

    if (file < 0 || atomic_load_explicit(ended, memory_order_relaxed))
        return;
    put(row, snprintf(row, sizeof row, "%" PRId64 ",%d,%d,%s\n",
                      clock_now(), (int)getpid(), connection, event));
}
