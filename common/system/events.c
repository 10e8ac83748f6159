#include "events.h"
#include "die.h"

#include <errno.h>
#include <ev.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(void *old, long size)
{
    if (size)
        return must_realloc(old, (size_t)size);
    free(old);
    return NULL;
}

static void fail(const char *what) { die("%s: %s", what, strerror(errno)); }

/* A loop that is not libev's default one needs no descriptor but epoll's: no pipe for
 * signals, which are ours. */
struct ev_loop *events_open(void)
{
    ev_set_allocator(allocate);
    ev_set_syserr_cb(fail);
    struct ev_loop *loop = ev_loop_new(EVBACKEND_EPOLL | EVFLAG_NOENV);
    if (!loop)
        die("epoll_create1: %s", strerror(errno));
    return loop;
}
