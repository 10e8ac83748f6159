#include "run.h"
#include "again.h"
#include "clock.h"
#include "die.h"
#include "due.h"
#include "receive.h"
#include "send.h"

static void begin(struct run *, int64_t t0), measure(struct run *),
    drain(struct run *, int64_t longest), leave(struct run *);
static void end_warmup(struct run *), end_stage(struct run *), end_drain(struct run *),
    end_run(struct run *);

/* The phases, first to last, and what happens when the time of each is over. CONNECTING
 * has none: it lasts until the connections of all threads are open. The others may end
 * before their time: when all is answered and nothing more is to be sent, we leave. */
static const struct {
    const char *doing;          /* for the terminal */
    void (*over)(struct run *);
} phases[] = {
    [CONNECTING] = { "connecting", NULL },
    [WARMING]    = { "warming up", end_warmup },    /* --warmup */
    [MEASURING]  = { "measuring",  end_stage },     /* -d, or that of a --stage */
    [DRAINING]   = { "waiting",    end_drain },     /* --drain, for what is owed */
    [LEAVING]    = { "leaving",    end_run },       /* a second, for goodbyes */
};

static void on_phase_over(void *owner)
{
    struct run *r = owner;

    phases[r->phase].over(r);
}

static void enter(struct run *r, enum phase phase, int64_t until)
{
    r->phase = phase;
    alarm_set(&r->next_phase, until);
}

static int64_t from_now(int64_t ns)
{
    return ns == NEVER ? NEVER : clock_now() + ns;
}

/* ---- telling, four times a second, and each second a line ---- */

static void add_series(struct run *r)
{
    const struct tally *a = &r->traffic.tally;
    struct second now = { .answered = r->traffic.answered, .deliveries = a->got,
                          .connections = r->connecting.open };

    for (int i = 0; i < FAILURES; i++)
        now.errors += r->connecting.errors[i].count;
    series_add(&r->team->series, &r->told, &now, r->traffic.window);
}

static void tell_series(struct run *r)
{
    series_tell(&r->team->series, phases[r->phase].doing, r->traffic.epoch, clock_now());
}

/* A row ends with a second of the run, not with one of connecting. */
static void begin_series(struct run *r)
{
    if (r->number == 0)
        tell_series(r);
    r->ticks = 0;
    patience_begin(&r->patience);
    ev_timer_again(r->connecting.conns.loop, &r->tick);
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct run *r = timer->data;

    (void)loop, (void)events;
    add_series(r);
    if (++r->ticks % 4 == 0 && r->number == 0 && atomic_load(&r->team->working))
        tell_series(r);
    patience_tick(&r->patience, &r->connecting);
}

/* ---- CONNECTING: until every thread's connections are open ---- */

static void be_ready(struct run *r)
{
    int64_t t0 = team_ready(r->team);

    if (t0)
        begin(r, t0);
}

static void on_complete(void *owner)
{
    be_ready(owner);
}

static void connect_all(struct run *r)
{
    const struct flags *f = r->flags;

    connecting_aim(&r->connecting,
                   f->stage_count ? f->stages[0].connections : f->connections);
    if (connecting_ours(&r->connecting) == 0)
        be_ready(r);
}

/* ---- WARMING: what is sent does not count ---- */

static void begin(struct run *r, int64_t t0)
{
    begin_series(r);
    traffic_plan(&r->traffic, t0);
    if (r->flags->warmup)
        enter(r, WARMING, r->traffic.tally.first);
    else
        measure(r);
    due_start(&r->traffic);
}

static void end_warmup(struct run *r)
{
    measure(r);
    traffic_settle(&r->traffic);        /* our share of -n may be nothing */
}

/* ---- MEASURING: one stage after the other ---- */

/* When the stage is over, or without stages the measured time. */
static int64_t stage_end(const struct run *r)
{
    int64_t end = r->traffic.tally.first;

    if (!r->flags->stage_count)
        return r->traffic.tally.until;
    for (int i = 0; i <= r->stage; i++)
        end += r->flags->stages[i].duration;
    return end;
}

static void measure(struct run *r)
{
    due_count(&r->traffic, team_share(r->team, r->number));
    if (r->number == 0)
        server_cost_begin(&r->team->server, r->flags->server);
    thread_cost_begin(&r->cost);
    enter(r, MEASURING, stage_end(r));
}

static void end_stage(struct run *r)
{
    if (r->stage + 1 >= r->flags->stage_count) {
        drain(r, r->flags->drain);
        return;
    }
    r->stage++;
    enter(r, MEASURING, stage_end(r));
    connecting_aim(&r->connecting, r->flags->stages[r->stage].connections);
}

/* ---- DRAINING: nothing becomes due, but what is owed may still come ---- */

static void drain(struct run *r, int64_t longest)
{
    thread_cost_drain(&r->cost);
    enter(r, DRAINING, from_now(longest));
    due_stop(&r->traffic);
    traffic_settle(&r->traffic);
}

static void end_drain(struct run *r)
{
    if (patience_just_back(&r->patience))
        enter(r, DRAINING, from_now(TICK));
    else
        leave(r);
}

static void on_settled(void *owner)
{
    leave(owner);
}

/* ---- LEAVING: the account is closed, and so are the connections ---- */

static void end_run(struct run *r)
{
    ev_break(r->connecting.conns.loop, EVBREAK_ALL);
}

static void close_account(struct run *r)
{
    if (r->cost.began)
        thread_cost_end(&r->cost);
    add_series(r);
    if (!team_leave(r->team))
        return;
    if (r->team->server.began)
        server_cost_end(&r->team->server, r->flags->server);
    if (r->phase > CONNECTING)
        tell_series(r);
}

static void leave(struct run *r)
{
    struct traffic *t = &r->traffic;

    if (r->phase >= LEAVING)
        return;
    close_account(r);
    enter(r, LEAVING, from_now(1000 * MS));
    t->sending = false;
    again_end(t);
    t->tally.unsent += t->waiting;
    connecting_leave(&r->connecting);
    if (r->connecting.living == 0)
        end_run(r);
}

static void on_empty(void *owner)
{
    struct run *r = owner;

    if (r->phase < LEAVING)
        leave(r);
    else
        end_run(r);
}

/* ---- stop ---- */

/* Before its time. What is under way is waited for, a second at most. */
static void stop(struct run *r)
{
    if (r->phase == CONNECTING)
        leave(r);
    else if (r->phase < DRAINING)
        drain(r, 1000 * MS);
}

static void be_interrupted(struct run *r)
{
    if (r->interrupts++)        /* a second time: no more patience */
        end_run(r);
    else
        stop(r);
}

static void on_called(struct ev_loop *loop, ev_async *called, int events)
{
    struct run *r = called->data;
    int64_t t0 = atomic_load(&r->team->t0);

    (void)loop, (void)events;
    while (r->interrupts < atomic_load(&r->team->interrupts))
        be_interrupted(r);
    if (atomic_load(&r->team->called_off))
        stop(r);
    else if (r->phase == CONNECTING && t0)
        begin(r, t0);
}

void run_interrupt(struct run *r)
{
    if (r->phase == CONNECTING)
        snprintf(r->patience.unserved, sizeof r->patience.unserved,
                 "interrupted before all connections were open");
    team_interrupt(r->team);
}

/* ---- making and running ---- */

static void on_reopen(void *owner, int index)
{
    struct run *r = owner;

    connecting_open(&r->connecting, index);
}

static void make_traffic(struct run *r, struct ev_loop *loop)
{
    struct traffic *t = &r->traffic;

    traffic_init(t, r->flags, r->number);
    receive_init(t);
    send_init(t);
    due_init(t, loop);
    again_init(t, loop);
    t->timeline = r->team->timeline;
    if (r->team->series.times)
        t->window = hist_new();
    t->owner = r;
    t->settled = on_settled;
    t->reopen = on_reopen;
}

static void make_tick(struct run *r, struct ev_loop *loop)
{
    double seconds = (double)TICK / 1e9;

    ev_timer_init(&r->tick, on_tick, seconds, seconds);
    r->tick.data = r;
    ev_timer_start(loop, &r->tick);
}

void run_init(struct run *r, struct team *team, int number)
{
    struct ev_loop *loop = number ? ev_loop_new(0) : ev_default_loop(0);

    if (!loop)
        die("libev has no loop for us");
    *r = (struct run){ .team = team, .flags = team->flags, .number = number };
    make_traffic(r, loop);
    connecting_init(&r->connecting, team, &r->phase, &r->traffic, loop);
    r->connecting.owner = r;
    r->connecting.complete = on_complete;
    r->connecting.empty = on_empty;
    alarm_init(&r->next_phase, loop, on_phase_over, r);
    team_enlist(team, number, loop, r->traffic.sender_count, on_called, r);
    make_tick(r, loop);
}

void run_free(struct run *r)
{
    again_free(&r->traffic);
    due_free(&r->traffic);
    traffic_free(&r->traffic);
    connecting_free(&r->connecting);
    alarm_free(&r->next_phase);
    if (r->number)
        ev_loop_destroy(r->connecting.conns.loop);
}

void run(struct run *r)
{
    patience_begin(&r->patience);
    connect_all(r);
    ev_run(r->connecting.conns.loop, 0);
}
