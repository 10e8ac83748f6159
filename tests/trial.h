/* trial.h - one trial of the conformance suite: a promise of the relay, put to the test.
 *
 * The same trials run against every model. What a model cannot do by its nature, serve
 * two at a time for example, is found by asking it, not by knowing its name. */
#ifndef TRIAL_H
#define TRIAL_H

/* cmocka wants these before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server.h"
#include <stdbool.h>

enum needs {
    ANYONE,                     /* holds in every model */
    SEVERAL,                    /* at least three clients at a time: a crew will do */
    A_CROWD,                    /* as many clients as come */
};

/* First things first: who writes a model takes these steps, `make check` asks for them in
 * this order. Step 1, that it compiles, needs no trial. steps.c says what to look at. */
enum step {
    AS_ITS_THEME, STARTS = 2, SERVES, RELAYS, ORDERS, OBEYS, BOUNDS, WITHSTANDS, RESTS,
    PREDICTS, LAST_STEP = PREDICTS
};

struct trial {
    const char *name;
    void (*run)(struct server *);
    const char *options;        /* of the server, or NULL */
    int workers;                /* of a crew; 0: sixteen */
    int files;                  /* descriptors it may have, a process; 0: ours */
    int signals;                /* that may be queued for it; 0: ours */
    enum needs needs;
    bool stacks;                /* only where await takes some */
    bool awaits;                /* only in a loop whose await lets others go first */
    enum step step;             /* if it is not its theme's */
    bool bare;                  /* starts servers itself: run() gets one without pid */
    bool thorough;              /* takes long: only `make test-matrix` has the time */
    bool timed;                 /* wants the machine for itself: only the lab has it */
};

#define TRIAL(title, ...) { .name = title, .run = __VA_ARGS__ }

/* Each ends with a trial without a name. */
extern const struct trial relay_trials[], frame_trials[], protocol_trials[],
    utf8_trials[], handshake_trials[], http_trials[], bound_trials[], trouble_trials[],
    patience_trials[], machine_trials[], child_trials[], office_trials[],
    stop_trials[], option_trials[], security_trials[], load_trials[],
    start_trials[], await_trials[], share_trials[], claim_trials[], token_trials[],
    comet_trials[], visit_trials[], job_trials[], fetch_trials[], postgres_trials[];

/* Ends the trial with a message, unless ok. */
#define check(ok, ...) \
    do { if (!(ok)) complain(__FILE__, __LINE__, __VA_ARGS__); } while (0)
_Noreturn void complain(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Names the row of a table that is being tried; a complaint begins with it. */
void trying(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the trial as not applicable, with a word about why. */
_Noreturn void pass_over(const char *why);

void pause_ms(int ms);

#endif
