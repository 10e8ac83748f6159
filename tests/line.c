#include "line.h"
#include "clock.h"
#include "work.h"

#include <stdlib.h>
#include <string.h>

const struct options *usual(void)
{
    static struct options o;

    options_default(&o);
    return &o;
}

const struct options *hasty(void)
{
    static struct options o;

    options_default(&o);
    o.handshake = o.ping_after = o.pong_within = o.close_within = 5 * MS;
    return &o;
}

void line_open(struct line *l, const struct options *o)
{
    *l = (struct line){ .peer = peer_new(o, 0) };
    utstring_init(&l->out);
    utstring_init(&l->relayed);
    utstring_init(&l->wants);
}

/* The loan is over: who still reads there finds rubbish, or AddressSanitizer. */
static void take_back(struct line *l)
{
    if (l->lent)
        memset(l->lent, 0xAA, l->lent_size);
    free(l->lent);
    l->lent = NULL;
}

void line_close(struct line *l)
{
    take_back(l);
    peer_free(l->peer);
    utstring_done(&l->out);
    utstring_done(&l->relayed);
    utstring_done(&l->wants);
}

void line_feed(struct line *l, const void *data, size_t size)
{
    take_back(l);
    l->lent = memcpy(malloc(size), data, size);
    l->lent_size = size;
    peer_feed(l->peer, l->lent, (ssize_t)size);
}

void line_done(struct line *l)
{
    l->working = false;
    job_run(l->job);
    peer_done(l->peer);
}

static void relay(struct line *l, const struct ask *ask)
{
    assert_string_equal(ask->room, "x");
    utstring_bincpy(&l->relayed, ask->frame->data, ask->frame->size);
    peer_push(l->peer, ask->frame);
    if (l->other)
        peer_push(l->other->peer, ask->frame);
}

static void write_some(struct line *l, const struct ask *ask)
{
    size_t n = ask->bytes.size;

    assert_true(n > 0);
    if (l->gulp && n > l->gulp)
        n = l->gulp;
    if (l->orders) {
        l->sending = (struct bytes){ ask->bytes.data, n };
        peer_sending(l->peer, l->sending);
        return;
    }
    if (l->out.n - l->out.i <= n)       /* it would grow by as much as it must */
        utstring_reserve(&l->out, l->out.n + n + 1);
    utstring_bincpy(&l->out, ask->bytes.data, n);
    l->writes++;
    peer_sent(l->peer, (ssize_t)n);
}

void line_sent(struct line *l)
{
    struct bytes sent = l->sending;

    l->sending.size = 0;
    utstring_bincpy(&l->out, sent.data, sent.size);
    l->writes++;
    peer_sent(l->peer, (ssize_t)sent.size);
}

enum want line_run(struct line *l)
{
    static const char letters[] = "-JWR-C";
    struct ask ask;

    for (;;) {
        enum want want = peer_next(l->peer, &ask);

        if (want != JOIN && want != RELAY)
            take_back(l);
        for (unsigned n = want == RELAY ? ask.frame->messages : 1; n; n--)
            if (letters[want] != '-')
                utstring_bincpy(&l->wants, &letters[want], 1);
        l->deadline = ask.deadline;
        switch (want) {
        case READ:
            if (ask.deadline)
                return READ;
            assert_false(ask.more);
            l->looks++;
            break;
        case JOIN:
            assert_string_equal(ask.room, "x");
            break;
        case WORK:
            assert_false(l->working);
            l->working = true;
            l->job = ask.job;
            if (l->slow)
                return WORK;
            line_done(l);
            break;
        case RELAY:
            relay(l, &ask);
            break;
        case WRITE:
            assert_int_equal(l->sending.size, 0);
            write_some(l, &ask);
            break;
        case CLOSE:
            return CLOSE;
        }
    }
}

enum want line_say(struct line *l, const void *data, size_t size)
{
    line_feed(l, data, size);
    return line_run(l);
}

enum want line_late(struct line *l)
{
    check(l->deadline < clock_now() + 1000 * MS, "no deadline");
    while (clock_now() <= l->deadline)
        pause_for(MS);
    utstring_clear(&l->out);
    peer_late(l->peer);
    return line_run(l);
}

void line_upgrade(struct line *l, const struct options *o, const char *request)
{
    line_open(l, o);
    assert_int_equal(line_say(l, request, strlen(request)), READ);
    assert_true(line_wrote(l, SWITCHED));
    utstring_clear(&l->out);
    utstring_clear(&l->wants);
    l->writes = 0;
}

bool line_closed(const struct line *l, int status, size_t before)
{
    size_t size = utstring_len(&l->out);
    const unsigned char *s = (const unsigned char *)utstring_body(&l->out) + before;

    return size >= before + 4 && s[0] == 0x88 && s[1] == size - before - 2
        && (s[2] << 8 | s[3]) == status;
}
