/* lines.h - the lines to the database that a process has: --db-lines of them, for as many
 * threads as come.
 *
 * Each is opened when it is wanted for the first time, and so after any fork(2): a line
 * that a process has inherited is nobody's. If all are in use, the next job waits for
 * one: first come, first served; but not with more than --db-queue others, and not for
 * longer than --queue-timeout. A queue without a bound would only fill with those who
 * have given up. */
#ifndef LINES_H
#define LINES_H

struct job;
struct line;
struct options;

/* Before all else; opens nothing. The options must outlive it. */
void lines_open(const struct options *);

/* A line that is free or becomes free, and the caller's until it gives it back. NULL: the
 * job has failed, 503. Any thread may ask. */
struct line *lines_get(struct job *);

/* Its job is done. */
void lines_give(struct line *);

/* Closes those that nobody has: at the end. */
void lines_close(void);

#endif
