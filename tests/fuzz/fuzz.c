#include "fuzz.h"

uint8_t take(struct bytes *in)
{
    if (in->size == 0)
        return 0;
    in->size--;
    return (uint8_t)*in->data++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = { (const char *)data, size };

    switch (take(&in) % 3) {
    case 0: fuzz_peer(in); break;
    case 1: fuzz_split(in); break;
    case 2: fuzz_head(in); break;
    }
    return 0;
}
