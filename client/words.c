#include "words.h"
#include "die.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool is_blank(char c) { return c == ' ' || c == '\t'; }

bool are_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9')
            return false;
    return n;
}

struct bytes trimmed(struct bytes b)
{
    while (b.size && is_blank(b.data[0])) {
        b.data++;
        b.size--;
    }
    while (b.size && is_blank(b.data[b.size - 1]))
        b.size--;
    return b;
}

bool is_word(struct bytes b, const char *word)
{
    return b.size == strlen(word) && strncasecmp(b.data, word, b.size) == 0;
}

bool next_member(struct bytes *list, struct bytes *member)
{
    if (list->size == 0)
        return false;
    const char *comma = memchr(list->data, ',', list->size);
    size_t size = comma ? (size_t)(comma - list->data) : list->size;
    *member = trimmed((struct bytes){ list->data, size });
    list->data += size + (comma != NULL);
    list->size -= size + (comma != NULL);
    return true;
}

struct bytes without_end(const char *data, size_t size)
{
    size -= size && data[size - 1] == '\n';
    size -= size && data[size - 1] == '\r';
    return (struct bytes){ data, size };
}

const char *harmless(const char *words, char copy[WORDS])
{
    snprintf(copy, WORDS, "%s", words);
    for (char *s = copy; *s; s++)
        if ((unsigned char)*s < ' ' || *s == 127)
            *s = '.';
    return copy;
}

static void keep(struct lines *l, const char *data, size_t size)
{
    if (l->size + size > l->room) {
        l->room = l->size + size < 256 ? 512 : 2 * (l->size + size);
        l->data = must_realloc(l->data, l->room);
    }
    memcpy(l->data + l->size, data, size);
    l->size += size;
}

bool lines_take(struct lines *l, struct bytes *in)
{
    const char *newline = memchr(in->data, '\n', in->size);
    size_t n = newline ? (size_t)(newline - in->data) + 1 : in->size;

    keep(l, in->data, n);
    in->data += n;
    in->size -= n;
    return newline;
}

void lines_free(struct lines *l)
{
    free(l->data);
}

struct bytes lines_last(const struct lines *l)
{
    return without_end(l->data + l->last, l->size - l->last);
}
