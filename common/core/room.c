#include "die.h"
#define uthash_fatal(what) die("%s", what)
#include "room.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

bool room_valid(const char *name)
{
    size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                            "0123456789._-");

    return n > 0 && n <= ROOM_NAME && name[n] == '\0';
}

void room_join(struct rooms *rooms, const char *name, struct member *m, struct conn *c)
{
    struct room *room;

    room_leave(rooms, m);
    HASH_FIND_STR(rooms->table, name, room);
    if (!room) {
        room = must_alloc(sizeof *room);
        memset(room, 0, sizeof *room);
        strncpy(room->name, name, ROOM_NAME);
        HASH_ADD_STR(rooms->table, name, room);
    }
    *m = (struct member){ .conn = c, .room = room };
    DL_APPEND(room->members, m);
}

void room_leave(struct rooms *rooms, struct member *m)
{
    struct room *room = m->room;

    if (!room)
        return;
    DL_DELETE(room->members, m);
    m->room = NULL;
    if (!room->members) {
        HASH_DEL(rooms->table, room);
        free(room);
    }
}
