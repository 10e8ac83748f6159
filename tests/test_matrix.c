/* test_matrix.c - the table of events by models fits a window, however many there are. */
#include "matrix.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 150 };

static const struct trial trials[] = {
    TRIAL("an event whose name is so long that the column has no room for the end of it",
          NULL),
    { 0 },
};
static const struct theme themes[] = { { .title = "What happens", .trials = trials },
                                       { 0 } };

static char names[MAX_MODELS][64];

/* What is printed of so many models, of which the first fails and the second is passed
 * over. To be freed. */
static char *table(int models)
{
    char *text;
    size_t size;
    FILE *real = stdout;
    matrix_open();
    for (int m = 0; m < models; m++) {
        snprintf(names[m], sizeof names[m], "%c%c-coroutine", 'a' + m, 'a' + m);
        matrix_cell(m, 0)->outcome = m == 0 ? FAILED : m == 1 ? PASSED_OVER : PASSED;
    }
    snprintf(matrix_cell(1, 0)->why, sizeof matrix_cell(1, 0)->why, "it has its reason");
    stdout = open_memstream(&text, &size);
    assert_int_equal(matrix_print(themes, names, models, NULL), 1);
    fclose(stdout);
    stdout = real;
    return text;
}

static void it_fits_a_window(void **state)
{
    (void)state;
    for (int models = 2; models <= 18; models++) {
        char *text = table(models), *rest;
        for (char *line = strtok_r(text, "\n", &rest); line;
             line = strtok_r(NULL, "\n", &rest))
            if (strlen(line) > WINDOW)
                fail_msg("%d models, %zu columns: %s", models, strlen(line), line);
        free(text);
    }
}

static void many_have_four_letters_each(void **state)
{
    char *few = table(9), *many = table(18);
    (void)state;
    assert_non_null(strstr(few, " ii-corout"));
    assert_non_null(strstr(few, "   FAILED       (1)        ok"));
    assert_non_null(strstr(many, " aa-c bb-c cc-c"));
    assert_non_null(strstr(many, " FAIL  (1)   ok"));
    assert_non_null(strstr(many, "(1) not applicable: it has its reason"));
    free(few);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_fits_a_window),
        cmocka_unit_test(many_have_four_letters_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
