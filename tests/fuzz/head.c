#include "fuzz.h"
#include "clock.h"
#include "http.h"
#include "options.h"

#include <stdlib.h>
#include <string.h>

/* Reads one head in pieces of `step` bytes; what is left of the input stays there. */
static bool read_head(const struct options *o, struct bytes *in, size_t step,
                      struct request *r)
{
    struct http *h = http_new(o);
    bool complete = false;

    while (!complete && in->size) {
        size_t n = step < in->size ? step : in->size;
        char *copy = memcpy(malloc(n), in->data, n);
        struct bytes piece = { copy, n };

        complete = http_feed(h, &piece, r);
        in->data += n - piece.size;
        in->size -= n - piece.size;
        free(copy);
    }
    http_free(h);
    return complete;
}

static bool is_visit(const struct request *r)
{
    return r->route == ROUTE_POLL || r->route == ROUTE_STREAM || r->route == ROUTE_SAY;
}

static bool same_visit(const struct visit *a, const struct visit *b)
{
    return a->after == b->after && a->wait == b->wait && a->size == b->size
        && a->binary == b->binary && a->expects == b->expects;
}

static void check_request(const struct options *o, const struct request *r)
{
    size_t n = strlen(r->room);

    if (r->route == ROUTE_ERROR && (r->status < 400 || r->status > 599 || !r->why))
        abort();
    if (r->route == ROUTE_RELAY && (n == 0 || n > ROOM_NAME || strchr(r->room, '/')))
        abort();
    if ((r->route == ROUTE_JOB || r->has_job) && r->route != ROUTE_ERROR
        && (job_has_text(&r->job) ? !r->job.name || r->job.text
            : r->job.n < 0 || r->job.n > o->max_wait))
        abort();
    if (r->route <= ROUTE_MESSAGE_JOB && strlen(r->accept) != 28)
        abort();
    if (is_visit(r) && (!room_valid(r->room) || r->visit.size > o->max_message
                        || r->visit.wait > o->max_wait * MS))
        abort();
}

static bool same_job(const struct job *a, const struct job *b)
{
    return a->kind == b->kind
        && (job_has_text(a) ? strcmp(a->name, b->name) == 0 : a->n == b->n);
}

static bool same(const struct request *a, const struct request *b)
{
    if (a->route != b->route || a->status != b->status)
        return false;
    return a->route == ROUTE_ERROR
        || (strcmp(a->room, b->room) == 0 && a->has_job == b->has_job
            && same_job(&a->job, &b->job) && a->head == b->head
            && a->keep_alive == b->keep_alive && a->page == b->page
            && (is_visit(a) ? same_visit(&a->visit, &b->visit)
                            : strcmp(a->accept, b->accept) == 0));
}

void fuzz_head(struct bytes in)
{
    struct options o = fuzz_options();
    size_t step = (size_t)take(&in) % 32 + 1;
    struct bytes rest = in, other = in;
    struct request r = { 0 }, cut = { 0 };
    bool complete = read_head(&o, &rest, SIZE_MAX, &r);

    if (complete != read_head(&o, &other, step, &cut))
        abort();
    if (!complete)
        return;
    check_request(&o, &r);
    if (!same(&r, &cut) || (r.route != ROUTE_ERROR && rest.size != other.size))
        abort();
    frame_unref(http_answer(&r, 200, "ok\n"));
    job_free(&r.job);
    job_free(&cut.job);
}
