/* async.c - straight-line code again, without stacks: where a function waits, it returns.
 *
 * coroutine.c as a compiler makes it of async and await. What a function must still know
 * after a wait lies in a struct, and so does where it goes on: a client costs what it
 * costs in epoll. The price: a function that waits can only be awaited, and so can its
 * caller, up to the top. A job that computes or naps makes everyone wait.
 *
 * State: a small struct for each of its functions that is in progress
 * Predicts: cpu n, wait 1 */
#include "calls.h"
#include "clients.h"
#include "hub.h"
#include "net.h"
#include "stackless.h"
#include "work.h"

struct work {
    struct conn *c;
    struct job *job;
    struct calls calls;
};

/* DOC: async-work. A computation that awaits runs beside us, each call a struct. When
 * nobody wants it, it is called off. */
static struct call *work(struct call *self)
{
    struct work *w = self->locals;

    RESUME(self);
    if (client_takes(w->c, w->job)) {
        while (w->c->out) {
            client_parks(w->c);
            PARK(self);
            client_waits(w->c);
        }
    } else if (w->job->kind != JOB_AWAIT) {
        job_run(w->job);        /* DOC: async-blocks. nap, file, SQLite stop all */
    } else {
        calls_begin(&w->calls, w->job);
        do {
            client_parks(w->c);
            PARK(self);
        } while (client_waits(w->c) && !w->calls.done);
        w->calls.unwanted = true;
        while (!w->calls.done)
            PARK(self);
    }
    return NULL;
}

struct serve { struct conn *c; bool waited; };  /* so that the others could speak first */

/* One client's whole life. DOC: async-park. It says what it waits for, and returns. What
 * has happened it takes in when it is called again. */
static struct call *serve(struct call *self)
{
    struct serve *s = self->locals;
    struct conn *c = s->c;
    struct ask ask;
    ssize_t n;

    RESUME(self);
    for (;;)
        switch (peer_next(c->peer, &ask)) {
        case READ:
            s->waited = false;
            hub_wait(c->fd, ask.more ? HUB_READ : 0, ask.deadline);
            PARK(self);
            client_heed(c);
            break;
        case JOIN:
            room_join(&clients.rooms, ask.room, &c->seat, c);
            break;
        case WORK:
            AWAIT(self, CALL(work, .c = c, .job = ask.job));
            peer_done(c->peer);
            break;
        case RELAY:
            client_relay(c, ask.frame);
            break;
        case WRITE:             /* DOC: async-write. Once everyone is read */
            if (!s->waited) {
                s->waited = true;
                hub_pass();
                PARK(self);
                break;
            }
            n = net_write(c->fd, ask.bytes);
            if (net_would_block(n)) {
                hub_wait(c->fd, HUB_WRITE | (ask.more ? HUB_READ : 0), ask.deadline);
                PARK(self);
                client_heed(c);
            } else {
                peer_sent(c->peer, n);
            }
            break;
        case CLOSE:
            client_finish(c);
            return NULL;
        }
}

struct task *begin(struct conn *c) { return call_spawn(CALL(serve, .c = c)); }

int main(int argc, char **argv)
{
    options_parse(&clients.o, argc, argv);
    clients_serve();
}
