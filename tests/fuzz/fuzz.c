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

    switch (take(&in) % 8) {
    case 0: fuzz_peer(in); break;
    case 1: fuzz_split(in); break;
    case 2: fuzz_head(in); break;
    case 3: fuzz_office(in); break;
    case 4: fuzz_child(in); break;
    case 5: fuzz_family(in); break;
    case 6: fuzz_token(in); break;
    case 7: fuzz_query(in); break;
    }
    return 0;
}
