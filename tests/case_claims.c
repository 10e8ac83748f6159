/* case_claims.c - what a model predicts is measured: experiments 01 and 06, in short.
 *
 * Only shapes are told apart, ten jobs' time from one's: a factor of three is let pass.
 * What the cores were worth at that moment is measured, too. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include "formula.h"
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    CLIENTS = 10,
    WAIT = 100,                 /* ms of a sleep or a nap */
    COMPUTE = 20,               /* ms of a computation, or a little more */
    LONG_JOB = 400,             /* ms that somebody else may have to wait */
    AT_WORK = 60,               /* ms until that has surely begun */
};

static const double LET_PASS = 3;

/* ---- the machine ---- */

static void *spin(void *arg)
{
    int64_t *until = arg;
    struct timespec used;
    while (clock_now() < *until)
        ;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (void *)(intptr_t)(used.tv_sec * 1000 * MS + used.tv_nsec);
}

/* How many cores' worth ten threads get: fewer than there are, if others want some. */
static double cores(void)
{
    enum { LONG = 120 };
    pthread_t threads[CLIENTS];
    int64_t start = clock_now(), until = start + LONG * MS, total = 0;
    void *used;
    for (int i = 0; i < CLIENTS; i++)
        check(pthread_create(&threads[i], NULL, spin, &until) == 0, "no thread");
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], &used);
        total += (intptr_t)used;
    }
    return (double)total / (clock_now() - start);
}

/* ---- jobs ---- */

static void ask_for(struct client *c, const char *job)
{
    char request[200];
    int n = snprintf(request, sizeof request,
                     "GET /job/%s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", job);
    client_write(c, request, n);
}

static void expect_done(struct client *c, const char *job)
{
    struct answer a;
    http_read(c, &a, false);
    check(a.status == 200, "%s is answered %d", job, a.status);
}

/* ns until all are answered who ask at the same moment. */
static int64_t all_at_once(struct server *s, const char *job, int count)
{
    struct client *c[CLIENTS];
    int64_t start = clock_now();
    for (int i = 0; i < count; i++) {
        c[i] = client_connect(s);
        ask_for(c[i], job);
    }
    for (int i = 0; i < count; i++)
        expect_done(c[i], job);
    int64_t ns = clock_now() - start;
    for (int i = 0; i < count; i++)
        client_close(c[i]);
    return ns;
}

/* The best of a few alone: others may have the core meanwhile. */
static int64_t alone(struct server *s, const char *job)
{
    int64_t best = INT64_MAX;
    for (int i = 0; i < 3; i++) {
        int64_t ns = all_at_once(s, job, 1);
        best = ns < best ? ns : best;
    }
    return best;
}

/* Puts a computation there that takes so many ms or a little more; returns its ns. */
static int64_t computation(struct server *s, int ms, char *job, size_t size)
{
    int64_t ns = 0;
    for (int n = 22; ns < ms * MS && n <= 45; n++) {
        snprintf(job, size, "cpu:%d", n);
        if (ns < ms * MS / 8)
            ns = all_at_once(s, job, 1);        /* far from it: no need to look twice */
        else
            ns = alone(s, job);
    }
    return ns;
}

/* ---- what it predicts ---- */

static double predicted(const struct model *m, const char *what, int n, int workers,
                        double c)
{
    bool nap = !strcmp(what, "nap");
    const char *formula = model_predicts(m->name, what);
    if (nap && !*formula) {     /* it holds a thread as a computation does, but no core */
        formula = model_predicts(m->name, "cpu");
        c = 1e9;
    }
    check(*formula, "models/%s.c opens without a line \"Predicts: cpu ..., wait ...\"",
          m->name);
    double value = formula_value(formula, n, m->helpers ? m->helpers : workers, c);
    check(!isnan(value), "it predicts `%s %s`, which is no formula of n, W and C", what,
          formula);
    return value;
}

static void compare(const struct model *m, const char *what, const char *do_it,
                    double expected, double measured)
{
    char formula[100];
    snprintf(formula, sizeof formula, "%s", model_predicts(m->name, what));
    check(measured < expected * LET_PASS && measured > expected / LET_PASS,
          "%d clients that %s take %.1f times one's time; `%s` predicts %.1f", CLIENTS,
          do_it, measured, *formula ? formula : "cpu", expected);
}

/* With a crew of one, and with a worker for each; a model without a crew, once. */
static void with_crews(struct server *bare,
                       void (*call)(struct server *, int workers))
{
    char options[40] = "";
    for (int workers = 1; workers <= CLIENTS; workers += CLIENTS - 1) {
        if (bare->model->crew) {
            snprintf(options, sizeof options, "--workers %d", workers);
            trying("--workers %d", workers);
        }
        struct server *s = server_start(bare->model, options, NULL);
        call(s, workers);
        server_stop(s, SIGTERM);
        if (!bare->model->crew)
            break;
    }
}

static void compute_at_once(struct server *s, int workers)
{
    char job[40];
    double one = computation(s, COMPUTE, job, sizeof job), c = cores();
    double all = all_at_once(s, job, CLIENTS);
    compare(s->model, "cpu", "compute", predicted(s->model, "cpu", CLIENTS, workers, c),
            all / one);
}

static void wait_at_once(struct server *s, int workers, const char *what,
                         const char *do_it)
{
    char job[40];
    snprintf(job, sizeof job, "%s:%d", do_it, WAIT);
    double expected = predicted(s->model, what, CLIENTS, workers, 1);
    compare(s->model, what, do_it, expected,
            (double)all_at_once(s, job, CLIENTS) / (WAIT * MS));
}

static void sleep_at_once(struct server *s, int workers)
{
    wait_at_once(s, workers, "wait", "sleep");
}

static void nap_at_once(struct server *s, int workers)
{
    wait_at_once(s, workers, "nap", "nap");
}

static void computing(struct server *bare) { with_crews(bare, compute_at_once); }
static void sleeping(struct server *bare) { with_crews(bare, sleep_at_once); }
static void napping(struct server *bare) { with_crews(bare, nap_at_once); }

/* How many jobs' time does a bystander wait? As long as a second job would add, cores
 * enough, or as the model says of those that hold a thread. */
static double wait_beside(const struct model *m, const char *what)
{
    if (strcmp(what, "wait") != 0 && *model_predicts(m->name, "beside"))
        return predicted(m, "beside", 2, 2, 1e9);
    return predicted(m, what, 2, 2, 1e9) - 1;
}

/* One client has a job done; another, who asks for nothing, waits for its end, or does
 * not. */
static void beside(struct server *s, const char *what, const char *job, int64_t ns)
{
    bool waits = wait_beside(s->model, what) > 0.5;
    struct client *busy = client_connect(s), *bystander = client_connect(s);
    struct answer a;
    trying("%s", job);
    ask_for(busy, job);
    pause_ms(AT_WORK);
    int64_t start = clock_now();
    http_get(bystander, "/healthz", &a);
    double waited = (double)(clock_now() - start) / (ns - AT_WORK * MS);
    check(a.status == 200, "/healthz is answered %d", a.status);
    check(waits == (waited > 0.5), "a bystander waits for %.0f %% of it; it predicts %s",
          100 * waited, waits ? "all" : "nothing");
    expect_done(busy, job);
    client_close(busy);
    client_close(bystander);
}

static void bystanders(struct server *s)
{
    static const struct { const char *what, *job; } waits[] = {
        { "wait", "sleep:400" }, { "nap", "nap:400" },
    };
    char job[40];
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++)
        beside(s, waits[i].what, waits[i].job, LONG_JOB * MS);
    trying("%s", "");
    int64_t ns = computation(s, LONG_JOB, job, sizeof job);
    beside(s, "cpu", job, ns);
}

const struct trial claim_trials[] = {
    TRIAL("ten clients that sleep take the time that it predicts", sleeping,
          .bare = true, .timed = true),
    TRIAL("ten clients that nap take the time that it predicts", napping, .bare = true,
          .timed = true),
    TRIAL("ten clients that compute take the time that it predicts", computing,
          .bare = true, .timed = true),
    TRIAL("who asks for nothing waits as it predicts", bystanders, .workers = 2,
          .timed = true),
    { 0 },
};
