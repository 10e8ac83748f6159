/* test_fuzz.c - what fuzzing has found worth keeping, once more, without a fuzzer.
 *
 * A target that finds something wrong aborts. Every file of the corpus is tried as it is,
 * and with some of its bytes turned. */
#include "fuzz/fuzz.h"
#include "unit.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

enum { LONGEST = 65536, TURNS = 200 };

static void test_corpus(void **state)
{
    static uint8_t data[LONGEST];
    glob_t files;

    (void)state;
    assert_int_equal(glob("tests/fuzz/corpus/*", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        FILE *file = fopen(files.gl_pathv[i], "re");
        check(file, "%s cannot be read", files.gl_pathv[i]);
        size_t n = fread(data, 1, LONGEST, file);
        fclose(file);
        LLVMFuzzerTestOneInput(data, n);
        for (int k = 0; k < TURNS && n > 1; k++) {
            data[1 + dice((unsigned)n - 1)] = (uint8_t)dice(256);
            LLVMFuzzerTestOneInput(data, n);
        }
    }
    globfree(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_corpus) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
