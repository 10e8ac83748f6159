/* options.h - the command line that all models share (README has the table). */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "settings.h"

/* Sets what a parent may have left in disorder (start.h), and reads the command line into
 * *o. The caller sets o->workers first, to the size of its crew, ALONE, or 0 where
 * everyone is served: only there --max-connections is an option, and --workers only for a
 * crew; and o->max_stacks where await takes any. Prints --help and --version and exits 0;
 * a wrong option is told in one line, exit 2. From here on the core's remarks (tell.h) go
 * to stderr. */
void options_parse(struct options *, int argc, char **argv);

/* Is it a name of letters, digits and such signs as a subprotocol has, 1 to 64 of them: a
 * token, RFC 9110 section 5.6.2? */
bool options_token(const char *);

/* What options_parse() would set without arguments: for tests and for who embeds the
 * core. */
void options_default(struct options *);

#endif
