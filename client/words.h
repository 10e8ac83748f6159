/* words.h - words, lists and lines, as HTTP has them: RFC 9110, section 5.6. */
#ifndef WORDS_H
#define WORDS_H

#include "frame.h"
#include <stdbool.h>
#include <stddef.h>

bool is_blank(char);

/* Only digits, one at least. */
bool are_digits(const char *, size_t);

/* Without the blanks around it. */
struct bytes trimmed(struct bytes);

/* Is it this word, in upper or lower case? */
bool is_word(struct bytes, const char *word);

/* Takes a list's next member off its front, which may be empty. False: there is none. */
bool next_member(struct bytes *list, struct bytes *member);

/* A line without its end, which may be a mere LF; or as much as there is of one. */
struct bytes without_end(const char *data, size_t size);

/* A server's own words, cut and copied: they are not to play with the user's terminal. */
enum { WORDS = 400 };
const char *harmless(const char *words, char copy[WORDS]);

struct lines {                  /* one after the other, as they come; all-zero: none */
    char *data;
    size_t size, room;
    size_t last;                /* where the last line begins */
};

/* Takes bytes off the front of *in, up to a line's end. True: a whole line lies there
 * now, from `last` on, with its end. */
bool lines_take(struct lines *, struct bytes *in);
void lines_free(struct lines *);

/* The last line, without its end. */
struct bytes lines_last(const struct lines *);

#endif
