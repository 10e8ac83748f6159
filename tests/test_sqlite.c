/* test_sqlite.c - the driver of SQLite: rows become a text, and whatever goes wrong is a
 * status and a line. */
#include "clock.h"
#include "driver.h"
#include "options.h"
#include "unit.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char queries[] =
    "one: SELECT 1\n"
    "point: SELECT name FROM item WHERE id = $1\n"
    "find: SELECT id, name FROM item WHERE name = ?1\n"
    "all: SELECT id, name, price FROM item ORDER BY id\n"
    "none: SELECT 1 WHERE 1 = 0\n"
    "echo: SELECT $1\n"
    "odd: SELECT NULL, '', 1.5, x'00ff', 'a' || char(10) || 'b'\n"
    "long: SELECT printf('%.*c', $1, 'x')\n"
    "count: WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n\n"
    "  WHERE i < CAST($1 AS INTEGER)) SELECT count(*) FROM n\n"
    "fails: SELECT abs(-9223372036854775807 - $1)\n";

static char folder[] = "/tmp/test_sqlite-XXXXXX", path[64];
static struct options o;
static struct line *line;

/* ---- a database of our own ---- */

static void sql(sqlite3 *db, const char *text)
{
    char *why = NULL;

    check(sqlite3_exec(db, text, NULL, NULL, &why) == SQLITE_OK, "%s: %s", text, why);
}

static void make_database(const char *where)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(where, &db), SQLITE_OK);
    sql(db, "CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, price INTEGER)");
    sql(db, "INSERT INTO item VALUES (1, 'cup', 5), (2, 'it''s', NULL), (3, '', 7)");
    sqlite3_close(db);
}

static void put(const char *where, const char *text)
{
    FILE *f = fopen(where, "we");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static struct queries *parse(const char *text)
{
    const char *why;
    int at;
    struct queries *q = queries_parse((struct bytes){ text, strlen(text) }, &at, &why);

    check(q, "line %d: %s", at, why);
    return q;
}

static int begin(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/db", mkdtemp(folder) ? folder : "");
    make_database(path);
    options_default(&o);
    o.db = path;
    o.queries = parse(queries);
    driver_load(&o);
    return 0;
}

static int end(void **state)
{
    char command[80];

    (void)state;
    queries_free(o.queries);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

static int connect_anew(void **state)
{
    (void)state;
    line = database->open(path, o.queries->count);
    return line ? 0 : -1;
}

static int disconnect(void **state)
{
    (void)state;
    database->close(line);
    line = NULL;
    return 0;
}

/* ---- a job of it ---- */

static struct job ask(const char *spec, size_t most, int64_t within)
{
    struct job job;
    const char *why, *arg;

    check(job_parse(spec, &o, &job, &why), "%s: %s", spec, why);
    const struct query *q = job_query(&job, &o, &arg);
    database->begin(line, q, arg, &job, most, clock_now() + within);
    assert_true(database->step(line));
    database->drop(line);
    check(!job.status == !!job.text, "%s: %d and %s", spec, job.status,
          job.text ? "a text" : "no text");
    return job;
}

static void brings(const char *spec, const char *text, size_t size)
{
    struct job job = ask(spec, 1 << 20, 10000 * MS);

    check(job.status == 0, "%s: %d %s", spec, job.status, job.why);
    check(job.text->size == size && memcmp(job.text->data, text, size) == 0,
          "%s: '%.*s'", spec, (int)job.text->size, job.text->data);
    job_free(&job);
}
#define BRINGS(spec, text) brings(spec, text, sizeof text - 1)

static void fails(const char *spec, size_t most, int64_t within, int status)
{
    struct job job = ask(spec, most, within);

    check(job.status == status, "%s is %d, not %d: %s", spec, job.status, status,
          job.why);
    job_free(&job);
}

static void rows_become_lines(void **state)
{
    (void)state;
    assert_false(database->steps);
    assert_true(database->alive(line));
    BRINGS("sql:one", "1\n");
    BRINGS("sql:all", "1\tcup\t5\n2\tit's\t\n3\t\t7\n");
    BRINGS("sql:none", "");
    BRINGS("sql:odd", "\t\t1.5\t\0\xff\ta\nb\n");
    for (int i = 0; i < 3; i++) {       /* prepared once, and used again */
        BRINGS("sql:point:1", "cup\n");
        BRINGS("sql:point:2", "it's\n");
        BRINGS("sql:point:9", "");
    }
    assert_true(database->alive(line));
}

static void an_argument_is_a_value(void **state)
{
    static const char *const foes[] = {
        "' OR '1'='1", "cup' --", "x'; DROP TABLE item; --", "\" OR 1", "$1", "?1", ":",
        "cup\\", "%", "*", "NULL", "1 OR 1",
    };
    char spec[100], text[100];

    (void)state;
    BRINGS("sql:find:cup", "1\tcup\n");
    BRINGS("sql:find:it's", "2\tit's\n");
    BRINGS("sql:find:", "3\t\n");
    for (size_t i = 0; i < COUNT(foes); i++) {
        snprintf(spec, sizeof spec, "sql:find:%s", foes[i]);
        BRINGS(spec, "");
        snprintf(spec, sizeof spec, "sql:echo:%s", foes[i]);
        brings(spec, text, (size_t)snprintf(text, sizeof text, "%s\n", foes[i]));
    }
    BRINGS("sql:echo:a:b:c", "a:b:c\n");
    BRINGS("sql:all", "1\tcup\t5\n2\tit's\t\n3\t\t7\n");
}

static void a_text_is_bounded(void **state)
{
    struct job job = ask("sql:long:99", 100, 10000 * MS);

    (void)state;
    assert_int_equal(job.status, 0);
    assert_int_equal(job.text->size, 100);
    job_free(&job);
    fails("sql:long:100", 100, 10000 * MS, 502);
    fails("sql:all", 20, 10000 * MS, 502);
    fails("sql:one", 1, 10000 * MS, 502);
    fails("sql:one", 0, 10000 * MS, 502);
    BRINGS("sql:all", "1\tcup\t5\n2\tit's\t\n3\t\t7\n");
}

static void a_long_query_is_given_up(void **state)
{
    int64_t began = clock_now();

    (void)state;
    BRINGS("sql:count:1000", "1000\n");
    fails("sql:count:9000000000000000000", 100, 50 * MS, 504);
    assert_true(clock_now() - began >= 50 * MS);
    BRINGS("sql:one", "1\n");
}

static void one_that_goes_wrong_is_502(void **state)
{
    (void)state;
    fails("sql:fails:1", 100, 10000 * MS, 502);
    BRINGS("sql:fails:0", "9223372036854775807\n");
}

/* Its table has gone since the start. */
static void what_is_not_there_any_more_is_502(void **state)
{
    sqlite3 *db;

    (void)state;
    BRINGS("sql:point:1", "cup\n");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sql(db, "ALTER TABLE item RENAME TO other");
    fails("sql:point:1", 100, 10000 * MS, 502);
    fails("sql:all", 100, 10000 * MS, 502);
    BRINGS("sql:one", "1\n");
    sql(db, "ALTER TABLE other RENAME TO item");
    BRINGS("sql:point:1", "cup\n");
    sqlite3_close(db);
}

static void a_lock_is_waited_for(void **state)
{
    sqlite3 *db;
    int64_t began = clock_now();

    (void)state;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sql(db, "BEGIN EXCLUSIVE");
    fails("sql:point:1", 100, 50 * MS, 504);
    assert_true(clock_now() - began >= 40 * MS);
    sql(db, "COMMIT");
    BRINGS("sql:point:1", "cup\n");
    sqlite3_close(db);
}

/* ---- the file ---- */

static void it_may_disappear_and_come_back(void **state)
{
    char away[80];

    (void)state;
    snprintf(away, sizeof away, "%s-away", path);
    BRINGS("sql:point:1", "cup\n");
    assert_int_equal(rename(path, away), 0);
    assert_false(database->alive(line));
    disconnect(NULL);
    connect_anew(NULL);
    assert_true(database->alive(line));
    fails("sql:point:1", 100, 10000 * MS, 503);
    fails("sql:one", 100, 10000 * MS, 503);
    assert_int_equal(rename(away, path), 0);
    BRINGS("sql:point:1", "cup\n");
    assert_true(database->alive(line));
}

static void another_in_its_place_is_noticed(void **state)
{
    char other[80];
    sqlite3 *db;

    (void)state;
    BRINGS("sql:point:1", "cup\n");
    snprintf(other, sizeof other, "%s-other", path);
    make_database(other);
    assert_int_equal(sqlite3_open(other, &db), SQLITE_OK);
    sql(db, "UPDATE item SET name = 'mug' WHERE id = 1");
    sqlite3_close(db);
    assert_int_equal(rename(other, path), 0);
    assert_false(database->alive(line));
    disconnect(NULL);
    connect_anew(NULL);
    BRINGS("sql:point:1", "mug\n");
    unlink(path);
    make_database(path);
}

static void one_that_is_no_database_is_502(void **state)
{
    (void)state;
    put(path, "this is no database, and longer than a header of one would have to be");
    fails("sql:point:1", 100, 10000 * MS, 502);
    unlink(path);
    make_database(path);
    BRINGS("sql:point:1", "cup\n");
}

/* ---- at start-up ---- */

struct attempt { const char *where, *queries; };

static void load(void *arg)
{
    struct attempt *a = arg;

    o.db = a->where;
    queries_free(o.queries);
    o.queries = parse(a->queries);
    driver_load(&o);
}

static void refused(struct attempt a, const char *word)
{
    struct outcome r = in_child(load, &a);
    size_t size = strlen(r.err);

    check(r.status == 2 && r.signal == 0, "%s, %s: exit %d, signal %d", a.where,
          a.queries, r.status, r.signal);
    check(size > 1 && strchr(r.err, '\n') == r.err + size - 1, "not one line: %s", r.err);
    check(strstr(r.err, "--db") && strstr(r.err, a.where) && strstr(r.err, word),
          "%s, %s: no '%s' in %s", a.where, a.queries, word, r.err);
}

static void what_cannot_work_is_told_at_the_start(void **state)
{
    static const struct { const char *queries, *word; } all[] = {
        { "a: SELECT 1\nb: SELEC 1", "b in line 2: near \"SELEC\"" },
        { "a: SELECT 1 FROM nowhere", "no such table" },
        { "a: SELECT 1; SELECT 2", "one statement" },
        { "a: -- nothing", "one statement" },
        { "a: DELETE FROM item", "writes" },
        { "a: INSERT INTO item VALUES ($1, 'x', 1)", "writes" },
        { "a: SELECT $1, :other", "one argument" },
        { "a: SELECT ?", "one argument" },
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        refused((struct attempt){ path, all[i].queries }, all[i].word);
    refused((struct attempt){ "/nowhere/at/all", "a: SELECT 1" }, "No such file");
    refused((struct attempt){ folder, "a: SELECT 1" }, "file");
    refused((struct attempt){ "mysql://x", "a: SELECT 1" }, "postgres://");
    snprintf(text, sizeof text, "%s/text", folder);
    put(text, "this is no database, and longer than a header of one would have to be");
    refused((struct attempt){ text, "a: SELECT 1" }, "no database");
    assert_int_equal(in_child(load, &(struct attempt){ path, "a: SELECT 1 ;\n" }).status,
                     0);
}

int main(void)
{
#define WITH_A_LINE(test) \
    cmocka_unit_test_setup_teardown(test, connect_anew, disconnect)
    const struct CMUnitTest tests[] = {
        WITH_A_LINE(rows_become_lines),
        WITH_A_LINE(an_argument_is_a_value),
        WITH_A_LINE(a_text_is_bounded),
        WITH_A_LINE(a_long_query_is_given_up),
        WITH_A_LINE(one_that_goes_wrong_is_502),
        WITH_A_LINE(what_is_not_there_any_more_is_502),
        WITH_A_LINE(a_lock_is_waited_for),
        WITH_A_LINE(it_may_disappear_and_come_back),
        WITH_A_LINE(another_in_its_place_is_noticed),
        WITH_A_LINE(one_that_is_no_database_is_502),
        cmocka_unit_test(what_cannot_work_is_told_at_the_start),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
