/* head.h - the head of an HTTP answer, its status and fields: RFC 9112, sections 4 and 5.
 *
 * It is lenient where the RFCs tell a recipient to be: line ends without CR, blanks, no
 * reason, folded lines. */
#ifndef HEAD_H
#define HEAD_H

#include "words.h"
#include <stdint.h>

enum { HEAD_MOST = 65536 };     /* bytes */

struct head {                   /* all-zero: nothing has come */
    struct lines lines;
    bool whole;                 /* all of it is here */
    int status, minor;          /* HTTP/1.minor; a status beyond 599 is 500 */
    int64_t length;             /* of the body, by Content-Length; -1: not said */
    bool coded, chunked;        /* Transfer-Encoding is said; and chunked is the last */
    bool closes, stays;         /* Connection: "close", "keep-alive" */
};

enum head_event {
    HEAD_MORE,
    HEAD_WHOLE,                 /* all of the above is set */
    HEAD_WRONG,                 /* it is none, and *wrong says why */
};

/* Takes a line, or what there is of one, off the front of *in, which is not empty. */
enum head_event head_feed(struct head *, struct bytes *in, const char **wrong);

/* Ready for the next one. */
void head_forget(struct head *);
void head_free(struct head *);

/* The status line without the version, "200 OK"; of a whole head, and lent with it. */
struct bytes head_status(const struct head *);

/* How many fields of this name there are; *value is the last one's, lent as above. */
int head_field(const struct head *, const char *name, struct bytes *value);

/* The values of all fields of this name are one list. Does it have this word, in upper
 * or lower case? NULL: any word, and *found is the first. */
bool head_lists(const struct head *, const char *name, const char *word,
                struct bytes *found);

#endif
