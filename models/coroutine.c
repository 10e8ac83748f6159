/* coroutine.c - straight-line code for every client, and one thread runs them all.
 *
 * thread.c with the kernel's scheduler replaced by our own: where a thread would wait, a
 * coroutine parks and another goes on. A switch costs nanoseconds, and nothing is locked,
 * for nobody is interrupted. The price: a stack per client, and, as in every loop, a job
 * that computes or naps makes everyone wait. Unless it awaits.
 *
 * State: its coroutine's small stack, and a struct that others can reach
 * Predicts: cpu n, wait 1 */
#include "await.h"
#include "clients.h"
#include "coro.h"
#include "hub.h"
#include "net.h"
#include "stacks.h"
#include "work.h"

/* DOC: coroutine-park. Says what it waits for, switches away, and takes in what has
 * happened when it is switched to again. */
static void wait_for(struct conn *c, int events, int64_t deadline)
{
    hub_wait(c->fd, events, deadline);
    co_yield();
    client_heed(c);
}

/* DOC: coroutine-bound. A computation that awaits runs beside us, on stacks of its own.
 * When nobody wants it, it is called off. */
static void work(struct conn *c, struct job *job)
{
    struct await call;

    if (client_takes(c, job)) {
        while (c->out) {
            client_parks(c);
            co_yield();
            client_waits(c);
        }
    } else if (job->kind != JOB_AWAIT) {
        job_run(job);           /* DOC: coroutine-blocks. nap, file, SQLite stop all */
    } else if (await_begin(&call, job, clients.o.max_stacks)) {
        do {
            client_parks(c);
            co_yield();
        } while (client_waits(c) && !call.done);
        await_end(&call);
    }
}

/* One client's whole life, and one coroutine's. */
static void serve(void *arg)
{
    struct conn *c = arg;
    bool waited = false;        /* so that the others could speak first */
    struct ask ask;
    ssize_t n;

    for (;;)
        switch (peer_next(c->peer, &ask)) {
        case READ:
            waited = false;
            wait_for(c, ask.more ? HUB_READ : 0, ask.deadline);
            break;
        case JOIN:
            room_join(&clients.rooms, ask.room, &c->seat, c);
            break;
        case WORK:
            work(c, ask.job);
            peer_done(c->peer);
            break;
        case RELAY:
            client_relay(c, ask.frame);
            break;
        case WRITE:             /* DOC: coroutine-write. Once everyone is read */
            if (!waited) {
                waited = true;
                hub_pass();
                co_yield();
                break;
            }
            n = net_write(c->fd, ask.bytes);
            if (net_would_block(n))
                wait_for(c, HUB_WRITE | (ask.more ? HUB_READ : 0), ask.deadline);
            else
                peer_sent(c->peer, n);
            break;
        case CLOSE:
            client_finish(c);
            return;
        }
}

struct task *begin(struct conn *c) { return stacks_spawn(serve, c); }

int main(int argc, char **argv)
{
    clients.o.max_stacks = 4096;
    options_parse(&clients.o, argc, argv);
    stacks_expect(clients.o.max_connections + clients.o.max_stacks);
    clients_serve();
}
