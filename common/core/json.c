#include "json.h"
#include "utf8.h"

#include <string.h>

struct reader {
    char *at, *end;
    int depth;
    struct bytes *names;        /* of all objects that are open, the outermost first */
    int count;
};

static bool read_value(struct reader *r, struct json_member *m);

static bool take(struct reader *r, char c)
{
    if (r->at == r->end || *r->at != c)
        return false;
    r->at++;
    return true;
}

static void skip_blanks(struct reader *r)
{
    while (take(r, ' ') || take(r, '\t') || take(r, '\n') || take(r, '\r'))
        ;
}

static bool same(struct bytes a, struct bytes b)
{
    return a.size == b.size && memcmp(a.data, b.data, a.size) == 0;
}

/* ---- strings, section 7 ---- */

/* Four hexadecimal digits, or -1. */
static int hex4(struct reader *r)
{
    static const char digits[] = "0123456789abcdef";
    int n = 0;

    for (int i = 0; i < 4; i++) {
        if (r->at == r->end)
            return -1;
        char c = *r->at++;
        const char *p = c >= 'A' && c <= 'F' ? strchr(digits, c - 'A' + 'a')
                      : c ? strchr(digits, c) : NULL;
        if (!p)
            return -1;
        n = n << 4 | (int)(p - digits);
    }
    return n;
}

/* A character as UTF-8 (RFC 3629 section 3); its escape is longer. Returns its end. */
static char *put_utf8(char *to, int c)
{
    int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const int first[] = { 0, 0xC0, 0xE0, 0xF0 };

    *to++ = (char)(first[more] | c >> 6 * more);
    while (more-- > 0)
        *to++ = (char)(0x80 | (c >> 6 * more & 0x3F));
    return to;
}

static char *unescape_unicode(struct reader *r, char *to)
{
    int c = hex4(r), low;

    if (c <= 0 || (c >= 0xDC00 && c <= 0xDFFF))
        return NULL;
    if (c >= 0xD800 && c <= 0xDBFF) {
        if (!take(r, '\\') || !take(r, 'u') || (low = hex4(r)) < 0xDC00 || low > 0xDFFF)
            return NULL;
        c = 0x10000 + ((c & 0x3FF) << 10 | (low & 0x3FF));
    }
    return put_utf8(to, c);
}

/* Returns the end of what the escape means; NULL: it is none. */
static char *unescape(struct reader *r, char *to)
{
    static const char written[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    char c = r->at < r->end ? *r->at++ : '\0';
    const char *p = c ? strchr(written, c) : NULL;

    if (c == 'u')
        return unescape_unicode(r, to);
    if (!p)
        return NULL;
    *to++ = meant[p - written];
    return to;
}

static bool read_string(struct reader *r, struct bytes *text)
{
    char *to = r->at + 1;

    if (!take(r, '"'))
        return false;
    text->data = to;
    while (r->at < r->end && *r->at != '"') {
        char c = *r->at++;

        if ((unsigned char)c < ' ')
            return false;
        if (c != '\\')
            *to++ = c;
        else if (!(to = unescape(r, to)))
            return false;
    }
    text->size = (size_t)(to - text->data);
    return take(r, '"');
}

/* ---- numbers, section 6 ---- */

static bool take_digits(struct reader *r)
{
    char *from = r->at;

    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > from;
}

static bool read_number(struct reader *r, struct bytes *text)
{
    text->data = r->at;
    take(r, '-');
    if (!take(r, '0') && !take_digits(r))
        return false;
    if (take(r, '.') && !take_digits(r))
        return false;
    if (take(r, 'e') || take(r, 'E')) {
        if (!take(r, '+'))
            take(r, '-');
        if (!take_digits(r))
            return false;
    }
    text->size = (size_t)(r->at - text->data);
    return true;
}

/* ---- values ---- */

static bool read_word(struct reader *r, const char *word)
{
    size_t n = strlen(word);

    if ((size_t)(r->end - r->at) < n || memcmp(r->at, word, n) != 0)
        return false;
    r->at += n;
    return true;
}

static bool read_array(struct reader *r)
{
    struct json_member m;

    if (!take(r, '[') || ++r->depth > JSON_DEPTH)
        return false;
    skip_blanks(r);
    if (take(r, ']'))
        return true;
    do {
        if (!read_value(r, &m))
            return false;
    } while (take(r, ','));
    return take(r, ']');
}

/* The names of this object begin at `first`. */
static bool read_name(struct reader *r, int first)
{
    struct bytes *name = &r->names[r->count];

    skip_blanks(r);
    if (r->count == JSON_NAMES || !read_string(r, name))
        return false;
    for (int i = first; i < r->count; i++)
        if (same(r->names[i], *name))
            return false;
    r->count++;
    skip_blanks(r);
    return take(r, ':');
}

static bool read_object(struct reader *r, struct json_member *wanted, int count)
{
    int first = r->count;

    if (!take(r, '{') || ++r->depth > JSON_DEPTH)
        return false;
    skip_blanks(r);
    if (take(r, '}'))
        return true;
    do {
        struct json_member m;

        if (!read_name(r, first))
            return false;
        struct bytes name = r->names[r->count - 1];
        if (!read_value(r, &m))
            return false;
        for (int i = 0; i < count; i++)
            if (same(name, (struct bytes){ wanted[i].name, strlen(wanted[i].name) })) {
                wanted[i].kind = m.kind;
                wanted[i].text = m.text;
            }
    } while (take(r, ','));
    return take(r, '}');
}

static bool read_any(struct reader *r, struct json_member *m)
{
    switch (r->at < r->end ? *r->at : '\0') {
    case '"':
        m->kind = JSON_TEXT;
        return read_string(r, &m->text);
    case '{': return read_object(r, NULL, 0);
    case '[': return read_array(r);
    case 't': return read_word(r, "true");
    case 'f': return read_word(r, "false");
    case 'n': return read_word(r, "null");
    default:
        m->kind = JSON_NUMBER;
        return read_number(r, &m->text);
    }
}

/* With the blanks around it. When it is over, so are the objects in it. */
static bool read_value(struct reader *r, struct json_member *m)
{
    int depth = r->depth, count = r->count;

    m->kind = JSON_OTHER;
    m->text = (struct bytes){ NULL, 0 };
    skip_blanks(r);
    bool read = read_any(r, m);
    skip_blanks(r);
    r->depth = depth;
    r->count = count;
    return read;
}

bool json_read(char *text, size_t n, struct json_member *wanted, int count)
{
    struct bytes names[JSON_NAMES];
    struct reader r = { .at = text, .end = text + n, .names = names };
    struct utf8 utf8 = { 0 };

    if (!utf8_feed(&utf8, text, n) || !utf8_complete(&utf8))
        return false;
    skip_blanks(&r);
    if (!read_object(&r, wanted, count))
        return false;
    skip_blanks(&r);
    return r.at == r.end;
}
