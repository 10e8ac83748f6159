/* gil.h - an interpreter's lock: of all threads that could go on, one does.
 *
 * As CPython has had it since version 3.2 (Python/ceval_gil.c; sys.setswitchinterval).
 * Its holder may touch all that the threads share. The lock is let go of around each call
 * that may wait. A thread that computes keeps it until another has waited for an
 * interval: then it hands the lock over at its next step, and does not take it back
 * before somebody else has had it. */
#ifndef GIL_H
#define GIL_H

#include <stdatomic.h>
#include <stdint.h>

/* Before the first thread: how long a thread that waits lets the holder go on, in ns. */
void gil_open(int64_t interval);

/* Waits until it is ours. Leaves errno as it is. */
void gil_take(void);

/* Others may go on. If one of them has asked for it, waits until it has it. Leaves errno
 * as it is. */
void gil_give(void);

/* Makes a call that may wait, and lets others go on meanwhile: Py_BEGIN_ALLOW_THREADS and
 * Py_END_ALLOW_THREADS around it. What the call uses must be ours alone. */
#define ALLOW_THREADS(call)         \
    ({                              \
        gil_give();                 \
        __auto_type done_ = (call); \
        gil_take();                 \
        done_;                      \
    })

/* fib(n) as the interpreter would run it: before each step, here each call, it looks
 * whether anybody has asked for the lock. */
int64_t gil_fib(int64_t n);

#endif
