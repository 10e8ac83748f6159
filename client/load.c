/* load.c - the load client: many connections, one thread, and a stopwatch.
 *
 * A measuring tool must cost less than what it measures, so this is an event loop, on
 * libev. It goes through its phases once, from the top of the list to its end:
 * connecting, warming up, measuring, waiting for what is still under way, leaving. */
#include "clock.h"
#include "conn.h"
#include "die.h"
#include "flags.h"
#include "report.h"
#include "traffic.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 256 };         /* connections being made: a backlog is no larger */

static enum { CONNECTING, WARMING, MEASURING, DRAINING, LEAVING } phase;

static struct flags flags;
static struct conns conns;
static struct traffic traffic;
static struct report report;
static int asked, living, ready;        /* connections: begun, not over, open */
static ev_timer next_phase, tick;
static ev_signal interrupt, terminate;
static struct cost client_before, server_before;
static bool progress;                   /* a line a second */

/* The end of a run that came to nothing. */
_Noreturn static void fail(const char *why)
{
    fprintf(stderr, "%sload: %s\n", progress ? "\r\033[K" : "", why);
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

    getrusage(RUSAGE_SELF, &use);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (struct cost){ .cpu = t.tv_sec * 1000 * MS + t.tv_nsec,
                          .switches = use.ru_nvcsw + use.ru_nivcsw };
}

static struct cost server_cost(void)
{
    struct cost cost = { 0, 0 };

    if (flags.server && !proc_cost(flags.server, &cost) && phase < MEASURING)
        die("--server-pid %d: there is no such process", flags.server);
    return cost;
}

static struct cost difference(struct cost after, struct cost before)
{
    return (struct cost){ after.cpu - before.cpu, after.switches - before.switches };
}

/* ---- the phases, last to first ---- */

static void on_phase_over(struct ev_loop *loop, ev_timer *timer, int events);

static void enter(int new_phase, int64_t longest)
{
    phase = new_phase;
    ev_timer_stop(conns.loop, &next_phase);
    if (longest == NEVER)
        return;
    ev_now_update(conns.loop);
    ev_timer_init(&next_phase, on_phase_over, in_seconds(longest), 0.);
    ev_timer_start(conns.loop, &next_phase);
}

static void leave(void)
{
    if (phase >= LEAVING)
        return;
    if (phase >= MEASURING) {
        report.client = difference(own_cost(), client_before);
        report.server = difference(server_cost(), server_before);
    }
    enter(LEAVING, 1000 * MS);
    traffic.sending = false;
    for (int i = 0; i < flags.connections; i++)
        if (traffic.clients[i].conn.state == CONN_OPEN)
            conn_leave(&traffic.clients[i].conn);
    if (living == 0)
        ev_break(conns.loop, EVBREAK_ALL);
}

static void drain(int64_t longest)
{
    enter(DRAINING, longest);
    traffic.sending = false;
    if (traffic.owed == 0)
        leave();
}

static void measure(void)
{
    enter(MEASURING, flags.duration);
    client_before = own_cost();
    traffic_count(&traffic, flags.messages);
}

static void begin(void)
{
    server_before = server_cost();
    if (flags.warmup)
        enter(WARMING, flags.warmup);
    else
        measure();
    traffic_start(&traffic);
}

static void on_phase_over(struct ev_loop *loop, ev_timer *timer, int events)
{
    (void)loop, (void)timer, (void)events;
    switch (phase) {
    case CONNECTING:
        break;
    case WARMING:
        server_before = server_cost();
        measure();
        break;
    case MEASURING:
        drain(flags.timeout);
        break;
    case DRAINING:
        leave();
        break;
    case LEAVING:
        ev_break(conns.loop, EVBREAK_ALL);
        break;
    }
}

static void on_interrupt(struct ev_loop *loop, ev_signal *watcher, int events)
{
    (void)watcher, (void)events;
    if (phase == CONNECTING)
        exit(130);
    if (report.interrupted)     /* a second time: no more patience */
        ev_break(loop, EVBREAK_ALL);
    report.interrupted = true;
    if (phase < DRAINING)
        drain(1000 * MS);
}

/* ---- connecting ---- */

static void connect_more(void)
{
    char path[URL_PATH];

    while (phase == CONNECTING && asked < flags.connections && asked - ready < AT_ONCE) {
        int i = asked++;
        flags_path(&flags, i % flags.rooms, path);
        living++;
        conn_open(&traffic.clients[i].conn, &conns, i, path);
    }
}

/* Some are connected and were never answered: the kernel's backlog took them, but the
 * server does not accept any more. */
static void not_served(void)
{
    char why[200];
    double time = in_seconds(flags.timeout);

    if (ready == 0)
        snprintf(why, sizeof why, "no answer from %s within %g s: does it speak "
                 "WebSocket? is it serving somebody else?", flags.url.authority, time);
    else if (ready == 1)
        snprintf(why, sizeof why, "only 1 of %d connections were served within %g s: "
                 "this server (naive?) serves one client at a time", flags.connections,
                 time);
    else
        snprintf(why, sizeof why, "only %d of %d connections were served within %g s: "
                 "this server (prefork? pool?) serves so many at a time, see --workers",
                 ready, flags.connections, time);
    fail(why);
}

static void check_connecting(int64_t now)
{
    for (int i = 0; i < asked; i++) {
        const struct conn *c = &traffic.clients[i].conn;
        if (c->state < CONN_OPEN && now - c->since > flags.timeout)
            not_served();
    }
}

/* ---- what the connections tell ---- */

static void on_opened(struct conn *c)
{
    (void)c;
    ready++;
    connect_more();
    if (ready == flags.connections)
        begin();
}

static void on_message(struct conn *c, uint8_t opcode, struct bytes payload, int64_t now)
{
    traffic_message(&traffic, c, opcode, payload, now);
}

static void on_over(struct conn *c, enum failure failure, const char *why)
{
    struct errors *e = &report.errors[failure];
    char line[500];

    if (phase == CONNECTING) {
        snprintf(line, sizeof line, "connection %d of %d: %s", c->index + 1,
                 flags.connections, why);
        fail(failure == NOT_CONNECTED && ready == 0 ? why : line);
    }
    living--;
    if (phase < LEAVING) {
        if (e->count++ == 0)
            snprintf(e->first, sizeof e->first, "%s", why);
        traffic_over(&traffic, c);
    }
    if (living == 0 && phase < LEAVING)
        leave();
    else if (living == 0)
        ev_break(conns.loop, EVBREAK_ALL);
}

/* ---- four times a second ---- */

static void print_progress(void)
{
    static int ticks;
    static uint64_t before;
    const char *doing[] = {
        "connecting", "warming up", "measuring", "waiting", "leaving",
    };
    uint64_t got = traffic.tally.got;

    if (!progress || ++ticks % 4)
        return;
    if (phase == CONNECTING)
        fprintf(stderr, "\r\033[K%d of %d connected", ready, flags.connections);
    else
        fprintf(stderr, "\r\033[K%d s, %s: %llu deliveries a second", ticks / 4,
                doing[phase], (unsigned long long)(got - before));
    before = got;
}

static void on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
    static char silent[60];
    int64_t now = clock_now();

    (void)loop, (void)timer, (void)events;
    print_progress();
    if (phase == CONNECTING) {
        check_connecting(now);
    } else if (phase < LEAVING && now - traffic.progress > flags.timeout) {
        snprintf(silent, sizeof silent, "no answer for %g s", in_seconds(flags.timeout));
        report.silent = silent;
        leave();
    }
}

/* ---- beginning and end ---- */

static void raise_limit(void)
{
    struct rlimit limit;
    unsigned long long need = (unsigned long long)flags.connections + 16;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (need > limit.rlim_max)
        die("-c %d: this process may have %llu descriptors in all (ulimit -Hn)",
            flags.connections, (unsigned long long)limit.rlim_max);
}

/* Opened before the run: a wrong name should not cost a measurement. */
static FILE *create(const char *name)
{
    FILE *f = !name ? NULL : strcmp(name, "-") == 0 ? stdout : fopen(name, "we");

    if (name && !f)
        die("cannot write %s: %s", name, strerror(errno));
    return f;
}

static void finish(FILE *f, const char *name)
{
    if (!f)
        return;
    int failed = ferror(f) | fflush(f);
    if ((f != stdout && fclose(f) != 0) || failed)
        die("cannot write %s: %s", name, strerror(errno));
}

static void watch(void)
{
    ev_timer_init(&tick, on_tick, 0.25, 0.25);
    ev_timer_start(conns.loop, &tick);
    ev_signal_init(&interrupt, on_interrupt, SIGINT);
    ev_signal_start(conns.loop, &interrupt);
    ev_signal_init(&terminate, on_interrupt, SIGTERM);
    ev_signal_start(conns.loop, &terminate);
}

static void tell(FILE *json, FILE *hdr)
{
    report.flags = &flags;
    report.tally = &traffic.tally;
    report_judge(&report);
    if (progress)
        fputs("\r\033[K", stderr);
    if (!flags.quiet && json != stdout)
        report_print(&report, stdout);
    if (json)
        report_json(&report, json);
    if (hdr)
        hist_print(traffic.tally.round_trip, hdr);
}

int main(int argc, char **argv)
{
    flags_parse(&flags, argc, argv);
    raise_limit();
    FILE *json = create(flags.json), *hdr = create(flags.hdr);
    traffic_init(&traffic, &flags);
    traffic.settled = leave;
    if ((traffic.timeline = create(flags.timeline)))
        fputs("start_ns,end_ns,connection,port\n", traffic.timeline);
    progress = !flags.quiet && isatty(STDERR_FILENO);
    conns = (struct conns){
        .loop = ev_default_loop(0), .url = &flags.url, .raw = flags.mode == MODE_RAW,
        .size = flags.size, .max_message = flags.size < 65536 ? 65536 : flags.size,
        .opened = on_opened, .message = on_message, .over = on_over,
    };
    watch();
    connect_more();
    ev_run(conns.loop, 0);
    tell(json, hdr);
    finish(json, flags.json);
    finish(hdr, flags.hdr);
    finish(traffic.timeline, flags.timeline);
    traffic_free(&traffic);
    free(flags.line);
    return report.status;
}
