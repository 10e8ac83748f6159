/* agree.h - what the options of a command line mean together.
 *
 * Some follow from others: stages say how many connections there are and for how long.
 * Some contradict each other, and some ask for more than a machine has. */
#ifndef AGREE_H
#define AGREE_H

#include "flags.h"

/* Fills in what was not said: a time below 0, a number of 0. Where options cannot go
 * together, ends the program with one line. */
void agree(struct flags *);

#endif
