#include "ring.h"
#include "die.h"
#include "net.h"

#include <errno.h>
#include <string.h>

enum { ORDERS = 256, SHARED = 64 };     /* that a call hands over; buffers */

struct io_uring ring;
static struct io_uring_buf_ring *lent;  /* buffers that the kernel may fill */
static char *buffers;

/* DOC: ring-forbidden. Orders are no system calls, so no filter sees them: many forbid
 * the ring. A user who starts us will want to know that it is not our fault. */
static void must(int result)
{
    if (result == -EPERM || result == -EACCES)
        die("cannot run here: io_uring is forbidden: allow it (sysctl "
            "kernel.io_uring_disabled=0; a container's seccomp profile)");
    if (result == -ENOSYS || result == -EINVAL)
        die("cannot run here: io_uring with shared buffers takes Linux 5.19");
    if (result < 0)
        die("io_uring: %s", strerror(-result));
}

char *ring_buffer(int i) { return buffers + i * BUFFER; }

void ring_lend(int i)
{
    io_uring_buf_ring_add(lent, ring_buffer(i), BUFFER, i, SHARED - 1, 0);
    io_uring_buf_ring_advance(lent, 1);
}

void ring_open(void)
{
    int best = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    int result = io_uring_queue_init(ORDERS, &ring, best);

    if (result == -EINVAL)      /* before Linux 6.1 */
        result = io_uring_queue_init(ORDERS, &ring, 0);
    must(result);
    buffers = must_alloc(SHARED * BUFFER);
    lent = must_share(SHARED * sizeof *lent->bufs);
    must(io_uring_register_buf_ring(&ring, &(struct io_uring_buf_reg){
        .ring_addr = (uintptr_t)lent, .ring_entries = SHARED }, 0));
    for (int i = 0; i < SHARED; i++)
        ring_lend(i);
}
