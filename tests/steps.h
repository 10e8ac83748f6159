/* steps.h - the trials step by step, in words: for who writes a model of their own. */
#ifndef STEPS_H
#define STEPS_H

#include "matrix.h"

enum { ENOUGH = 3 };            /* failed trials: the rest of a step would tell no more */

/* The step of a trial of that theme. */
enum step step_of(const struct theme *, const struct trial *);

/* Where the cells of model 0 begin that belong to a step; NULL if it has no trials. */
struct cell *steps_first(const struct theme *, enum step);

/* How many of a step's trials ended so, or (-1) how many there are. The long ones do not
 * count. */
int steps_count(const struct theme *, enum step, int outcome);

/* The step's line, in place while it runs, for eyes only; then what became of it, and, if
 * it does not hold, why, and what to look at. Returns PASSED if it holds, FAILED, MACHINE
 * if nothing failed that holds elsewhere, PASSED_OVER if nothing of it could be asked. */
void steps_begin(const struct theme *, enum step);
enum outcome steps_end(const struct theme *, enum step);

/* The steps that were not tried, after one that does not hold. */
void steps_rest(enum step failed);

/* A row in that file for each trial, with tabs between: step, title, trial, outcome
 * (passed, flaky, failed, machine, not applicable, not tried), how often it was tried, by
 * which model it was controlled, why. */
void steps_tally(const struct theme *, const char *path);

/* All steps with what to look at, and their trials. */
void steps_list(const struct theme *);

#endif
