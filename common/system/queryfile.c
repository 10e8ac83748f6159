#include "queryfile.h"
#include "die.h"
#include "query.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST = 1 << 20 };

/* A pipe that nobody writes to must not keep us waiting: O_NONBLOCK, open(2). */
static int open_regular(const char *option, const char *path)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        die("%s '%s': %s: name a file of lines such as  point: SELECT name FROM item "
            "WHERE id = $1", option, path, strerror(errno));
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        die("%s '%s': that is no regular file: name one that holds queries", option,
            path);
    return fd;
}

struct queries *queryfile_read(const char *option, const char *path)
{
    int line, fd = open_regular(option, path);
    char *text = must_alloc(MOST + 1);
    const char *why;
    size_t size = 0;
    ssize_t n;

    while ((n = read(fd, text + size, MOST + 1 - size)) > 0)
        size += (size_t)n;
    if (n < 0)
        die("%s '%s': %s", option, path, strerror(errno));
    close(fd);
    if (size > MOST)
        die("%s '%s': it is longer than 1 MiB: name a file of queries", option, path);
    struct queries *all = queries_parse((struct bytes){ text, size }, &line, &why);
    if (!all && line)
        die("%s '%s', line %d: %s", option, path, line, why);
    if (!all)
        die("%s '%s': %s", option, path, why);
    free(text);
    return all;
}
