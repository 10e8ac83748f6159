/* matrix.c - what became of every trial with every model: a table for eyes, a CSV for
 * programs, a page for the report. */
#include "matrix.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { MAX_NOTES = 100 };

static struct cell *cells;
static const char *notes[MAX_NOTES];
static int noted;

void matrix_open(void)
{
    size_t size = sizeof *cells * MAX_MODELS * MAX_TRIALS;
    cells = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (cells == MAP_FAILED)
        abort();
}

struct cell *matrix_cell(int model, int trial)
{
    return &cells[model * MAX_TRIALS + trial];
}

/* Why a model was passed over is said once, below the table; the cell has its number. */
static int note(const char *why)
{
    for (int i = 0; i < noted; i++)
        if (!strcmp(notes[i], why))
            return i + 1;
    if (noted < MAX_NOTES)
        notes[noted++] = why;
    return noted;
}

static bool row_tried(int trial, int models)
{
    for (int m = 0; m < models; m++)
        if (matrix_cell(m, trial)->outcome != UNTRIED)
            return true;
    return false;
}

static bool failed(const struct cell *c)
{
    return c->outcome != PASSED && c->outcome != PASSED_OVER;
}

static const char *shown(const struct cell *c, char *text, size_t size)
{
    if (c->outcome == PASSED_OVER)
        snprintf(text, size, "(%d)", note(c->why));
    else
        snprintf(text, size, "%s", failed(c) ? "FAILED" : "ok");
    return text;
}

/* Into a cell of the page, or of the table that is printed. There a few models have their
 * names in full, and of many each has four letters: no window is wide enough for all. */
static void print_cell(FILE *to, bool page, const char *text, int models)
{
    int width = models > 9 ? 4 : 9;
    if (page)
        fprintf(to, " %s |", text);
    else
        fprintf(to, " %*.*s", width, width, text);
}

/* A row of the page, or of the table that is printed. */
static void print_row(FILE *to, bool page, const char *name, int trial, int models)
{
    char text[16];
    fprintf(to, page ? "| %s |" : "  %-55.55s", name);
    for (int m = 0; m < models; m++)
        print_cell(to, page, shown(matrix_cell(m, trial), text, sizeof text), models);
    fprintf(to, "\n");
}

static void print_head(FILE *to, bool page, const char *title, char names[][64],
                       int models)
{
    fprintf(to, page ? "\n## %s\n\n| event |" : "\n%-57.57s", title);
    for (int m = 0; m < models; m++)
        print_cell(to, page, names[m], models);
    fprintf(to, page ? "\n|---|" : "\n");
    for (int m = 0; page && m < models; m++)
        fprintf(to, "---|");
    fprintf(to, page ? "\n" : "");
}

static void print_notes(FILE *to, bool page)
{
    fprintf(to, "\n");
    for (int i = 0; i < noted; i++)
        fprintf(to, "%s(%d) not applicable: %s\n", page ? "- " : "", i + 1, notes[i]);
}

static void print_table(FILE *to, bool page, const struct theme *themes,
                        char names[][64], int models)
{
    int trial = 0;
    for (const struct theme *theme = themes; theme->title; theme++) {
        bool begun = false;
        for (const struct trial *t = theme->trials; t->name; t++, trial++) {
            if (!row_tried(trial, models))
                continue;
            if (!begun)
                print_head(to, page, theme->title, names, models);
            begun = true;
            print_row(to, page, t->name, trial, models);
        }
    }
    print_notes(to, page);
}

/* Failed cells with their reason; on a page too, since there is no room in the table. */
static int print_failures(FILE *to, const struct theme *themes, char names[][64],
                          int models)
{
    int trial = 0, failures = 0;
    for (const struct theme *theme = themes; theme->title; theme++)
        for (const struct trial *t = theme->trials; t->name; t++, trial++)
            for (int m = 0; row_tried(trial, models) && m < models; m++) {
                const struct cell *c = matrix_cell(m, trial);
                if (failed(c))
                    fprintf(to, "- %s, \"%s\": %s\n", names[m], t->name,
                            c->outcome == UNTRIED ? "was not reached" : c->why);
                failures += failed(c);
            }
    return failures;
}

/* Quotes are doubled, RFC 4180. */
static void put_quoted(FILE *to, const char *text)
{
    fputc('"', to);
    for (; *text; text++)
        fprintf(to, *text == '"' ? "\"\"" : *text == '\n' ? " " : "%c", *text);
    fputc('"', to);
}

static void write_csv(FILE *to, const struct theme *themes, char names[][64], int models)
{
    static const char *const words[] = { "failed", "ok", "failed", "not applicable",
                                         "failed" };
    int trial = 0;
    fprintf(to, "table,event,model,outcome,why\n");
    for (const struct theme *theme = themes; theme->title; theme++)
        for (const struct trial *t = theme->trials; t->name; t++, trial++)
            for (int m = 0; row_tried(trial, models) && m < models; m++) {
                const struct cell *c = matrix_cell(m, trial);
                put_quoted(to, theme->title);
                fputc(',', to);
                put_quoted(to, t->name);
                fprintf(to, ",%s,%s,", names[m], words[c->outcome]);
                put_quoted(to, c->why);
                fputc('\n', to);
            }
}

static FILE *create(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "we");
    if (!file) {
        fprintf(stderr, "conformance: %s: %s\n", path, strerror(errno));
        exit(2);
    }
    return file;
}

/* What a model stands of what concerns it, in the words of the experiments. */
static void write_verdicts(FILE *to, FILE *finding, char names[][64], int models)
{
    int all = 0, stood = 0;
    for (int m = 0; m < models; m++) {
        int concern = 0, passed = 0;
        for (int trial = 0; trial < MAX_TRIALS; trial++) {
            const struct cell *c = matrix_cell(m, trial);
            concern += row_tried(trial, models) && c->outcome != PASSED_OVER;
            passed += c->outcome == PASSED;
        }
        fprintf(to, "%-13s %-10s stands what concerns it, %d of %d events\n",
                passed == concern ? "held" : "DID NOT HOLD", names[m], passed, concern);
        all += concern;
        stood += passed;
    }
    fprintf(finding, "Of %d events that concern a model, %d hurt it or its other "
                     "clients\n", all, all - stood);
}

static void write_files(const char *folder, const struct theme *themes, char names[][64],
                        int models)
{
    mkdir(folder, 0777);
    FILE *verdicts = create(folder, "verdicts.txt");
    FILE *finding = create(folder, "finding.txt");
    write_verdicts(verdicts, finding, names, models);
    fclose(verdicts);
    fclose(finding);
    FILE *csv = create(folder, "matrix.csv"), *page = create(folder, "report.md");
    write_csv(csv, themes, names, models);
    fprintf(page, "# Nothing a client does hurts another\n\n"
                  "Rows are hostile or unlucky events, columns are models; every cell is "
                  "a test over real sockets.\nMade by `make test-matrix`.\n");
    print_table(page, true, themes, names, models);
    fprintf(page, "\n");
    print_failures(page, themes, names, models);
    fclose(page);
    fclose(csv);
}

int matrix_print(const struct theme *themes, char names[][64], int models,
                 const char *folder)
{
    print_table(stdout, false, themes, names, models);
    printf("\n");
    int failures = print_failures(stdout, themes, names, models);
    if (folder)
        write_files(folder, themes, names, models);
    return failures;
}
