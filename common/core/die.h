/* die.h - start-up failures: one line that says what to do, and exit status 2. */
#ifndef DIE_H
#define DIE_H

#include <stddef.h>

/* "MODEL: message" on stderr, exit 2. Formatted as printf(3). */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* malloc(3) and realloc(3) that never return NULL: when memory is gone, so are we. */
void *must_alloc(size_t size);
void *must_realloc(void *old, size_t size);

/* The same of memory, zeroed, that is shared with every child that is forked from now on,
 * and kept to the end. */
void *must_share(size_t size);

#endif
