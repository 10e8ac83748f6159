/* conformance.c - the relay's contract, put to every model over real sockets.
 *
 *   conformance [MODEL...]      the models to try; none: all that are built
 *   BIN=dir                     where they are, "bin" if not told
 *   CASE=text                   only the trials whose name contains this
 *   JOBS=number                 of models tried side by side: most of the time is waiting
 *   SEED=number                 of the random masks and bytes
 *   MATRIX=folder               all trials, the long ones too, and a table of them there
 *   LONG=1                      only the long ones
 *   STEPS=1                     one model, step by step and in words, as far as it gets
 *   STEPS=list                  only tells the steps
 *   TALLY=file                  one model, all steps, and how much of each holds, as CSV
 *
 * A model is a program in BIN that has a file in models/. None is listed here. */
#include "trial.h"
#include "steps.h"
#include "matrix.h"
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

enum { TRIAL_SECONDS = 40, THOROUGH_SECONDS = 400 };

static const struct theme themes[] = {
    { "Relay", relay_trials, RELAYS },
    { "RFC 6455 by the table", frame_trials, OBEYS },
    { "RFC 6455 by the letter", protocol_trials, OBEYS },
    { "UTF-8", utf8_trials, OBEYS },
    { "Handshakes", handshake_trials, SERVES },
    { "HTTP", http_trials, SERVES },
    { "Bounds", bound_trials, BOUNDS },
    { "Jobs that await", await_trials, BOUNDS },
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
    { "Load", load_trials, ORDERS },
    { 0 },
};

/* What cmocka hands to each test: this model, this trial. */
struct meeting {
    const struct model *model;
    const struct trial *trial;
    struct cell *cell;
    char name[160];
};

static char row[200];           /* of the table that is being worked off */
static struct cell *cell;       /* of the trial that runs */
static int failed, most_failed = INT_MAX;       /* trials of this model */

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
    print_error("%s%s%s\n", row, *row ? ": " : "", text);
    snprintf(cell->why, sizeof cell->why, "%.60s%s%.90s", row, *row ? ": " : "", text);
    _fail(file, line);
    abort();                    /* cmocka has jumped away */
}

void pass_over(const char *why)
{
    print_message("(%s)\n", why);
    snprintf(cell->why, sizeof cell->why, "%s", why);
    cell->outcome = PASSED_OVER;
    skip();
    abort();                    /* cmocka has jumped away */
}

void pause_ms(int ms) { usleep(ms * 1000); }

/* ---- one trial ---- */

static void meet(void **state)
{
    struct meeting *m = *state;
    const struct trial *t = m->trial;
    char options[1024];
    if (failed >= most_failed) {
        cell->outcome = UNTRIED;
        skip();
    }
    int n = snprintf(options, sizeof options, "%s", t->options ? t->options : "");
    if (m->model->crew && t->workers)
        snprintf(options + n, sizeof options - n, " --workers %d", t->workers);
    if (t->stacks && !m->model->stacks)
        pass_over("await takes no stack");
    if (m->model->single && t->needs > ANYONE)
        pass_over("serves one client at a time");
    if (m->model->crew && t->needs > SEVERAL)
        pass_over("serves as many clients as it has workers");
    struct server *s = t->bare ? &(struct server){ .model = m->model }
                               : server_start(m->model, options, t->files);
    t->run(s);
    clients_close();
    if (!t->bare && s->pid)
        server_stop(s, SIGTERM);
    *cell = (struct cell){ .outcome = PASSED };
}

static int begin(void **state)
{
    struct meeting *m = *state;
    trying("%s", "");
    cell = m->cell;
    *cell = (struct cell){ .outcome = FAILED, .why = "does not end" };
    alarm(m->trial->thorough ? THOROUGH_SECONDS : TRIAL_SECONDS);
    return 0;
}

static int tidy_up(void **state)
{
    (void)state;
    clients_close();
    servers_kill();
    alarm(0);
    failed += cell->outcome == FAILED;
    return 0;
}

/* Every wait has its limit; who comes here has found one that has not. */
static void too_long(int sig)
{
    (void)sig;
    static const char text[] = "[  FAILED  ] a trial does not end\n";
    if (write(2, text, sizeof text - 1) < 0)
        _exit(3);
    servers_kill();
    _exit(1);
}

static void interrupted(int sig)
{
    servers_kill();
    _exit(128 + sig);
}

/* ---- all of them ---- */

/* Which trials: of one step, or, if that is 0, of all. */
struct choice {
    enum step step;
    bool brief, thorough;
};

/* If it does not even tell what it is, that is held against the step's first trial. */
static struct model probe(const char *name, enum step step)
{
    static struct cell probing;
    cell = step ? steps_first(themes, step) : &probing;
    *cell = (struct cell){ .outcome = FAILED, .why = "does not end" };
    alarm(TRIAL_SECONDS);
    return model_probe(name, step != STARTS);
}

static int try_model(const char *name, int number, struct choice choice)
{
    static struct meeting meetings[MAX_TRIALS];
    static struct CMUnitTest tests[MAX_TRIALS];
    struct model model = probe(name, choice.step);
    int count = 0, at = 0;
    for (const struct theme *theme = themes; theme->title; theme++)
        for (const struct trial *t = theme->trials; t->name; t++, at++) {
            struct meeting *m = &meetings[count];
            if (!(t->thorough ? choice.thorough : choice.brief)
                || (choice.step && choice.step != step_of(theme, t)))
                continue;
            *m = (struct meeting){ .model = &model, .trial = t,
                                   .cell = matrix_cell(number, at) };
            snprintf(m->name, sizeof m->name, "%.60s: %.90s", name, t->name);
            tests[count++] = (struct CMUnitTest){ m->name, meet, begin, tidy_up, m };
        }
    printf("%s: %s\n", name, model.crew ? "a crew, one client for each"
           : model.single ? "one client at a time" : "any number of clients");
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
    signal(SIGALRM, too_long);
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

struct run {
    const char *name;
    pid_t pid;
    int out;                    /* what it prints is kept until it ends; -1: it is not */
};

static struct run begin_run(const char *name, int number, bool keep,
                            struct choice choice)
{
    struct run run = { .name = name, .out = keep ? memfd_create(name, MFD_CLOEXEC) : -1 };
    fflush(NULL);
    run.pid = fork();
    if (run.pid)
        return run;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_CHILD_SUBREAPER, 1);   /* orphans of a server come to us */
    if (keep) {
        dup2(run.out, 1);
        dup2(run.out, 2);
    }
    signal(SIGINT, interrupted);
    signal(SIGTERM, interrupted);
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

/* The long trials compute as much as they wait, and so does a checked build. */
static int jobs(void)
{
    const char *told = getenv("JOBS");
    int each = SLOWER > 1 || switched_on("LONG") ? 1 : 2;
    int n = told ? atoi(told) : each * cores() + 1;
    return n > 0 ? n : 1;
}

/* ---- step by step ---- */

/* What the trials print is for who looks at one of them alone; here the cells tell. */
static bool take_step(const char *name, enum step step)
{
    struct run run = begin_run(name, 0, true,
                               (struct choice){ .step = step, .brief = true });
    while (waitpid(run.pid, NULL, WNOHANG) == 0) {
        steps_begin(themes, step);
        pause_ms(100);
    }
    close(run.out);
    return steps_end(themes, step);
}

/* Who cannot serve one client is not asked for more, in a tally neither. */
static int climb(const char *name, const char *tally)
{
    bool all = true;
    most_failed = tally ? INT_MAX : ENOUGH;
    for (int step = STARTS; step <= RESTS; step++) {
        bool holds = take_step(name, step);
        all = all && holds;
        if (!holds && (!tally || step <= SERVES)) {
            steps_rest(step);
            break;
        }
    }
    if (tally)
        steps_tally(themes, tally);
    return !all;
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
