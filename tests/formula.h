/* formula.h - what a model predicts: a formula of n clients, W workers, C cores.
 *
 * As experiments/lib/models.sh evaluates it: numbers, n, W and C; + - * / and
 * parentheses; ceil(x), min(a,b) and max(a,b). */
#ifndef FORMULA_H
#define FORMULA_H

/* Its value; not a number, see isnan(3), if it is no such formula. */
double formula_value(const char *formula, double n, double workers, double cores);

#endif
