#include "files.h"
#include "die.h"
#include "frame.h"
#include "job.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 4096 };          /* read beyond what a file says that it has */

static int root = -1;

void files_open(const char *directory)
{
    if (!directory)
        return;
    if (root >= 0)
        close(root);
    root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        die("--files '%s': %s: name a directory", directory, strerror(errno));
}

/* One name of a path. The directory that it is looked up in is held by a descriptor, so
 * nobody can put another in its place. */
static int open_name(int dir, const char *name, size_t n, int flags)
{
    char one[NAME_MAX + 1];

    bool dots = *name == '.' && (n == 1 || (n == 2 && name[1] == '.'));

    if (n == 0 || n > NAME_MAX || dots) {
        errno = ENOENT;
        return -1;
    }
    memcpy(one, name, n);
    one[n] = '\0';
    return openat(dir, one, flags | O_NOFOLLOW | O_CLOEXEC);
}

static void close_unless_root(int dir)
{
    int saved = errno;

    if (dir != root)
        close(dir);
    errno = saved;
}

/* Name by name: openat2(2) would do it in one call, where a kernel has it and a container
 * does not forbid it. A pipe that nobody writes to must not keep us waiting. */
static int open_below(const char *path)
{
    int dir = root;
    size_t n;

    while (path[n = strcspn(path, "/")]) {
        int next = open_name(dir, path, n, O_PATH | O_DIRECTORY);

        close_unless_root(dir);
        if (next < 0)
            return -1;
        dir = next;
        path += n + 1;
    }
    int fd = open_name(dir, path, n, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    close_unless_root(dir);
    return fd;
}

static void not_open(struct job *job)
{
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM)
        job_fail(job, 503, "no descriptor is left for the file: try again later");
    else
        job_fail(job, 404, "there is no such file");
}

/* A file that grows while it is read is bounded like any other. */
static void read_all(struct job *job, int fd, size_t size, size_t most)
{
    ssize_t n;

    job->text = frame_new(size + PIECE);
    do {
        job->text = frame_reserve(job->text, PIECE);
        struct frame *f = job->text;
        size_t room = f->room - (size_t)(f->data - f->store) - f->size;

        n = read(fd, f->data + f->size, room);
        f->size += n > 0 ? (size_t)n : 0;
    } while ((n > 0 || (n < 0 && errno == EINTR)) && job->text->size <= most);
    if (n < 0)
        job_fail(job, 502, "the file can't be read");
    else if (job->text->size > most)
        job_fail(job, 502, JOB_TOO_LONG);
}

void files_read(struct job *job, size_t most)
{
    struct stat st;
    int fd = open_below(job->name);

    if (fd < 0) {
        not_open(job);
        return;
    }
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
        job_fail(job, 404, "there is no such file");
    else if ((uintmax_t)st.st_size > most)
        job_fail(job, 502, JOB_TOO_LONG);
    else
        read_all(job, fd, (size_t)st.st_size, most);
    close(fd);
}
