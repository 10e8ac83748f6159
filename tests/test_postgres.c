/* test_postgres.c - what the driver of PostgreSQL makes of a server's answers. The server
 * is a real one: tests/with-postgres starts it. */
#include "sql.h"
#include "clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static int ms_since(int64_t then) { return (int)((clock_now() - then) / MS); }

/* ---- answers ---- */

static void rows_are_lines(void **state)
{
    struct line *line = *state;

    sql_expect(line, "point", "7", "item 7\n");
    sql_expect(line, "point", "0", "");
    sql_expect(line, "rows", NULL, "1\t\tb\n2\t\tb\n");
    sql_expect(line, "none", NULL, "");
    sql_expect(line, "set", NULL, "");
}

static void an_argument_is_a_value(void **state)
{
    static const char *const values[] = {
        "", "it's", "'; DROP TABLE item; --", "\"", "\\'", "$1", "NULL", "\t\n",
        "\xc3\xa4\xe2\x82\xac",
    };
    char wanted[100];

    for (size_t i = 0; i < COUNT(values); i++) {
        snprintf(wanted, sizeof wanted, "%s\n", values[i]);
        sql_expect(*state, "echo", values[i], wanted);
    }
    sql_expect(*state, "point", "7", "item 7\n");
    sql_expect(*state, "point", "7 OR true", "!502");
}

static void a_query_is_prepared_once(void **state)
{
    struct line *line = sql_line(sql_where);

    (void)state;
    for (int i = 0; i < 3; i++)
        sql_expect(line, "point", "7", "item 7\n");
    sql_expect(line, "prepared", NULL, "2\n");
    database->close(line);
}

static void an_error_leaves_the_line_as_it_is(void **state)
{
    char session[SQL_MOST + 1];

    strcpy(session, sql_ask(*state, "session", NULL));
    sql_expect(*state, "wrong", NULL, "!502");
    sql_expect(*state, "syntax", NULL, "!502");
    sql_expect(*state, "syntax", NULL, "!502");
    sql_expect(*state, "point", "seven", "!502");
    sql_expect(*state, "session", NULL, session);
}

/* The peak of our memory, KiB. */
static long peak(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void a_text_is_bounded(void **state)
{
    struct job job;
    long before = peak();

    sql_begin(*state, "long", "2", &job, 2000);
    check(strlen(sql_finish(*state, &job)) == 2000, "as much as it may be is too much");
    sql_begin(*state, "long", "2", &job, 1999);
    assert_string_equal(sql_finish(*state, &job), "!502");
    int64_t began = clock_now();
    sql_begin(*state, "long", "1000000", &job, 1999);
    assert_string_equal(sql_finish(*state, &job), "!502");
    sql_expect(*state, "point", "7", "item 7\n");
    check(ms_since(began) < 5000, "it takes %d ms to give up", ms_since(began));
    check(UNDER_ASAN || peak() < before + 8192, "of a gigabyte it keeps %ld KiB",
          peak() - before);
}

/* Not as an endless row of results, nor for the next client. */
static void what_is_no_answer_ends_the_session(void **state)
{
    static const char *const names[] = { "copy", "begin" };
    char session[SQL_MOST + 1];

    for (size_t i = 0; i < COUNT(names); i++) {
        strcpy(session, sql_ask(*state, "session", NULL));
        sql_expect(*state, names[i], NULL, i == 0 ? "!502" : "");
        check(strcmp(sql_ask(*state, "session", NULL), session) != 0,
              "after %s the session goes on", names[i]);
    }
}

/* A plan for the table as it was is of no use: it fails once. */
static void a_table_may_change(void **state)
{
    sql_expect(*state, "forget", NULL, "");
    sql_expect(*state, "create", NULL, "");
    sql_expect(*state, "fill", NULL, "");
    sql_expect(*state, "all", NULL, "1\n");
    sql_expect(*state, "widen", NULL, "");
    sql_expect(*state, "all", NULL, "!502");
    sql_expect(*state, "all", NULL, "1\t2\n");
}

static void the_server_s_own_bound_is_a_504(void **state)
{
    char address[600];

    (void)state;
    snprintf(address, sizeof address, "%s&options=-c%%20statement_timeout%%3D50",
             sql_where);
    struct line *line = sql_line(address);
    sql_expect(line, "wait", "60000", "!504");
    sql_expect(line, "point", "7", "item 7\n");
    database->close(line);
}

static void a_wrong_address_is_told(void **state)
{
    static const char *const wrong[] = {
        "postgres://h/x?nonsense=1", "postgres://[::1/x", "postgres://h/%zz",
    };
    static const char sqlite[] = "old: SELECT ?1\n";
    char why[200];
    const char *error;
    int number;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        *why = '\0';
        check(!(database->check)(wrong[i], sql_queries, why, sizeof why), "%s passes",
              wrong[i]);
        check(strlen(why) > 10 && !strchr(why, '\n'), "%s: no line: %s", wrong[i], why);
    }
    struct queries *old = queries_parse((struct bytes){ sqlite, strlen(sqlite) }, &number,
                                        &error);
    assert_false((database->check)("postgres://h/x", old, why, sizeof why));
    check(strstr(why, "$1") != NULL, "not what to do: %s", why);
    queries_free(old);
    assert_true((database->check)(sql_where, sql_queries, why, sizeof why));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_A_LINE(rows_are_lines),
        ON_A_LINE(an_argument_is_a_value),
        cmocka_unit_test(a_query_is_prepared_once),
        ON_A_LINE(an_error_leaves_the_line_as_it_is),
        ON_A_LINE(a_text_is_bounded),
        ON_A_LINE(what_is_no_answer_ends_the_session),
        ON_A_LINE(a_table_may_change),
        cmocka_unit_test(the_server_s_own_bound_is_a_504),
        cmocka_unit_test(a_wrong_address_is_told),
    };

    return sql_prepare() ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
