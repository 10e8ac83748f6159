/* uring.c - one thread for all clients: it orders, and the kernel tells what it has done.
 *
 * A loop that waits until a client is ready must then read or write itself, a call each.
 * Here one call hands over all orders and brings back what has come of earlier ones: the
 * more clients are ready at once, the fewer calls each message costs. The price: what is
 * under way belongs to the kernel. It can be called off, but not dropped.
 *
 * State: a struct, to which each completion leads back
 * Predicts: cpu n, wait 1
 * Calls: 2/n
 * Needs: io_uring */
#include "clock.h"
#include "loop.h"
#include "net.h"
#include "ring.h"
#include "work.h"

#include <errno.h>
#include <sys/epoll.h>

enum { HUP = 0x002, OVER = 0x008 };     /* beside IN and OUT: see watched */
enum { BATCH = 256 };           /* completions that a turn takes */

/* What is to be done, and what comes back when it has been: whose it is, and which. */
static void order(struct conn *c, int what, struct io_uring_sqe it)
{
    struct io_uring_sqe *place;

    while (!(place = io_uring_get_sqe(&ring)))
        io_uring_submit(&ring);         /* the list is full */
    *place = it;
    place->fd = c->fd;
    place->user_data = (uintptr_t)c | what;
    c->watched |= what;
}

/* DOC: uring-buffers. An order to read has no buffer. It gets one of a few, which all
 * share, when there is something to read: ten thousand silent clients take none. */
static void order_read(struct conn *c)
{
    order(c, IN, (struct io_uring_sqe){ .opcode = IORING_OP_RECV, .len = BUFFER,
                                        .flags = IOSQE_BUFFER_SELECT });
}

static void order_write(struct conn *c, struct bytes bytes)
{
    order(c, OUT, (struct io_uring_sqe){ .opcode = IORING_OP_SEND, .len = bytes.size,
                                         .addr = (uintptr_t)bytes.data,
                                         .msg_flags = MSG_NOSIGNAL });
}

/* To be told, once, that somebody is at the door, or that a signal has come. */
static void order_call(struct conn *c)
{
    order(c, IN, (struct io_uring_sqe){ .opcode = IORING_OP_POLL_ADD,
                                        .poll32_events = POLLIN });
}

/* Of a client from whom nothing is wanted: to be told, each time, what becomes of the
 * line. It may only have ended, and break later. */
static void order_alarm(struct conn *c)
{
    order(c, HUP, (struct io_uring_sqe){ .opcode = IORING_OP_POLL_ADD,
                                         .len = IORING_POLL_ADD_MULTI,
                                         .poll32_events = EPOLLET });
}

bool add(struct conn *c)
{
    if (!c->peer)
        order_call(c);
    return true;
}

/* DOC: uring-watch. What is wanted is ordered, unless it is under way. (With an order out
 * the listener would outlive its close.) */
void watch(struct conn *c, int events, int64_t deadline)
{
    if (c == &loop.door && loop.stopping)
        shutdown(c->fd, SHUT_RDWR);
    if (events & ~c->watched)
        c->peer ? order_read(c) : order_call(c);
    else if (c->peer && !(c->watched & (IN | HUP)))
        order_alarm(c);
    loop_deadline(c, deadline);
}

/* DOC: uring-finish. What is out is called off, and the last order that comes back takes
 * the client along: until then the kernel may read and write what is the client's. */
static void finish(struct conn *c)
{
    if (!(c->watched & ~OVER)) {
        loop_finish(c);
    } else if (!(c->watched & OVER)) {
        order(c, 0, (struct io_uring_sqe){
            .opcode = IORING_OP_ASYNC_CANCEL,
            .cancel_flags = IORING_ASYNC_CANCEL_FD | IORING_ASYNC_CANCEL_ALL });
        c->watched |= OVER;
        peer_sent(c->peer, -1);         /* from now on it wants CLOSE, and nothing else */
    }
}

/* Goes on where the client had to wait, as far as it gets; `can` is OUT when the others
 * have been read. */
void run(struct conn *c, int can)
{
    struct ask ask;

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
            order_write(c, ask.bytes);
            peer_sending(c->peer, ask.bytes);
            break;
        case CLOSE:
            finish(c);
            return;
        }
}

/* No buffer was free, or it was called off: it is as if it had not been ordered. */
static bool nothing(int n)
{
    return n == -ENOBUFS || n == -EAGAIN || n == -EINTR || n == -ECANCELED;
}

/* DOC: uring-completed. It is done, and how: the client is told, and goes on. */
static void completed(const struct io_uring_cqe *cqe)
{
    char *data = io_uring_cqe_get_data(cqe);
    int what = (uintptr_t)data & (IN | HUP | OUT), n = cqe->res;
    int i = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
    struct conn *c = (void *)(data - what);

    if (what == 0)
        return;                 /* others have been called off */
    if (!(cqe->flags & IORING_CQE_F_MORE))
        c->watched &= ~what;
    if (what == OUT)
        peer_sent(c->peer, nothing(n) ? 0 : n);
    else if (what == HUP && n > 0 && n & (EPOLLHUP | EPOLLERR))
        peer_feed(c->peer, NULL, -1);
    else if (what == IN && c->peer && !nothing(n) && !(n == 0 && peer_working(c->peer)))
        peer_feed(c->peer, ring_buffer(i), n);    /* an end comes again */
    loop_heed(c, IN);
    if (cqe->flags & IORING_CQE_F_BUFFER)
        ring_lend(i);
}

/* DOC: uring-turn. One call for all: orders go out, completions come in. */
static void turn(void)
{
    int ms = loop_patience();
    struct __kernel_timespec wait = { ms / 1000, ms % 1000 * MS };
    struct io_uring_cqe *done[BATCH];

    io_uring_submit_and_wait_timeout(&ring, done, 1, ms < 0 ? NULL : &wait, NULL);
    int n = io_uring_peek_batch_cqe(&ring, done, BATCH);
    for (int i = 0; i < n; i++)
        completed(done[i]);
    io_uring_cq_advance(&ring, n);
    loop_rest();
}

int main(int argc, char **argv)
{
    options_parse(&loop.o, argc, argv);
    ring_open();
    loop_open();
    while (loop_goes_on())
        turn();
    loop_close();
}
