#include "fuzz.h"
#include "metrics.h"
#include "options.h"

#include <stdlib.h>
#include <string.h>

/* The time of day is no answer to the client's bytes. */
static void blank_dates(UT_string *out)
{
    enum { LENGTH = sizeof "Date: Sat, 01 Jan 2000 00:00:00 GMT" - 1 };
    char *p = utstring_body(out), *end = p + utstring_len(out);

    while ((p = memmem(p, (size_t)(end - p), "Date: ", 6)) && end - p >= LENGTH) {
        memset(p, '-', LENGTH);
        p += LENGTH;
    }
}

/* Nor are the numbers of messages, which go on from pass to pass. */
static void blank_numbers(UT_string *out, const char *before)
{
    char *p = utstring_body(out), *end = p + utstring_len(out);
    size_t n = strlen(before);

    while ((p = memmem(p, (size_t)(end - p), before, n)))
        for (p += n; p < end && *p >= '0' && *p <= '9'; p++)
            *p = '-';
}

static void blank(UT_string *out)
{
    blank_dates(out);
    blank_numbers(out, "Relay-Cursor: ");
    blank_numbers(out, "id: ");
}

/* Feeds it in pieces of at most `most` bytes, by a rule that the seed decides. */
static void say(struct wire *w, struct bytes in, size_t most, unsigned seed)
{
    *metrics = (struct metrics){ 0 };   /* they are what /metrics answers */
    while (in.size) {
        seed = seed * 1103515245u + 12345u;
        size_t n = 1 + (seed >> 16) % most;
        struct bytes piece = { in.data, n < in.size ? n : in.size };

        wire_feed(w, piece);
        in.data += piece.size;
        in.size -= piece.size;
    }
    blank(&w->out);
}

static bool same(const UT_string *a, const UT_string *b)
{
    size_t n = utstring_len(a);

    return n == utstring_len(b)
        && (n == 0 || memcmp(utstring_body(a), utstring_body(b), n) == 0);
}

void fuzz_split(struct bytes in)
{
    struct options o = fuzz_options();
    uint8_t seed = take(&in);
    struct wire whole, cut;

    wire_open(&whole, &o);
    wire_open(&cut, &o);
    cut.gulp = seed & 15;
    if (in.size) {
        wire_feed(&whole, (struct bytes){ "", 0 });
        *metrics = (struct metrics){ 0 };
        wire_feed(&whole, in);
        blank(&whole.out);
    }
    say(&cut, in, 1u << (seed >> 5), seed);
    if (!same(&whole.out, &cut.out) || !same(&whole.relayed, &cut.relayed))
        abort();
    wire_close(&whole);
    wire_close(&cut);
}
