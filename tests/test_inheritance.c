/* test_inheritance.c - processes that are forked have lines to the database of their own.
 *
 * The database is made up: it answers each question with the question itself, and in the
 * order in which they come. So a child that reads somebody else's answer can tell. A
 * session connects as soon as it is opened, as with most libraries. */
#include "clock.h"
#include "die.h"
#include "driver.h"
#include "lines.h"
#include "options.h"
#include "unit.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHILDREN = 2, QUESTIONS = 100, LONGEST = 16 };

/* ---- the database, and its driver ---- */

struct session {
    struct line line;           /* first: see driver.h */
    pid_t server;
    struct job *job;            /* that is asked for; NULL: none is */
};

/* The other end: a process for each session, as PostgreSQL has it. It thinks for a
 * moment, in which others may ask, too. */
static void answer(int fd)
{
    char question[LONGEST];
    ssize_t n;

    dup2(fd, STDIN_FILENO);
    close_range(STDERR_FILENO + 1, ~0U, 0);
    while ((n = recv(STDIN_FILENO, question, sizeof question, 0)) > 0) {
        pause_for(MS / 5);
        send(STDIN_FILENO, question, (size_t)n, MSG_NOSIGNAL);
    }
    _exit(0);
}

static struct line *session_open(const char *where, size_t queries)
{
    struct session *s = must_alloc(sizeof *s);
    int ends[2];

    (void)where;
    (void)queries;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) < 0)
        die("no socket pair");
    pid_t server = fork();
    if (server == 0)
        answer(ends[1]);
    close(ends[1]);
    *s = (struct session){ .line = { ends[0], POLLIN, NEVER }, .server = server };
    return &s->line;
}

static void session_begin(struct line *line, const struct query *query, const char *arg,
                          struct job *job, size_t most, int64_t until)
{
    struct session *s = (struct session *)line;

    (void)query;
    (void)most;
    (void)until;
    s->job = job;
    send(line->fd, arg, strlen(arg), MSG_NOSIGNAL);
}

static bool session_step(struct line *line)
{
    struct session *s = (struct session *)line;
    char text[LONGEST];

    if (!s->job)
        return true;
    ssize_t n = recv(line->fd, text, sizeof text, MSG_DONTWAIT);
    if (n < 0)
        return false;
    s->job->text = frame_append(frame_new((size_t)n), text, (size_t)n);
    s->job = NULL;
    return true;
}

static void session_drop(struct line *line) { ((struct session *)line)->job = NULL; }

static bool session_alive(struct line *line)
{
    (void)line;
    return true;
}

static void session_close(struct line *line)
{
    if (!line)
        return;
    close(line->fd);
    waitpid(((struct session *)line)->server, NULL, 0);
    free(line);
}

static const struct driver made_up = {
    .steps = true, .open = session_open, .begin = session_begin, .step = session_step,
    .drop = session_drop, .alive = session_alive, .close = session_close,
};

/* ---- a server that forks ---- */

/* Asks for that number; what comes is printed if it is anything else. */
static bool ask(int number)
{
    char text[LONGEST];
    struct job job = { .kind = JOB_SQL };
    struct line *line = lines_get(&job);

    if (!line) {
        printf("no line: %s\n", job.why);
        return false;
    }
    int n = snprintf(text, sizeof text, "%d", number);
    database->begin(line, NULL, text, &job, sizeof text, NEVER);
    while (!database->step(line))
        poll(&(struct pollfd){ .fd = line->fd, .events = line->events }, 1, 1);
    lines_give(line);
    bool own = job.text->size == (size_t)n
        && memcmp(job.text->data, text, (size_t)n) == 0;
    if (!own)
        printf("a child asked for %s, and was answered %.*s\n", text,
               (int)job.text->size, job.text->data);
    job_free(&job);
    return own;
}

/* A child's whole life, from when all are there. */
static void child(int from, int gate)
{
    bool fine = true;
    char c;

    if (read(gate, &c, 1) != 0)
        fine = false;
    for (int i = 0; fine && i < QUESTIONS; i++)
        fine = ask(from + i);
    lines_close();
    fflush(NULL);
    _exit(fine ? 0 : 1);
}

static void serve(void *o)
{
    int gate[2], status, failed = 0;
    pid_t pids[CHILDREN];

    database = &made_up;
    lines_open(o);
    if (pipe(gate) < 0)
        die("no pipe");
    for (int i = 0; i < CHILDREN; i++)
        if ((pids[i] = fork()) == 0) {
            close(gate[1]);
            child(1000 * (i + 1), gate[0]);
        }
    close(gate[1]);             /* now they may begin */
    for (int i = 0; i < CHILDREN; i++) {
        waitpid(pids[i], &status, 0);
        failed += status != 0;
    }
    lines_close();
    fflush(NULL);
    _exit(failed);
}

static void each_child_reads_its_own_answers(void **state)
{
    struct queries none = { 0 };
    struct options o = { .workers = 0 };

    (void)state;
    options_default(&o);
    o.db = "made-up:";
    o.queries = &none;
    o.db_lines = 1;
    struct outcome r = in_child(serve, &o);
    check(r.signal == 0 && r.status == 0, "%s%s", r.out, r.err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_child_reads_its_own_answers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
