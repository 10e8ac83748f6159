/* report.h - what a run has shown, in words and as JSON. */
#ifndef REPORT_H
#define REPORT_H

#include "check.h"
#include "run.h"

struct report {
    const struct flags *flags;
    struct tally tally;         /* of all threads together */
    struct errors errors[FAILURES];
    struct cost client, server; /* in the measured time; server: with --server-pid */
    double opening;             /* seconds until all connections were open; 0: never */
    double asked, sent, answered;       /* messages a second of an open loop */
    double growth;              /* see tally_growth(); of a closed loop 0 */
    double cost_seconds;        /* the time in which the costs were */
    double share;               /* see check.h */
    struct others at_server, at_client; /* what others had of the cores of these two */
    double waited;              /* for others, the server; below 0: unknown */
    int open;                   /* connections that were open at once, at most -c */
    bool interrupted, silent;
    char unserved[200];         /* why it did not begin; or empty */
    struct verdict verdict;
    int status;                 /* the exit status */
};

/* Adds up what the threads have seen, checks it, and sets the exit status:
 *   130 interrupted
 *   1   lines broke, or nothing came back
 *   3   more deliveries lost than --max-loss, or any damaged; more answers other than
 *       2xx than --max-refused; more requests given up than --max-given-up
 *   4   not valid
 *   3   --slo-p99 broken
 *   0   fine */
void report_init(struct report *, const struct team *, const struct run *runs);
void report_free(struct report *);

/* In words, print.c; as JSON, json.c, with a key for each failure. */
void report_print(const struct report *, FILE *);
void report_json(const struct report *, FILE *);
extern const char *const failure_names[FAILURES];

/* What both of them say. */
uint64_t report_lost(const struct report *);
double report_seconds(const struct report *);
bool report_slo_broken(const struct report *);

/* When a room is shared, and what is lost has a pattern: whom does the server send to? */
enum manner { TO_ALL, TO_SENDER, TO_OTHERS };
enum manner report_manner(const struct report *);

static inline double greater(double a, double b)
{
    return a > b ? a : b;
}

/* A total, for each one of a number; of none: 0. */
static inline double each(double total, double count)
{
    return count > 0 ? total / count : 0;
}

#endif
