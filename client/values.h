/* values.h - what stands after an option: from words to numbers.
 *
 * A word that is no such value ends the program, with one line that names the option. */
#ifndef VALUES_H
#define VALUES_H

#include <stdbool.h>
#include <stdint.h>

/* A whole number within these bounds. */
int64_t value_number(const char *option, const char *, int64_t least, int64_t most);

/* So much a second: "5000", "1e4", "2.5". */
double value_rate(const char *option, const char *);

/* "500ms", "10s", "2m", "1.5" (seconds), in ns. */
int64_t value_duration(const char *option, const char *);

/* The same into *ns. False, and the program goes on: it is none of these. */
bool value_time(const char *, int64_t *ns);

#endif
