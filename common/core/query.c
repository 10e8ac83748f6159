#include "query.h"
#include "die.h"
#include "room.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

/* ---- what a query takes ---- */

/* Behind a text in quotes or a comment of SQL's; else s. */
static const char *skip(const char *s)
{
    const char *end;

    if (*s == '\'' || *s == '"')
        end = strchr(s + 1, *s);
    else if (strncmp(s, "--", 2) == 0)
        end = strchr(s, '\n');
    else if (strncmp(s, "/*", 2) == 0)
        end = (end = strstr(s + 2, "*/")) ? end + 1 : NULL;
    else
        return s;
    return end ? end + 1 : s + strlen(s);
}

/* Looks for $1 and ?1; for any other number there is no argument: false. */
static bool find_argument(struct query *q)
{
    for (const char *s = q->sql; *s; s++) {
        const char *behind = skip(s);

        if (behind > s) {
            s = behind - 1;
            continue;
        }
        size_t digits = *s == '$' || *s == '?' ? strspn(s + 1, "0123456789") : 0;
        if (digits == 0)
            continue;
        if (digits > 1 || s[1] != '1')
            return false;
        q->takes_arg = true;
    }
    return true;
}

/* ---- line by line ---- */

static void go_on(struct query *q, struct bytes line)
{
    size_t size = q->sql ? strlen(q->sql) : 0;

    q->sql = must_realloc(q->sql, size + line.size + 2);
    if (size)
        q->sql[size++] = '\n';
    memcpy(q->sql + size, line.data, line.size);
    q->sql[size + line.size] = '\0';
}

static struct bytes without_blanks(struct bytes s)
{
    while (s.size && strchr(" \t\r", s.data[s.size - 1]))
        s.size--;
    while (s.size && strchr(" \t", *s.data)) {
        s.data++;
        s.size--;
    }
    return s;
}

static const char *begin(struct queries *all, struct bytes line, int number)
{
    const char *colon = memchr(line.data, ':', line.size);
    size_t n = colon ? (size_t)(colon - line.data) : 0;
    char name[ROOM_NAME + 1] = "";

    if (n <= ROOM_NAME)
        memcpy(name, line.data, n);
    if (!colon || !room_valid(name))
        return "a query is a name of 1 to 64 of A-Z a-z 0-9 . _ - and a colon, then SQL";
    if (queries_find(all, name, n))
        return "a query of that name stands above";
    all->all = must_realloc(all->all, (all->count + 1) * sizeof *all->all);
    all->all[all->count] = (struct query){ .number = all->count, .line = number };
    all->all[all->count].name = memcpy(must_alloc(sizeof name), name, sizeof name);
    line = (struct bytes){ colon + 1, line.size - n - 1 };
    go_on(&all->all[all->count++], without_blanks(line));
    return NULL;
}

static const char *take_line(struct queries *all, struct bytes line, int number)
{
    bool indented = line.size && (*line.data == ' ' || *line.data == '\t');
    struct bytes text = without_blanks(line);

    if (memchr(line.data, '\0', line.size) || !utf8_text(line.data, line.size))
        return "this is no text in UTF-8";
    if (text.size == 0 || *text.data == '#')
        return NULL;
    if (!indented)
        return begin(all, text, number);
    if (all->count == 0)
        return "a line that begins with a blank goes on with a query, and there is none";
    go_on(&all->all[all->count - 1], text);
    return NULL;
}

static const char *finish(struct queries *all, int *line)
{
    for (size_t i = 0; i < all->count; i++) {
        *line = all->all[i].line;
        if (!*all->all[i].sql)
            return "a query without SQL";
        if (!find_argument(&all->all[i]))
            return "a query has one argument, and that is $1";
    }
    *line = 0;
    return all->count ? NULL : "there is no query in it";
}

struct queries *queries_parse(struct bytes text, int *line, const char **why)
{
    struct queries *all = must_alloc(sizeof *all);

    *all = (struct queries){ 0 };
    *why = NULL;
    for (*line = 1; text.size && !*why; ) {
        const char *end = memchr(text.data, '\n', text.size);
        size_t n = end ? (size_t)(end - text.data) : text.size;

        *why = take_line(all, (struct bytes){ text.data, n }, *line);
        n += end != NULL;
        text = (struct bytes){ text.data + n, text.size - n };
        *line += !*why;
    }
    if (!*why)
        *why = finish(all, line);
    if (!*why)
        return all;
    queries_free(all);
    return NULL;
}

const struct query *queries_find(const struct queries *all, const char *name, size_t n)
{
    for (size_t i = 0; all && i < all->count; i++)
        if (strlen(all->all[i].name) == n && memcmp(all->all[i].name, name, n) == 0)
            return &all->all[i];
    return NULL;
}

void queries_free(struct queries *all)
{
    for (size_t i = 0; all && i < all->count; i++) {
        free(all->all[i].name);
        free(all->all[i].sql);
    }
    if (all)
        free(all->all);
    free(all);
}
