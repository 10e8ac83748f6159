#include "loop.h"
#include "clock.h"
#include "desk.h"
#include "die.h"
#include "net.h"
#include <stdlib.h>
#include <unistd.h>
#include <utlist.h>

enum { WRITES = 64, DELIVERIES = 1 << 17 };     /* in a turn */

struct loop loop;

/* ---- the desk, and jobs that wait ---- */

/* Its deadline may have changed; and after the goodbye it has nothing more to tell. */
static void watch_desk(void)
{
    if (loop.desk.fd >= 0)
        watch(&loop.desk, loop.stopping ? 0 : IN,
              loop.stopping ? NEVER : desk_deadline());
}

static void hear_desk(void)
{
    struct conn *c;

    while ((c = desk_next())) {
        c->order = NULL;
        c->asleep = 0;
        peer_done(c->peer);
        loop_ready(c);
    }
    watch_desk();
}

bool loop_take(struct conn *c, struct job *job)
{
    if (job->kind == JOB_SLEEP) {
        c->asleep = clock_now() + job->n * MS;
    } else if ((c->order = desk_take(job, c))) {
        c->asleep = NEVER;
        watch_desk();
    }
    return c->asleep;
}

static void call_off(struct conn *c)
{
    c->asleep = 0;
    if (!c->order)
        return;
    desk_drop(c->order);
    c->order = NULL;
    watch_desk();
}

/* ---- the door ---- */

/* One at a turn: while a crowd pushes in, the others are served. Without descriptors the
 * door is left alone for a while: it would be ready at once, and again. */
static void let_in(void)
{
    int fd = net_accept(loop.door.fd, .crowded = loop.clients >= loop.o.max_connections);

    watch(&loop.door, net_full() ? 0 : IN, net_full() ? clock_now() + NET_PAUSE : NEVER);
    if (fd < 0)
        return;
    struct conn *c = must_alloc(sizeof *c);
    *c = (struct conn){ .fd = fd, .peer = peer_new(&loop.o, net_port(fd)) };
    DL_APPEND(loop.all, c);
    loop.clients++;
    if (!add(c)) {
        net_refuse(fd);
        loop_finish(c);
        return;
    }
    loop_ready(c);
}

static void say_goodbye(void)
{
    struct conn *c;

    loop.stopping = true;
    watch(&loop.stop, 0, NEVER);
    watch_desk();
    watch(&loop.door, 0, NEVER);
    DL_DELETE(loop.all, &loop.door);
    close(loop.door.fd);
    DL_FOREACH(loop.all, c)
        if (c->peer) {
            peer_stop(c->peer);
            loop_ready(c);
        }
}

/* ---- a turn ---- */

void loop_open(void)
{
    loop.stop = (struct conn){ .fd = net_stop() };
    loop.door = (struct conn){ .fd = net_listen(&loop.o) };
    loop.desk = (struct conn){ .fd = desk_open(&loop.o) };
    bool desk = loop.desk.fd >= 0;
    if (!add(&loop.stop) || !add(&loop.door) || (desk && !add(&loop.desk)))
        die("the kernel watches as many descriptors as it may");
    DL_APPEND(loop.all, &loop.door);
    DL_APPEND(loop.all, &loop.stop);
    if (desk)
        DL_APPEND(loop.all, &loop.desk);
}

bool loop_goes_on(void) { return !loop.stopping || loop.clients; }

int loop_patience(void)
{
    return deadlines_ms(loop.ready ? 0 : deadlines_next(&loop.deadlines));
}

void loop_heed(struct conn *c, int can)
{
    if (c->peer)
        run(c, can);
    else if (c == &loop.door)
        loop.knock = true;
    else if (c == &loop.desk)
        hear_desk();
    else
        say_goodbye();
}

/* The door has been left alone for long enough; the desk has waited for long enough; a
 * job is done; or somebody has been silent for too long. */
void loop_late(struct conn *c)
{
    if (c == &loop.door || c == &loop.desk) {
        c == &loop.door ? let_in() : hear_desk();
        return;
    }
    if (c->asleep)
        peer_done(c->peer);
    else
        peer_late(c->peer);
    c->asleep = 0;
    loop_ready(c);
}

/* DOC: loop-rest. Sleepers and latecomers, then some who write: all have been read. If
 * one of them is ready again at once, that is for the next turn. */
void loop_rest(void)
{
    bool more = true;
    struct conn *c;

    if (loop.knock && !loop.stopping)
        let_in();
    while ((c = deadlines_due(&loop.deadlines, clock_now())))
        loop_late(c);
    struct ready *last = loop.ready ? loop.ready->prev : NULL;
    for (int i = 0; i < WRITES && more && (c = ready_next(&loop.ready)); i++) {
        more = &c->ready != last;
        run(c, OUT);
    }
    loop.delivered = loop.read = loop.knock = 0;
}

void loop_close(void)
{
    desk_close();
    deadlines_free(&loop.deadlines);
}

/* ---- a client's wants ---- */

bool loop_read(struct conn *c)
{
    static char buf[BUFFER];    /* one for all: what is not used now, the peer keeps */
    ssize_t n = net_read(c->fd, buf, sizeof buf);

    if (!net_would_block(n))
        peer_feed(c->peer, buf, n);
    loop.read += n > 0 ? (int)n : 0;
    return n > 0;
}

/* DOC: loop-relay. Nobody is run from here: the stack would grow with the room. */
void loop_relay(struct conn *c, struct frame *frame)
{
    struct member *m;

    DL_FOREACH(c->seat.room->members, m) {
        peer_push(m->conn->peer, frame);
        loop_ready(m->conn);
        loop.delivered++;
    }
    if (loop.delivered > DELIVERIES)
        peer_pause(c->peer);
}

void loop_ready(struct conn *c) { ready_add(&loop.ready, &c->ready, c); }

int64_t loop_due(struct conn *c, int64_t deadline)
{
    if (c->asleep && !peer_working(c->peer))
        call_off(c);
    return c->asleep ? c->asleep : deadline;
}

void loop_deadline(struct conn *c, int64_t deadline)
{
    deadlines_set(&loop.deadlines, &c->late, loop_due(c, deadline), c);
}

void loop_finish(struct conn *c)
{
    call_off(c);
    room_leave(&loop.rooms, &c->seat);
    ready_drop(&loop.ready, &c->ready);
    deadlines_set(&loop.deadlines, &c->late, NEVER, c);
    DL_DELETE(loop.all, c);
    net_close(c->fd);
    peer_free(c->peer);
    free(c->own);
    free(c);
    loop.clients--;
}
