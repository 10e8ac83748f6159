/* test_query.c - what a file of queries may say, and what a query takes. */
#include "query.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define RAW_OF(literal) (literal), sizeof (literal) - 1

static struct queries *parse(const char *text, size_t size, int *line, const char **why)
{
    char *copy = memcpy(malloc(size + 1), text, size);  /* and no byte more */
    struct queries *q = queries_parse((struct bytes){ copy, size }, line, why);

    free(copy);
    return q;
}

static void lines_become_queries(void **state)
{
    static const char text[] =
        "# a comment\n"
        "\n"
        "one: SELECT 1\n"
        "  \t # a comment, too\n"
        "a.B-c_9:SELECT name \t \r\n"
        "   FROM item\r\n"
        "\n"
        "\tWHERE id = $1\n"
        "last: SELECT ':' || $1";
    static const struct { const char *name, *sql; int line; bool takes; } all[] = {
        { "one", "SELECT 1", 3, false },
        { "a.B-c_9", "SELECT name\nFROM item\nWHERE id = $1", 5, true },
        { "last", "SELECT ':' || $1", 9, true },
    };
    const char *why;
    int line;
    struct queries *q = parse(text, sizeof text - 1, &line, &why);

    (void)state;
    check(q, "line %d: %s", line, why);
    assert_int_equal(q->count, COUNT(all));
    for (size_t i = 0; i < COUNT(all); i++) {
        const struct query *found = queries_find(q, all[i].name, strlen(all[i].name));

        check(found == &q->all[i] && found->number == i, "%s", all[i].name);
        assert_string_equal(found->name, all[i].name);
        assert_string_equal(found->sql, all[i].sql);
        assert_int_equal(found->line, all[i].line);
        assert_true(found->takes_arg == all[i].takes);
    }
    assert_null(queries_find(q, "on", 2));
    assert_null(queries_find(q, "one:1", 5));
    assert_null(queries_find(q, "", 0));
    assert_null(queries_find(NULL, "one", 3));
    queries_free(q);
    queries_free(NULL);
}

static void what_stands_for_an_argument(void **state)
{
    static const struct { const char *sql; bool takes; } all[] = {
        { "SELECT $1", true }, { "SELECT ?1", true }, { "SELECT $1, $1", true },
        { "SELECT '$1'", false }, { "SELECT 'it''s $1'", false },
        { "SELECT \"$1\"", false },
        { "SELECT '' || $1", true }, { "SELECT 1 -- $1", false },
        { "SELECT 1 /* $1 */", false }, { "SELECT 1 /* ' */ + $1", true },
        { "SELECT 1 -- it's\n + $1", true }, { "SELECT '$1", false },
        { "SELECT 2 /* $1", false }, { "SELECT $$ $a ?", false },
        { "SELECT 3 - $1", true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        char text[100];
        const char *why;
        int line, n = snprintf(text, sizeof text, "q: %.*s",
                               (int)strcspn(all[i].sql, "\n"), all[i].sql);
        if (strchr(all[i].sql, '\n'))
            n += snprintf(text + n, sizeof text - (size_t)n, "\n %s",
                          strchr(all[i].sql, '\n') + 1);
        struct queries *q = parse(text, (size_t)n, &line, &why);

        check(q, "%s: %s", text, why);
        check(q->all->takes_arg == all[i].takes, "%s", text);
        queries_free(q);
    }
}

static void what_is_wrong_and_where(void **state)
{
    static const struct { const char *text; size_t size; int line; const char *word; }
    all[] = {
        { RAW_OF(""), 0, "no query" },
        { RAW_OF("# nothing\n\n"), 0, "no query" },
        { RAW_OF("a: SELECT 1\nb SELECT 2\n"), 2, "colon" },
        { RAW_OF(": SELECT 1"), 1, "name" },
        { RAW_OF("a b: SELECT 1"), 1, "name" },
        { RAW_OF("a/b: SELECT 1"), 1, "name" },
        { RAW_OF("\xc3\xa4: SELECT 1"), 1, "name" },
        { RAW_OF("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: "),
          1, "name" },
        { RAW_OF("\n  SELECT 1\n"), 2, "blank" },
        { RAW_OF("a: SELECT 1\n\na: SELECT 2"), 3, "above" },
        { RAW_OF("a: SELECT 1\nb:\n\nc: SELECT 3"), 2, "SQL" },
        { RAW_OF("a: SELECT 1\nb: SELECT \0 2"), 2, "UTF-8" },
        { RAW_OF("a: SELECT '\xff'"), 1, "UTF-8" },
        { RAW_OF("a: SELECT $2"), 1, "$1" },
        { RAW_OF("a: SELECT 1\nb: SELECT $1\n  , ?12"), 2, "$1" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        const char *why = NULL;
        int line = -1;

        check(!parse(all[i].text, all[i].size, &line, &why), "row %zu passes", i);
        check(line == all[i].line, "row %zu: line %d", i, line);
        check(strstr(why, all[i].word) && !strchr(why, '\n'), "row %zu: %s", i, why);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_become_queries),
        cmocka_unit_test(what_stands_for_an_argument),
        cmocka_unit_test(what_is_wrong_and_where),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
