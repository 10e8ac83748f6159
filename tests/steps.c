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
        "for it the core drops. net_accept() is told whether there is room for one "
        "more.",
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
        printf("\r\033[K %d  %-48s %d of %d", step, steps[step].title, tried,
               steps_count(themes, step, -1));
    fflush(stdout);
}

static void print_failure(const struct trial *t, struct cell *cell, void *arg)
{
    char text[400];
    (void)arg;
    snprintf(text, sizeof text, "- \"%s\": %s", t->name, cell->why);
    if (cell->outcome == FAILED)
        print_words(text);
}

static void find_passed_over(const struct trial *t, struct cell *cell, void *arg)
{
    const char **why = arg;
    (void)t;
    if (cell->outcome == PASSED_OVER)
        *why = cell->why;
}

bool steps_end(const struct theme *themes, enum step step)
{
    int all = steps_count(themes, step, -1), passed = steps_count(themes, step, PASSED),
        over = steps_count(themes, step, PASSED_OVER);
    bool holds = all > 0 && passed + over == all;
    const char *why = NULL;
    with_each(themes, step, find_passed_over, &why);
    printf("%s %d  %-48s %s", isatty(1) ? "\r\033[K" : "", step, steps[step].title,
           holds ? "holds" : "does not hold");
    if (holds && over)
        printf("; %d of %d not asked: it %s", over, all, why);
    printf("\n");
    if (holds)
        return true;
    printf("\n");
    with_each(themes, step, print_failure, NULL);
    printf("\n");
    print_hint(step);
    return false;
}

void steps_rest(enum step failed)
{
    if (failed < RESTS)
        printf("\nNot tried yet:\n");
    for (int step = failed + 1; step <= RESTS; step++)
        printf(" %d  %s\n", step, steps[step].title);
}

/* ---- for programs ---- */

void steps_tally(const struct theme *themes, const char *path)
{
    FILE *file = fopen(path, "we");
    if (!file) {
        fprintf(stderr, "conformance: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    fprintf(file, "step,title,passed,not_applicable,total\n");
    for (int step = STARTS; step <= RESTS; step++)
        fprintf(file, "%d,%s,%d,%d,%d\n", step, steps[step].title,
                steps_count(themes, step, PASSED),
                steps_count(themes, step, PASSED_OVER), steps_count(themes, step, -1));
    fclose(file);
}

static void print_name(const struct trial *t, struct cell *cell, void *arg)
{
    (void)cell, (void)arg;
    printf("     - %s\n", t->name);
}

void steps_list(const struct theme *themes)
{
    for (int step = STARTS; step <= RESTS; step++) {
        printf("\n %d  %s\n", step, steps[step].title);
        print_hint(step);
        with_each(themes, step, print_name, NULL);
    }
}
