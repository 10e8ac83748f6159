#include "comet.h"

#include <inttypes.h>
#include <nettle/base64.h>
#include <stdio.h>
#include <string.h>

static struct frame *add(struct frame *f, const char *text)
{
    return frame_append(f, text, strlen(text));
}

static struct frame *add_base64(struct frame *f, struct bytes b)
{
    size_t size = BASE64_ENCODE_RAW_LENGTH(b.size);

    f = frame_reserve(f, size);
    base64_encode_raw(f->data + f->size, b.size, (const uint8_t *)b.data);
    f->size += size;
    return f;
}

/* How long is the line at the front, and how many bytes end it? */
static size_t line_size(struct bytes b, size_t *end)
{
    size_t n = 0;

    while (n < b.size && b.data[n] != '\n' && b.data[n] != '\r')
        n++;
    *end = n == b.size ? 0 : n + 1 < b.size && memcmp(b.data + n, "\r\n", 2) == 0 ? 2 : 1;
    return n;
}

/* What ends in a line end has an empty line behind it, which must be said. */
static struct frame *add_lines(struct frame *f, struct bytes b)
{
    size_t end;

    do {
        size_t n = line_size(b, &end);

        f = frame_append(add(f, "data: "), b.data, n);
        f = add(f, "\n");
        b.data += n + end;
        b.size -= n + end;
    } while (end);
    return f;
}

struct frame *comet_event(struct frame *f, uint64_t number, bool text, struct bytes b)
{
    char id[40];

    snprintf(id, sizeof id, "id: %" PRIu64 "\n", number);
    f = add(f, id);
    if (text)
        return add(add_lines(f, b), "\n");
    f = add(f, "event: binary\ndata: ");
    return add(add_base64(f, b), "\n\n");
}

/* Control characters, quotes and backslashes are escaped, section 7; all else may stand
 * in a string as it is. */
static struct frame *add_string(struct frame *f, struct bytes b)
{
    size_t plain = 0;

    f = add(f, "\"");
    for (size_t i = 0; i < b.size; i++) {
        unsigned char c = (unsigned char)b.data[i];
        char escape[8];

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        f = frame_append(f, b.data + plain, i - plain);
        plain = i + 1;
        snprintf(escape, sizeof escape, c < 0x20 ? "\\u%04x" : "\\%c", c);
        f = add(f, escape);
    }
    return add(frame_append(f, b.data + plain, b.size - plain), "\"");
}

struct frame *comet_json(struct frame *f, bool text, struct bytes b)
{
    if (text)
        return add_string(f, b);
    return add(add_base64(add(f, "{\"base64\":\""), b), "\"}");
}
