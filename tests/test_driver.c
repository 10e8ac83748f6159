/* test_driver.c - a module that is not there, or is none, is told with what to do about
 * it, and one that is installed elsewhere is found. */
#include "unit.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/test_driver-XXXXXX", beside[PATH_MAX];

/* Runs that by a shell, which knows our folder as $there and that of the programs as
 * $here; returns its exit status. */
static int sh(const char *command, char *said, size_t size)
{
    FILE *f = popen(command, "r");

    assert_non_null(f);
    size_t n = fread(said, 1, size - 1, f);
    said[n] = '\0';
    int status = pclose(f);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void works(const char *command)
{
    char said[1000];

    check(sh(command, said, sizeof said) == 0, "%s: %s", command, said);
}

/* A program of its own folder, with a database and queries. */
static int lay_down(void **state)
{
    ssize_t n = readlink("/proc/self/exe", beside, sizeof beside - 1);

    (void)state;
    if (n < 0 || !mkdtemp(folder))
        return -1;
    *strrchr(beside, '/') = '\0';
    setenv("here", beside, 1);
    setenv("there", folder, 1);
    setenv("start", "timeout 10 $there/bin/naive --bind 192.0.2.1 "
           "--queries $there/queries 2>&1 --db", 1);
    works("mkdir -p $there/bin $there/lib/relayrace && cp $here/naive $there/bin && "
          "echo 'a: SELECT 1' >$there/queries && : >$there/db");
    return 0;
}

static int clear(void **state)
{
    (void)state;
    works("rm -rf $there");
    return 0;
}

/* Of an address that nobody has (RFC 5737) it tells only when all else is in order. */
static void starts(void)
{
    char said[1000];

    check(sh("eval $start $there/db", said, sizeof said) == 2, "%s", said);
    check(strstr(said, "192.0.2.1"), "it is not loaded: %s", said);
}

static void refused(const char *database, const char *word)
{
    char command[100], said[1000];

    snprintf(command, sizeof command, "eval $start %s", database);
    check(sh(command, said, sizeof said) == 2, "%s: %s", database, said);
    char *end = strchr(said, '\n');
    check(end && !end[1], "%s: not one line: %s", database, said);
    check(strstr(said, "--db") && strstr(said, word), "%s: no '%s' in %s", database, word,
          said);
}

static void one_that_is_not_there(void **state)
{
    (void)state;
    refused("$there/db", "apt-get install libsqlite3-dev");
    refused("postgres://h/d", "apt-get install libpq-dev");
    refused("postgresql://h/d", "apt-get install libpq-dev");
}

static void one_that_is_no_module(void **state)
{
    (void)state;
    works("echo nonsense >$there/bin/sqlite.so");
    refused("$there/db", "apt-get install libsqlite3-0");
    works("cp $(ldd $here/naive | awk '/libnettle/ { print $3 }') $there/bin/sqlite.so");
    refused("$there/db", "make clean all");
    works("rm $there/bin/sqlite.so");
}

static void beside_the_program_or_installed(void **state)
{
    (void)state;
    works("cp $here/sqlite.so $there/bin");
    starts();
    works("mv $there/bin/sqlite.so $there/lib/relayrace");
    starts();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_that_is_not_there),
        cmocka_unit_test(one_that_is_no_module),
        cmocka_unit_test(beside_the_program_or_installed),
    };

    return cmocka_run_group_tests(tests, lay_down, clear);
}
