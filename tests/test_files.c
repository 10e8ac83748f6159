/* test_files.c - in the directory of --files clients read regular files, and nothing
 * leads out of it. */
#include "files.h"
#include "job.h"
#include "unit.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 10000 };

static char folder[] = "/tmp/test_files-XXXXXX", work[64];

static struct job read_file(const char *name, size_t most)
{
    struct job job = { .kind = JOB_FILE, .name = strdup(name) };

    files_read(&job, most);
    check(!job.status == !!job.text, "%s: %d and %s", name, job.status,
          job.text ? "a text" : "no text");
    check(!job.status == !job.why, "%s: why is %s", name, job.why);
    return job;
}

static void fails(const char *name, size_t most, int status)
{
    struct job job = read_file(name, most);

    check(job.status == status, "%s is %d, not %d: %s", name, job.status, status,
          job.why);
    job_free(&job);
}

static void reads(const char *name, const char *text, size_t size)
{
    struct job job = read_file(name, MOST);

    check(job.status == 0, "%s is %d: %s", name, job.status, job.why);
    check(job.text->size == size && memcmp(job.text->data, text, size) == 0,
          "%s has %zu bytes, not %zu", name, job.text->size, size);
    job_free(&job);
}

static void put(const char *name, const char *text, size_t size)
{
    FILE *f = fopen(name, "we");

    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, size, f), size);
    fclose(f);
}

/* outside, and beside it public/ with a bit of everything in it. */
static int lay_down(void **state)
{
    static char large[MOST + 1];
    char inside[80];

    (void)state;
    if (!mkdtemp(folder) || chdir(folder) || mkdir("public", 0755))
        return -1;
    put("outside", "secret", 6);
    snprintf(inside, sizeof inside, "%s/public", folder);
    if (chdir(inside) || mkdir("sub", 0755) || mkdir("sub/deep", 0755))
        return -1;
    put("a", "hello", 5);
    put("empty", "", 0);
    put("bytes", "\0\xff\n", 3);
    put("sub/deep/b", "deep", 4);
    put("..a", "dots", 4);
    memset(large, 'x', sizeof large);
    put("exact", large, MOST);
    put("large", large, MOST + 1);
    if (symlink("a", "link") || symlink("../outside", "out") || symlink("sub", "way")
        || symlink("..", "sub/up") || symlink("/etc", "etc") || mkfifo("pipe", 0600))
        return -1;
    files_open(inside);
    return 0;
}

static int clear(void **state)
{
    (void)state;
    snprintf(work, sizeof work, "rm -rf %s", folder);
    return chdir("/") || system(work);
}

static void regular_files_are_read(void **state)
{
    static char exact[MOST];

    (void)state;
    reads("a", "hello", 5);
    reads("empty", "", 0);
    reads("bytes", "\0\xff\n", 3);
    reads("sub/deep/b", "deep", 4);
    reads("..a", "dots", 4);
    memset(exact, 'x', sizeof exact);
    reads("exact", exact, MOST);
    reads("a", "hello", 5);     /* and again */
}

static void nothing_else_is_there(void **state)
{
    static const char *const names[] = {
        "", ".", "..", "/", "//", "none", "sub", "sub/", "sub/deep", "a/", "a/b", "a/..",
        "../outside", "sub/../a", "sub/../../outside", "./a", "sub/./deep/b",
        "sub//deep/b", "/a", "/etc/passwd", "//etc/passwd", "link", "out", "way/deep/b",
        "sub/up/a", "etc/passwd", "pipe", "sub/deep/b/", "none/../a", "..",
        "../public/a", "~",
    };
    char path[NAME_MAX + 100];

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        fails(names[i], MOST, 404);
    snprintf(path, sizeof path, "%s/public/a", folder);
    fails(path, MOST, 404);
    memset(path, 'n', NAME_MAX + 1);
    path[NAME_MAX + 1] = '\0';
    fails(path, MOST, 404);
}

/* The file's own word about its size is not taken for it: those of /proc say 0. */
static void they_are_bounded(void **state)
{
    (void)state;
    fails("large", MOST, 502);
    fails("a", 4, 502);
    fails("a", 0, 502);
    if (access("/proc/self/maps", R_OK) == 0) {
        files_open("/proc/self");
        fails("maps", 10, 502);
        struct job job = read_file("maps", 1 << 20);
        assert_true(job.text->size > 100);
        job_free(&job);
    }
    snprintf(work, sizeof work, "%s/public", folder);
    files_open(work);
    reads("a", "hello", 5);
}

/* Which is not the client's fault, and passes. */
static void without_descriptors_it_is_503(void **state)
{
    struct rlimit own, none;

    (void)state;
    getrlimit(RLIMIT_NOFILE, &own);
    none = (struct rlimit){ 0, own.rlim_max };
    setrlimit(RLIMIT_NOFILE, &none);
    struct job job = read_file("sub/deep/b", MOST);
    setrlimit(RLIMIT_NOFILE, &own);
    assert_int_equal(job.status, 503);
    job_free(&job);
    reads("sub/deep/b", "deep", 4);
}

/* Whatever became of a file, its descriptors are closed. */
static void nothing_stays_open(void **state)
{
    int before = dup(0), after;

    (void)state;
    close(before);
    regular_files_are_read(state);
    nothing_else_is_there(state);
    fails("large", MOST, 502);
    after = dup(0);
    close(after);
    assert_int_equal(after, before);
}

static void open_in_child(void *directory) { files_open(directory); }

static void it_is_a_directory(void **state)
{
    static const char *const wrong[] = { "/nowhere/at/all", "a", "" };

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct outcome r = in_child(open_in_child, (void *)wrong[i]);

        assert_int_equal(r.status, 2);
        check(strstr(r.err, "--files") && strstr(r.err, "directory"), "%s", r.err);
    }
    assert_int_equal(in_child(open_in_child, NULL).status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regular_files_are_read),
        cmocka_unit_test(nothing_else_is_there),
        cmocka_unit_test(they_are_bounded),
        cmocka_unit_test(without_descriptors_it_is_503),
        cmocka_unit_test(nothing_stays_open),
        cmocka_unit_test(it_is_a_directory),
    };

    return cmocka_run_group_tests(tests, lay_down, clear);
}
