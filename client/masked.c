#include "masked.h"
#include "die.h"

#include <string.h>
#include <wslay/wslay.h>

struct work {
    struct frame *out;
    uint32_t mask;
};

static ssize_t take(const uint8_t *data, size_t size, int flags, void *arg)
{
    struct work *w = arg;

    (void)flags;
    w->out = frame_append(w->out, (const char *)data, size);
    return (ssize_t)size;
}

static int mask_key(uint8_t *buf, size_t size, void *arg)
{
    memcpy(buf, &((struct work *)arg)->mask, size);
    return 0;
}

struct frame *masked_frame(enum ws_opcode opcode, const char *data, size_t size,
                           uint32_t mask)
{
    static const struct wslay_frame_callbacks callbacks = { take, NULL, mask_key };
    struct work w = { frame_new(size + FRAME_HEAD), mask };
    struct wslay_frame_iocb io = { .fin = 1, .opcode = (uint8_t)opcode, .mask = 1,
                                   .payload_length = size, .data_length = size,
                                   .data = (const uint8_t *)data };
    wslay_frame_context_ptr wslay;

    if (wslay_frame_context_init(&wslay, &callbacks, &w) != 0)
        die("out of memory for a frame");
    if (wslay_frame_send(wslay, &io) != (ssize_t)size)
        die("wslay cannot encode a frame of %zu bytes", size);
    wslay_frame_context_free(wslay);
    return w.out;
}
