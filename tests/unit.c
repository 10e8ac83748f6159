#include "unit.h"
#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

unsigned dice(unsigned below)
{
    static uint64_t state = 88172645463325252u; /* xorshift64, Marsaglia 2003 */

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (unsigned)(state >> 32) % below;
}

void slurp(FILE *file, char *text, size_t size)
{
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

struct outcome in_child(void (*fn)(void *), void *arg)
{
    struct outcome r = { 0 };
    FILE *out = tmpfile(), *err = tmpfile();
    int status;

    assert_non_null(out);
    assert_non_null(err);
    fflush(NULL);               /* or the child prints it once more */
    pid_t pid = fork();
    if (pid == 0) {
        dup2(fileno(out), STDOUT_FILENO);
        dup2(fileno(err), STDERR_FILENO);
        fn(arg);
        fflush(NULL);
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    r.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    r.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    slurp(out, r.out, sizeof r.out);
    slurp(err, r.err, sizeof r.err);
    return r;
}

void put_frame(UT_string *s, int first, const void *data, size_t size, const char *mask)
{
    int bit = mask ? 0x80 : 0, extra = size < 126 ? 0 : size < 65536 ? 2 : 8;
    unsigned char head[10] = { (unsigned char)first };

    head[1] = (unsigned char)(bit | (extra == 0 ? (int)size : extra == 2 ? 126 : 127));
    for (int i = 0; i < extra; i++)
        head[2 + i] = (unsigned char)((uint64_t)size >> 8 * (extra - 1 - i));
    utstring_reserve(s, size + sizeof head + 5);
    utstring_bincpy(s, (char *)head, 2 + (size_t)extra);
    if (mask)
        utstring_bincpy(s, mask, 4);
    for (size_t i = 0; i < size; i++) {
        char c = ((const char *)data)[i];
        if (mask)
            c ^= mask[i % 4];
        utstring_bincpy(s, &c, 1);
    }
}

bool same_bytes(const UT_string *s, const void *data, size_t size)
{
    return utstring_len(s) == size
        && (size == 0 || memcmp(utstring_body(s), data, size) == 0);
}

void pause_for(int64_t ns)
{
    struct timespec t = { ns / (1000 * MS), ns % (1000 * MS) };

    while (nanosleep(&t, &t) != 0)
        ;
}
