/* json.h - the members of a JSON object, read strictly: RFC 8259, in UTF-8.
 *
 * A name that stands twice in an object is refused, at any depth. Section 4 leaves open
 * which of the two counts, and where two readers may differ, one can be lied to. For the
 * same reason an escape for NUL is refused, and half of a surrogate pair (section 8.2).
 *
 * Nothing is allocated and nothing is built: the text is walked once, what is looked for
 * is noted, and strings are unescaped where they stand. */
#ifndef JSON_H
#define JSON_H

#include "frame.h"
#include <stdbool.h>
#include <stddef.h>

enum {
    JSON_DEPTH = 16,            /* objects and arrays within each other */
    JSON_NAMES = 128,           /* members of an object and of those around it */
};

enum json_kind { JSON_MISSING, JSON_TEXT, JSON_NUMBER, JSON_OTHER };

struct json_member {
    const char *name;           /* the one that is looked for */
    enum json_kind kind;        /* JSON_OTHER: true, false, null, an array, an object */
    struct bytes text;          /* of a string what it means; of a number, its digits, and
                                   behind them stands a byte that no number has */
};

/* Reads the object that is all of these n bytes, but for blanks around it, and fills in
 * its members that are looked for; what lies deeper is checked, and no more. The text is
 * spoilt, and lent to the members. False: it is no such object, or beyond the bounds. */
bool json_read(char *text, size_t n, struct json_member *wanted, int count);

#endif
