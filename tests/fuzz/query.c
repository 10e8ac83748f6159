#include "fuzz.h"
#include "query.h"
#include "room.h"

#include <stdlib.h>
#include <string.h>

static void check_query(const struct queries *all, size_t i)
{
    const struct query *q = &all->all[i];

    if (!room_valid(q->name) || !*q->sql || q->number != i || q->line < 1
        || queries_find(all, q->name, strlen(q->name)) != q
        || (i && q->line <= all->all[i - 1].line)
        || (q->takes_arg && !strstr(q->sql, "$1") && !strstr(q->sql, "?1")))
        abort();
}

void fuzz_query(struct bytes in)
{
    char *copy = memcpy(malloc(in.size + 1), in.data ? in.data : "", in.size);
    const char *why = NULL;
    int line = -1;
    struct queries *all = queries_parse((struct bytes){ copy, in.size }, &line, &why);

    free(copy);
    if (!all && (!why || line < 0))
        abort();
    for (size_t i = 0; all && i < all->count; i++)
        check_query(all, i);
    queries_free(all);
}
