/* ring.h - an io_uring(7): a list of orders, one of completions, and a few buffers.
 *
 * Orders are put into a list, and one system call hands them all over. The kernel works
 * on them, and puts what has become of each into the other list. An order to read takes
 * one of the shared buffers when there is something to read, and its completion says
 * which: `cqe->flags >> IORING_CQE_BUFFER_SHIFT`, if IORING_CQE_F_BUFFER is set. It is
 * lent again when its bytes have been used.
 *
 * What is ordered, and what follows from a completion, is the model's business. */
#ifndef RING_H
#define RING_H

#include <liburing.h>

extern struct io_uring ring;

/* Opens it, and lends its buffers, of BUFFER bytes each (net.h). Where the kernel has no
 * such ring, or forbids it, dies with a line that begins with "cannot run here". */
void ring_open(void);

/* The buffer of that number; and it may be filled again. */
char *ring_buffer(int i);
void ring_lend(int i);

#endif
