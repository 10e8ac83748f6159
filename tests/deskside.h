/* deskside.h - a desk, the owners of its jobs, and a database that does as it is told.
 *
 * The database's driver is made up. Each of its lines is a pair of sockets, and the test
 * holds the other end. Behind the desk is an upstream, too (upstream.h). */
#ifndef DESKSIDE_H
#define DESKSIDE_H

#include "desk.h"
#include "job.h"
#include "settings.h"
#include "unit.h"

enum { MOST = 32 };             /* owners, and lines that a test may open */

/* ---- the database ---- */

extern int lines_opened, lines_closed, jobs_dropped;
extern int steps_to_connect;    /* of a line that is opened, each with a new socket */
extern int64_t line_deadline;   /* what each line waits for besides */

/* The database answers on that line (0: the first that was opened) with a row, or with an
 * error: '!', or makes it connect again, in three steps: 'r'. */
void says(int line, char byte);

/* How many steps that line still takes to connect. */
int steps_left(int line);

/* It closes its end. */
void hangs_up(int line);

/* ---- the owners of jobs ---- */

extern struct options o;        /* one line, and one query: "q" */
extern int desk;                /* its descriptor */

extern struct owner {
    struct job job;
    struct order *order;        /* while the desk has it */
    int back;                   /* how often it was told */
} all[MOST];

extern int heard[MOST], tellings;        /* who was, in which order, and how many */
extern void (*when_told)(struct owner *);       /* is called then, unless NULL */

/* For cmocka: around each test, and around all. A test that changes the options opens the
 * desk then; one that leaves lines open fails. */
int desk_begins(void **state);
int desk_ends(void **state);
int upstream_begins(void **state);
int upstream_ends(void **state);

void open_desk(void);

/* Owner i brings a job; owners 0 to n - 1 bring a query each. */
void take(int i, const char *spec);
void take_queries(int n);

/* Owner i has no more use for its job. */
void drop_job(int i);

/* Waits until the desk has something to say, for that many ms at most, and hears it; or
 * again and again, until that many owners have been told in all. */
void turn(int ms);
void turns_until_told(int n);

/* Complains unless owner i was told once, and its job has that status: 0 with a text. */
void came_to(int i, int status);

/* Complains if anybody is told anything for a while. */
void is_silent(void);

#endif
