#include "utf8.h"

#include <string.h>

/* The first byte of a character says how many follow and narrows the second: that
 * alone keeps out overlong forms, surrogates and all beyond U+10FFFF. */
static bool begin(struct utf8 *u, uint8_t c)
{
    *u = (struct utf8){ 0, 0x80, 0xBF };
    if (c < 0x80)
        return true;
    if (c < 0xC2 || c > 0xF4)
        return false;
    u->more = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    if (c == 0xE0) u->low = 0xA0;
    if (c == 0xED) u->high = 0x9F;
    if (c == 0xF0) u->low = 0x90;
    if (c == 0xF4) u->high = 0x8F;
    return true;
}

/* How many bytes from here on are ASCII, as far as whole words tell. Most text is nothing
 * else, and 32 bytes cost as much as one. */
static size_t ascii(const char *s, size_t size)
{
    uint64_t words[4];
    size_t n = 0;

    for (; n + sizeof words <= size; n += sizeof words) {
        memcpy(words, s + n, sizeof words);
        if ((words[0] | words[1] | words[2] | words[3]) & UINT64_C(0x8080808080808080))
            break;
    }
    return n;
}

bool utf8_feed(struct utf8 *state, const char *s, size_t size)
{
    struct utf8 u = *state;
    const char *end = s + size;

    while (s < end) {
        if (u.more == 0)
            s += ascii(s, (size_t)(end - s));
        for (int i = 0; i < 32 && s < end; i++) {
            uint8_t c = (uint8_t)*s++;

            if (u.more == 0) {
                if (!begin(&u, c))
                    return false;
            } else {
                if (c < u.low || c > u.high)
                    return false;
                u = (struct utf8){ (uint8_t)(u.more - 1), 0x80, 0xBF };
            }
        }
    }
    *state = u;
    return true;
}
