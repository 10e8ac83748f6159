#include "payload.h"
#include "die.h"

#include <stdlib.h>
#include <string.h>

/* Senders begin at different places of one shared pattern: two of them can be told apart
 * at every byte, and the pattern stays in the cache. */
enum { PLACES = 251 };

static const char *pattern_of(const struct payload *p, uint32_t sender)
{
    return p->pattern + sender % PLACES;
}

void payload_init(struct payload *p, uint32_t run, size_t least, size_t most)
{
    uint32_t x = 2463534242;

    *p = (struct payload){ run & 0xFFFFFF, least, most, must_alloc(most + PLACES) };
    for (size_t i = 0; i < most + PLACES; i++) {
        x ^= x << 13, x ^= x >> 17, x ^= x << 5;        /* G. Marsaglia's xorshift32 */
        p->pattern[i] = (char)('0' + (x >> 8) % 64);
    }
}

void payload_free(struct payload *p)
{
    free(p->pattern);
}

static bool stamped(const struct payload *p)
{
    return p->least >= STAMP;
}

/* The last step of splitmix64 spreads neighbouring numbers over all sizes. */
size_t payload_size(const struct payload *p, uint32_t sender, uint64_t sequence)
{
    uint64_t x = (uint64_t)sender << 40 ^ sequence;

    if (p->least == p->most)
        return p->most;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    x ^= x >> 31;
    return p->least + (size_t)(x % (p->most - p->least + 1));
}

static void write_digits(char *to, uint64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--, value >>= 6)
        to[i] = (char)('0' + (value & 63));
}

static bool read_digits(const char *from, int digits, uint64_t *value)
{
    uint64_t v = 0;

    for (int i = 0; i < digits; i++) {
        unsigned digit = (unsigned)(uint8_t)from[i] - '0';
        if (digit > 63)
            return false;
        v = v << 6 | digit;
    }
    *value = v;
    return true;
}

void payload_write(const struct payload *p, uint32_t sender, size_t size, char *to)
{
    memcpy(to, pattern_of(p, sender), size);
    if (!stamped(p))
        return;
    write_digits(to, p->run, 4);
    write_digits(to + 4, sender, 4);
    write_digits(to + 8, 0, 8);
    write_digits(to + 16, 0, 8);
}

void payload_stamp(const struct payload *p, char *to, const uint8_t mask[4],
                   uint64_t sequence, int64_t when)
{
    char digits[16];

    if (!stamped(p))
        return;
    write_digits(digits, sequence, 8);
    write_digits(digits + 8, (uint64_t)when, 8);
    for (int i = 0; i < 16; i++)    /* byte 8 is where a mask begins anew */
        to[8 + i] = (char)(digits[i] ^ mask[i % 4]);
}

static bool read_stamp(const char *from, struct stamp *s)
{
    uint64_t run, sender, when;

    if (!read_digits(from, 4, &run) || !read_digits(from + 4, 4, &sender)
        || !read_digits(from + 8, 8, &s->sequence) || !read_digits(from + 16, 8, &when))
        return false;
    s->run = (uint32_t)run;
    s->sender = (uint32_t)sender;
    s->when = (int64_t)when;
    return true;
}

bool payload_check(const struct payload *p, struct bytes payload, struct stamp *s)
{
    size_t stamp = stamped(p) ? STAMP : 0;

    if (payload.size < stamp)
        return false;
    if (stamp && (!read_stamp(payload.data, s) || s->run != p->run))
        return false;
    return payload.size == payload_size(p, s->sender, s->sequence)
        && memcmp(payload.data + stamp, pattern_of(p, s->sender) + stamp,
                  payload.size - stamp) == 0;
}
