/* wants.c - what the core asks of a model goes into the event trace, too.
 *
 * The linker's --wrap puts it between the two, and the model's own object is unchanged:
 *   want READ   peer_next() has returned READ      (JOIN, WORK, ...)
 *   push        a frame was laid down for this client
 *   fed 11      so many bytes have come from it (0: its end; -1: the line is broken)
 *   sending 7   so many are lent, and under way
 *   sent 7      so many have left */
#include "die.h"
#include "peer.h"
#include "trace.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

struct name {                   /* of a peer, in the trace */
    struct peer *peer;
    int connection;
    UT_hash_handle hh;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct name *names;      /* under the lock */

static void tell(struct peer *peer, const char *event)
{
    struct name *n;

    pthread_mutex_lock(&lock);
    HASH_FIND_PTR(names, &peer, n);
    int connection = n ? n->connection : 0;
    pthread_mutex_unlock(&lock);
    trace(connection, event);
}

struct peer *__real_peer_new(const struct options *, int);
struct peer *__wrap_peer_new(const struct options *, int);
struct peer *__wrap_peer_new(const struct options *o, int connection)
{
    struct name *n = must_alloc(sizeof *n), *old;

    *n = (struct name){ .peer = __real_peer_new(o, connection),
                        .connection = connection };
    pthread_mutex_lock(&lock);
    HASH_REPLACE_PTR(names, peer, n, old);      /* of one that was freed since */
    pthread_mutex_unlock(&lock);
    free(old);
    return n->peer;
}

enum want __real_peer_next(struct peer *, struct ask *);
enum want __wrap_peer_next(struct peer *, struct ask *);
enum want __wrap_peer_next(struct peer *peer, struct ask *ask)
{
    static const char *const events[] = {
        [READ] = "want READ",   [JOIN] = "want JOIN",   [WORK] = "want WORK",
        [RELAY] = "want RELAY", [WRITE] = "want WRITE", [CLOSE] = "want CLOSE",
    };
    enum want want = __real_peer_next(peer, ask);

    tell(peer, events[want]);
    return want;
}

void __real_peer_push(struct peer *, struct frame *);
void __wrap_peer_push(struct peer *, struct frame *);
void __wrap_peer_push(struct peer *peer, struct frame *frame)
{
    tell(peer, "push");
    __real_peer_push(peer, frame);
}

static void tell_number(struct peer *peer, const char *event, ssize_t n)
{
    char text[32];

    snprintf(text, sizeof text, "%s %zd", event, n);
    tell(peer, text);
}

void __real_peer_feed(struct peer *, const char *, ssize_t);
void __wrap_peer_feed(struct peer *, const char *, ssize_t);
void __wrap_peer_feed(struct peer *peer, const char *data, ssize_t n)
{
    tell_number(peer, "fed", n);
    __real_peer_feed(peer, data, n);
}

void __real_peer_sending(struct peer *, struct bytes);
void __wrap_peer_sending(struct peer *, struct bytes);
void __wrap_peer_sending(struct peer *peer, struct bytes bytes)
{
    tell_number(peer, "sending", (ssize_t)bytes.size);
    __real_peer_sending(peer, bytes);
}

void __real_peer_sent(struct peer *, ssize_t);
void __wrap_peer_sent(struct peer *, ssize_t);
void __wrap_peer_sent(struct peer *peer, ssize_t n)
{
    tell_number(peer, "sent", n);
    __real_peer_sent(peer, n);
}
