/* test_trace.c - rows come whole, whoever writes; what lies there is left alone. */
#include "clock.h"
#include "trace.h"
#include "unit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 3, THREADS = 4, ROWS = 500 };

static char folder[64], file[80];

static int make_folder(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/test_trace.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof file, "%s/trace.csv", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(file);
    return rmdir(folder);
}

/* ---- many writers ---- */

static void *write_rows(void *arg)
{
    int connection = (int)(intptr_t)arg;

    for (int i = 0; i < ROWS; i++)
        trace(connection, i % 2 ? "start" : "done");
    return NULL;
}

static void write_by_threads(int process)
{
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, write_rows,
                       (void *)(intptr_t)(process * THREADS + i));
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void write_by_processes(void)
{
    for (int i = 1; i < PROCESSES; i++)
        if (fork() == 0) {
            write_by_threads(i);
            _exit(0);
        }
    write_by_threads(0);
    while (wait(NULL) > 0)
        ;
}

static void write_everything(void *arg)
{
    (void)arg;
    trace_open(file);
    write_by_processes();
}

/* Each row is whole, each writer's rows are in order and in the right process. */
static void test_rows_come_whole(void **state)
{
    struct { int count; int64_t last; int pid; } writers[PROCESSES * THREADS] = { { 0 } };
    struct outcome r = in_child(write_everything, NULL);
    char row[200], again[200];

    (void)state;
    assert_int_equal(r.status, 0);
    assert_string_equal(r.err, "");
    FILE *f = fopen(file, "re");
    assert_non_null(fgets(row, sizeof row, f));
    assert_string_equal(row, "ns,pid,connection,event\n");
    while (fgets(row, sizeof row, f)) {
        char event[16] = "";
        int64_t ns;
        int pid, who;

        check(sscanf(row, "%" SCNd64 ",%d,%d,%15[a-z]", &ns, &pid, &who, event) == 4,
              "%s", row);
        snprintf(again, sizeof again, "%" PRId64 ",%d,%d,%s\n", ns, pid, who, event);
        assert_string_equal(row, again);
        assert_in_range(who, 0, COUNT(writers) - 1);
        check(!strcmp(event, writers[who].count++ % 2 ? "start" : "done"), "%s", row);
        check(ns >= writers[who].last, "time runs backwards: %s", row);
        writers[who].last = ns;
        check(!writers[who].pid || writers[who].pid == pid, "%s", row);
        writers[who].pid = pid;
    }
    fclose(f);
    for (size_t i = 0; i < COUNT(writers); i++)
        assert_int_equal(writers[i].count, ROWS);
}

static void test_no_trace(void **state)
{
    (void)state;
    trace(1, "open");           /* harmless: there is none */
    assert_int_equal(access(file, F_OK), -1);
}

/* ---- what lies there already ---- */

static void open_trace(void *name)
{
    trace_open(name);
    trace(1, "open");
}

static void check_refused(const char *name)
{
    struct outcome r = in_child(open_trace, (void *)name);

    assert_int_equal(r.status, 2);
    check(strstr(r.err, name) && strchr(r.err, '\n') == r.err + strlen(r.err) - 1,
          "not one line: %s", r.err);
}

static void test_an_existing_file_is_refused(void **state)
{
    char text[16] = "";
    FILE *f = fopen(file, "we");

    (void)state;
    fputs("precious", f);
    fclose(f);
    check_refused(file);
    f = fopen(file, "re");
    assert_int_equal(fread(text, 1, sizeof text, f), 8);
    assert_string_equal(text, "precious");
    fclose(f);
}

/* Neither one that leads somewhere nor one that leads nowhere yet. */
static void test_a_link_is_refused(void **state)
{
    char target[100];

    (void)state;
    snprintf(target, sizeof target, "%s/target", folder);
    assert_int_equal(symlink(target, file), 0);
    check_refused(file);
    assert_int_equal(access(target, F_OK), -1);
    close(open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    check_refused(file);
    struct stat s;
    assert_int_equal(stat(target, &s), 0);
    assert_int_equal(s.st_size, 0);
    unlink(target);
}

/* "Remove it" is no advice that root should get about /dev/null. */
static void test_what_is_no_file(void **state)
{
    static const struct { const char *name, *kind; } all[] = {
        { "/dev/null", "a device" }, { "/dev/full", "a device" }, { "/", "a folder" },
        { "/dev/ptmx", "a device" }, { "/proc/self/exe", "a link" },
        { "/etc/passwd", "there already" }, { file, "a pipe" },
    };

    (void)state;
    assert_int_equal(mkfifo(file, 0600), 0);
    for (size_t i = 0; i < COUNT(all); i++) {
        char *name = strdup(all[i].name);
        struct outcome r = in_child(open_trace, name);

        assert_int_equal(r.status, 2);
        check(strstr(r.err, all[i].kind) && !strcasestr(r.err, "remove"), "%s: %s", name,
              r.err);
        free(name);
    }
}

static void test_no_such_folder(void **state)
{
    (void)state;
    check_refused("/nowhere/at/all");
}

/* ---- a full disk ---- */

static void fill_disk(void *arg)
{
    (void)arg;
    trace_open(file);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 1000, 2000 });
    write_by_processes();
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 2000, 2000 });    /* there is room again */
    trace(1, "open");
}

/* Then it ends behind a whole row, for all writers, with one word; and the server goes
 * on. */
static void test_a_full_disk(void **state)
{
    char text[2000];

    (void)state;
    struct outcome r = in_child(fill_disk, NULL);
    assert_int_equal(r.status, 0);
    assert_int_equal(r.signal, 0);
    check(strstr(r.err, "the trace ends here")
          && strchr(r.err, '\n') == r.err + strlen(r.err) - 1, "not one line: %s", r.err);
    FILE *f = fopen(file, "re");
    size_t size = fread(text, 1, sizeof text, f);
    fclose(f);
    assert_in_range(size, 900, 1000);
    assert_int_equal(text[size - 1], '\n');
}

int main(void)
{
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(test_no_trace),
        IN_FOLDER(test_rows_come_whole),
        IN_FOLDER(test_an_existing_file_is_refused),
        IN_FOLDER(test_a_link_is_refused),
        IN_FOLDER(test_what_is_no_file),
        IN_FOLDER(test_no_such_folder),
        IN_FOLDER(test_a_full_disk),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
