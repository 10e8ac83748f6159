/* forbidden.h - a machine on which io_uring is not allowed, as a container's is, or one
 * that has none. */
#ifndef FORBIDDEN_H
#define FORBIDDEN_H

/* From now on io_uring_setup(2) fails with that errno, in this process and whatever it
 * becomes or starts (seccomp(2)). No privileges can be gained any more. */
void forbid_uring(int error);

#endif
