/* test_load_token.c - a token goes along with each request, and what a server without
 * patience for others says to it is told. */
#include "loading.h"
#include "tokens.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY "0123456789abcdef0123456789abcdef"

static struct program closed;
static int its;
static char folder[] = "/tmp/test_load_token-XXXXXX", key[64], token[64];

static void write_file(const char *path, const char *text)
{
    int fd = creat(path, 0600);

    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

static void write_token(int seconds, const char *behind)
{
    static char text[TOKEN_ROOM + 10];

    token_for(text, KEY, seconds);
    write_file(token, strcat(text, behind));
}

static int start(void **state)
{
    char options[100];

    (void)state;
    snprintf(key, sizeof key, "%s/key", mkdtemp(folder) ? folder : "");
    snprintf(token, sizeof token, "%s/token", folder);
    write_file(key, KEY);
    snprintf(options, sizeof options, "--jwt-key %s", key);
    its = model_start(&closed, "epoll", options);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    model_stop(&closed);
    unlink(key);
    unlink(token);
    return rmdir(folder);
}

static void a_token_opens_the_door(void **state)
{
    static const char *const behind[] = { "", "\n", "\r\n", " \n\n" };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(behind); i++) {
        write_token(100, behind[i]);
        load(&r, "-c 3 -n 30 --json - --token %s " URL, token, its);
        went_well(&r);
        load(&r, "-c 2 -n 20 --json - --token %s http://127.0.0.1:%d/job/cpu:3", token,
             its);
        went_well(&r);
    }
    load(&r, "-n 20 --churn 5 --json - --token %s " URL, token, its);
    went_well(&r);
    check(!strstr(r.out, "eyJ"), "the token is in the report: %s", r.out);
    struct program p = program_start(
        "burst -c 3 --token %s http://127.0.0.1:%d/job/cpu:3", token, its);
    program_end(&p, &r);
    check(r.status == 0, "burst: %s%s", r.out, r.err);
}

static void a_refusal_is_told(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-n 3 " URL, its);
    check(r.status == 1, "exit status %d: %s", r.status, r.out);
    tells(r.err, "401 Unauthorized (see --token): this server wants a token");
    load(&r, "-n 3 http://127.0.0.1:%d/job/cpu:3", its);
    check(r.status == 1, "exit status %d: %s", r.status, r.out);
    tells(r.out, "401 Unauthorized (see --token): this server wants a token");
    write_token(-1000, "");
    load(&r, "-n 3 --token %s " URL, token, its);
    check(r.status == 1, "exit status %d: %s", r.status, r.out);
    tells(r.err, "the token has expired");
    check(!strstr(r.err, "eyJ"), "the token is told: %s", r.err);
}

static void what_is_no_token(void **state)
{
    static const char *const bad[] = {
        "", "\n", "a b", "a\nX: y", "a\r\nX: y\r\n", " a", "\"a\"", "a,b", "a:b",
        "Bearer a", "{}", "\xc3\xa4",
    };
    static char long_one[8193];
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        write_file(token, bad[i]);
        load(&r, "-n 3 --token %s " URL, token, its);
        check(r.status == 2, "'%s': exit status %d: %s", bad[i], r.status, r.out);
        tells(r.err, token);
        tells(r.err, "no token");
    }
    memset(long_one, 'a', sizeof long_one - 1);
    write_file(token, long_one);
    load(&r, "-n 3 --token %s " URL, token, its);       /* the server says what it can */
    check(r.status == 1, "exit status %d: %s", r.status, r.err);
    tells(r.err, "431");
    load(&r, "-n 3 --token /nowhere " URL, its);
    check(r.status == 2, "exit status %d", r.status);
    tells(r.err, "/nowhere");
    write_file(token, "a.b.c");
    load(&r, "-n 3 --token %s tcp://127.0.0.1:%d", token, its);
    check(r.status == 2, "exit status %d", r.status);
    tells(r.err, "tcp://");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_opens_the_door),
        cmocka_unit_test(a_refusal_is_told),
        cmocka_unit_test(what_is_no_token),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
