#include "report.h"
#include "clock.h"

#include <string.h>

uint64_t report_lost(const struct report *r)
{
    return r->tally.expected - r->tally.got;
}

enum manner report_manner(const struct report *r)
{
    const struct tally *t = &r->tally;

    if (r->flags->mode != MODE_RELAY || r->flags->connections == r->flags->rooms
        || t->got == 0 || report_lost(r) == 0)
        return TO_ALL;
    return t->own == t->got ? TO_SENDER : t->own == 0 ? TO_OTHERS : TO_ALL;
}

double report_seconds(const struct report *r)
{
    const struct tally *t = &r->tally;

    return t->answers ? (double)(t->last - t->first) / 1e9 : 0;
}

bool report_slo_broken(const struct report *r)
{
    return r->tally.messages
        && hist_tail(r->tally.times[RESPONSE]) > r->flags->slo;
}

/* ---- adding up ---- */

static void add_errors(struct errors *to, const struct errors *from)
{
    if (to->count == 0)
        *to = *from;
    else
        to->count += from->count;
}

static void add_run(struct report *r, const struct run *run)
{
    tally_merge(&r->tally, &run->traffic.tally);
    for (int i = 0; i < FAILURES; i++)
        add_errors(&r->errors[i], &run->connecting.errors[i]);
    r->open += run->connecting.most;
    if (run->phase >= LEAVING && run->cost.began) {
        r->client.cpu += run->cost.cost.cpu;
        r->client.switches += run->cost.cost.switches;
        r->client.involuntary += run->cost.cost.involuntary;
        r->client.waited = run->cost.cost.waited == UNKNOWN || r->client.waited == UNKNOWN
                         ? UNKNOWN : r->client.waited + run->cost.cost.waited;
        r->share = run->cost.share > r->share ? run->cost.share : r->share;
    }
    r->interrupted |= run->interrupts > 0;
    r->silent |= run->patience.silent;
    if (run->patience.unserved[0] && !r->unserved[0])
        memcpy(r->unserved, run->patience.unserved, sizeof r->unserved);
}

/* A server of many threads waits for itself, and there is no telling for whom else. One
 * thread waits for others, or for us if we share a core: as long as we ran, at most. */
static void find_waiting(struct report *r, const struct server_cost *s)
{
    int64_t ours = cores_shared(&s->places[0], &s->places[1]) ? r->client.cpu : 0;
    int64_t others = r->server.waited - ours;

    if (s->lone && r->server.waited != UNKNOWN && r->cost_seconds > 0)
        r->waited = others < 0 ? 0 : (double)others / 1e9 / r->cost_seconds;
}

/* What was neither the server's nor ours, and where that hurts. */
static void find_foreign(struct report *r, const struct server_cost *s)
{
    struct tenant server = s->places[0], client = s->places[1];

    r->at_server = r->at_client = (struct others){ UNKNOWN, UNKNOWN };
    r->waited = UNKNOWN;
    if (!r->flags->server || r->server.cpu == UNKNOWN)
        return;
    server.cpu = r->server.cpu;
    client.cpu = r->client.cpu;
    r->at_server = cores_others(&s->cores[0], &s->cores[1], &server, &client);
    r->at_client = cores_others(&s->cores[0], &s->cores[1], &client, &server);
    find_waiting(r, s);
}

/* What was answered is counted as it was, until the last answer, and nothing is added for
 * what a rule lets pass. */
static void find_rates(struct report *r)
{
    const struct tally *t = &r->tally;

    if (!r->flags->open_loop)
        return;
    r->asked = (r->flags->rate + r->flags->rate_to) / 2;
    r->sent = r->asked * each((double)t->written, (double)t->asked);
    r->answered = each((double)t->answers, report_seconds(r));
    r->growth = t->gave_up ? 0 : tally_growth(t);
}

/* Seconds in which nothing came are told, too, if they have passed as a whole. */
static void find_goodput(struct report *r)
{
    const struct tally *t = &r->tally;

    if (t->stopped > t->first)
        seconds_reach(&r->tally.goodput,
                      (size_t)((t->stopped - t->first) / (1000 * MS)));
}

static uint64_t failures(const struct report *r)
{
    uint64_t n = 0;

    for (int i = 0; i < FAILURES; i++)
        n += r->errors[i].count;
    return n;
}

static void judge(struct report *r)
{
    const struct tally *t = &r->tally;
    bool damaged = t->duplicated || t->reordered || t->corrupted;
    struct facts facts = {
        .rate = r->asked, .sent = r->sent, .growth = r->growth,
        .late = hist_percentile(t->times[LAG], 500000),
        .lag = hist_tail(t->times[LAG]),
        .median = hist_percentile(t->times[RESPONSE], 500000),
        .seconds = r->cost_seconds, .client = r->share,
        .at_server = r->at_server, .at_client = r->at_client, .waited = r->waited,
        .connections = r->flags->connections, .open = r->open, .unsent = t->unsent,
    };

    check_run(&facts, &r->verdict);
    r->status = r->interrupted ? 130
              : r->unserved[0] ? 4
              : failures(r) || (t->messages == 0 && !damaged) ? 1
              : report_lost(r) > r->flags->max_loss || damaged
                || t->refused > r->flags->max_refused
                || t->gave_up > r->flags->max_given_up ? 3
              : r->silent ? 1
              : r->verdict.count ? 4
              : report_slo_broken(r) ? 3 : 0;
}

void report_init(struct report *r, const struct team *team, const struct run *runs)
{
    *r = (struct report){ .flags = team->flags };
    tally_init(&r->tally);
    for (int i = 0; i < team->flags->threads; i++)
        add_run(r, &runs[i]);
    r->opening = team->opened ? (double)(team->opened - team->began) / 1e9 : 0;
    r->server = (struct cost){ UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN };
    if (team->server.ended) {
        r->server = team->server.cost;
        r->cost_seconds = (double)(team->server.ended - team->server.began) / 1e9;
    }
    find_foreign(r, &team->server);
    find_rates(r);
    find_goodput(r);
    judge(r);
}

void report_free(struct report *r)
{
    tally_free(&r->tally);
}
