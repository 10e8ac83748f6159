/* test_oracle.c - the histogram agrees with npm's hdr-histogram-js, which is not ours.
 *
 * Needs node and what `make deps-oracle` fetches; without, it is skipped with a word. */
#include "hist.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ORACLE "tests/oracle"

static FILE *create(const char *dir, const char *name)
{
    char path[200];

    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    return f;
}

/* So many bits wide at most; small ones as often as large ones. */
static int64_t some_duration(unsigned bits)
{
    uint64_t wide = (uint64_t)dice(1u << 31) << 31 | dice(1u << 31);

    return (int64_t)(wide & ((UINT64_C(1) << dice(bits + 1)) - 1));
}

static void write_all(const char *dir, int n, unsigned bits)
{
    static const uint32_t asked[] = {
        1000, 10000, 250000, 500000, 750000, 900000, 990000, 999000, 999900, 1000000,
    };
    FILE *values = create(dir, "values"), *told = create(dir, "told");
    FILE *hgrm = create(dir, "hgrm");
    struct hist *h = hist_new();

    for (int i = 0; i < n; i++) {
        int64_t ns = some_duration(bits);
        hist_record(h, ns);
        fprintf(values, "%lld\n", (long long)ns);
    }
    for (size_t i = 0; i < COUNT(asked); i++)
        fprintf(told, "%u %lld\n", asked[i], (long long)hist_percentile(h, asked[i]));
    hist_print(h, hgrm);
    hist_free(h);
    fclose(values);
    fclose(told);
    fclose(hgrm);
}

static void compare(int n, unsigned bits)
{
    char dir[] = "/tmp/relayrace-test.XXXXXX", command[200];

    assert_non_null(mkdtemp(dir));
    write_all(dir, n, bits);
    snprintf(command, sizeof command, "node " ORACLE "/compare.js %s", dir);
    int status = system(command);
    snprintf(command, sizeof command, "rm -r %s", dir);
    assert_int_equal(system(command), 0);
    check(status == 0, "%d values of up to %u bits", n, bits);
}

static void agrees_with_hdr_histogram(void **state)
{
    static const struct { int n; unsigned bits; } cases[] = {
        { 20, 36 }, { 1000, 11 }, { 5000, 20 }, { 50000, 36 },
    };

    (void)state;
    if (system("node --version >/dev/null 2>&1") != 0) {
        print_message("(there is no node to ask)\n");
        skip();
    }
    if (access(ORACLE "/node_modules/hdr-histogram-js", F_OK) != 0) {
        print_message("(hdr-histogram-js is not there: make deps-oracle)\n");
        skip();
    }
    for (size_t i = 0; i < COUNT(cases); i++)
        compare(cases[i].n, cases[i].bits);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(agrees_with_hdr_histogram) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
