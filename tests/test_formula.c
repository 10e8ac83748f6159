/* test_formula.c - what models predict is computed as the experiments compute it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "formula.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 10, W = 4, C = 2 };

static void test_values(void **state)
{
    static const struct { const char *formula; double value; } table[] = {
        { "1", 1 }, { "n", 10 }, { " n ", 10 }, { "ceil(n/W)", 3 }, { "max(1,n/C)", 5 },
        { "max( 1 , n / C )", 5 }, { "ceil(n/min(W,C))", 5 }, { "n/1e9", 1e-8 },
        { "(n+1)*2-W/C", 20 }, { "n-W-C", 4 }, { "n/W/C", 1.25 }, { "-1+n", 9 },
        { "1.5*n", 15 }, { "max(1,min(n,W))", 4 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        double value = formula_value(table[i].formula, N, W, C);
        if (!(fabs(value - table[i].value) < 1e-12))
            fail_msg("%s is %g, not %g", table[i].formula, value, table[i].value);
    }
}

static void test_no_formula(void **state)
{
    static const char *const table[] = {
        "", " ", "n n", "max(1)", "max(1,2", "ceil()", "n/0", "x", "n+", "(n", "1)",
        "nan", "system(1)", "max(1,nothing)", "inf", "0x10",
    };
    (void)state;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (!isnan(formula_value(table[i], N, W, C)))
            fail_msg("\"%s\" has a value", table[i]);
    char deep[2001];
    snprintf(deep, sizeof deep, "%0*d", (int)sizeof deep - 1, 0);
    for (char *p = deep; *p; p++)
        *p = '(';
    assert_true(isnan(formula_value(deep, N, W, C)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_no_formula),
    };
    return cmocka_run_group_tests_name("formulas", tests, NULL, NULL);
}
