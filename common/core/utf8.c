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

static uint64_t word(const char *s)
{
    uint64_t w;

    memcpy(&w, s, sizeof w);
    return w;
}

/* How many bytes from here on are ASCII, in steps of 32. Most text is nothing else. */
static size_t ascii(const char *s, size_t size)
{
    size_t n = 0;

    while (n + 32 <= size && ((word(s + n) | word(s + n + 8) | word(s + n + 16)
                               | word(s + n + 24)) & UINT64_C(0x8080808080808080)) == 0)
        n += 32;
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

bool utf8_text(const char *s, size_t size)
{
    struct utf8 u = { 0, 0, 0 };

    return utf8_feed(&u, s, size) && utf8_complete(&u);
}
