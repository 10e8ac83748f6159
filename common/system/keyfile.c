#include "keyfile.h"
#include "die.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 4096 };

/* A pipe that nobody writes to must not keep us waiting: O_NONBLOCK, open(2). */
static int open_private(const char *option, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        die("%s '%s': %s. A key is made by: (umask 077; openssl rand -base64 32 >FILE)",
            option, path, strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        die("%s '%s': that is no regular file: name one that holds the key", option,
            path);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        die("%s '%s': others may read or change it: chmod 600 %s, and if they have had "
            "the time, make another key", option, path, path);
    return fd;
}

/* The size without a line's end, if this is a line of text. */
static size_t without_line_end(const char *key, size_t n)
{
    size_t text = n;

    if (text > 0 && key[text - 1] == '\n')
        text--;
    if (text < n && text > 0 && key[text - 1] == '\r')
        text--;
    for (size_t i = 0; i < text; i++)
        if (key[i] < ' ' || key[i] > '~')
            return n;
    return text;
}

struct token_key *keyfile_read(const char *option, const char *path)
{
    char bytes[MOST + 1];
    size_t n = 0;
    ssize_t more;
    int fd = open_private(option, path);

    while ((more = read(fd, bytes + n, sizeof bytes - n)) > 0)
        n += (size_t)more;
    if (more < 0)
        die("%s '%s': %s", option, path, strerror(errno));
    close(fd);
    if (n > MOST)
        die("%s '%s': more than %d bytes are no key: name a file that holds one", option,
            path, MOST);
    n = without_line_end(bytes, n);
    if (n < TOKEN_KEY)
        die("%s '%s': a key of %zu bytes is weak, HS256 wants %d or more (RFC 7518, "
            "3.2): openssl rand -base64 32 >FILE", option, path, n, TOKEN_KEY);
    struct token_key *key = token_key_new(bytes, n);
    explicit_bzero(bytes, sizeof bytes);
    return key;
}
