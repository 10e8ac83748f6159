/* seconds.h - how many in each second: a row of counters that grows with the time. */
#ifndef SECONDS_H
#define SECONDS_H

#include <stddef.h>
#include <stdint.h>

struct seconds {                /* all-zero: no second yet */
    uint64_t *count;
    size_t size;                /* seconds that there are */
    size_t room;
};

/* One more, this long after the beginning, in ns; at least 0. */
void seconds_add(struct seconds *, int64_t ns);

/* There are this many at least; those that are new have counted nothing. */
void seconds_reach(struct seconds *, size_t size);

void seconds_merge(struct seconds *into, const struct seconds *);
void seconds_free(struct seconds *);

#endif
