#include "patience.h"

#include <stdio.h>

void patience_begin(struct patience *p)
{
    p->ticked = clock_now();
}

bool patience_just_back(struct patience *p)
{
    int64_t now = clock_now();

    if (now - p->ticked > TICK + 100 * MS)
        p->awake = now;
    return now - p->awake < TICK;
}

static bool too_long(const struct patience *p, const struct connecting *k, int64_t since,
                     int64_t now)
{
    since = since > p->awake ? since : p->awake;
    return now - since > k->flags->timeout;
}

static double timeout(const struct connecting *k)
{
    return (double)k->flags->timeout / 1e9;
}

/* ---- until it is served ---- */

/* Some are connected and were never answered: the kernel's backlog took them, but the
 * server does not accept any more. If any was served, it is no dead server; then it is
 * the measurement that fails. */
static void not_served(struct patience *p, struct connecting *k, int served)
{
    const struct flags *f = k->flags;
    char why[500];

    if (served == 0 && k->traffic->thread == 0) {
        snprintf(why, sizeof why, "no answer from %s within %g s: does it speak %s? is "
                 "it serving somebody else?", f->url.authority, timeout(k),
                 f->mode == MODE_HTTP ? "HTTP" : "WebSocket");
        team_fail(k->team, why);
    }
    snprintf(p->unserved, sizeof p->unserved, "only %d of %d connections were served "
             "within %g s: this server (%s) serves %s at a time%s", served,
             connecting_ours(k), timeout(k), served == 1 ? "naive?" : "prefork? pool?",
             served == 1 ? "one client" : "so many",
             served == 1 ? "" : ", see --workers");
    team_call_off(k->team);
}

/* Later on, when it is one of --churn or of a stage, it counts as broken. */
static void check_connecting(struct patience *p, struct connecting *k, int64_t now)
{
    char why[100];

    for (int i = 0; i < k->flags->connections; i++) {
        struct conn *c = &k->traffic->clients[i].conn;
        if (c->state <= CONN_NEW || c->state >= CONN_OPEN
            || !too_long(p, k, c->since, now))
            continue;
        if (*k->phase == CONNECTING) {
            not_served(p, k, k->open);
            return;
        }
        snprintf(why, sizeof why, "a new connection was not served within %g s",
                 timeout(k));
        conn_break(c, NOT_CONNECTED, why);
    }
}

/* ---- until it is answered ---- */

static bool never_answered(const struct client *c)
{
    return c->sender && c->sender->in_flight
        && c->sender->in_flight == c->sender->sequence;
}

/* One that waits for too long ends the run. Without a handshake a connection counts as
 * open when the kernel says so; that the server has not taken it shows only here. */
static void check_answers(struct patience *p, struct connecting *k, int64_t now)
{
    bool starving = false;
    int unserved = 0;

    for (int i = 0; i < k->flags->connections; i++) {
        struct client *c = &k->traffic->clients[i];
        if (!c->member)
            continue;
        starving |= too_long(p, k, traffic_waits_since(c, now), now);
        unserved += never_answered(c);
    }
    if (!starving)
        return;
    if (k->conns.wire != WIRE_WS && unserved && unserved < k->open) {
        k->most -= unserved;
        not_served(p, k, k->open - unserved);
    } else {
        p->silent = true;
        team_call_off(k->team);
    }
}

void patience_tick(struct patience *p, struct connecting *k)
{
    int64_t now = clock_now();

    patience_just_back(p);
    p->ticked = now;
    if (k->pending)
        check_connecting(p, k, now);
    if (*k->phase > CONNECTING && *k->phase < DRAINING && k->traffic->owed)
        check_answers(p, k, now);
}
