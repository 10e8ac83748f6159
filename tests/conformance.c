/* conformance.c - the relay's contract, put to every model over real sockets.
 *
 *   conformance [MODEL...]      the models to try; none: all that are built
 *   BIN=dir                     where they are, "bin" if not told
 *   CASE=text                   only the trials whose name contains this
 *   JOBS=number                 of models tried side by side, since most of the time is
 *                               waiting; if not told, by the cores and the memory
 *   SEED=number                 of the random masks and bytes
 *   MATRIX=folder               all trials, the long ones too, and a table of them there
 *   LONG=1                      only the long ones
 *   STEPS=1                     one model, step by step and in words, as far as it gets
 *   STEPS=list                  only tells the steps
 *   TALLY=file                  one model, all steps, and a line for each trial, tabs
 *   CONTROLS="a b"              in steps: models that hold, to know the machine by
 *   NAMESPACE=0                 without namespaces, see enclosure.h
 *
 * A model is a program in BIN that has a file in models/. None is listed here.
 * Each trial runs in an enclosure, and so nothing of a model outlives it. */
#include "trial.h"
#include "steps.h"
#include "matrix.h"
#include "enclosure.h"
#include "wsclient.h"
#include <glob.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    TRIAL_SECONDS = 40, THOROUGH_SECONDS = 400,
    TRIES = 3,                  /* of a trial that fails, in steps */
};

static const struct theme themes[] = {
    { "Relay", relay_trials, RELAYS },
    { "RFC 6455 by the table", frame_trials, OBEYS },
    { "RFC 6455 by the letter", protocol_trials, OBEYS },
    { "UTF-8", utf8_trials, OBEYS },
    { "Handshakes", handshake_trials, SERVES },
    { "HTTP", http_trials, SERVES },
    { "Without a WebSocket", comet_trials, BOUNDS },
    { "Bounds", bound_trials, BOUNDS },
    { "Bounds without a WebSocket", visit_trials, BOUNDS },
    { "Jobs that await", await_trials, BOUNDS },
    { "Files and a database", job_trials, BOUNDS },
    { "Jobs that wait for others", fetch_trials, BOUNDS },
    { "The line", trouble_trials, WITHSTANDS },
    { "Patience", patience_trials, BOUNDS },
    { "Shares", share_trials, BOUNDS },
    { "The machine", machine_trials, WITHSTANDS },
    { "Killed children", child_trials, WITHSTANDS },
    { "The post office", office_trials, WITHSTANDS },
    { "Stopping", stop_trials, WITHSTANDS },
    { "Command line", option_trials, STARTS },
    { "What its parent leaves behind", start_trials, WITHSTANDS },
    { "Security", security_trials, BOUNDS },
    { "Tokens", token_trials, BOUNDS },
    { "A database", postgres_trials, BOUNDS },
    { "Load", load_trials, ORDERS },
    { "Claims", claim_trials, PREDICTS },
    { 0 },
};

/* What cmocka hands to each test: this model, this trial. */
struct meeting {
    const struct model *model;
    const struct trial *trial;
    struct cell *cell;
    char name[160];
};

/* What a trial leaves when it ends; in memory that is shared with it. */
static struct report {
    enum outcome outcome;
    int line;
    char file[100], text[1300];
    char why[160];              /* the same in short */
    struct model model;         /* what a probe has found */
} *report;

static char row[200];           /* of the table that is being worked off */
static int failed, most_failed = INT_MAX;       /* trials of this model */
static int most_tries = 1;      /* of a trial that fails */

void trying(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(row, sizeof row, format, args);
    va_end(args);
}

void complain(const char *file, int line, const char *format, ...)
{
    char text[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    report->line = line;
    snprintf(report->file, sizeof report->file, "%s", file);
    snprintf(report->text, sizeof report->text, "%s%s%s", row, *row ? ": " : "", text);
    snprintf(report->why, sizeof report->why, "%.60s%s%.90s", row, *row ? ": " : "",
             text);
    _exit(0);
}

void pass_over(const char *why)
{
    report->outcome = PASSED_OVER;
    snprintf(report->why, sizeof report->why, "%s", why);
    _exit(0);
}

void pause_ms(int ms) { usleep(ms * 1000); }

/* ---- one trial, in its enclosure ---- */

static void meet(void *arg)
{
    struct meeting *m = arg;
    const struct trial *t = m->trial;
    char options[1024];
    int n = snprintf(options, sizeof options, "%s", t->options ? t->options : "");
    if (m->model->crew && t->workers)
        snprintf(options + n, sizeof options - n, " --workers %d", t->workers);
    if (t->stacks && !m->model->stacks)
        pass_over("await takes no stack");
    if (t->awaits && !m->model->awaits)
        pass_over("await computes as any other job does");
    if (t->timed && SLOWER > 1)
        pass_over("a checked build is not timed");
    if (m->model->single && t->needs > ANYONE)
        pass_over("serves one client at a time");
    if (m->model->crew && t->needs > SEVERAL)
        pass_over("serves as many clients as it has workers");
    struct limits limits = { .files = t->files, .signals = t->signals };
    struct server *s = t->bare ? &(struct server){ .model = m->model }
                               : server_start(m->model, options, &limits);
    t->run(s);
    clients_close();
    if (!t->bare && s->pid)
        server_stop(s, SIGTERM);
    report->outcome = PASSED;
}

struct question { const char *name; bool answers; };

static void ask(void *arg)
{
    struct question *q = arg;
    if (model_unfit(q->name, report->why, sizeof report->why)) {
        report->outcome = PASSED_OVER;
        return;
    }
    report->model = model_probe(q->name, q->answers);
    report->outcome = PASSED;
}

/* What becomes of it is in the report then. */
static enum outcome attempt(void (*run)(void *), void *arg, int seconds)
{
    char why[140];
    trying("%s", "");
    *report = (struct report){ .outcome = FAILED, .file = __FILE__, .line = __LINE__ };
    int status = enclose(run, arg, seconds, why, sizeof why);
    if (status != 0 || (report->outcome == FAILED && !*report->why)) {
        report->outcome = FAILED;
        if (status >= 0)
            snprintf(why, sizeof why, "ended with status %d", status);
        snprintf(report->why, sizeof report->why, "it %s", why);
        snprintf(report->text, sizeof report->text, "it %s", why);
    }
    return report->outcome;
}

/* ---- a fault, or the machine? ---- */

/* Models that are known to hold; of one model's like are those that serve their clients
 * by the same means, one at a time or a crew's worth or all. */
static struct model controls[MAX_MODELS];
static int control_count = -1;  /* they are probed when the first is needed */
static const struct model *likened;

static int distance(const struct model *m)
{
    return (m->single != likened->single) * 4 + (m->kind != likened->kind) * 2
           + (m->crew != likened->crew);
}

static int by_distance(const void *a, const void *b) { return distance(a) - distance(b); }

static void find_controls(const struct model *model)
{
    static char names[2000];
    char *rest;
    snprintf(names, sizeof names, "%s", getenv("CONTROLS") ? getenv("CONTROLS") : "");
    control_count = 0;
    likened = model;
    for (char *name = strtok_r(names, " ", &rest); name && control_count < MAX_MODELS;
         name = strtok_r(NULL, " ", &rest)) {
        struct question q = { .name = name, .answers = true };
        if (!strcmp(name, model->name) || attempt(ask, &q, TRIAL_SECONDS) != PASSED)
            continue;
        controls[control_count++] = report->model;
        if (distance(&report->model) == 0)
            break;              /* there is none nearer */
    }
    qsort(controls, control_count, sizeof *controls, by_distance);
}

/* The nearest one to which the trial can be put. True if it fails as well. What the trial
 * has said of the model itself stays in the report. */
static bool control_fails(struct meeting *m)
{
    struct report own = *report;
    enum outcome outcome = PASSED_OVER;
    if (control_count < 0)
        find_controls(m->model);
    for (int i = 0; i < control_count && outcome == PASSED_OVER; i++) {
        struct meeting control = { .model = &controls[i], .trial = m->trial };
        outcome = attempt(meet, &control, TRIAL_SECONDS);
        snprintf(m->cell->control, sizeof m->cell->control, "%.31s", controls[i].name);
    }
    *report = own;
    return outcome == FAILED;
}

/* A trial that fails is tried twice more, and before the last time it is put to a
 * control, so that what the machine was like is known for that moment. In a model of
 * which much fails for good nothing is tried again: it would take long and tell nothing
 * new. */
static void judge(struct meeting *m)
{
    struct cell *cell = m->cell;
    int tries = failed < ENOUGH ? most_tries : 1;
    int seconds = m->trial->thorough ? THOROUGH_SECONDS : TRIAL_SECONDS;
    *cell = (struct cell){ .outcome = attempt(meet, m, seconds), .tries = 1 };
    snprintf(cell->why, sizeof cell->why, "%s", report->why);
    while (cell->outcome == FAILED && cell->tries < tries) {
        if (++cell->tries == tries && control_fails(m)) {
            cell->outcome = MACHINE;
            break;
        }
        cell->outcome = attempt(meet, m, seconds);
        if (cell->outcome == FAILED)
            snprintf(cell->why, sizeof cell->why, "%s", report->why);
    }
    failed += cell->outcome == FAILED;
}

static void run_trial(void **state)
{
    struct meeting *m = *state;
    if (failed >= most_failed) {
        m->cell->outcome = UNTRIED;
        skip();
    }
    judge(m);
    if (m->cell->outcome == PASSED)
        return;
    if (m->cell->outcome == PASSED_OVER) {
        print_message("(%s)\n", report->why);
        skip();
    }
    print_error("%s\n", report->text);
    _fail(report->file, report->line);
}

static void interrupted(int sig)
{
    enclosure_break();
    _exit(128 + sig);
}

/* ---- all of them ---- */

/* Which trials: of one step, or, if that is 0, of all. */
struct choice {
    enum step step;
    bool brief, thorough;
};

/* Found out once, and known to all steps after it. */
static struct known { bool started, serves, unfit; struct model model; } *known;

/* False, and that is held against the cell, if it does not even tell what it is. */
static bool probe(const char *name, bool answers, struct cell *blamed)
{
    struct question q = { .name = name, .answers = answers };
    if (answers ? known->serves : known->started)
        return true;
    int tries = 1;
    while (attempt(ask, &q, TRIAL_SECONDS) == FAILED && tries < most_tries)
        tries++;
    if (report->outcome == FAILED) {
        *blamed = (struct cell){ .outcome = FAILED, .tries = tries };
        snprintf(blamed->why, sizeof blamed->why, "%s", report->why);
        fprintf(stderr, "%s: %s\n", name, report->text);
        return false;
    }
    if (report->outcome == PASSED_OVER) {
        known->unfit = true;
        return true;
    }
    *known = (struct known){ .started = true, .serves = answers, .model = report->model };
    return true;
}

static bool is_chosen(const struct theme *theme, const struct trial *t,
                      struct choice choice)
{
    if (choice.step && choice.step != step_of(theme, t))
        return false;
    bool asked_for = !t->timed || choice.step || getenv("CASE");
    return t->thorough ? choice.thorough : choice.brief && asked_for;
}

/* Models that are tried side by side begin at different trials, so that not all of them
 * compute at one moment and all of them wait at another. */
static void begin_elsewhere(struct CMUnitTest *tests, int count, int number)
{
    static struct CMUnitTest turned[MAX_TRIALS];
    enum { STRIDE = 7 };        /* of as many parts as are begun in turn */
    int from = count * (number * 3 % STRIDE) / STRIDE;
    for (int i = 0; i < count; i++)
        turned[i] = tests[(from + i) % count];
    memcpy(tests, turned, count * sizeof *tests);
}

static int try_model(const char *name, int number, struct choice choice)
{
    static struct meeting meetings[MAX_TRIALS];
    static struct CMUnitTest tests[MAX_TRIALS];
    struct cell *first = NULL;
    int count = 0, at = 0;
    for (const struct theme *theme = themes; theme->title; theme++)
        for (const struct trial *t = theme->trials; t->name; t++, at++) {
            struct meeting *m = &meetings[count];
            if (!is_chosen(theme, t, choice))
                continue;
            *m = (struct meeting){ .model = &known->model, .trial = t,
                                   .cell = matrix_cell(number, at) };
            first = first ? first : m->cell;
            snprintf(m->name, sizeof m->name, "%.60s: %.90s", name, t->name);
            tests[count++] = (struct CMUnitTest){ m->name, run_trial, NULL, NULL, m };
        }
    if (!first || !probe(name, choice.step != STARTS, first))
        return 1;
    if (known->unfit) {
        printf("%s: skipped: it %s\n", name, report->why);
        for (int i = 0; i < count; i++) {
            meetings[i].cell->outcome = PASSED_OVER;
            snprintf(meetings[i].cell->why, sizeof meetings[i].cell->why, "%s",
                     report->why);
        }
        return 0;
    }
    printf("%s: %s\n", name, known->model.crew ? "a crew, one client for each"
           : known->model.single ? "one client at a time" : "any number of clients");
    if (!choice.step)
        begin_elsewhere(tests, count, number);
    return _cmocka_run_group_tests(name, tests, count, NULL, NULL);
}

/* The names of all models that are built. */
static int find_models(char names[][64])
{
    glob_t found;
    int count = 0;
    const char *bin = getenv("BIN") ? getenv("BIN") : "bin";
    if (glob("models/*.c", 0, NULL, &found))
        return 0;
    for (size_t i = 0; i < found.gl_pathc && count < MAX_MODELS; i++) {
        char path[4096], *name = names[count];
        snprintf(name, 64, "%s", found.gl_pathv[i] + strlen("models/"));
        name[strlen(name) - 2] = '\0';
        snprintf(path, sizeof path, "%s/%s", bin, name);
        count += access(path, X_OK) == 0;
    }
    globfree(&found);
    return count;
}

static void prepare(void)
{
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *seed = getenv("SEED"), *only = getenv("CASE");
    unsigned number = seed ? strtoul(seed, NULL, 10) : (unsigned)time(NULL);
    srand(number);
    if (!getenv("STEPS") && !getenv("TALLY"))
        printf("SEED=%u\n", number);
    static char pattern[200];
    snprintf(pattern, sizeof pattern, "*%s*", only ? only : "");
    if (only)
        cmocka_set_test_filter(pattern);
}

/* ---- side by side ---- */

/* Memory that a process and those that it forks have together. */
static void *shared(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                        -1, 0);
    if (memory == MAP_FAILED)
        abort();
    return memory;
}

static volatile pid_t workers[MAX_MODELS];      /* that run now */

/* Each ends what is in its enclosure; then we end as the signal would have ended us. */
static void all_interrupted(int sig)
{
    for (int i = 0; i < MAX_MODELS; i++)
        if (workers[i])
            kill(workers[i], SIGTERM);
    for (int i = 0; i < MAX_MODELS; i++)
        if (workers[i])
            waitpid(workers[i], NULL, 0);
    signal(sig, SIG_DFL);
    raise(sig);
}

static void heed_signals(void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_NODEFER };
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

struct run {
    const char *name;
    pid_t pid;
    int out;                    /* what it prints is kept until it ends; -1: it is not */
};

static struct run begin_run(const char *name, int number, bool keep,
                            struct choice choice)
{
    struct run run = { .name = name, .out = keep ? memfd_create(name, MFD_CLOEXEC) : -1 };
    sigset_t all, old;
    fflush(NULL);
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);         /* none is forgotten that has begun */
    run.pid = fork();
    if (run.pid) {
        workers[number] = run.pid;
        sigprocmask(SIG_SETMASK, &old, NULL);
        return run;
    }
    heed_signals(interrupted);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    sigprocmask(SIG_SETMASK, &old, NULL);
    report = shared(sizeof *report);
    if (!known)
        known = shared(sizeof *known);
    if (keep) {
        dup2(run.out, 1);
        dup2(run.out, 2);
    }
    int failures = try_model(name, number, choice);
    fflush(NULL);
    _exit(failures != 0);
}

/* Waits for any of them, tells what it has printed, and returns whether it has failed. */
static int end_run(struct run *runs, int count)
{
    int status;
    pid_t pid = wait(&status);
    for (int i = 0; i < count; i++)
        if (runs[i].pid == pid) {
            workers[i] = 0;
            char buf[65536];
            ssize_t n;
            for (off_t at = 0; (n = pread(runs[i].out, buf, sizeof buf, at)) > 0; at += n)
                fwrite(buf, 1, n, stdout);
            close(runs[i].out);
            fflush(stdout);
            if (status != 0)
                fprintf(stderr, "conformance: %s failed; make check MODEL=%s tells what "
                        "to look at\n", runs[i].name, runs[i].name);
        }
    return status != 0;
}

/* A switch of the environment; anything but yes and no ends us. */
static bool switched_on(const char *name)
{
    const char *told = getenv(name);

    if (!told || !*told || !strcmp(told, "0") || !strcasecmp(told, "no"))
        return false;
    if (!strcmp(told, "1") || !strcasecmp(told, "yes"))
        return true;
    fprintf(stderr, "conformance: %s=%s: it is 1, for yes, or 0\n", name, told);
    exit(2);
}

/* Those that we may use, of all that the machine has. */
static int cores(void)
{
    cpu_set_t allowed;

    return sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
}

/* MiB that a program can still have, here or in our cgroup. */
static long memory(void)
{
    long kib = LONG_MAX / 1024, of_cgroup;
    char line[200];
    FILE *file = fopen("/proc/meminfo", "re");
    while (file && fgets(line, sizeof line, file))
        sscanf(line, "MemAvailable: %ld", &kib);
    if (file)
        fclose(file);
    file = fopen("/sys/fs/cgroup/memory.max", "re");
    if (file && fscanf(file, "%ld", &of_cgroup) == 1 && of_cgroup / 1024 < kib)
        kib = of_cgroup / 1024;
    if (file)
        fclose(file);
    return kib / 1024;
}

/* Trials wait most of their time; long ones and checked builds compute as much. A model
 * takes 60 MiB at its worst moment, the kernel's for its processes in it. */
static int jobs(void)
{
    enum { MIB_EACH = 100 * SLOWER };
    const char *told = getenv("JOBS");
    int each = SLOWER > 1 || switched_on("LONG") ? 1 : 4;
    int n = told ? atoi(told) : each * cores() + 1;
    if (!told && n > memory() / MIB_EACH)
        n = memory() / MIB_EACH;
    return n > 0 ? n : 1;
}

/* ---- step by step ---- */

/* What the trials print is for who looks at one of them alone; here the cells tell. */
static enum outcome take_step(const char *name, enum step step)
{
    struct run run = begin_run(name, 0, true,
                               (struct choice){ .step = step, .brief = true });
    while (waitpid(run.pid, NULL, WNOHANG) == 0) {
        steps_begin(themes, step);
        pause_ms(100);
    }
    workers[0] = 0;
    close(run.out);
    return steps_end(themes, step);
}

/* Who cannot serve one client is not asked for more, in a tally neither. What the machine
 * lets nobody do is held against no one: the next step may go. Nor is anything held
 * against a model that this machine can't run. */
static int climb(const char *name, const char *tally)
{
    enum { ALL_HOLD, SOME_FAIL, THE_MACHINE = 3 };
    int result = ALL_HOLD;
    most_failed = tally ? INT_MAX : ENOUGH;
    most_tries = TRIES;
    known = shared(sizeof *known);
    for (int step = STARTS; step <= LAST_STEP; step++) {
        enum outcome outcome = take_step(name, step);
        if (known->unfit) {
            result = THE_MACHINE;
            break;
        }
        if (outcome == MACHINE && result == ALL_HOLD)
            result = THE_MACHINE;
        if (outcome != FAILED)
            continue;
        result = SOME_FAIL;
        if (!tally || step <= SERVES) {
            steps_rest(step);
            break;
        }
    }
    if (tally)
        steps_tally(themes, tally);
    return result;
}

static int step_by_step(int argc, char **argv, const char *steps, const char *tally)
{
    if (steps && !strcmp(steps, "list")) {
        steps_list(themes);
        return 0;
    }
    if (argc == 2)
        return climb(argv[1], tally);
    fprintf(stderr, "conformance: STEPS and TALLY are for one model: which?\n");
    return 2;
}

int main(int argc, char **argv)
{
    static char names[MAX_MODELS][64];
    static struct run runs[MAX_MODELS];
    int failures = 0, count = 0, most = jobs();
    const char *matrix = getenv("MATRIX"), *steps = getenv("STEPS"),
               *tally = getenv("TALLY");
    bool longest = switched_on("LONG");
    matrix_open();
    prepare();
    heed_signals(all_interrupted);
    if (steps || tally)
        return step_by_step(argc, argv, steps, tally);
    for (int i = 1; i < argc && count < MAX_MODELS; i++)
        snprintf(names[count++], sizeof names[0], "%s", argv[i]);
    if (argc < 2)
        count = find_models(names);
    if (count == 0)
        fprintf(stderr, "conformance: no models are built: try make\n");
    for (int i = 0; i < count + most; i++) {
        if (i >= most && i - most < count)
            failures += end_run(runs, i < count ? i : count);
        if (i < count)
            runs[i] = begin_run(names[i], i, most > 1 && count > 1,
                                (struct choice){ .brief = !longest,
                                                 .thorough = longest || matrix });
    }
    int cells = matrix ? matrix_print(themes, names, count, matrix) : 0;
    if (failures)
        fprintf(stderr, "conformance: %d of %d models failed\n", failures, count);
    return failures || cells || count == 0;
}
