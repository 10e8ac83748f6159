#include "member.h"
#include "clock.h"
#include "due.h"
#include "send.h"

void member_join(struct traffic *t, struct client *c)
{
    traffic_enter(t, c);
    t->tally.opened++;
    hist_record(t->tally.times[CONNECT], clock_now() - c->conn.since);
    if (c->sender)
        due_join(t, c);
}

/* ---- it is to leave ---- */

static void end_absence(struct traffic *t, struct client *c)
{
    c->away = false;
    t->away--;
}

void member_retire(struct traffic *t, struct client *c)
{
    if (!c->active)
        return;
    c->active = false;
    if (c->away && c->sender->due.count == 0)
        end_absence(t, c);
    else if (c->sender)
        send_pump(t, c);
    else
        traffic_leave(t, c);
}

void member_recall(struct client *c)
{
    if (c->conn.state == CONN_OPEN)
        c->active = true;
    if (c->conn.state == CONN_LEAVING)
        c->returns = true;
}

/* ---- it has gone ---- */

bool member_gone(struct traffic *t, struct client *c)
{
    bool returns = c->returns && (t->sending || (c->sender && c->sender->due.count));

    t->tally.reopened += returns && c->conn.last && t->flags->churn != 1;
    traffic_part(t, c);
    c->leaves = c->returns = false;
    if (returns)
        return true;
    c->active = false;
    if (c->sender)
        due_drop(t, c);
    traffic_settle(t);
    return false;
}

bool member_away(struct traffic *t, struct client *c, enum failure why)
{
    c->gave_up = why == GIVEN_UP;
    if (why == NOT_READ) {
        t->tally.repeated++;
        send_undo(t, c);
    }
    traffic_part(t, c);
    if (c->active || c->sender->due.count) {
        c->away = true;
        t->away++;
    }
    return c->sender->due.count;
}

void member_opens(struct traffic *t, struct client *c)
{
    if (!c->away)
        return;
    end_absence(t, c);
    t->tally.reopened += !c->gave_up;
}
