#include "run.h"
#include "clock.h"
#include "connect.h"
#include "die.h"
#include "due.h"
#include "member.h"
#include "receive.h"
#include "send.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { AT_ONCE = 256 };         /* connections being made: a backlog is no larger */
static const int64_t TICK = 250 * MS;

/* The end of a run that came to nothing. */
_Noreturn static void fail(const struct run *r, const char *why)
{
    series_clear(&r->team->series);
    fprintf(stderr, "load: %s\n", why);
    exit(1);
}

static double in_seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

/* ---- what it costs ---- */

static struct cost own_cost(void)
{
    struct rusage use;
    struct timespec t;

    getrusage(RUSAGE_THREAD, &use);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (struct cost){ .cpu = t.tv_sec * 1000 * MS + t.tv_nsec,
                          .switches = use.ru_nvcsw + use.ru_nivcsw,
                          .involuntary = use.ru_nivcsw, .waited = proc_waited() };
}

/* The server's part is main()'s thread's to begin, and the last one's to end. */
static void begin_server(struct team *team)
{
    int pid = team->flags->server;

    if (pid && !proc_look(pid, &team->before))
        die("--server-pid %d: there is no such process", pid);
    cores_look("/proc/stat", &team->cores[0]);
    team->measured = clock_now();
}

static void end_server(struct team *team)
{
    struct family after;

    team->server = (struct cost){ UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN };
    if (team->flags->server && proc_look(team->flags->server, &after)) {
        team->server = proc_between(&team->before, &after);
        team->lone = team->before.threads.count == 1 && after.threads.count == 1;
        team->places[0].may = after.may;
        proc_forget(&after);
    }
    proc_forget(&team->before);
    sched_getaffinity(0, sizeof team->places[1].may, &team->places[1].may);
    cores_look("/proc/stat", &team->cores[1]);
    team->until = clock_now();
}

static void begin_costs(struct run *r)
{
    if (r->number == 0)
        begin_server(r->team);
    r->own = own_cost();
    r->measured = clock_now();
    r->share = -1;
}

/* Waiting for the last answers is no work, and would make the client look idle. */
static void take_share(struct run *r)
{
    int64_t time = clock_now() - r->measured;

    if (r->share < 0 && time > 0)
        r->share = (double)(own_cost().cpu - r->own.cpu) / (double)time;
}

static void end_costs(struct run *r)
{
    struct cost now = own_cost();

    take_share(r);
    r->own = (struct cost){ now.cpu - r->own.cpu, now.switches - r->own.switches,
                             now.involuntary - r->own.involuntary,
                             now.waited == UNKNOWN ? UNKNOWN
                                                   : now.waited - r->own.waited };
}

/* ---- telling, four times a second, and each second a line ---- */

static void add_series(struct run *r)
{
    const struct tally *a = &r->traffic.tally;
    struct second now = { .answered = r->traffic.answered, .deliveries = a->got,
                          .connections = r->ready };

    for (int i = 0; i < FAILURES; i++)
        now.errors += r->errors[i].count;
    series_add(&r->team->series, &r->told, &now, r->traffic.window);
}

static void tell_series(struct run *r)
{
    static const char *const doing[] = {
        "connecting", "warming up", "measuring", "waiting", "leaving",
    };

    series_tell(&r->team->series, doing[r->phase], r->traffic.epoch, clock_now());
}

/* A row ends with a second of the run, not with one of connecting. */
static void begin_series(struct run *r)
{
    if (r->number == 0)
        tell_series(r);
    r->ticks = 0;
    r->ticked = clock_now();
    ev_timer_again(r->conns.loop, &r->tick);
}

/* Ticks come four times a second. One that is late says that we were away, or the whole
 * machine was: what came meanwhile is still to be read, and nobody was slow but us. */
static bool just_back(struct run *r)
{
    int64_t now = clock_now();

    if (now - r->ticked > TICK + 100 * MS)
        r->awake = now;
    return now - r->awake < TICK;
}

/* ---- the phases, last to first ---- */

static void enter(struct run *r, enum phase phase, int64_t until)
{
    r->phase = phase;
    alarm_set(&r->next_phase, until);
}

static int64_t from_now(int64_t ns)
{
    return ns == NEVER ? NEVER : clock_now() + ns;
}

/* Who was still connecting is not waited for. */
static void leave_all(struct run *r)
{
    for (int i = 0; i < r->flags->connections; i++) {
        struct conn *c = &r->traffic.clients[i].conn;
        if (c->state == CONN_OPEN) {
            conn_leave(c);
        } else if (c->state > CONN_NEW && c->state < CONN_OPEN) {
            conn_drop(c);
            r->living--;
        }
    }
    if (r->living == 0)
        ev_break(r->conns.loop, EVBREAK_ALL);
}

/* The last thread to leave has seen the others' figures, too. */
static void end_team(struct run *r)
{
    if (r->team->measured)
        end_server(r->team);
    if (r->phase > CONNECTING)
        tell_series(r);
}

static void leave(struct run *r)
{
    struct traffic *t = &r->traffic;

    if (r->phase >= LEAVING)
        return;
    if (r->measured)
        end_costs(r);
    add_series(r);
    if (atomic_fetch_sub(&r->team->working, 1) == 1)
        end_team(r);
    enter(r, LEAVING, from_now(1000 * MS));
    t->sending = false;
    t->tally.unsent += t->waiting;
    leave_all(r);
}

static void drain(struct run *r, int64_t longest)
{
    take_share(r);
    enter(r, DRAINING, from_now(longest));
    due_stop(&r->traffic);
    traffic_settle(&r->traffic);
}

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

static uint64_t senders_before(const struct run *r, int number)
{
    uint64_t n = 0;

    for (int i = 0; i < number; i++)
        n += (uint64_t)r->team->runs[i].traffic.sender_count;
    return n;
}

static uint64_t part_of(uint64_t all, uint64_t some, uint64_t of)
{
    return all / of * some + all % of * some / of;
}

/* The messages that this thread may send, of -n: as of the schedule, its senders'. */
static uint64_t limit(const struct run *r)
{
    uint64_t all = r->flags->messages, senders = senders_before(r, r->flags->threads);

    if (all == UINT64_MAX || senders == 0)
        return all;
    return part_of(all, senders_before(r, r->number + 1), senders)
         - part_of(all, senders_before(r, r->number), senders);
}

static void measure(struct run *r)
{
    due_count(&r->traffic, limit(r));
    begin_costs(r);
    enter(r, MEASURING, stage_end(r));
}

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

static void new_stage(struct run *r, int stage);

/* Only the last stage ends the measured time. */
static bool another_stage(struct run *r)
{
    if (r->phase != MEASURING || r->stage + 1 >= r->flags->stage_count)
        return false;
    new_stage(r, r->stage + 1);
    return true;
}

static void on_phase_over(void *owner)
{
    struct run *r = owner;

    switch (r->phase) {
    case CONNECTING:
        break;
    case WARMING:
        measure(r);
        traffic_settle(&r->traffic);    /* our share of -n may be nothing */
        break;
    case MEASURING:
        if (!another_stage(r))
            drain(r, r->flags->drain);
        break;
    case DRAINING:
        if (just_back(r))
            enter(r, DRAINING, from_now(TICK));
        else
            leave(r);
        break;
    case LEAVING:
        ev_break(r->conns.loop, EVBREAK_ALL);
        break;
    }
}

static void on_settled(void *owner)
{
    leave(owner);
}

/* ---- what the threads tell each other ---- */

static void call_all(struct team *team)
{
    for (int i = 0; i < team->flags->threads; i++)
        ev_async_send(team->runs[i].conns.loop, &team->runs[i].called);
}

/* The last thread to be ready says when it begins: soon enough, and late enough for all
 * to hear of it. */
static void be_ready(struct run *r)
{
    struct team *team = r->team;
    int64_t now = clock_now();

    if (atomic_fetch_add(&team->ready, 1) + 1 < team->flags->threads)
        return;
    team->opened = now;
    atomic_store(&team->t0, team->flags->threads > 1 ? now + 5 * MS : now);
    if (team->flags->threads > 1)
        call_all(team);
    else
        begin(r, now);
}

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
        ev_break(r->conns.loop, EVBREAK_ALL);
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
    if (atomic_load(&r->team->stop))
        stop(r);
    else if (r->phase == CONNECTING && t0)
        begin(r, t0);
}

static void on_signal(struct ev_loop *loop, ev_signal *watcher, int events)
{
    struct team *team = watcher->data;

    (void)loop, (void)events;
    if (team->runs[0].phase == CONNECTING)
        snprintf(team->runs[0].unserved, sizeof team->runs[0].unserved,
                 "interrupted before all connections were open");
    atomic_fetch_add(&team->interrupts, 1);
    call_all(team);
}

/* ---- connecting ---- */

static int ours(const struct run *r, int below)
{
    int count = 0;

    for (int i = 0; i < below; i++)
        count += traffic_owns(&r->traffic, i);
    return count;
}

static void open_one(struct run *r, int index)
{
    struct client *c = &r->traffic.clients[index];
    char path[URL_PATH];

    if (c->conn.state != CONN_NEW && c->conn.state != CONN_GONE) {
        member_recall(c);      /* the stage before was to close it, or to open it */
        return;
    }
    member_opens(&r->traffic, c);
    path_of(r->flags, room_of(r->flags, index), path);
    r->living++;
    r->pending++;
    connect_begin(&c->conn, &r->conns, index, path);
}

/* Whether --connect-rate lets us; if not, it will call. */
static bool may_connect(struct run *r)
{
    int64_t due;

    if (!r->flags->connect_rate)
        return true;
    due = pace_due(&r->connect_pace);
    if (due > clock_now()) {
        alarm_set(&r->connect_more, due);
        return false;
    }
    pace_step(&r->connect_pace);
    return true;
}

static void connect_more(void *owner)
{
    struct run *r = owner;

    while (r->phase < DRAINING && r->next < r->target && r->pending < AT_ONCE) {
        if (!traffic_owns(&r->traffic, r->next)) {
            r->next++;
            continue;
        }
        if (!may_connect(r))
            return;
        open_one(r, r->next++);
    }
}

static void new_target(struct run *r, int target)
{
    double part = (double)ours(r, r->flags->connections) / r->flags->connections;

    for (int i = target; i < r->target; i++)
        if (traffic_owns(&r->traffic, i))
            member_retire(&r->traffic, &r->traffic.clients[i]);
    r->next = target < r->next ? target : r->next;
    r->target = target;
    if (r->flags->connect_rate) {
        r->connect_pace = (struct pace){ .from = r->flags->connect_rate * part,
                                         .to = r->flags->connect_rate * part };
        pace_start(&r->connect_pace, clock_now(), 0, 1);
    }
    connect_more(r);
}

static void new_stage(struct run *r, int stage)
{
    r->stage = stage;
    enter(r, MEASURING, stage_end(r));
    new_target(r, r->flags->stages[stage].connections);
}

/* ---- patience ---- */

static bool too_long(const struct run *r, int64_t since, int64_t now)
{
    since = since > r->awake ? since : r->awake;
    return now - since > r->flags->timeout;
}

static void stop_all(struct team *team)
{
    atomic_store(&team->stop, true);
    call_all(team);
}

/* Some are connected and were never answered: the kernel's backlog took them, but the
 * server does not accept any more. Whoever was served tells that it is no dead server;
 * then it is the measurement that fails. */
static void not_served(struct run *r, int served)
{
    const struct flags *f = r->flags;
    double time = in_seconds(f->timeout);
    char why[500];

    if (served == 0 && r->number == 0) {
        snprintf(why, sizeof why, "no answer from %s within %g s: does it speak %s? is "
                 "it serving somebody else?", f->url.authority, time,
                 f->mode == MODE_HTTP ? "HTTP" : "WebSocket");
        fail(r, why);
    }
    snprintf(r->unserved, sizeof r->unserved, "only %d of %d connections were served "
             "within %g s: this server (%s) serves %s at a time%s", served,
             ours(r, r->target), time, served == 1 ? "naive?" : "prefork? pool?",
             served == 1 ? "one client" : "so many",
             served == 1 ? "" : ", see --workers");
    stop_all(r->team);
}

/* Later on, when it is one of --churn or of a stage, it counts as broken. */
static void check_connecting(struct run *r, int64_t now)
{
    char why[100];

    for (int i = 0; i < r->flags->connections; i++) {
        struct conn *c = &r->traffic.clients[i].conn;
        if (c->state <= CONN_NEW || c->state >= CONN_OPEN || !too_long(r, c->since, now))
            continue;
        if (r->phase == CONNECTING) {
            not_served(r, r->ready);
            return;
        }
        snprintf(why, sizeof why, "a new connection was not served within %g s",
                 in_seconds(r->flags->timeout));
        conn_break(c, NOT_CONNECTED, why);
    }
}

/* Whoever waits too long ends the run. Without a handshake a connection counts as open
 * when the kernel says so; that the server has not taken it shows only here. */
static void check_answers(struct run *r, int64_t now)
{
    bool starving = false;
    int unserved = 0;

    for (int i = 0; i < r->flags->connections; i++) {
        struct client *c = &r->traffic.clients[i];
        if (!c->member)
            continue;
        starving |= too_long(r, traffic_waits_since(c, now), now);
        unserved += c->sender && c->sender->in_flight
                 && c->sender->in_flight == c->sender->sequence;
    }
    if (!starving)
        return;
    if (r->conns.wire != WIRE_WS && unserved && unserved < r->ready) {
        r->most -= unserved;
        not_served(r, r->ready - unserved);
    } else {
        r->silent = true;
        stop_all(r->team);
    }
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
    struct run *r = timer->data;
    int64_t now = clock_now();

    (void)loop, (void)events;
    just_back(r);
    r->ticked = now;
    add_series(r);
    if (++r->ticks % 4 == 0 && r->number == 0 && atomic_load(&r->team->working))
        tell_series(r);
    if (r->pending)
        check_connecting(r, now);
    if (r->phase > CONNECTING && r->phase < DRAINING && r->traffic.owed)
        check_answers(r, now);
}

/* ---- what the connections tell ---- */

static struct run *run_of(const struct conn *c)
{
    return c->all->owner;
}

static void on_opened(struct conn *c)
{
    struct run *r = run_of(c);

    r->pending--;
    r->ready++;
    r->most = r->ready > r->most ? r->ready : r->most;
    member_join(&r->traffic, client_of(c));
    if (c->index >= r->target)
        member_retire(&r->traffic, &r->traffic.clients[c->index]);
    connect_more(r);
    if (r->phase == CONNECTING && r->ready + r->traffic.away == ours(r, r->target))
        be_ready(r);
}

static void on_message(struct conn *c, uint8_t opcode, struct bytes payload, int64_t now)
{
    receive_message(&run_of(c)->traffic, client_of(c), opcode, payload, now);
}

static void on_refused(struct conn *c, int status, const char *why, int64_t now)
{
    receive_refused(&run_of(c)->traffic, client_of(c), status, why, now);
}

static void on_reopen(void *owner, int index)
{
    open_one(owner, index);
}

static void on_idle(struct conn *c)
{
    send_pump(&run_of(c)->traffic, client_of(c));
}

static void count_error(struct run *r, enum failure failure, const char *why)
{
    struct errors *e = &r->errors[failure];

    if (e->count++ == 0)
        snprintf(e->first, sizeof e->first, "%s", why);
}

/* The first failure before all are open is the end of it; later ones are counted. */
_Noreturn static void not_opened(struct run *r, const struct conn *c,
                                 enum failure failure, const char *why)
{
    char line[500];

    snprintf(line, sizeof line, "connection %d of %d: %s", c->index + 1,
             r->flags->connections, why);
    fail(r, failure == NOT_CONNECTED && r->ready == 0 ? why : line);
}

/* Is it to be opened again? Else its messages are lost, and it may be a failure. */
static bool comes_back(struct run *r, struct conn *c, enum failure failure,
                       const char *why)
{
    if (failure >= FAILURES)
        return member_away(&r->traffic, client_of(c), failure == NOT_READ);
    if (!r->traffic.clients[c->index].leaves)
        count_error(r, failure, why);
    return member_gone(&r->traffic, client_of(c));
}

static void on_over(struct conn *c, enum failure failure, const char *why)
{
    struct run *r = run_of(c);
    struct client *client = &r->traffic.clients[c->index];

    r->living--;
    if (client->member || client->leaves)
        r->ready--;
    else
        r->pending--;
    if (r->phase == CONNECTING && failure < FAILURES)
        not_opened(r, c, failure, why);
    if (r->phase < LEAVING && comes_back(r, c, failure, why))
        open_one(r, c->index);
    else if (r->living + r->traffic.away == 0 && r->phase < LEAVING)
        leave(r);
    else if (r->living == 0 && r->phase >= LEAVING)
        ev_break(r->conns.loop, EVBREAK_ALL);
}

/* ---- beginning and end ---- */

static enum wire wire_of(enum mode mode)
{
    return mode == MODE_RAW ? WIRE_RAW : mode == MODE_HTTP ? WIRE_HTTP : WIRE_WS;
}

static void run_init(struct run *r, struct team *team, int number)
{
    const struct flags *f = team->flags;
    struct ev_loop *loop = number ? ev_loop_new(0) : ev_default_loop(0);

    if (!loop)
        die("libev has no loop for us");
    *r = (struct run){ .team = team, .flags = f, .number = number };
    r->conns = (struct conns){
        .loop = loop, .url = &f->url, .subprotocol = f->subprotocol,
        .wire = wire_of(f->mode), .owner = r,
        .prove = f->mode == MODE_RELAY && f->connections > f->rooms,
        .size = f->size, .max_message = f->size < 65536 ? 65536 : f->size,
        .opened = on_opened, .message = on_message, .refused = on_refused,
        .idle = on_idle, .over = on_over,
    };
    traffic_init(&r->traffic, f, number);
    receive_init(&r->traffic);
    send_init(&r->traffic);
    due_init(&r->traffic, loop);
    r->traffic.timeline = team->timeline;
    r->traffic.settled = on_settled;
    r->traffic.reopen = on_reopen;
    r->traffic.owner = r;
    if (team->series.times)
        r->traffic.window = hist_new();
    alarm_init(&r->connect_more, loop, connect_more, r);
    alarm_init(&r->next_phase, loop, on_phase_over, r);
    ev_async_init(&r->called, on_called);
    r->called.data = r;
    ev_async_start(loop, &r->called);
    ev_timer_init(&r->tick, on_tick, in_seconds(TICK), in_seconds(TICK));
    r->tick.data = r;
    ev_timer_start(loop, &r->tick);
}

void team_init(struct team *team)
{
    int threads = team->flags->threads;

    team->runs = must_alloc((size_t)threads * sizeof *team->runs);
    for (int i = 0; i < threads; i++)
        run_init(&team->runs[i], team, i);
}

void team_free(struct team *team)
{
    for (int i = 0; i < team->flags->threads; i++) {
        struct run *r = &team->runs[i];
        due_free(&r->traffic);
        traffic_free(&r->traffic);
        alarm_free(&r->connect_more);
        alarm_free(&r->next_phase);
        if (i)
            ev_loop_destroy(r->conns.loop);
    }
    free(team->runs);
}

static void *work(void *arg)
{
    struct run *r = arg;
    const struct flags *f = r->flags;

    r->ticked = clock_now();
    new_target(r, f->stage_count ? f->stages[0].connections : f->connections);
    if (ours(r, r->target) == 0)
        be_ready(r);
    ev_run(r->conns.loop, 0);
    if (r->number) {
        atomic_fetch_sub(&r->team->running, 1);
        ev_async_send(r->team->runs[0].conns.loop, &r->team->runs[0].called);
    }
    return NULL;
}

static void catch_signals(struct team *team, ev_signal *watchers)
{
    static const int signals[] = { SIGINT, SIGTERM };

    for (int i = 0; i < 2; i++) {
        ev_signal_init(&watchers[i], on_signal, signals[i]);
        watchers[i].data = team;
        ev_signal_start(team->runs[0].conns.loop, &watchers[i]);
    }
}

void team_run(struct team *team)
{
    int threads = team->flags->threads;
    ev_signal watchers[2];
    sigset_t stops, before;

    team->began = clock_now();
    atomic_store(&team->working, threads);
    atomic_store(&team->running, threads - 1);
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stops, &before);    /* they are for main()'s thread */
    for (int i = 1; i < threads; i++)
        if (pthread_create(&team->runs[i].thread, NULL, work, &team->runs[i]) != 0)
            die("--threads %d: no more than %d are to be had", threads, i);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    catch_signals(team, watchers);
    work(&team->runs[0]);
    while (atomic_load(&team->running) > 0)     /* signals come to this loop */
        ev_run(team->runs[0].conns.loop, EVRUN_ONCE);
    for (int i = 1; i < threads; i++)
        pthread_join(team->runs[i].thread, NULL);
}
