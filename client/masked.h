/* masked.h - frames as a client must send them: RFC 6455, section 5.3. */
#ifndef MASKED_H
#define MASKED_H

#include "ws.h"

/* One frame with FIN set, under that mask: header and masking are wslay's, so that
 * what the servers read was not written by themselves. */
struct frame *masked_frame(enum ws_opcode, const char *, size_t, uint32_t mask);

#endif
