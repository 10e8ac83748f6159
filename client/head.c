#include "head.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

/* ---- its fields ---- */

/* Said twice, it has to be said alike (RFC 9112, section 6.3). */
static bool content_length(struct head *h, struct bytes value)
{
    struct bytes number;

    if (value.size == 0)
        return false;
    while (next_member(&value, &number)) {
        if (number.size > 18 || !are_digits(number.data, number.size))
            return false;
        int64_t length = strtoll(number.data, NULL, 10);
        if (h->length >= 0 && h->length != length)
            return false;
        h->length = length;
    }
    return true;
}

/* Only the last coding tells where the body ends. "identity", of RFC 2616, is none. */
static void transfer_encoding(struct head *h, struct bytes value)
{
    struct bytes coding;

    while (next_member(&value, &coding))
        if (coding.size && !is_word(coding, "identity")) {
            h->coded = true;
            h->chunked = is_word(coding, "chunked");
        }
}

static void connection(struct head *h, struct bytes value)
{
    struct bytes option;

    while (next_member(&value, &option)) {
        h->closes |= is_word(option, "close");
        h->stays |= is_word(option, "keep-alive");
    }
}

/* "Name: value". Blanks before the colon are as good as not there (RFC 9112, section
 * 5.1); in the name they make it none. */
static bool split(struct bytes line, struct bytes *name, struct bytes *value)
{
    const char *colon = memchr(line.data, ':', line.size);
    size_t n = colon ? (size_t)(colon - line.data) : 0;

    if (!colon)
        return false;
    *value = trimmed((struct bytes){ colon + 1, line.size - n - 1 });
    *name = trimmed((struct bytes){ line.data, n });
    for (size_t i = 0; i < name->size; i++)
        if (name->data[i] <= ' ' || name->data[i] > '~')
            return false;
    return name->size;
}

/* A folded line belongs to the one before, with blanks between (RFC 9112, section 5.2);
 * a CR that ends no line is a blank (section 2.2). */
static void unfold(char *head, size_t size)
{
    for (char *s = head, *end = head + size; s < end; s++) {
        bool ends = *s == '\r' && s[1] == '\n';
        const char *next = s + 1 + ends;
        if ((*s == '\n' || ends) && next < end && is_blank(*next))
            *s = ' ';
        if (*s == '\r' && !ends)
            *s = ' ';
    }
}

/* The line there; moves on to the next. */
static struct bytes next_line(const struct head *h, size_t *at)
{
    const char *data = h->lines.data + *at;
    const char *newline = memchr(data, '\n', h->lines.size - *at);
    size_t size = (size_t)(newline - data) + 1;

    *at += size;
    return without_end(data, size);
}

static const char *read_fields(struct head *h)
{
    struct bytes line, name, value;
    size_t at = 0;

    h->length = -1;
    h->coded = h->chunked = h->closes = h->stays = false;
    next_line(h, &at);
    if (memchr(h->lines.data, '\0', h->lines.size))
        return "there is a NUL in its head";
    if (is_blank(h->lines.data[at]))
        return "its first header field begins with a blank";
    unfold(h->lines.data, h->lines.size);
    while ((line = next_line(h, &at)).size) {
        if (!split(line, &name, &value))
            return "a line of its head is no header field";
        if (is_word(name, "Content-Length") && !content_length(h, value))
            return "its Content-Length is no number, or two that differ";
        if (is_word(name, "Transfer-Encoding"))
            transfer_encoding(h, value);
        if (is_word(name, "Connection"))
            connection(h, value);
    }
    return NULL;
}

/* ---- its lines, as they come ---- */

/* A server that speaks something else altogether may never end a line. */
static bool may_be_http(const struct head *h)
{
    static const char start[] = "HTTP/";

    return memcmp(h->lines.data, start, h->lines.size < 5 ? h->lines.size : 5) == 0;
}

/* "HTTP/1.1 200 OK"; the reason may be missing, even with its blank. */
static bool status_line(struct head *h, struct bytes line)
{
    const char *s = line.data;

    if (line.size < 12 || memcmp(s, "HTTP/1.", 7) != 0 || !are_digits(s + 7, 1)
        || s[8] != ' ' || !are_digits(s + 9, 3) || (line.size > 12 && s[12] != ' '))
        return false;
    h->minor = s[7] - '0';
    h->status = (s[9] - '0') * 100 + (s[10] - '0') * 10 + s[11] - '0';
    h->status = h->status > 599 ? 500 : h->status;  /* RFC 9110, section 15 */
    return h->status >= 100;
}


enum head_event head_feed(struct head *h, struct bytes *in, const char **wrong)
{
    bool first = h->lines.last == 0, whole = lines_take(&h->lines, in);

    *wrong = NULL;
    if (first && !may_be_http(h))
        *wrong = "it does not speak HTTP";
    else if (h->lines.size > HEAD_MOST)
        *wrong = "its head is longer than 64 KiB";
    if (*wrong || !whole)
        return *wrong ? HEAD_WRONG : HEAD_MORE;
    struct bytes line = lines_last(&h->lines);
    if (first && !status_line(h, line))
        *wrong = "it does not begin as in HTTP/1.1 200 OK";
    h->lines.last = h->lines.size;
    if (line.size == 0 && !*wrong) {
        h->whole = true;
        *wrong = read_fields(h);
    }
    return *wrong ? HEAD_WRONG : h->whole ? HEAD_WHOLE : HEAD_MORE;
}

void head_forget(struct head *h)
{
    h->whole = false;
    h->lines.size = h->lines.last = 0;
}

void head_free(struct head *h)
{
    lines_free(&h->lines);
}

/* ---- what it says ---- */

struct bytes head_status(const struct head *h)
{
    struct bytes line = without_end(h->lines.data, strcspn(h->lines.data, "\n"));

    return (struct bytes){ line.data + 9, line.size - 9 };
}

/* The next field of this name, from *at in the head. */
static bool next_field(const struct head *h, const char *wanted, size_t *at,
                       struct bytes *value)
{
    struct bytes name, line;

    while (h->whole && *at < h->lines.size) {
        line = next_line(h, at);
        if (split(line, &name, value) && is_word(name, wanted))
            return true;
    }
    return false;
}

int head_field(const struct head *h, const char *name, struct bytes *value)
{
    struct bytes next;
    size_t at = 0;
    int count = 0;

    for (; next_field(h, name, &at, &next); count++)
        *value = next;
    return count;
}

bool head_lists(const struct head *h, const char *name, const char *word,
                struct bytes *found)
{
    struct bytes value, member;
    size_t at = 0;

    while (next_field(h, name, &at, &value))
        while (next_member(&value, &member))
            if (word ? is_word(member, word) : member.size > 0) {
                if (found)
                    *found = member;
                return true;
            }
    return false;
}
