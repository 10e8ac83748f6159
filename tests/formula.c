/* formula.c - what a model predicts: a formula of n clients, W workers, C cores. */
#include "formula.h"
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DEEPEST = 50 };

struct reader {
    const char *at;
    double n, workers, cores;
    int depth;
};

static double read_sum(struct reader *r);

static bool comes(struct reader *r, const char *word)
{
    r->at += strspn(r->at, " ");
    size_t size = strlen(word);
    bool there = !strncmp(r->at, word, size);
    r->at += there ? size : 0;
    return there;
}

/* The rest of "(a)" or of "(a, b)", which is put there. */
static double read_arguments(struct reader *r, double *second)
{
    double first = read_sum(r);
    if (second)
        *second = comes(r, ",") ? read_sum(r) : NAN;
    return comes(r, ")") ? first : NAN;
}

static double read_number(struct reader *r)
{
    char *end;
    if (*r->at < '0' || *r->at > '9' || !strncmp(r->at, "0x", 2))
        return NAN;
    double number = strtod(r->at, &end);
    r->at = end;
    return number;
}

static double read_factor(struct reader *r)
{
    double a, b;
    if (r->depth++ > DEEPEST)
        return NAN;
    if (comes(r, "-"))
        a = -read_factor(r);
    else if (comes(r, "("))
        a = read_arguments(r, NULL);
    else if (comes(r, "ceil("))
        a = ceil(read_arguments(r, NULL));
    else if (comes(r, "min("))
        a = read_arguments(r, &b), a = isnan(a + b) ? NAN : fmin(a, b);
    else if (comes(r, "max("))
        a = read_arguments(r, &b), a = isnan(a + b) ? NAN : fmax(a, b);
    else
        a = comes(r, "n") ? r->n : comes(r, "W") ? r->workers
            : comes(r, "C") ? r->cores : read_number(r);
    r->depth--;
    return a;
}

static double read_product(struct reader *r)
{
    double value = read_factor(r);
    for (;;)
        if (comes(r, "*"))
            value *= read_factor(r);
        else if (comes(r, "/"))
            value /= read_factor(r);
        else
            return value;
}

static double read_sum(struct reader *r)
{
    double value = read_product(r);
    for (;;)
        if (comes(r, "+"))
            value += read_product(r);
        else if (comes(r, "-"))
            value -= read_product(r);
        else
            return value;
}

double formula_value(const char *formula, double n, double workers, double cores)
{
    struct reader r = { formula, n, workers, cores, 0 };
    double value = read_sum(&r);
    r.at += strspn(r.at, " ");
    return *r.at || isinf(value) ? NAN : value;
}
