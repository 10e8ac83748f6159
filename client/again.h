/* again.h - http://: a request that is not answered in time is given up, and asked again.
 *
 * A user has patience (--patience). If an answer takes longer, counted from when it was
 * asked for, the request is given up and its connection closed with a reset, as if the
 * user had gone. That is no failure, and nothing is lost: it is counted apart. And a user
 * presses the button again (--retries), at once or after a while (--retry-after), if the
 * request was given up, or answered with 5xx: another 4xx would follow the first. Each
 * attempt has the whole patience. This is what turns a stall into a storm. */
#ifndef AGAIN_H
#define AGAIN_H

#include "traffic.h"

/* Does nothing without one of these options. The loop must outlive it. */
void again_init(struct traffic *, struct ev_loop *);
void again_free(struct traffic *);

/* A sender has a message due: from now on somebody looks whether it is answered in time,
 * and gives it up a millisecond or two after it is not. */
void again_watch(struct traffic *, int64_t asked);

/* With --patience: an answer has come to the request in flight. If it is too late, the
 * request is given up, and that is all that comes of it: true. */
bool again_too_late(struct traffic *, struct client *, int64_t now);

/* This attempt has failed. It is due again, at once or after a pause; or nothing is, if
 * it was the last one, or none is to become due any more. */
void again_ask(struct traffic *, struct client *, struct attempt, int64_t now);

/* Those that pause are not asked again. */
void again_stop(struct traffic *);

/* The same, and nobody looks any more. */
void again_end(struct traffic *);

#endif
