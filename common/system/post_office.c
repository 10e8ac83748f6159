#include "die.h"
#include "metrics.h"
#include "net.h"
#include "options.h"
#include "outbox.h"
#include "post.h"
#include "post_letters.h"
#include "room.h"
#include "ws.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utlist.h>

enum { WORDS = 8 };             /* of the office that a child leaves unread, at most */

struct conn {                   /* a child, as the office sees it */
    pid_t pid;                  /* 0: no child of ours, and sent no signal */
    struct stream in;
    struct outbox out;          /* words of the office, then mail */
    unsigned words;             /* how many of its letters are not to be dropped */
    struct member seat;
    uint32_t watched;
    bool ready;                 /* has mail that was not tried yet */
    bool lost;                  /* and missed some: gets no more in this room */
    struct conn *prev, *next, *before, *after;
};

struct office {
    const struct options *options;
    int epoll;
    int count;
    struct conn *children, *ready;
    struct rooms rooms;
};

/* A child that leaves the books alone has not lost them: they hang on this, for ever. */
static struct office the_office;

struct office *office_open(const struct options *o)
{
    the_office = (struct office){ .options = o, .epoll = epoll_create1(EPOLL_CLOEXEC) };
    if (the_office.epoll < 0)
        die("epoll_create1: %s", strerror(errno));
    metrics_share();
    signal(SIGCHLD, SIG_IGN);   /* the kernel buries the children, wait(2) */
    return &the_office;
}

/* False if the kernel watches as many as it may, which hits newcomers only. */
static bool watch(struct office *office, struct conn *c, int how, uint32_t events)
{
    struct epoll_event e = { .events = events, .data.ptr = c };

    if (c->watched != events && epoll_ctl(office->epoll, how, c->in.fd, &e) < 0)
        return false;
    c->watched = events;
    return true;
}

static void forget(struct office *office, struct conn *c)
{
    room_leave(&office->rooms, &c->seat);
    if (c->ready)
        DL_DELETE2(office->ready, c, before, after);
    DL_DELETE(office->children, c);
    office->count--;
    stream_close(&c->in);
    outbox_free(&c->out);
    free(c);
}

/* A child that is being forked may still hold a copy of this descriptor, so that
 * closing it does not end epoll's interest: that must be said. */
static void bury(struct office *office, struct conn *c)
{
    epoll_ctl(office->epoll, EPOLL_CTL_DEL, c->in.fd, NULL);
    forget(office, c);
}

/* Puts a child on the books; NULL if the kernel watches as many as it may. */
static struct conn *enrol(struct office *office, int fd)
{
    struct conn *c = must_alloc(sizeof *c);

    *c = (struct conn){ .in = stream_on(fd, office->options) };
    outbox_init(&c->out);
    DL_APPEND(office->children, c);
    office->count++;
    if (watch(office, c, EPOLL_CTL_ADD, EPOLLIN))
        return c;
    forget(office, c);
    return NULL;
}

bool office_enrol(struct office *office, int fd) { return enrol(office, fd) != NULL; }

/* DOC: post-copies. The books are none of a child's business: it closes what it must not
 * hold open, and leaves them as they are. To free them would be to write to their pages,
 * and so to copy them. */
static void leave_office(const struct office *office)
{
    const struct conn *c;

    DL_FOREACH(office->children, c)
        close(c->in.fd);
    close(office->epoll);
}

pid_t office_fork(struct office *office, struct post **post)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        return -1;
    struct conn *c = enrol(office, pair[0]);
    pid_t pid = -1;
    if (c) {
        net_hold_signals(true);
        if ((pid = fork()) == 0) {
            leave_office(office);
            *post = post_open(office->options, pair[1]);
            return 0;
        }
        net_hold_signals(false);
        if (pid < 0)
            bury(office, c);
        else
            c->pid = pid;
    }
    close(pair[1]);
    return pid;
}

int office_fd(const struct office *office) { return office->epoll; }

int office_count(const struct office *office) { return office->count; }

/* Leaves it for the child; written when everyone's letters are read. */
static void put(struct office *office, struct conn *c, struct frame *f)
{
    outbox_push(&c->out, f);
    if (!c->ready)
        DL_APPEND2(office->ready, c, before, after);
    c->ready = true;
}

/* Mail that has begun to leave is not cut short. */
static void drop_mail(struct conn *c) { outbox_drop(&c->out, c->words); }

/* A word of the office's own, which is not dropped. All mail before it is void by it. */
static void put_word(struct office *office, struct conn *c, uint32_t kind)
{
    struct head head = { kind, 0 };
    struct frame *f = frame_copy((const char *)&head, sizeof head);

    drop_mail(c);
    put(office, c, f);
    c->words = outbox_count(&c->out);
    frame_unref(f);
}

/* What waits for a child is bounded: beyond that it learns that it has missed
 * something. */
static void put_mail(struct office *office, struct conn *c, struct frame *f)
{
    if (c->lost)
        return;
    put(office, c, f);
    c->lost = c->out.size > office->options->max_output;
    if (c->lost)
        put_word(office, c, LOST);
}

/* DOC: post-deliver. The letter is copied once, and shared by all it is for. */
static void deliver(struct office *office, struct conn *c, const struct letter *l)
{
    struct frame *f = frame_copy(l->whole.data, l->whole.size);
    struct member *m;

    if (c->seat.room)
        DL_FOREACH(c->seat.room->members, m)
            if (m->conn != c)
                put_mail(office, m->conn, f);
    frame_unref(f);
}

static void leave(struct office *office, struct conn *c)
{
    room_leave(&office->rooms, &c->seat);
    drop_mail(c);
    c->lost = false;
}

/* False if that is no room, or if the child asks and asks, and never listens. */
static bool join(struct office *office, struct conn *c, struct bytes room)
{
    char name[ROOM_NAME + 1] = "";

    if (c->words >= WORDS || room.size > ROOM_NAME || memchr(room.data, 0, room.size))
        return false;
    memcpy(name, room.data, room.size);
    if (!room_valid(name))
        return false;
    leave(office, c);           /* it may have been in another */
    room_join(&office->rooms, name, &c->seat, c);
    put_word(office, c, JOINS);
    return true;
}

/* False if a child in its right mind does not send that. */
static bool handle(struct office *office, struct conn *c, const struct letter *l)
{
    switch (l->kind) {
    case JOINS:
        return join(office, c, l->body);
    case LEAVES:
        leave(office, c);
        return true;
    case MAIL:
        if (!ws_messages(l->body))
            return false;
        deliver(office, c, l);
        return true;
    default:
        return false;
    }
}

/* A signal, if the child is still there: its end of the line goes before its pid does,
 * which may be somebody else's by now. */
static void tell(struct conn *c, int signal)
{
    struct pollfd line = net_poll(c->in.fd, 0);

    net_wait(&line, 1, 0);
    if (c->pid && !(line.revents & POLLHUP))
        kill(c->pid, signal);
}

/* Takes in what a child has written. False when it is gone, or out of its mind: then it
 * is ended, since nothing that it says can be made sense of any more. */
static bool collect(struct office *office, struct conn *c)
{
    bool alive = stream_fill(&c->in), sane = true;
    struct letter l;
    size_t at = 0;

    while (sane && stream_letter(&c->in, &at, &l))
        sane = handle(office, c, &l);
    stream_forget(&c->in, at);
    if (!sane)
        tell(c, SIGKILL);
    return alive && sane;
}

/* Hands a child what waits for it, as far as its socket takes it. */
static void hand_over(struct office *office, struct conn *c)
{
    unsigned waited = outbox_count(&c->out);
    bool all = stream_flush(&c->in, &c->out);
    unsigned left = waited - outbox_count(&c->out);

    c->words = c->words > left ? c->words - left : 0;
    watch(office, c, EPOLL_CTL_MOD, EPOLLIN | (all ? 0 : EPOLLOUT));
}

void office_serve(struct office *office)
{
    struct epoll_event events[256];
    int n = epoll_wait(office->epoll, events, 256, 0);

    for (int i = 0; i < n; i++) {
        struct conn *c = events[i].data.ptr;

        if (events[i].events & EPOLLOUT)
            hand_over(office, c);
        if (events[i].events & ~(uint32_t)EPOLLOUT && !collect(office, c))
            bury(office, c);
    }
    for (struct conn *c; (c = office->ready);) {
        DL_DELETE2(office->ready, c, before, after);
        c->ready = false;
        hand_over(office, c);
    }
}

/* How long children have to say goodbye before they are killed. */
enum { PATIENCE_MS = 1300 };

void office_close(struct office *office)
{
    int64_t until = clock_now() + PATIENCE_MS * MS;
    struct pollfd set = net_poll(office->epoll, POLLIN);
    struct conn *c, *next;

    alarm(0);                   /* this process does no jobs: it leaves last */
    DL_FOREACH(office->children, c)
        tell(c, SIGTERM);
    while (office->count && net_wait(&set, 1, until))
        office_serve(office);
    DL_FOREACH_SAFE(office->children, c, next) {
        tell(c, SIGKILL);
        bury(office, c);
    }
    while (wait(NULL) > 0 || errno == EINTR)
        ;                       /* with SIGCHLD ignored it returns when all are gone */
    close(office->epoll);
}
