/* sigio.c - one thread for all clients, and a signal whenever one of them has news.
 *
 * As epoll, it searches for nobody: a signal names the descriptor on which something has
 * happened. The price: it tells of that once, so a client is read until nothing is left;
 * and signals wait in a queue, which may run over. Then everyone is asked, as in poll.
 *
 * State: a struct, found by the number of its descriptor
 * Predicts: cpu n, wait 1
 * Calls: 3 + 2/n */
#include "die.h"
#include "loop.h"
#include "net.h"
#include "work.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utlist.h>

enum { BATCH = 64, BROKEN = POLLERR | POLLHUP };        /* BATCH: signals, in a turn */

struct line {                   /* by the number of its descriptor */
    struct conn *conn;          /* NULL: nobody's now */
    int news;                   /* IN, BROKEN: told of, and not yet read to the end */
};

static struct line *lines;
static int count, signals;

/* DOC: sigio-add. A client does not inherit these from the listener, and what came before
 * they were set is never signalled: so there is a first look, unasked. */
bool add(struct conn *c)
{
    int old = count;

    c->watched = IN;
    if (c->fd >= count) {
        lines = must_realloc(lines, (count = 2 * c->fd) * sizeof *lines);
        memset(lines + old, 0, (count - old) * sizeof *lines);
    }
    if (!c->peer)               /* what stops us, and the door: poll asks about them */
        return true;
    if (fcntl(c->fd, F_SETOWN, getpid()) < 0 || fcntl(c->fd, F_SETSIG, SIGRTMIN) < 0
        || fcntl(c->fd, F_SETFL, O_RDWR | O_NONBLOCK | O_ASYNC) < 0)
        return false;
    lines[c->fd] = (struct line){ c, IN };
    return true;
}

static bool may_read(const struct conn *c)
{
    return lines[c->fd].news & (c->watched | BROKEN);
}

/* DOC: sigio-watch. The kernel tells everything, wanted or not. What it will not tell
 * again is on the ready list: others have their turn in between. */
void watch(struct conn *c, int events, int64_t deadline)
{
    c->watched = events;
    if (may_read(c))
        loop_ready(c);
    loop_deadline(c, deadline);
}

/* Goes on where the client had to wait, as far as it gets; `can` is what is possible.
 * DOC: sigio-read. Only a read that brings nothing says that nothing is left. */
void run(struct conn *c, int can)
{
    struct ask ask;
    ssize_t n;

    lines[c->fd].news |= can & (IN | BROKEN);
    if (may_read(c) && !loop_read(c))
        lines[c->fd].news = 0;
    for (;;)
        switch (peer_next(c->peer, &ask)) {
        case READ:
            watch(c, ask.more ? IN : 0, ask.deadline);
            return;
        case JOIN:
            room_join(&loop.rooms, ask.room, &c->seat, c);
            break;
        case WORK:              /* DOC: loop-blocks. cpu, nap, file, SQLite stop all */
            if (!loop_take(c, ask.job)) {
                job_run(ask.job);
                peer_done(c->peer);
            }
            break;
        case RELAY:
            loop_relay(c, ask.frame);
            break;
        case WRITE:             /* once everyone has been read */
            if (!(can & OUT)) {
                loop_ready(c);
                return;
            }
            n = net_write(c->fd, ask.bytes);
            if (net_would_block(n)) {
                watch(c, OUT | (ask.more ? IN : 0), ask.deadline);
                return;
            }
            peer_sent(c->peer, n);
            break;
        case CLOSE:
            lines[c->fd].conn = NULL;
            loop_finish(c);
            return;
        }
}

/* DOC: sigio-overflow. Signals are lost, and nobody knows whose: everyone is asked. Where
 * poll(2) refuses, since somebody has lowered the limit, everyone is tried. */
static void ask_about_all(void)
{
    struct pollfd *list = must_alloc((NO_CLIENTS + loop.clients) * sizeof *list);
    struct pollfd *at = list;
    struct conn *c, *next;

    DL_FOREACH(loop.all, c)
        *at++ = (struct pollfd){ c->fd, IN | c->watched, IN | OUT };
    poll(list, at - list, 0);
    at = list;
    DL_FOREACH_SAFE(loop.all, c, next)
        if ((at++)->revents && c->peer)
            loop_heed(c, at[-1].revents);
    free(list);
}

/* DOC: sigio-hint. The client may have gone since, and another may have its number. That
 * costs a read which finds nothing. */
static void heed(const struct signalfd_siginfo *news)
{
    int fd = news->ssi_fd;

    if (news->ssi_signo == SIGIO)
        ask_about_all();
    else if (fd >= 0 && fd < count && lines[fd].conn)
        loop_heed(lines[fd].conn, news->ssi_band);
}

/* DOC: sigio-turn. What stops us is an eventfd, which sends no signals; so the queue is
 * made a descriptor, and poll asks about a few, however many clients there are. */
static void turn(void)
{
    struct conn *others[] = { &loop.stop, &loop.door, &loop.desk };
    struct pollfd list[1 + NO_CLIENTS] = { net_poll(signals, IN) };
    struct signalfd_siginfo news[BATCH];
    int most = loop.desk.watched ? NO_CLIENTS : NO_CLIENTS - 1;

    for (int i = 0; i < most; i++)
        list[1 + i] = net_poll(others[i]->watched ? others[i]->fd : -1, IN);
    poll(list, 1 + most, loop_patience());
    ssize_t n = list[0].revents ? read(signals, news, sizeof news) : 0;
    for (int i = 0; i < n / (ssize_t)sizeof *news; i++)
        heed(&news[i]);
    for (int i = 0; i < most; i++)
        if (list[1 + i].revents)
            loop_heed(others[i], IN);
    loop_rest();
}

int main(int argc, char **argv)
{
    sigset_t set;

    options_parse(&loop.o, argc, argv);
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);  /* it queues, and tells whose it is */
    sigaddset(&set, SIGIO);     /* what comes in its place when the queue is full */
    sigprocmask(SIG_BLOCK, &set, NULL);
    signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    loop_open();
    while (loop_goes_on())
        turn();
    loop_close();
}
