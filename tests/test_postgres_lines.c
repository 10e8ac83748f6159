/* test_postgres_lines.c - a line to PostgreSQL waits for nothing and repeats nothing, and
 * what it has asked it can call off; whether the server answers, hangs, or has gone. */
#include "sql.h"
#include "clock.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKOFF = 100, PATIENT = 10000, AT_ONCE = 300 }; /* ms */

static int ms_since(int64_t then) { return (int)((clock_now() - then) / MS); }

/* ---- calling off ---- */

static void a_step_too_many_does_no_harm(void **state)
{
    struct line *line = *state;
    struct job job;

    for (int i = 0; i < 3; i++)
        assert_true(database->step(line));
    sql_begin(line, "wait", "30", &job, SQL_MOST);
    int64_t end = clock_now() + PATIENT * MS;
    while (!database->step(line))
        check(clock_now() < end, "it is never done");
    assert_string_equal(sql_finish(line, &job), "waited\n");
    database->drop(line);
    database->drop(line);
    assert_true(database->alive(line));
}

static void a_query_that_is_dropped_is_cancelled(void **state)
{
    struct line *line = *state;
    struct job job;
    char session[SQL_MOST + 1];

    strcpy(session, sql_ask(line, "session", NULL));
    for (int i = 0; i < 2; i++) {
        sql_begin_waiting(line, &job, 1);
        int64_t began = clock_now();
        database->drop(line);
        check(ms_since(began) < AT_ONCE, "drop() takes %d ms", ms_since(began));
        job_free(&job);
        if (i == 0)
            sql_until_waiting(0);
        assert_true(database->alive(line));
        sql_expect(line, "session", NULL, session);
    }
    sql_begin(line, "point", "7", &job, SQL_MOST);      /* it has not been sent */
    database->drop(line);
    sql_expect(line, "session", NULL, session);
}

static void a_line_that_is_closed_cancels_its_query(void **state)
{
    struct line *line = sql_line(sql_where);
    struct job job;

    (void)state;
    sql_begin_waiting(line, &job, 1);
    database->close(line);
    job_free(&job);
    sql_until_waiting(0);
    database->close(NULL);
}

static void a_server_that_is_stopped_is_not_waited_for(void **state)
{
    char path[300];
    pid_t server = 0;
    struct line *line = sql_line(sql_where), *other = sql_line(sql_where);
    struct job job, another;

    (void)state;
    snprintf(path, sizeof path, "%.250s/../data/postmaster.pid", getenv("RELAY_PG"));
    FILE *f = fopen(path, "re");
    check(f && fscanf(f, "%d", &server) == 1 && server > 1, "no server in %s", path);
    fclose(f);
    sql_begin_waiting(other, &another, 1);
    sql_begin_waiting(line, &job, 2);
    kill(server, SIGSTOP);
    int64_t began = clock_now();
    database->drop(line);
    bool alive = database->alive(line);
    int dropped = ms_since(began);
    job_free(&job);
    sql_begin(line, "echo", "x", &job, SQL_MOST);
    while (ms_since(began) < 700 && !sql_step(line))
        ;
    int64_t closed = clock_now();
    database->close(other);
    int closing = ms_since(closed);
    kill(server, SIGCONT);
    job_free(&another);
    check(dropped < AT_ONCE && alive, "drop() takes %d ms", dropped);
    check(closing < 5 * AT_ONCE, "close() takes %d ms", closing);
    assert_string_equal(sql_finish(line, &job), "x\n");
    database->close(line);
    sql_until_waiting(0);
}

/* ---- a server that goes ---- */

static void an_idle_line_that_is_dead_is_noticed(void **state)
{
    struct line *line = sql_line(sql_where);
    char session[SQL_MOST + 1];

    (void)state;
    assert_true(database->alive(line));
    strcpy(session, sql_ask(line, "session", NULL));
    assert_true(database->alive(line));
    sql_end_session(session);
    int64_t end = clock_now() + PATIENT * MS;
    while (database->alive(line))
        check(clock_now() < end, "its session has ended, and it is alive");
    database->close(line);
}

static void what_was_sent_is_not_sent_again(void **state)
{
    struct line *line = *state, *other = sql_line(sql_where);
    struct job job;
    char session[SQL_MOST + 1], before[SQL_MOST + 1], after[20];

    sql_expect(other, "sequence", NULL, "");
    strcpy(before, sql_ask(other, "times", NULL));
    strcpy(session, sql_ask(line, "session", NULL));
    sql_begin(line, "once", NULL, &job, SQL_MOST);
    int64_t end = clock_now() + PATIENT * MS;
    for (int i = 0; i < 20; i++) {      /* it is prepared, and then asked */
        check(!database->step(line) && clock_now() < end, "it is over");
        pause_for(10 * MS);
    }
    sql_end_session(session);
    assert_string_equal(sql_finish(line, &job), "!502");
    sql_expect(line, "point", "7", "item 7\n");
    snprintf(after, sizeof after, "%d\n", atoi(before) + 2);
    sql_expect(other, "times", NULL, after);
    database->close(other);
}

/* ---- no server ---- */

static char folder[] = "/tmp/test_postgres-XXXXXX";

/* A socket where clients look for a server. */
static int listener(char *address, size_t size)
{
    struct sockaddr_un name = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_non_null(mkdtemp(folder));
    snprintf(name.sun_path, sizeof name.sun_path, "%s/.s.PGSQL.5432", folder);
    assert_int_equal(bind(fd, (struct sockaddr *)&name, sizeof name), 0);
    assert_int_equal(listen(fd, 10), 0);
    snprintf(address, size, "postgres://relay@/x?host=%s", folder);
    return fd;
}

static void a_server_that_is_away_is_left_alone_for_a_moment(void **state)
{
    char address[100], path[100];
    int fd = listener(address, sizeof address), client;
    struct line *line = sql_line(address), *another = sql_line(address);
    struct job job, other;

    (void)state;
    sql_begin(line, "session", NULL, &job, SQL_MOST);
    assert_false(database->step(line));
    client = accept(fd, NULL, NULL);
    assert_true(client >= 0);
    for (int i = 0; i < 10; i++)        /* it says nothing, and nobody waits for it */
        assert_false(database->step(line));
    int64_t closed = clock_now();
    close(client);
    assert_string_equal(sql_finish(line, &job), "!503");
    assert_true(database->alive(line));
    sql_begin(another, "session", NULL, &other, SQL_MOST);
    bool done = database->step(another);
    if (ms_since(closed) < BACKOFF)             /* this machine may be busy */
        check(done && other.status == 503 && accept(fd, NULL, NULL) < 0,
              "it connects again at once");
    database->drop(another);
    job_free(&other);
    while (accept(fd, NULL, NULL) >= 0)
        ;
    pause_for((BACKOFF + 20) * MS);
    sql_begin(line, "session", NULL, &job, SQL_MOST);
    assert_false(database->step(line));
    check((client = accept(fd, NULL, NULL)) >= 0, "it does not connect again");
    database->drop(line);
    job_free(&job);
    close(client);
    close(fd);
    database->close(line);
    database->close(another);
    snprintf(path, sizeof path, "%s/.s.PGSQL.5432", folder);
    unlink(path);
    rmdir(folder);
}

static void no_server_is_a_503(void **state)
{
    struct line *line = sql_line("postgres://relay@/x?host=/nowhere");

    (void)state;
    for (int i = 0; i < 3; i++)
        sql_expect(line, "session", NULL, "!503");
    database->close(line);
    pause_for(BACKOFF * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_LINE(a_step_too_many_does_no_harm),
        ON_A_LINE(a_query_that_is_dropped_is_cancelled),
        cmocka_unit_test(a_line_that_is_closed_cancels_its_query),
        cmocka_unit_test(a_server_that_is_stopped_is_not_waited_for),
        cmocka_unit_test(an_idle_line_that_is_dead_is_noticed),
        ON_A_LINE(what_was_sent_is_not_sent_again),
        cmocka_unit_test(a_server_that_is_away_is_left_alone_for_a_moment),
        cmocka_unit_test(no_server_is_a_503),
    };

    return sql_prepare() ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
