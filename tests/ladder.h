/* ladder.h - the trials step by step, in words: for who writes a model of their own. */
#ifndef LADDER_H
#define LADDER_H

#include "matrix.h"

enum { ENOUGH = 3 };            /* failed trials: the rest of a step would tell no more */

/* The step of a trial of that theme. */
enum step ladder_step(const struct theme *, const struct trial *);

/* Where the cells of model 0 begin that belong to a step; NULL if it has no trials. */
struct cell *ladder_first(const struct theme *, enum step);

/* How many of a step's trials ended so, or (-1) how many there are. The long ones do not
 * count. */
int ladder_count(const struct theme *, enum step, int outcome);

/* The step's line, in place while it runs, for eyes only; then what became of it, and, if
 * it does not hold, why, and what to look at. Returns whether it holds. */
void ladder_begin(const struct theme *, enum step);
bool ladder_end(const struct theme *, enum step);

/* The steps that were not tried, after one that does not hold. */
void ladder_rest(enum step failed);

/* A row of a table in that file for each step: how many trials have passed, of how many. */
void ladder_tally(const struct theme *, const char *path);

/* All steps with what to look at, and their trials. */
void ladder_list(const struct theme *);

#endif
