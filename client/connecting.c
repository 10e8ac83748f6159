#include "connecting.h"
#include "clock.h"
#include "dial.h"
#include "member.h"
#include "receive.h"
#include "send.h"

enum { AT_ONCE = 256 };         /* connections being made: a backlog is no larger */

/* ---- one after the other is begun ---- */

static int ours(const struct connecting *k, int below)
{
    int count = 0;

    for (int i = 0; i < below; i++)
        count += traffic_owns(k->traffic, i);
    return count;
}

int connecting_ours(const struct connecting *k)
{
    return ours(k, k->target);
}

void connecting_open(struct connecting *k, int index)
{
    struct client *c = &k->traffic->clients[index];
    char path[URL_PATH];

    if (c->conn.state != CONN_NEW && c->conn.state != CONN_GONE) {
        member_recall(c);       /* the stage before was to close it, or to open it */
        return;
    }
    member_opens(k->traffic, c);
    path_of(k->flags, room_of(k->flags, index), path);
    k->living++;
    k->pending++;
    dial(&c->conn, &k->conns, index, path);
}

/* Whether --connect-rate lets us; if not, it will call. */
static bool may_connect(struct connecting *k)
{
    int64_t due;

    if (!k->flags->connect_rate)
        return true;
    due = pace_due(&k->pace);
    if (due > clock_now()) {
        alarm_set(&k->more, due);
        return false;
    }
    pace_step(&k->pace);
    return true;
}

static void open_more(void *owner)
{
    struct connecting *k = owner;

    while (*k->phase < DRAINING && k->next < k->target && k->pending < AT_ONCE) {
        if (!traffic_owns(k->traffic, k->next)) {
            k->next++;
            continue;
        }
        if (!may_connect(k))
            return;
        connecting_open(k, k->next++);
    }
}

static void start_pace(struct connecting *k)
{
    double part = (double)ours(k, k->flags->connections) / k->flags->connections;
    double rate = k->flags->connect_rate * part;

    k->pace = (struct pace){ .from = rate, .to = rate };
    pace_start(&k->pace, clock_now(), 0, 1);
}

void connecting_aim(struct connecting *k, int target)
{
    for (int i = target; i < k->target; i++)
        if (traffic_owns(k->traffic, i))
            member_retire(k->traffic, &k->traffic->clients[i]);
    k->next = target < k->next ? target : k->next;
    k->target = target;
    if (k->flags->connect_rate)
        start_pace(k);
    open_more(k);
}

/* ---- it is open, and tells of messages ---- */

static struct connecting *all_of(const struct conn *c)
{
    return c->all->owner;
}

static void on_opened(struct conn *c)
{
    struct connecting *k = all_of(c);
    struct traffic *t = k->traffic;

    k->pending--;
    k->open++;
    k->most = k->open > k->most ? k->open : k->most;
    member_join(t, client_of(c));
    if (c->index >= k->target)
        member_retire(t, client_of(c));
    open_more(k);
    if (*k->phase == CONNECTING && k->open + t->away == connecting_ours(k))
        k->complete(k->owner);
}

static void on_message(struct conn *c, uint8_t opcode, struct bytes payload, int64_t now)
{
    receive_message(all_of(c)->traffic, client_of(c), opcode, payload, now);
}

static void on_refused(struct conn *c, int status, const char *why, int64_t now)
{
    receive_refused(all_of(c)->traffic, client_of(c), status, why, now);
}

static void on_idle(struct conn *c)
{
    send_pump(all_of(c)->traffic, client_of(c));
}

/* ---- it is over ---- */

static void count_error(struct connecting *k, enum failure failure, const char *why)
{
    struct errors *e = &k->errors[failure];

    if (e->count++ == 0)
        snprintf(e->first, sizeof e->first, "%s", why);
}

/* The first failure before all are open is the end of it. */
_Noreturn static void not_opened(struct connecting *k, const struct conn *c,
                                 enum failure failure, const char *why)
{
    char line[500];

    snprintf(line, sizeof line, "connection %d of %d: %s", c->index + 1,
             k->flags->connections, why);
    team_fail(k->team, failure == NOT_CONNECTED && k->open == 0 ? why : line);
}

/* Is it to be opened again? Else its messages are lost, and it may be a failure. */
static bool returns(struct connecting *k, struct client *c, enum failure failure,
                    const char *why)
{
    if (failure >= FAILURES)
        return member_away(k->traffic, c, failure);
    if (!c->leaves)
        count_error(k, failure, why);
    return member_gone(k->traffic, c);
}

static void on_over(struct conn *c, enum failure failure, const char *why)
{
    struct connecting *k = all_of(c);
    struct client *client = client_of(c);

    k->living--;
    if (client->member || client->leaves)
        k->open--;
    else
        k->pending--;
    if (*k->phase == CONNECTING && failure < FAILURES)
        not_opened(k, c, failure, why);
    if (*k->phase < LEAVING && returns(k, client, failure, why))
        connecting_open(k, c->index);
    else if (k->living == 0 && (*k->phase >= LEAVING || k->traffic->away == 0))
        k->empty(k->owner);
}

/* One that was still connecting is not waited for. */
void connecting_leave(struct connecting *k)
{
    for (int i = 0; i < k->flags->connections; i++) {
        struct conn *c = &k->traffic->clients[i].conn;
        if (c->state == CONN_OPEN) {
            conn_leave(c);
        } else if (c->state > CONN_NEW && c->state < CONN_OPEN) {
            conn_drop(c);
            k->living--;
        }
    }
}

/* ---- making ---- */

static enum wire wire_of(enum mode mode)
{
    return mode == MODE_RAW ? WIRE_RAW : mode == MODE_HTTP ? WIRE_HTTP : WIRE_WS;
}

void connecting_init(struct connecting *k, struct team *team, const enum phase *phase,
                     struct traffic *t, struct ev_loop *loop)
{
    const struct flags *f = team->flags;

    *k = (struct connecting){ .team = team, .flags = f, .phase = phase, .traffic = t };
    k->conns = (struct conns){
        .loop = loop, .url = &f->url, .subprotocol = f->subprotocol,
        .credential = f->credential,
        .wire = wire_of(f->mode), .owner = k,
        .prove = f->mode == MODE_RELAY && f->connections > f->rooms,
        .size = f->size, .max_message = f->size < 65536 ? 65536 : f->size,
        .opened = on_opened, .message = on_message, .refused = on_refused,
        .idle = on_idle, .over = on_over,
    };
    alarm_init(&k->more, loop, open_more, k);
}

void connecting_free(struct connecting *k)
{
    alarm_free(&k->more);
}
