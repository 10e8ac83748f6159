/* sql.h - asks the driver of PostgreSQL, on a line at a time, as a server's loop does. */
#ifndef SQL_H
#define SQL_H

#include "driver.h"
#include "unit.h"

enum { SQL_MOST = 4000 };       /* bytes of a text, unless a test says otherwise */

extern struct queries *sql_queries;     /* see sql.c */
extern const char *sql_where;           /* the server's address */

/* Before all else: loads the driver, as a server does. False, and says so: there is no
 * server that tests/with-postgres has started. */
bool sql_prepare(void);

/* A new line to that address; never NULL. The test closes it. */
struct line *sql_line(const char *address);

/* Set-up and tear-down: a test's *state is a line to the server. */
int sql_set_line(void **state);
int sql_close_line(void **state);
#define ON_A_LINE(test) \
    cmocka_unit_test_setup_teardown(test, sql_set_line, sql_close_line)

/* Begins a job; arg is NULL or stays where it is. */
void sql_begin(struct line *, const char *query, const char *arg, struct job *,
               size_t most);

/* A step, and, if it was not the last, a wait for what the line says, or a moment. */
bool sql_step(struct line *);

/* To the end of the job, which is freed. Its text, or "!" and its status; valid until the
 * next call. */
const char *sql_finish(struct line *, struct job *);

/* Both. */
const char *sql_ask(struct line *, const char *query, const char *arg);
void sql_expect(struct line *, const char *query, const char *arg, const char *answer);

/* Until the server is at N queries `wait`, as another line sees it. */
void sql_until_waiting(int n);

/* Begins such a query, with which the server is then at N. */
void sql_begin_waiting(struct line *, struct job *, int n);

/* Ends a session, as `session` has told its number, from another line. */
void sql_end_session(const char *session);

#endif
