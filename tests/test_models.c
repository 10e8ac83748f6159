/* test_models.c - what a reader may rely on in every model, and what a job costs.
 *
 * Two models are read side by side: their switches must have the same cases in the same
 * order, and their files the size of a page or two. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "clock.h"
#include "job.h"
#include "work.h"
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines of code: comments are what a reader came for. */
enum { MOST_LINES = 200, MOST_COLUMNS = 90 };

static glob_t models;

/* All, or those of MODELS="a b". */
static int find_models(void **state)
{
    char names[1000], path[200], *told = getenv("MODELS");
    (void)state;
    snprintf(names, sizeof names, "%s", told && *told ? told : "*");
    for (char *name = strtok(names, " "); name; name = strtok(NULL, " ")) {
        snprintf(path, sizeof path, "models/%.100s.c", name);
        if (glob(path, models.gl_pathc ? GLOB_APPEND : 0, NULL, &models))
            return -1;
    }
    return models.gl_pathc == 0;
}

static int forget_models(void **state)
{
    (void)state;
    globfree(&models);
    return 0;
}

/* The text of a file; to be freed. */
static char *read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = calloc(1, 1 << 20);
    if (!file || fread(text, 1, (1 << 20) - 1, file) == 0)
        fail_msg("%s cannot be read", path);
    fclose(file);
    return text;
}

/* Comments become blanks, newlines stay. */
static void blank_comments(char *text)
{
    for (char *p = text; (p = strstr(p, "/*")); ) {
        char *end = strstr(p + 2, "*/");
        for (end = end ? end + 2 : p + strlen(p); p < end; p++)
            if (*p != '\n')
                *p = ' ';
    }
}

static void with_each(void (*test)(const char *path, char *text))
{
    for (size_t i = 0; i < models.gl_pathc; i++) {
        char *text = read_file(models.gl_pathv[i]);
        test(models.gl_pathv[i], text);
        free(text);
    }
}

/* ---- the shape of a file ---- */

static void opens_with_claim(const char *path, char *text)
{
    char claim[200];
    const char *name = strrchr(path, '/') + 1;
    snprintf(claim, sizeof claim, "/* %s - ", name);
    if (strncmp(text, claim, strlen(claim)))
        fail_msg("%s does not open with \"%s...\"", path, claim);
}

static void fits_the_width(const char *path, char *text)
{
    int lines = 0;
    for (char *line = text; *line; lines++) {
        size_t n = strcspn(line, "\n"), columns = 0;
        for (size_t i = 0; i < n; i++)
            columns += ((unsigned char)line[i] & 0xc0) != 0x80;
        if (columns > MOST_COLUMNS)
            fail_msg("%s:%d has %zu columns", path, lines + 1, columns);
        line += n + (line[n] == '\n');
    }
}

static void fits_a_few_pages(const char *path, char *text)
{
    int lines = 0;
    blank_comments(text);
    for (char *line = text; *line; ) {
        size_t n = strcspn(line, "\n");
        lines += strspn(line, " ") < n;
        line += n + (line[n] == '\n');
    }
    if (lines > MOST_LINES)
        fail_msg("%s has %d lines of code, more than %d", path, lines, MOST_LINES);
}

/* A variant is another file: STYLE's rule for what is to be read, not configured. */
static void has_no_conditionals(const char *path, char *text)
{
    blank_comments(text);
    for (char *p = text; (p = strchr(p, '#')); ) {
        p += 1 + strspn(p + 1, " \t");
        if (!strncmp(p, "if", 2))
            fail_msg("%s has an #if", path);
    }
}

/* The case labels of one of our switches, and where it ends. */
static char *collect_labels(char *p, char *labels, size_t size)
{
    size_t n = 0;
    int depth = 0;
    for (p = strchr(p, '{'); *p; p++) {
        depth += (*p == '{') - (*p == '}');
        if (depth == 0)
            break;
        if (!strncmp(p, "case ", 5) && n < size - 20)
            n += snprintf(labels + n, size - n, "%.*s ", (int)strcspn(p + 5, ":"), p + 5);
    }
    return p;
}

static void has_all_cases(const char *path, char *text)
{
    static const char start[] = "switch (peer_next(";
    int count = 0;
    blank_comments(text);
    for (char *p = text; (p = strstr(p, start)); count++) {
        char labels[400] = "";
        p = collect_labels(p, labels, sizeof labels);
        if (strcmp(labels, "READ JOIN WORK RELAY WRITE CLOSE "))
            fail_msg("%s: the cases are %s", path, labels);
    }
    if (!count)
        fail_msg("%s has no %s...)", path, start);
}

static void test_claims(void **state) { (void)state; with_each(opens_with_claim); }
static void test_sizes(void **state) { (void)state; with_each(fits_the_width);
    with_each(fits_a_few_pages); }
static void test_variants(void **state) { (void)state; with_each(has_no_conditionals); }
static void test_cases(void **state) { (void)state; with_each(has_all_cases); }

/* ---- the cost of a job ---- */

struct cost { int64_t wall, cpu; };     /* ns */

static int64_t cpu_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000 * MS + t.tv_nsec;
}

static struct cost run(enum job_kind kind, int64_t n)
{
    struct job job = { .kind = kind, .n = n };
    int64_t wall = clock_now(), cpu = cpu_now();
    job_run(&job);
    return (struct cost){ clock_now() - wall, cpu_now() - cpu };
}

/* Neighbours may take the core away, so the best of many tries counts. */
static void computes(enum job_kind kind)
{
    for (int64_t end = clock_now() + 5000 * MS; clock_now() < end; ) {
        struct cost cost = run(kind, 24);
        if (cost.cpu > cost.wall / 10 * 8)
            return;
    }
    fail_msg("a job that computes does not use the CPU for 80 %% of its time");
}

/* A host may book the time it takes the core away as our own: again the best counts. */
static void waits(enum job_kind kind)
{
    int64_t least = INT64_MAX;
    for (int i = 0; i < 10 && least >= 5 * MS; i++) {
        struct cost cost = run(kind, 50);
        if (cost.wall < 50 * MS)
            fail_msg("a wait of 50 ms is over after %d us", (int)(cost.wall / 1000));
        least = cost.cpu < least ? cost.cpu : least;
    }
    if (least >= 5 * MS)
        fail_msg("a wait of 50 ms burns %d us of CPU", (int)(least / 1000));
}

static void test_cpu(void **state) { (void)state; computes(JOB_CPU); }
static void test_await(void **state) { (void)state; computes(JOB_AWAIT); }
static void test_sleep(void **state) { (void)state; waits(JOB_SLEEP); }
static void test_nap(void **state) { (void)state; waits(JOB_NAP); }

/* Nobody may compute fib in fewer steps: one more number costs 1.6 times as much. */
static void test_naive_recursion(void **state)
{
    (void)state;
    int64_t small = INT64_MAX, large = INT64_MAX;
    for (int i = 0; i < 5; i++) {
        int64_t a = run(JOB_CPU, 22).cpu, b = run(JOB_CPU, 27).cpu;
        small = a < small ? a : small;
        large = b < large ? b : large;
    }
    if (large < 6 * small || large > 20 * small)
        fail_msg("fib(27) costs %.1f times fib(22), not about 11", (double)large / small);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_variants),
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_cpu),
        cmocka_unit_test(test_await),
        cmocka_unit_test(test_sleep),
        cmocka_unit_test(test_nap),
        cmocka_unit_test(test_naive_recursion),
    };
    return cmocka_run_group_tests_name("models", tests, find_models, forget_models);
}
