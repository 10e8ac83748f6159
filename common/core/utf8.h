/* utf8.h - is this UTF-8, as far as we can see? RFC 3629. */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Inside a character: how many bytes are still to come, and what the next may be. */
struct utf8 { uint8_t more, low, high; };       /* all-zero: between characters */

/* Looks at the next bytes of a text. False at the first byte that no continuation can
 * mend: surrogates, overlong forms and what lies beyond U+10FFFF among them. */
bool utf8_feed(struct utf8 *, const char *, size_t);

/* Is that a whole text? */
bool utf8_text(const char *, size_t);

/* May the text end here? */
static inline bool utf8_complete(const struct utf8 *u) { return u->more == 0; }

#endif
