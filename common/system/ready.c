#include "ready.h"

#include <stddef.h>
#include <utlist.h>

void ready_add(struct ready **list, struct ready *r, struct conn *c)
{
    if (r->conn)                /* DOC: ready-once. However much has come for it */
        return;
    r->conn = c;
    DL_APPEND(*list, r);
}

void ready_drop(struct ready **list, struct ready *r)
{
    if (!r->conn)
        return;
    DL_DELETE(*list, r);
    r->conn = NULL;
}

struct conn *ready_next(struct ready **list)
{
    struct conn *c = *list ? (*list)->conn : NULL;

    if (c)
        ready_drop(list, *list);
    return c;
}
