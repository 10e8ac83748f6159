#include "fuzz.h"
#include "clock.h"
#include "history.h"
#include "options.h"
#include "query.h"
#include "work.h"

#include <stdlib.h>
#include <string.h>

struct options fuzz_options(void)
{
    static struct query all[] = {
        { .name = (char *)"a", .sql = (char *)"1" },
        { .name = (char *)"b", .sql = (char *)"$1", .number = 1, .takes_arg = true },
    };
    static struct queries queries = { 2, all };
    struct options o = { .workers = 0 };

    options_default(&o);
    o.max_fib = 10;
    o.files = "x";
    o.db = "x";
    o.queries = &queries;
    o.upstream = "http://x:1";
    return o;
}

/* One for all inputs: small, and nothing of it lapses from one pass to the next. */
static void open_history(void)
{
    static bool opened;
    struct options o = fuzz_options();

    o.history = 4096;
    o.history_time = 86400 * 1000 * MS;
    if (!opened)
        history_open(&o);
    opened = true;
}

void wire_open(struct wire *w, const struct options *o)
{
    open_history();
    *w = (struct wire){ .peer = peer_new(o, 0) };
    utstring_init(&w->out);
    utstring_init(&w->relayed);
}

void wire_close(struct wire *w)
{
    free(w->copy);
    peer_free(w->peer);
    utstring_done(&w->out);
    utstring_done(&w->relayed);
}

/* It brings its own name, or fails: nothing is opened or asked. */
static void bring(struct job *job)
{
    static const int statuses[] = { 404, 502, 503, 504 };
    size_t n = strlen(job->name);

    if (job->text)
        abort();                /* of the last time */
    job->text = frame_copy(job->name, n);
    if (n % 5 < 4)
        job_fail(job, statuses[n % 5], "so");
}

/* A wait is not waited for: nobody fuzzes sleep. */
void wire_done(struct wire *w)
{
    if (!w->job)
        return;
    if (job_has_text(w->job))
        bring(w->job);
    else if (w->job->kind == JOB_CPU || w->job->kind == JOB_AWAIT)
        job_run(w->job);
    w->job = NULL;
    peer_done(w->peer);
}

/* What is under way is what it was. */
void wire_sent(struct wire *w)
{
    struct bytes sent = w->sending;

    if (sent.size == 0)
        return;
    if (memcmp(sent.data, w->copy, sent.size) != 0)
        abort();
    free(w->copy);
    w->copy = NULL;
    w->sending.size = 0;
    utstring_bincpy(&w->out, sent.data, sent.size);
    peer_sent(w->peer, (ssize_t)sent.size);
}

static void write_some(struct wire *w, struct bytes bytes)
{
    size_t n = w->gulp && w->gulp < bytes.size ? w->gulp : bytes.size;

    if (n == 0 || w->sending.size)
        abort();                /* a loop would spin on that, or send it twice */
    if (w->orders) {
        w->sending = (struct bytes){ bytes.data, n };
        w->copy = memcpy(malloc(n), bytes.data, n);
        peer_sending(w->peer, w->sending);
        return;
    }
    utstring_bincpy(&w->out, bytes.data, n);
    peer_sent(w->peer, (ssize_t)n);
}

enum want wire_run(struct wire *w)
{
    struct ask ask;

    for (;;)
        switch (peer_next(w->peer, &ask)) {
        case READ:
            if (ask.deadline)
                return READ;
            if (ask.more || w->job)
                abort();        /* a look is for those who have input, and no job */
            break;
        case JOIN:
            if (!*ask.room)
                abort();
            break;
        case WORK:
            if (w->job)
                abort();
            w->job = ask.job;
            if (w->patient)
                return READ;
            wire_done(w);
            break;
        case RELAY:
            utstring_bincpy(&w->relayed, ask.frame->data, ask.frame->size);
            peer_push(w->peer, ask.frame);
            break;
        case WRITE:
            write_some(w, ask.bytes);
            break;
        case CLOSE:
            return CLOSE;
        }
}

void wire_feed(struct wire *w, struct bytes bytes)
{
    if (bytes.size == 0)
        return;
    char *lent = memcpy(malloc(bytes.size), bytes.data, bytes.size);
    peer_feed(w->peer, lent, (ssize_t)bytes.size);
    wire_run(w);
    free(lent);                 /* who still reads there meets AddressSanitizer */
}

void wire_upgrade(struct wire *w, const char *target)
{
    static const char rest[] = " HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n";

    wire_feed(w, (struct bytes){ "GET ", 4 });
    wire_feed(w, (struct bytes){ target, strlen(target) });
    wire_feed(w, (struct bytes){ rest, sizeof rest - 1 });
}
