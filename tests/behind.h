/* behind.h - what is behind a server under test: a PostgreSQL database. */
#ifndef BEHIND_H
#define BEHIND_H

#include "server.h"
#include <sys/types.h>

/* Where it is, for --db, if tests/with-postgres has started one; else the trial is passed
 * over. A user's own database is not touched. */
const char *behind_address(void);

/* A name that no other server has in that database. Valid until the next call. */
const char *behind_name(void);

/* Starts a server of that database, in which it calls itself by that name. `more` are
 * options, or "&..." what goes on with the address. Clients may ask for
 *   point:ID      the name of an item: 7 is "item 7"
 *   echo:TEXT     that text
 *   rows          two rows of three columns; the second is NULL
 *   none          no row
 *   wrong         fails
 *   open, copy    no row, and leave the session in a state that is not for others
 *   long:N        N rows of a thousand bytes
 *   session       the number of the session that answers, after 50 ms
 *   wait:MS       "waited", after so many ms
 *   waiting:NAME  how many of these the database is at, of the server of that name */
struct server *behind_start(const struct model *, const char *where, const char *name,
                            const char *more);

/* Asks that server until the database is at so many, or complains. */
void behind_until(struct server *, const char *name, int waiting);

/* Starts another PostgreSQL in that folder, which anybody can write to, or the one that
 * was there before. It is up, and ends when its line does: by the other call, or with us.
 * Its socket and its data stay in the folder. */
struct database {
    pid_t pid;
    int line;
};
struct database behind_database(char *folder);
void behind_end(struct database);

#endif
