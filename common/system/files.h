/* files.h - the directory of --files, and what clients may read of it. */
#ifndef FILES_H
#define FILES_H

#include <stddef.h>

struct job;

/* Opens the directory, or dies with a line that says what to do. NULL: there is none.
 * Before any thread or fork; it is kept open, in place of an earlier one. */
void files_open(const char *directory);

/* A file job: its text is the file, or its status is 404, 502 or 503. Its name is a path
 * below the directory, and nothing leads out: no "..", and no symbolic link is followed,
 * at its end or on the way. Whatever is no regular file is not there. It blocks: a disk
 * may have to turn, and regular files can't be waited for (epoll_ctl(2), EPERM). */
void files_read(struct job *, size_t most);

#endif
