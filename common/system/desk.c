#include "desk.h"
#include "clock.h"
#include "die.h"
#include "driver.h"
#include "errand.h"
#include "settings.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <utlist.h>

_Static_assert((int)POLLIN == (int)EPOLLIN && (int)POLLOUT == (int)EPOLLOUT, "the same");

enum { BATCH = 64 };

/* Where something is waited for: a line to the database, or the socket of a fetch. */
struct place {
    int fd;                     /* that the kernel watches, for these; -1: none */
    short events;
    struct order *order;        /* that has it; NULL: an idle line */
    struct line *line;          /* NULL: not opened; or a fetch's */
    bool settled;               /* the line has answered, so it keeps its descriptor */
    bool fresh;                 /* it has answered just now, so it is alive */
};

struct order {
    struct job *job;
    void *whose;
    struct order **list;        /* that it is on: the queue, or what is out or done */
    struct order *prev, *next;
    int64_t patience;           /* until when it queues */
    struct place *place;        /* NULL: it queues, or is done */
    struct place own;           /* a fetch's */
    struct errand errand;
};

static struct {
    const struct options *o;
    int epoll;
    struct place *lines;
    int line_count, queued;
    struct order *queue, *out, *done;   /* the first to come is the first */
    bool looked;                /* and what is done is being handed out */
} desk = { .epoll = -1 };

static void move(struct order *r, struct order **list)
{
    if (r->list)
        DL_DELETE(*r->list, r);
    if (list)
        DL_APPEND(*list, r);
    desk.queued += (list == &desk.queue) - (r->list == &desk.queue);
    r->list = list;
}

/* ---- what the kernel watches ---- */

/* Closed descriptors it has forgotten by itself. */
static void forget(struct place *p)
{
    if (p->fd >= 0)
        epoll_ctl(desk.epoll, EPOLL_CTL_DEL, p->fd, NULL);
    p->fd = -1;
}

/* What it knows already costs no call. False: it can't be watched. */
static bool watch(struct place *p, int fd, short events)
{
    struct epoll_event e = { .events = (uint32_t)events, .data.ptr = p };
    int how = p->fd == fd ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    if (p->fd == fd && p->events == events)
        return true;
    if (p->fd != fd)
        forget(p);
    if (fd >= 0 && epoll_ctl(desk.epoll, how, fd, &e) < 0)
        return false;
    p->fd = fd;
    p->events = events;
    return true;
}

/* ---- a place, and what becomes of its order ---- */

static void shut(struct place *p)
{
    forget(p);
    database->close(p->line);
    p->line = NULL;
    p->settled = false;
}

/* A line without a job is watched, so that its end is noticed when it comes. */
static void set_free(struct place *p, bool answered)
{
    p->order = NULL;
    if (!p->line) {
        p->fd = -1;             /* a fetch's, which is closed */
        return;
    }
    p->settled = (p->settled || answered) && p->line->fd >= 0;
    p->fresh = answered;
    if (!answered && !database->alive(p->line))
        shut(p);
    else if (!p->settled || !watch(p, p->line->fd, POLLIN))
        forget(p);
}

static void finish(struct order *r)
{
    if (r->place)
        set_free(r->place, r->job->status == 0);
    r->place = NULL;
    move(r, &desk.done);
}

static void fail(struct order *r, const char *why)
{
    errand_drop(&r->errand);
    job_fail(r->job, 503, why);
    finish(r);
}

/* DOC: desk-step. Until a line has settled, each step may close its descriptor and open
 * another, which gets the same number: so forget, step and watch, in this order. A line
 * that connects again says so by a step without one. */
static void step(struct order *r)
{
    struct place *p = r->place;

    if (p->line && !p->settled)
        forget(p);
    bool over = errand_step(&r->errand);
    if (!over && r->errand.fd < 0)
        p->settled = false;
    if (over)
        finish(r);
    else if (!watch(p, r->errand.fd, r->errand.events))
        fail(r, "the kernel watches as many descriptors as it may");
}

static void begin(struct order *r, struct place *p)
{
    r->place = p;
    p->order = r;
    move(r, &desk.out);
    errand_begin(&r->errand, r->job, p->line);
    step(r);
}

/* A line that has died in the meantime is noticed before it is used: what was sent is
 * never sent twice. */
static struct place *free_line(void)
{
    struct place *closed = NULL;

    for (struct place *p = desk.lines; p < desk.lines + desk.line_count; p++) {
        if (p->order)
            continue;
        if (p->line && !p->fresh && !database->alive(p->line))
            shut(p);
        if (p->line)
            return p;
        closed = closed ? closed : p;
    }
    if (!closed)
        return NULL;
    closed->line = database->open(desk.o->db, desk.o->queries->count);
    if (!closed->line)
        die("no memory for a line to the database");
    return closed;
}

static void serve_queue(void)
{
    struct place *p;

    while (desk.queue && (p = free_line()))
        begin(desk.queue, p);
}

/* ---- news ---- */

static void heed(struct place *p)
{
    if (p->order)
        step(p->order);
    else if (p->line && !database->alive(p->line))
        shut(p);
}

/* All queue for the same time, and all that are out have the same: so it is over for the
 * first of them first. What a driver waits for besides, it says of each line. */
static void heed_clock(int64_t now)
{
    while (desk.queue && desk.queue->patience <= now)
        fail(desk.queue, "the database was busy for longer than --queue-timeout: try "
                         "again later");
    while (desk.out && desk.out->errand.until <= now)
        step(desk.out);
    for (struct place *p = desk.lines; p < desk.lines + desk.line_count; p++)
        if (p->order && p->order->errand.deadline <= now)
            step(p->order);
}

/* DOC: desk-look. Nobody is told before the whole batch has been worked off: an owner
 * that is told may drop the order that a later event of the batch is about. */
static void look(void)
{
    struct epoll_event events[BATCH];
    int n = epoll_wait(desk.epoll, events, BATCH, 0);

    for (int i = 0; i < n; i++)
        heed(events[i].data.ptr);
    heed_clock(clock_now());
    serve_queue();
    for (int i = 0; i < desk.line_count; i++)
        desk.lines[i].fresh = false;
}

/* ---- for its loop ---- */

int desk_open(const struct options *o)
{
    bool lines = database && database->steps;

    if (!lines && !o->upstream)
        return -1;
    desk.o = o;
    desk.line_count = lines ? o->db_lines : 0;
    desk.lines = must_alloc((size_t)desk.line_count * sizeof *desk.lines + 1);
    for (int i = 0; i < desk.line_count; i++)
        desk.lines[i] = (struct place){ .fd = -1 };
    desk.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (desk.epoll < 0)
        die("epoll_create1: %s", strerror(errno));
    return desk.epoll;
}

struct order *desk_take(struct job *job, void *whose)
{
    if (!errand_steps(job))
        return NULL;
    struct order *r = must_alloc(sizeof *r);
    *r = (struct order){ .job = job, .whose = whose, .own.fd = -1,
                         .patience = clock_now() + desk.o->queue_timeout };
    if (job->kind == JOB_FETCH) {
        begin(r, &r->own);
        return r;
    }
    move(r, &desk.queue);
    serve_queue();
    if (r->list == &desk.queue && desk.queued > desk.o->db_queue)
        fail(r, "too many jobs wait for the database (--db-queue): try again later");
    return r;
}

void *desk_next(void)
{
    struct order *r;

    if (!desk.looked)
        look();
    r = desk.done;
    desk.looked = r != NULL;
    if (!r)
        return NULL;
    void *whose = r->whose;
    move(r, NULL);
    free(r);
    return whose;
}

void desk_drop(struct order *r)
{
    if (!r)
        return;
    errand_drop(&r->errand);
    if (r->place)
        set_free(r->place, false);
    move(r, NULL);
    free(r);
}

/* A line that became free when a job was dropped is given to the next one at once. */
int64_t desk_deadline(void)
{
    int64_t due = desk.done ? 0 : NEVER;

    if (desk.queue && desk.queue->patience < due)
        due = desk.queue->patience;
    if (desk.out && desk.out->errand.until < due)
        due = desk.out->errand.until;
    for (struct place *p = desk.lines; p < desk.lines + desk.line_count; p++)
        if (!p->order && desk.queue)
            due = 0;
        else if (p->order && p->order->errand.deadline < due)
            due = p->order->errand.deadline;
    return due;
}

void desk_close(void)
{
    while (desk.queue)
        desk_drop(desk.queue);
    while (desk.out)
        desk_drop(desk.out);
    while (desk.done)
        desk_drop(desk.done);
    for (int i = 0; i < desk.line_count; i++)
        if (desk.lines[i].line)
            database->close(desk.lines[i].line);
    free(desk.lines);
    if (desk.epoll >= 0)
        close(desk.epoll);
    desk.epoll = -1;
    desk.lines = NULL;
    desk.line_count = 0;
}
