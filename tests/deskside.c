#include "deskside.h"
#include "clock.h"
#include "deadlines.h"
#include "desk.h"
#include "die.h"
#include "driver.h"
#include "errand.h"
#include "net.h"
#include "options.h"
#include "query.h"
#include "upstream.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* ---- a driver that does as it is told ---- */

struct own {                    /* a line */
    struct line line;
    int theirs;                 /* the database's end; -1: it has hung up */
    struct job *job;
    bool connected;
    int connecting;             /* steps that it takes, each with another socket */
};

static struct own *lines[MOST]; /* in the order in which they were opened; NULL: closed */
int lines_opened, lines_closed, jobs_dropped, steps_to_connect;
int64_t line_deadline;

static void connect_line(struct own *l)
{
    int pair[2];

    if (l->line.fd >= 0) {
        close(l->theirs);
        close(l->line.fd);
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    l->line.fd = pair[0];
    l->theirs = pair[1];
    l->line.events = POLLOUT;
}

static struct line *open_line(const char *where, size_t queries)
{
    struct own *l = must_alloc(sizeof *l);

    assert_string_equal(where, "fake");
    assert_int_equal(queries, 1);
    *l = (struct own){ .line = { .fd = -1, .deadline = NEVER }, .theirs = -1,
                       .connecting = steps_to_connect };
    lines[lines_opened++] = l;
    return &l->line;
}

static void begin(struct line *line, const struct query *query, const char *arg,
                  struct job *job, size_t most, int64_t until)
{
    struct own *l = (struct own *)line;

    assert_string_equal(query->name, "q");
    assert_null(arg);
    assert_true(most > 0 && until > clock_now());
    assert_null(l->job);
    l->job = job;
    if (l->line.fd < 0)
        connect_line(l);
}

static bool over(struct own *l, int status, const char *why)
{
    if (status)
        job_fail(l->job, status, why);
    else
        l->job->text = frame_copy("row\n", 4);
    l->job = NULL;
    return true;
}

static bool step(struct line *line)
{
    struct own *l = (struct own *)line;
    char byte;

    assert_non_null(l->job);
    line->deadline = line_deadline;
    if (l->connecting > 0) {
        l->connecting--;
        connect_line(l);        /* gets the same number, as a rule */
        return false;
    }
    l->connected = true;
    line->events = POLLIN;
    ssize_t n = recv(line->fd, &byte, 1, 0);
    if (n == 1 && byte == 'r') {
        close(line->fd);
        close(l->theirs);
        line->fd = l->theirs = -1;
        line->deadline = 0;
        l->connecting = 3;
        return false;
    }
    if (n == 1)
        return byte == '!' ? over(l, 404, "no such row") : over(l, 0, NULL);
    return n == 0 ? over(l, 502, "the database has gone") : false;
}

static void drop(struct line *line)
{
    ((struct own *)line)->job = NULL;
    jobs_dropped++;
}

static bool alive(struct line *line)
{
    struct own *l = (struct own *)line;
    char byte;

    return !l->connected || recv(line->fd, &byte, 1, MSG_PEEK) != 0;
}

static void close_line(struct line *line)
{
    struct own *l = (struct own *)line;

    for (int i = 0; i < lines_opened; i++)
        if (lines[i] == l)
            lines[i] = NULL;
    if (l->theirs >= 0)
        close(l->theirs);
    if (line->fd >= 0)
        close(line->fd);
    free(l);
    lines_closed++;
}

static const struct driver fake = {
    .steps = true, .open = open_line, .begin = begin, .step = step, .drop = drop,
    .alive = alive, .close = close_line,
};

void says(int line, char byte)
{
    assert_non_null(lines[line]);
    assert_int_equal(send(lines[line]->theirs, &byte, 1, MSG_NOSIGNAL), 1);
}

int steps_left(int line) { return lines[line]->connecting; }

void hangs_up(int line)
{
    close(lines[line]->theirs);
    lines[line]->theirs = -1;
}

/* ---- a loop, with a desk ---- */

struct options o;
int desk;
struct owner all[MOST];
int heard[MOST], tellings;
void (*when_told)(struct owner *);

static struct upstream upstream;

int upstream_begins(void **state)
{
    (void)state;
    upstream = upstream_start(0);
    return upstream.pid == 0;
}

int upstream_ends(void **state)
{
    (void)state;
    upstream_stop(&upstream);
    return 0;
}

void open_desk(void)
{
    desk = desk_open(&o);
    assert_true(desk >= 0);
}

int desk_begins(void **state)
{
    static char url[100];
    int line;
    const char *why;

    (void)state;
    options_default(&o);
    o.db = "fake";
    o.queries = queries_parse((struct bytes)RAW("q: SELECT 1\n"), &line, &why);
    o.db_lines = 1;
    snprintf(url, sizeof url, "http://127.0.0.1:%d", upstream.port);
    o.upstream = url;
    database = &fake;
    errand_open(&o);
    memset(all, 0, sizeof all);
    lines_opened = lines_closed = jobs_dropped = tellings = steps_to_connect = 0;
    line_deadline = NEVER;
    when_told = NULL;
    return o.queries == NULL;
}

int desk_ends(void **state)
{
    (void)state;
    desk_close();
    for (int i = 0; i < MOST; i++)
        if (all[i].job.name)
            job_free(&all[i].job);
    queries_free(o.queries);
    return lines_opened != lines_closed;
}

void take(int i, const char *spec)
{
    const char *why = "";

    check(job_parse(spec, &o, &all[i].job, &why), "%s: %s", spec, why);
    all[i].order = desk_take(&all[i].job, &all[i]);
    check(all[i].order, "the desk does not take %s", spec);
}

void take_queries(int n)
{
    for (int i = 0; i < n; i++)
        take(i, "sql:q");
}

void drop_job(int i)
{
    desk_drop(all[i].order);
    all[i].order = NULL;
}

void turn(int ms)
{
    struct owner *t;
    int64_t due = desk_deadline(), end = clock_now() + ms * MS;
    struct pollfd set = net_poll(desk, POLLIN);

    net_wait(&set, 1, due < end ? due : end);
    while ((t = desk_next())) {
        check(t->order, "%d is told, and was dropped or told before", (int)(t - all));
        t->order = NULL;
        t->back++;
        heard[tellings++] = (int)(t - all);
        if (when_told)
            when_told(t);
    }
}

void turns_until_told(int n)
{
    for (int64_t end = clock_now() + 5000 * MS; tellings < n && clock_now() < end; )
        turn(100);
    check(tellings == n, "%d were told, not %d", tellings, n);
}

void came_to(int i, int status)
{
    const struct job *job = &all[i].job;

    check(all[i].back == 1, "%d was told %d times", i, all[i].back);
    check(job->status == status, "%d has status %d, not %d: %s", i, job->status, status,
          job->status ? job->why : "");
    check(!job->text == !!status, "%d: a text, or a status", i);
}

void is_silent(void)
{
    int before = tellings;

    turn(20);
    turn(0);
    check(tellings == before, "%d is told of, for no reason", heard[before]);
}
