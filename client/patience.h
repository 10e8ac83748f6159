/* patience.h - four times a second: is anybody waiting for too long?
 *
 * For --timeout a connection may wait until it is served, and a member for a message that
 * it is owed. But if a tick comes late, we were away, or the whole machine was: what came
 * in the meantime is still to be read, and nobody was slow but us. */
#ifndef PATIENCE_H
#define PATIENCE_H

#include "clock.h"
#include "connecting.h"

#define TICK (250 * MS)

struct patience {
    int64_t ticked, awake;      /* the last tick; since when none of them was late */
    bool silent;                /* no answer for --timeout ended the run */
    char unserved[200];         /* why the run never began; or empty */
};

/* Ticks begin, or begin again. */
void patience_begin(struct patience *);

/* Were we away, no longer than a tick ago? */
bool patience_just_back(struct patience *);

/* A tick. If somebody has waited for too long, the connection breaks, the team is called
 * off, or the program ends with one line. */
void patience_tick(struct patience *, struct connecting *);

#endif
