#include "die.h"
#define utarray_oom() die("out of memory for the post")
#include "post.h"
#include "clock.h"
#include "metrics.h"
#include "net.h"
#include "options.h"
#include "outbox.h"
#include "peer.h"
#include "room.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utlist.h>

/* What travels is a stream of letters: a head, and a body of so many bytes. */
enum kind {
    JOINS = 1,                  /* child: a room's name.    office: empty, it is done */
    LEAVES,                     /* child: empty.            office: empty, it is done */
    MAIL,                       /* a WebSocket frame, as it goes on the wire, both ways */
    LOST,                       /* office: more came for you than you took */
};

struct head { uint32_t kind, size; };

enum { CHUNK = 65536 };

/* ---- letters out of a stream ---- */

struct stream {
    int fd;
    char *buf;                  /* what is not a whole letter yet */
    size_t have, room;
};

struct letter {
    uint32_t kind;
    struct bytes body, whole;   /* whole: with its head, to be passed on */
};

/* Reads once, at most so many bytes. False when the other side is gone. */
static bool stream_fill(struct stream *s, size_t most)
{
    if (s->room - s->have < most)
        s->buf = must_realloc(s->buf, s->room = s->have + most);
    ssize_t n = read(s->fd, s->buf + s->have, most);
    if (n > 0)
        s->have += (size_t)n;
    return n > 0 || net_would_block(n);
}

/* The letter at `at`, if it is complete; moves `at` behind it. */
static bool stream_letter(const struct stream *s, size_t *at, struct letter *l)
{
    struct head head;

    if (s->have - *at < sizeof head)
        return false;
    memcpy(&head, s->buf + *at, sizeof head);
    if (s->have - *at < sizeof head + head.size)
        return false;
    l->kind = head.kind;
    l->whole = (struct bytes){ s->buf + *at, sizeof head + head.size };
    l->body = (struct bytes){ s->buf + *at + sizeof head, head.size };
    *at += l->whole.size;
    return true;
}

/* Forgets the letters before `at`, and the buffer when nothing is left. */
static void stream_forget(struct stream *s, size_t at)
{
    s->have -= at;
    if (s->have == 0) {
        free(s->buf);
        s->buf = NULL;
        s->room = 0;
    } else if (at) {
        memmove(s->buf, s->buf + at, s->have);
    }
}

/* ---- the parent's side ---- */

struct conn {                   /* a child, as the office sees it */
    pid_t pid;
    struct stream in;
    struct outbox out;
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

struct post { struct stream in; };

struct office *office_open(const struct options *o)
{
    struct office *office = must_alloc(sizeof *office);

    *office = (struct office){ .options = o, .epoll = epoll_create1(EPOLL_CLOEXEC) };
    if (office->epoll < 0)
        die("epoll_create1: %s", strerror(errno));
    metrics_share();
    signal(SIGCHLD, SIG_IGN);   /* the kernel buries the children, wait(2) */
    return office;
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
    close(c->in.fd);
    free(c->in.buf);
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

static void become_child(struct office *office, int fd, struct post **post)
{
    struct conn *c, *next;

    DL_FOREACH_SAFE(office->children, c, next)
        forget(office, c);      /* DOC: post-copies. None of our business */
    close(office->epoll);
    free(office);
    *post = must_alloc(sizeof **post);
    **post = (struct post){ .in.fd = fd };
}

pid_t office_fork(struct office *office, struct post **post)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        return -1;
    struct conn *c = must_alloc(sizeof *c);
    *c = (struct conn){ .pid = -1, .in.fd = pair[0] };
    outbox_init(&c->out);
    DL_APPEND(office->children, c);
    office->count++;
    if (watch(office, c, EPOLL_CTL_ADD, EPOLLIN)) {
        net_hold_signals(true);
        if ((c->pid = fork()) == 0) {
            become_child(office, pair[1], post);
            return 0;
        }
        net_hold_signals(false);
    }
    pid_t pid = c->pid;
    close(pair[1]);
    if (pid < 0)
        bury(office, c);
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

static void put_letter(struct office *office, struct conn *c, uint32_t kind)
{
    struct head head = { kind, 0 };
    struct frame *f = frame_copy((const char *)&head, sizeof head);

    put(office, c, f);
    frame_unref(f);
}

/* What waits for a child is bounded: beyond that it learns that it has missed
 * something. */
static void put_mail(struct office *office, struct conn *c, struct frame *f)
{
    if (c->lost)
        return;
    put(office, c, f);
    if (c->out.size > office->options->max_output) {
        c->lost = true;
        outbox_drop(&c->out, 0);
        put_letter(office, c, LOST);
    }
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

static void handle(struct office *office, struct conn *c, const struct letter *l)
{
    char name[ROOM_NAME + 1] = "";

    switch (l->kind) {
    case JOINS:
        memcpy(name, l->body.data, l->body.size < ROOM_NAME ? l->body.size : ROOM_NAME);
        room_join(&office->rooms, name, &c->seat, c);
        put_letter(office, c, JOINS);
        break;
    case LEAVES:
        room_leave(&office->rooms, &c->seat);
        c->lost = false;
        put_letter(office, c, LEAVES);
        break;
    case MAIL:
        deliver(office, c, l);
        break;
    }
}

/* Takes in what a child has written. False when it is gone. */
static bool collect(struct office *office, struct conn *c)
{
    bool alive = stream_fill(&c->in, CHUNK);
    struct letter l;
    size_t at = 0;

    while (stream_letter(&c->in, &at, &l))
        handle(office, c, &l);
    stream_forget(&c->in, at);
    return alive;
}

/* Hands a child what waits for it, as far as its socket takes it. */
static void hand_over(struct office *office, struct conn *c)
{
    while (outbox_first(&c->out)) {
        ssize_t n = net_write(c->in.fd, outbox_peek(&c->out));

        if (n < 0) {            /* full, or it is gone, which its end of file will tell */
            uint32_t full = net_would_block(n) ? EPOLLOUT : 0;
            watch(office, c, EPOLL_CTL_MOD, EPOLLIN | full);
            return;
        }
        outbox_sent(&c->out, (size_t)n);
    }
    watch(office, c, EPOLL_CTL_MOD, EPOLLIN);
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

/* A signal, if the child is still there: its end of the line goes before its pid does,
 * which may be somebody else's by now. */
static void tell(struct conn *c, int signal)
{
    struct pollfd line = net_poll(c->in.fd, 0);

    net_wait(&line, 1, 0);
    if (!(line.revents & POLLHUP))
        kill(c->pid, signal);
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
    free(office);
}

/* ---- the child's side ---- */

int post_fd(const struct post *post) { return post->in.fd; }

/* Writes all of it, however long the office takes. False when the office is gone. */
static bool write_all(int fd, struct bytes rest)
{
    struct pollfd set = net_poll(fd, POLLOUT);

    while (rest.size) {
        ssize_t n = net_write(fd, rest);

        if (n > 0)
            rest = (struct bytes){ rest.data + n, rest.size - (size_t)n };
        else if (net_would_block(n))
            net_wait(&set, 1, NEVER);
        else
            return false;
    }
    return true;
}

/* Head and body go in one piece: a head on its own would wake the office for nothing. */
static bool write_letter(struct post *post, uint32_t kind, const char *body, size_t size)
{
    struct head head = { kind, (uint32_t)size };
    struct frame *whole = frame_append(frame_new(sizeof head + size),
                                       (const char *)&head, sizeof head);

    whole = frame_append(whole, body, size);
    bool taken = write_all(post->in.fd, (struct bytes){ whole->data, whole->size });
    frame_unref(whole);
    return taken;
}

/* How many bytes the letter under way lacks, as far as can be told. */
static size_t stream_lacks(const struct stream *s)
{
    struct head head;

    if (s->have < sizeof head)
        return sizeof head - s->have;
    memcpy(&head, s->buf, sizeof head);
    return sizeof head + head.size - s->have;
}

/* Waits for the office to say that it is done; mail before that is void. Not a byte
 * more is read: what lies behind it must stay where poll(2) sees it. */
static void await_letter(struct post *post, uint32_t kind)
{
    struct pollfd set = net_poll(post->in.fd, POLLIN);
    struct letter l = { 0 };

    do {
        size_t at = 0;

        net_wait(&set, 1, NEVER);
        if (set.revents && !stream_fill(&post->in, stream_lacks(&post->in)))
            return;
        if (stream_letter(&post->in, &at, &l))
            stream_forget(&post->in, at);
    } while (l.kind != kind);
}

void post_join(struct post *post, const char *room)
{
    if (write_letter(post, JOINS, room, strlen(room)))
        await_letter(post, JOINS);
}

void post_leave(struct post *post)
{
    if (write_letter(post, LEAVES, "", 0))
        await_letter(post, LEAVES);
}

void post_send(struct post *post, struct frame *frame)
{
    write_letter(post, MAIL, frame->data, frame->size);
}

bool post_take(struct post *post, struct peer *peer)
{
    bool alive = stream_fill(&post->in, CHUNK);
    struct letter l;
    size_t at = 0;

    while (stream_letter(&post->in, &at, &l)) {
        struct frame *f = frame_copy(l.body.data, l.body.size);

        if (l.kind == MAIL)
            peer_push(peer, f);
        else if (l.kind == LOST)
            peer_lost(peer);
        frame_unref(f);
    }
    stream_forget(&post->in, at);
    return alive;
}

void post_close(struct post *post)
{
    close(post->in.fd);
    free(post->in.buf);
    free(post);
}
