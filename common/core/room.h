/* room.h - rooms by name, and who is in them.
 *
 * No lock in here: who shares the rooms, locks them. */
#ifndef ROOM_H
#define ROOM_H

#include <stdbool.h>
#include <uthash.h>

enum { ROOM_NAME = 64 };        /* the longest name, of A-Z a-z 0-9 . _ - */

struct conn;                    /* every model has its own */

struct member {                 /* a seat; it lives in its conn */
    struct conn *conn;
    struct room *room;          /* NULL: in none */
    struct member *prev, *next; /* a utlist: DL_FOREACH(room->members, m) */
};

struct room {
    char name[ROOM_NAME + 1];
    struct member *members;     /* never empty: the last to leave takes the room along */
    UT_hash_handle hh;
};

struct rooms { struct room *table; };   /* all-zero: no rooms yet */

/* May a room have that name? */
bool room_valid(const char *name);

/* Sits down in the room of that name, which is made if need be, and gets up from where it
 * sat before: a member is all-zero at first. */
void room_join(struct rooms *, const char *name, struct member *, struct conn *);

/* Gets up. Harmless for who is in no room. */
void room_leave(struct rooms *, struct member *);

#endif
