#include "answers.h"
#include "clock.h"
#include "reply.h"

#include <sys/socket.h>

static const int64_t PATIENCE = 500 * MS;   /* no server's with idle clients is shorter */

/* ---- an answer has come ---- */

/* Before it closes a connection on which nothing is asked, a server may say why: 408 that
 * it has waited for long enough, 503 that it has no place for us. */
static void not_asked_for(struct conn *c, int status)
{
    if (status >= 400)
        conn_break(c, CLOSED_IDLE, "");
    else
        conn_break(c, GARBAGE, "the server answers what nobody asked for");
}

static void take(struct conn *c, enum reply_event event, int64_t now)
{
    int status = reply_status(c->reply);
    char words[WORDS];

    if (event == REPLY_MORE)
        return;
    if (event == REPLY_GARBAGE) {
        conn_break(c, GARBAGE, reply_why(c->reply));
    } else if (status == 101) {
        conn_break(c, GARBAGE, "the server switches to a protocol that nobody asked for");
    } else if (!c->asked) {
        not_asked_for(c, status);
    } else {
        c->asked = false;
        c->answered = true;
        c->quiet = now;
        c->idle = 0;
        c->last = !reply_keeps_alive(c->reply);
        if (status / 100 == 2)
            c->all->message(c, WS_TEXT, reply_body(c->reply), now);
        else
            c->all->refused(c, status, harmless(reply_why(c->reply), words), now);
    }
}

void answers_take(struct conn *c, struct bytes *in, int64_t now)
{
    while (c->state == CONN_OPEN && in->size)
        take(c, reply_feed(c->reply, in), now);
}

/* ---- the server has closed ---- */

/* A server that closes while a request is on its way has not read it, and its kernel says
 * so with a reset: instead of the end of its bytes, or after it. Without one it owes an
 * answer, unless its patience may just have ended: some read on, to throw it away. */
static bool not_read(const struct conn *c, ssize_t n)
{
    int error = 0;

    if (n == 0)
        getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){ sizeof error });
    return n < 0 || error || c->idle > PATIENCE;
}

bool answers_end(struct conn *c, ssize_t n, int64_t now)
{
    if (n == 0 && reply_end(c->reply) == REPLY_DONE)
        take(c, REPLY_DONE, now);
    else if (!c->asked)
        conn_break(c, CLOSED_IDLE, "");
    else if ((c->answered || c->idle > PATIENCE) && !reply_begun(c->reply)
             && not_read(c, n))
        conn_break(c, NOT_READ, "");
    else
        return false;
    return true;
}
