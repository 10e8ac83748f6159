/* test_keyfile.c - which files have a key in them, and which bytes are it. */
#include "keyfile.h"
#include "tokens.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY32 "0123456789abcdef0123456789abcdef"

static char folder[] = "/tmp/test_keyfile-XXXXXX", key_path[64];

/* A file of these bytes that only its owner may read, unless the mode says otherwise. */
static void write_key(const void *bytes, size_t n, mode_t mode)
{
    unlink(key_path);           /* one may be there that we may not write to */
    FILE *f = fopen(key_path, "we");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
    assert_int_equal(chmod(key_path, mode), 0);
}

/* Does it lead to tokens that are signed with these bytes? */
static bool key_is(const char *path, const void *bytes, size_t n)
{
    struct token_key *key = keyfile_read("--jwt-key", path);
    char token[TOKEN_ROOM];

    token_make(token, HS256, "{\"exp\":100}", bytes, n);
    const char *why = token_wrong(key, (struct bytes){ token, strlen(token) }, 0);
    token_key_free(key);
    return !why;
}

static void read_in_child(void *path) { keyfile_read("--jwt-key", path); }

/* Exit 2, nothing on stdout, and one line on stderr with the option, the file and this
 * word in it. */
static void refused(const char *path, const char *word)
{
    struct outcome r = in_child(read_in_child, (void *)path);
    size_t size = strlen(r.err);

    check(r.status == 2 && r.signal == 0, "%s: exit %d, signal %d", path, r.status,
          r.signal);
    check(!*r.out && size > 1 && strchr(r.err, '\n') == r.err + size - 1,
          "%s: not one line: %s%s", path, r.out, r.err);
    check(strstr(r.err, "--jwt-key") && strstr(r.err, path) && strstr(r.err, word),
          "%s: no '%s' in %s", path, word, r.err);
    check(!strstr(r.err, "0123"), "%s: the key is told: %s", path, r.err);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(key_path, sizeof key_path, "%s/key", mkdtemp(folder) ? folder : "");
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(key_path);
    return rmdir(folder);
}

static void bytes_of_a_file(void **state)
{
    static char longest[4097];

    (void)state;
    write_key(KEY32, 32, 0600);
    assert_true(key_is(key_path, KEY32, 32));
    write_key(KEY32, 32, 0400);
    assert_true(key_is(key_path, KEY32, 32));
    memset(longest, 7, sizeof longest);
    write_key(longest, 4096, 0600);
    assert_true(key_is(key_path, longest, 4096));
    write_key(longest, 4097, 0600);
    refused(key_path, "4096");
    write_key(KEY32, 31, 0600);
    refused(key_path, "openssl rand");
    write_key("", 0, 0600);
    refused(key_path, "0 bytes");
}

/* A line's end behind a line of text is none of the key. Of other bytes it is one. */
static void lines_end(void **state)
{
    static const struct { const char *file; size_t size, key; } all[] = {
        { KEY32 "\n", 33, 32 }, { KEY32 "\r\n", 34, 32 }, { KEY32 " \n", 34, 33 },
        { KEY32 "\n\n", 34, 34 }, { KEY32 "\n\r\n", 35, 35 }, { KEY32 "\r", 33, 33 },
        { "\n" KEY32, 33, 33 }, { "\n" KEY32 "\n", 34, 34 }, { " " KEY32 "\n", 34, 33 },
        { KEY32 "\t\n", 34, 34 }, { KEY32 "\x7f\n", 34, 34 }, { KEY32 "\xe9\n", 34, 34 },
        { KEY32 "\0\n", 34, 34 }, { "\0" KEY32 "\r\n", 35, 35 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        write_key(all[i].file, all[i].size, 0600);
        check(key_is(key_path, all[i].file, all[i].key), "row %zu: not %zu bytes", i,
              all[i].key);
    }
    write_key("123456789 123456789 123456789 1\n", 32, 0600);
    refused(key_path, "31 bytes");
}

static void keys_that_others_read(void **state)
{
    static const mode_t modes[] = { 0604, 0640, 0620, 0602, 0610, 0601, 0644, 0444 };

    (void)state;
    write_key(KEY32, 32, 0600);
    for (size_t i = 0; i < COUNT(modes); i++) {
        assert_int_equal(chmod(key_path, modes[i]), 0);
        refused(key_path, "chmod 600");
    }
}

static void what_is_no_key_file(void **state)
{
    char link[80];

    (void)state;
    unlink(key_path);
    refused(key_path, "openssl rand");
    refused("", "No such file");
    refused(folder, "regular file");
    refused("/dev/zero", "regular file");
    assert_int_equal(mkfifo(key_path, 0600), 0);        /* nobody writes to it */
    refused(key_path, "regular file");
    unlink(key_path);
    write_key(KEY32, 32, 0600);
    snprintf(link, sizeof link, "%s-link", key_path);   /* secrets are often mounted so */
    assert_int_equal(symlink(key_path, link), 0);
    assert_true(key_is(link, KEY32, 32));
    unlink(link);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_of_a_file),
        cmocka_unit_test(lines_end),
        cmocka_unit_test(keys_that_others_read),
        cmocka_unit_test(what_is_no_key_file),
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
