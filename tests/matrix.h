/* matrix.h - what became of every trial with every model: events by models. */
#ifndef MATRIX_H
#define MATRIX_H

#include "trial.h"

enum { MAX_MODELS = 64, MAX_TRIALS = 300 };

enum outcome { UNTRIED, PASSED, FAILED, PASSED_OVER, MACHINE };

struct cell {
    enum outcome outcome;       /* MACHINE: a model that is known to hold fails as well */
    int tries;                  /* PASSED after several: the first failed, see why */
    char why[160];              /* of what failed last, or of PASSED_OVER */
    char control[32];           /* the model that was tried beside it, if any was */
};

struct theme {
    const char *title;
    const struct trial *trials; /* the last one has no name */
    enum step step;             /* of those that name none of their own */
};

/* The table lies in memory that forked processes share. */
void matrix_open(void);
struct cell *matrix_cell(int model, int trial);

/* Prints the table; in the folder, unless that is NULL, it becomes matrix.csv, report.md
 * and what experiments/report wants besides. Rows that no model has tried are left out.
 * Returns how many cells have failed; one that was not tried, though others in its row
 * were, has failed as well. */
int matrix_print(const struct theme *, char names[][64], int models, const char *folder);

#endif
