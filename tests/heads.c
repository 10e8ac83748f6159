#include "heads.h"
#include "options.h"

#include <string.h>

struct request read_head(const char *text, size_t step, const char *name)
{
    size_t size = strlen(text), at = 0;
    struct options o = { .workers = 0 };
    struct request r = { .status = -1 };
    bool done = false;

    options_default(&o);
    o.quiet = true;
    struct http *http = http_new(&o);
    for (size_t n; at < size && !done; at += n) {
        n = step < size - at ? step : size - at;
        struct bytes in = { text + at, n };
        done = http_feed(http, &in, &r);
        check(done || in.size == 0, "%s: left something over", name);
        n -= in.size;
    }
    check(done, "%s: not complete", name);
    check(r.route == ROUTE_ERROR || at == size, "%s: done after %zu bytes", name, at);
    http_free(http);
    return r;
}

static void try_head(const struct head *h, size_t step)
{
    struct request r = read_head(h->text, step, h->name);

    check(r.route == h->route, "%s: route %d (%d %s)", h->name, r.route, r.status, r.why);
    if (h->route == ROUTE_ERROR) {
        check(r.status == h->status, "%s: %d %s", h->name, r.status, r.why);
        check(r.why && *r.why && !strchr(r.why, '\n'), "%s: no reason", h->name);
        return;
    }
    check(strcmp(r.room, h->room ? h->room : "") == 0, "%s: room %s", h->name, r.room);
    check(r.has_job == h->job, "%s: job %d", h->name, r.has_job);
    check(!h->job || r.job.n == h->n, "%s: job's %d", h->name, (int)r.job.n);
    check(r.keep_alive == !h->closes, "%s: keep-alive %d", h->name, r.keep_alive);
    if (h->route == ROUTE_RELAY || h->route == ROUTE_MESSAGE_JOB)
        assert_string_equal(r.accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

void try_heads(const struct head *all, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        try_head(&all[i], 100000);
        try_head(&all[i], 1);
        try_head(&all[i], 7);
    }
}
