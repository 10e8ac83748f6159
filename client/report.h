/* report.h - what a run has shown, in words and as JSON. */
#ifndef REPORT_H
#define REPORT_H

#include "conn.h"
#include "proc.h"
#include "traffic.h"

struct errors {
    uint64_t count;
    char first[400];            /* the first one's reason */
};

struct report {
    const struct flags *flags;
    const struct tally *tally;
    struct errors errors[FAILURES];
    struct cost client, server; /* during the measured time; server: with --server-pid */
    bool interrupted;
    const char *silent;         /* "no answer for 10 s", if that ended it; or NULL */
    int status;                 /* the exit status: report_judge() */
};

/* Sets the exit status: 130 interrupted, 1 lines broke or nothing came back,
 * 3 messages lost or damaged, 0 fine. */
void report_judge(struct report *);

void report_print(const struct report *, FILE *);
void report_json(const struct report *, FILE *);

#endif
