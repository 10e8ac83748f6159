#include "payload.h"
#include "die.h"

#include <endian.h>
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

static const uint64_t zeros = 0x3030303030303030;       /* "00000000" */

/* 48 bits as eight digits, the highest first, under a mask. Six bits become a byte, all
 * at once: halves move apart until each has its own. */
static void write_digits(char *to, uint64_t v, uint64_t mask)
{
    v = (v & 0x0000FFFFFF000000) << 8 | (v & 0x0000000000FFFFFF);
    v = (v & 0x00FFF00000FFF000) << 4 | (v & 0x00000FFF00000FFF);
    v = (v & 0x0FC00FC00FC00FC0) << 2 | (v & 0x003F003F003F003F);
    v = htobe64(v + zeros) ^ mask;
    memcpy(to, &v, sizeof v);
}

/* What is no digit leaves one of the two highest bits of its byte. */
static bool read_digits(const char *from, uint64_t *value)
{
    uint64_t v;

    memcpy(&v, from, sizeof v);
    v = be64toh(v) - zeros;
    if (v & 0xC0C0C0C0C0C0C0C0)
        return false;
    v = (v >> 2 & 0x0FC00FC00FC00FC0) | (v & 0x003F003F003F003F);
    v = (v >> 4 & 0x00FFF00000FFF000) | (v & 0x00000FFF00000FFF);
    *value = (v >> 8 & 0x0000FFFFFF000000) | (v & 0x0000000000FFFFFF);
    return true;
}

void payload_write(const struct payload *p, uint32_t sender, size_t size, char *to)
{
    memcpy(to, pattern_of(p, sender), size);
    if (!stamped(p))
        return;
    write_digits(to, (uint64_t)p->run << 24 | sender, 0);
    write_digits(to + 8, 0, 0);
    write_digits(to + 16, 0, 0);
}

void payload_stamp(const struct payload *p, char *to, const uint8_t mask[4],
                   uint64_t sequence, int64_t when)
{
    uint64_t twice;

    if (!stamped(p))
        return;
    memcpy(&twice, mask, 4);
    memcpy((char *)&twice + 4, mask, 4);
    write_digits(to + 8, sequence, twice);      /* where a mask begins again */
    write_digits(to + 16, (uint64_t)when, twice);
}

static bool read_stamp(const char *from, struct stamp *s)
{
    uint64_t whose, when;

    if (!read_digits(from, &whose) || !read_digits(from + 8, &s->sequence)
        || !read_digits(from + 16, &when))
        return false;
    s->run = (uint32_t)(whose >> 24);
    s->sender = (uint32_t)(whose & 0xFFFFFF);
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
