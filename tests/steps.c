/* steps.c - what to look at when a step does not hold: a sentence, a lesson, a model. */
#include "steps.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *title;
    const char *cases;          /* of the switch, or what lies before it */
    const char *look;
    const char *lesson, *model; /* that show it */
} steps[] = {
    [STARTS] = { "it starts and stops", "main()",
        "options_parse() before all else, net_listen() before you wait, and "
        "net_stop() in every wait: its descriptor is readable from SIGTERM or Ctrl-C "
        "on.",
        "naive", "naive" },
    [SERVES] = { "one client is served", "READ, WORK, RELAY and WRITE",
        "Each want has its answer: peer_feed() with what was read, job_run() and then "
        "peer_done(), peer_push() to whom a frame is for (its sender, too), "
        "peer_sent() with what was written. Then ask again, until CLOSE.",
        "naive", "naive" },
    [RELAYS] = { "two clients hear each other", "JOIN and RELAY, and whoever accepts",
        "While one is served, who accepts the next? Who knows who is in the room? A "
        "socket and a peer belong to one owner: how does a frame get to them, and "
        "what wakes them? In WORK, a client whose job sleeps keeps no other waiting.",
        "thread", "thread" },
    [ORDERS] = { "order and sizes", "WRITE, and the way from RELAY to it",
        "net_write() takes a part, or nothing now (net_would_block() tells): say "
        "peer_sent() how much it took, and wait until there is room, reading "
        "meanwhile. What is on its way from one sender to one receiver stays in a "
        "line.",
        "thread", "thread" },
    [OBEYS] = { "errors of the protocol", "WRITE, CLOSE and ask.deadline",
        "The core finds them and has a last word to say. So go on asking until CLOSE "
        "comes, and end with net_close(): close(2) alone turns what was just written "
        "into a reset. A client that does not close its side is left at ask.deadline: "
        "peer_late().",
        "naive", "naive" },
    [BOUNDS] = { "slow clients and bounds", "READ and WRITE: ask.deadline",
        "Who waits for a client waits until ask.deadline, and says peer_late() when "
        "it has passed. Nobody waits for a slow reader but itself; what is too much "
        "for it the core drops. net_accept() is told when it is crowded. In a loop, a "
        "fetch: is one for the desk (common/system/desk.h).",
        "epoll", "epoll" },
    [WITHSTANDS] = { "trouble on the line and in the machine", "CLOSE, and main()",
        "CLOSE gives back all that the client had: its seat, its descriptor, its "
        "peer, its stack, and takes it out of every list. When it stops, everyone "
        "gets a peer_stop(), and main() ends after the last. When net_full(), leave "
        "the listener alone for NET_PAUSE.",
        "fork", "thread" },
    [RESTS] = { "idle costs nothing", "every wait",
        "Nobody looks again and again: a wait ends when something has happened. What "
        "is readable and never read (net_stop()'s descriptor, a bell) ends every wait "
        "at once. strace -f -p PID shows a loop that does not sleep.",
        "coroutine", "epoll" },
    [PREDICTS] = { "it does as it predicts", "the line `Predicts: cpu ..., wait ...`",
        "It tells how long n clients at once take, in the time of one, with C cores and "
        "W workers: to compute, to sleep, to nap (as to compute, unless it says "
        "otherwise). Whose is the core meanwhile, and who else could have it? Either "
        "the line is wrong, or WORK is.",
        "thread", "thread" },
};

enum step step_of(const struct theme *theme, const struct trial *t)
{
    return t->step ? t->step : theme->step;
}

/* Calls it for each trial of a step that is not a long one, with its number. */
static void with_each(const struct theme *theme, enum step step,
                      void (*call)(const struct trial *, struct cell *, void *),
                      void *arg)
{
    int number = 0;
    for (; theme->title; theme++)
        for (const struct trial *t = theme->trials; t->name; t++, number++)
            if (step_of(theme, t) == step && !t->thorough)
                call(t, matrix_cell(0, number), arg);
}

static void keep_first(const struct trial *t, struct cell *cell, void *arg)
{
    struct cell **first = arg;
    (void)t;
    if (!*first)
        *first = cell;
}

struct cell *steps_first(const struct theme *themes, enum step step)
{
    struct cell *first = NULL;
    with_each(themes, step, keep_first, &first);
    return first;
}

struct count { int outcome, n; };

static void count_one(const struct trial *t, struct cell *cell, void *arg)
{
    struct count *count = arg;
    (void)t;
    count->n += count->outcome < 0 || (int)cell->outcome == count->outcome;
}

int steps_count(const struct theme *themes, enum step step, int outcome)
{
    struct count count = { .outcome = outcome };
    with_each(themes, step, count_one, &count);
    return count.n;
}

/* ---- in words ---- */

/* Words on lines that begin with an indent and end before the edge of a terminal. */
static void print_words(const char *words)
{
    enum { INDENT = 4, WIDTH = 78 };
    int column = printf("%*s", INDENT, "");
    while (*words) {
        int n = strcspn(words, " ");
        if (column + 1 + n > WIDTH)
            column = printf("\n%*s", INDENT, "") - 1;
        column += printf(" %.*s", n, words);
        words += n + strspn(words + n, " ");
    }
    printf("\n");
}

static void print_hint(enum step step)
{
    char where[200];
    snprintf(where, sizeof where, "Look at %s.", steps[step].cases);
    print_words(where);
    print_words(steps[step].look);
    snprintf(where, sizeof where, "Read on: the lesson on %s in TUTORIAL.md, and "
             "models/%s.c.", steps[step].lesson, steps[step].model);
    print_words(where);
}

void steps_begin(const struct theme *themes, enum step step)
{
    int tried = steps_count(themes, step, -1) - steps_count(themes, step, UNTRIED);
    if (isatty(1))
        printf("\r\033[K%2d  %-48s %d of %d", step, steps[step].title, tried,
               steps_count(themes, step, -1));
    fflush(stdout);
}

struct wanted { enum outcome outcome; bool again; const char *control; };

/* The trials that ended so; `again`: those that passed only when tried again. */
static void print_trial(const struct trial *t, struct cell *cell, void *arg)
{
    struct wanted *wanted = arg;
    char text[400];
    if (cell->outcome != wanted->outcome || (wanted->again && cell->tries < 2))
        return;
    snprintf(text, sizeof text, "- \"%s\": %s", t->name, cell->why);
    print_words(text);
    wanted->control = cell->control;
}

static void count_again(const struct trial *t, struct cell *cell, void *arg)
{
    (void)t;
    *(int *)arg += cell->outcome == PASSED && cell->tries > 1;
}

static void find_passed_over(const struct trial *t, struct cell *cell, void *arg)
{
    const char **why = arg;
    (void)t;
    if (cell->outcome == PASSED_OVER)
        *why = cell->why;
}

/* Whose fault it is not. */
static void print_machine(const struct theme *themes, enum step step)
{
    struct wanted wanted = { .outcome = MACHINE };
    char text[600];
    double load = 0;
    printf("\n");
    with_each(themes, step, print_trial, &wanted);
    printf("\n");
    getloadavg(&load, 1);
    snprintf(text, sizeof text, "It is the machine: %s, which is known to hold, fails "
             "here as well. Others keep it busy (%.1f processes want its %ld cores), or "
             "it lacks something; or common/ is not as it was. Your model is not judged "
             "by this: try again when it is quiet.", wanted.control, load,
             sysconf(_SC_NPROCESSORS_ONLN));
    print_words(text);
    printf("\n");
}

static enum outcome outcome_of(const struct theme *themes, enum step step)
{
    int passed = steps_count(themes, step, PASSED),
        over = steps_count(themes, step, PASSED_OVER),
        machine = steps_count(themes, step, MACHINE);
    if (passed + over + machine < steps_count(themes, step, -1))
        return FAILED;
    return machine ? MACHINE : passed ? PASSED : PASSED_OVER;
}

enum outcome steps_end(const struct theme *themes, enum step step)
{
    static const char *const words[] = {
        [PASSED] = "holds", [FAILED] = "does not hold", [MACHINE] = "cannot be judged",
        [PASSED_OVER] = "is not asked",
    };
    enum outcome outcome = outcome_of(themes, step);
    int all = steps_count(themes, step, -1), again = 0,
        over = steps_count(themes, step, PASSED_OVER);
    const char *why = NULL;
    with_each(themes, step, find_passed_over, &why);
    with_each(themes, step, count_again, &again);
    printf("%s%2d  %-48s %s", isatty(1) ? "\r\033[K" : "", step, steps[step].title,
           words[outcome]);
    if (outcome == PASSED && over)
        printf("; %d of %d not asked: it %s", over, all, why);
    if (outcome == PASSED_OVER)
        printf(": it %s", why);
    printf("%s\n", again ? "; not at the first try:" : "");
    with_each(themes, step, print_trial, &(struct wanted){ PASSED, true, NULL });
    if (outcome == FAILED) {
        printf("\n");
        with_each(themes, step, print_trial, &(struct wanted){ .outcome = FAILED });
        printf("\n");
        print_hint(step);
    }
    if (steps_count(themes, step, MACHINE))
        print_machine(themes, step);
    return outcome;
}

void steps_rest(enum step failed)
{
    if (failed < LAST_STEP)
        printf("\nNot tried yet:\n");
    for (int step = failed + 1; step <= LAST_STEP; step++)
        printf("%2d  %s\n", step, steps[step].title);
}

/* ---- for programs ---- */

struct tally { FILE *file; int step; };

static void write_trial(const struct trial *t, struct cell *c, void *arg)
{
    static const char *const words[] = {
        [UNTRIED] = "not tried", [PASSED] = "passed", [FAILED] = "failed",
        [PASSED_OVER] = "not applicable", [MACHINE] = "machine",
    };
    struct tally *tally = arg;
    for (char *p = c->why; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    fprintf(tally->file, "%d\t%s\t%s\t%s\t%d\t%s\t%s\n", tally->step,
            steps[tally->step].title, t->name,
            c->outcome == PASSED && c->tries > 1 ? "flaky" : words[c->outcome], c->tries,
            c->control, c->why);
}

void steps_tally(const struct theme *themes, const char *path)
{
    struct tally tally = { .file = fopen(path, "we") };
    if (!tally.file) {
        fprintf(stderr, "conformance: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    for (tally.step = STARTS; tally.step <= LAST_STEP; tally.step++)
        with_each(themes, tally.step, write_trial, &tally);
    fclose(tally.file);
}

static void print_name(const struct trial *t, struct cell *cell, void *arg)
{
    (void)cell, (void)arg;
    printf("     - %s\n", t->name);
}

void steps_list(const struct theme *themes)
{
    for (int step = STARTS; step <= LAST_STEP; step++) {
        printf("\n%2d  %s\n", step, steps[step].title);
        print_hint(step);
        with_each(themes, step, print_name, NULL);
    }
}
