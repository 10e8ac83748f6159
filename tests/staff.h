/* staff.h - a post office and its children, real ones, that a test steers.
 *
 * kill() and epoll_ctl() are our own here: who was told, and what the kernel refuses. */
#ifndef STAFF_H
#define STAFF_H

#include "line.h"
#include "post.h"

enum {
    PATIENCE = 5000,            /* ms: no test should ever need them */
    BOUND = 256 * 1024,         /* max_output */
    BIG = 8192,                 /* a letter of which a few are too many */
};

/* A child, steered by its test through a pipe: a letter at a time, each answered. */
struct child {
    pid_t pid;
    int orders, answers;        /* ours to write, ours to read */
    struct post *post;          /* in the child only */
    struct line line;
};

extern struct office *office;
extern pid_t told;              /* who was sent a signal last, by whomever */
extern bool watching;           /* may the kernel watch one more? */

/* The office's options: the defaults, and BOUND. */
const struct options *bounded(void);

/* Fixtures of a test: an office is opened; it is closed if the test has not done so. */
int open_office(void **state);
int restore_signals(void **state);
void close_office(void);

#define IN_OFFICE(test) \
    cmocka_unit_test_setup_teardown(test, open_office, restore_signals)

/* A new child, and our end of it. */
void hire(struct child *);
void dismiss(struct child *);

/* Orders. x, y: joins that room. -: leaves. ?: takes its mail and says it. #: takes it
 * and counts the big letters. d: is deaf to SIGTERM. B: sends a big letter. Any other:
 * sends that as a letter. */
void order(struct child *, char what);

/* Its answer: the text of the mail it had, without the frames' heads. */
const char *answer(struct child *, bool serving);

/* Several orders, one after the other, while the office works. */
const char *tell(struct child *, const char *orders);

/* The same for a #: how many have come, or 255 if its client was closed for reading too
 * slowly. */
int ask_number(struct child *);

/* Is this readable before long? Meanwhile the office works, if it is to. */
bool await(int fd, bool serving);

#endif
