/* test_queryfile.c - a file of queries that is good is read, and of any other one line
 * says what is wrong with it. */
#include "query.h"
#include "queryfile.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/test_queryfile-XXXXXX", path[64];

static void write_file(const char *text, size_t n)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, n, f), n);
    fclose(f);
}

static void read_in_child(void *where) { queryfile_read("--queries", where); }

static void refused(const char *where, const char *word)
{
    struct outcome r = in_child(read_in_child, (void *)where);
    size_t size = strlen(r.err);

    check(r.status == 2 && r.signal == 0, "%s: exit %d, signal %d", where, r.status,
          r.signal);
    check(!*r.out && size > 1 && strchr(r.err, '\n') == r.err + size - 1,
          "%s: not one line: %s%s", where, r.out, r.err);
    check(strstr(r.err, "--queries") && strstr(r.err, where) && strstr(r.err, word),
          "%s: no '%s' in %s", where, word, r.err);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/queries", mkdtemp(folder) ? folder : "");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void a_good_one_is_read(void **state)
{
    (void)state;
    write_file("a: SELECT 1\nb: SELECT $1\n", 25);
    struct queries *q = queryfile_read("--queries", path);
    assert_int_equal(q->count, 2);
    assert_string_equal(q->all[1].name, "b");
    queries_free(q);
}

static void others_are_refused(void **state)
{
    static char large[(1 << 20) + 1];

    (void)state;
    unlink(path);
    refused(path, "No such file");
    refused(folder, "regular file");
    refused("/dev/null", "regular file");
    assert_int_equal(mkfifo(path, 0600), 0);    /* nobody writes to it */
    refused(path, "regular file");
    unlink(path);
    write_file("", 0);
    refused(path, "no query");
    write_file("a: SELECT 1\n\nb SELECT 2\n", 24);
    refused(path, "line 3: ");
    memset(large, '#', sizeof large);
    write_file(large, sizeof large);
    refused(path, "1 MiB");
    write_file(large, sizeof large - 1);
    refused(path, "no query");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_one_is_read),
        cmocka_unit_test(others_are_refused),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
