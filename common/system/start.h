/* start.h - what a program relies on, it sets: its parent may have left it otherwise. */
#ifndef START_H
#define START_H

/* First of all in every main(); options_parse() does it for the models. Much of what a
 * parent leaves behind survives an execve(2), and would be found out late:
 *
 *   descriptors 0, 1, 2   may be closed, and our first socket would be stdout
 *   signals               may be blocked or ignored, or be pending, as an alarm(2) may
 *   limits                of descriptors and of the stack may be lower than we may have
 *   the umask             may keep us from reading what we have written
 *
 * Left as they are: SIGHUP, SIGINT and SIGQUIT, which nohup(1) and shells ignore on our
 * behalf, and what a user restricts on purpose: memory, priority, the size of files.
 * Exits with status 2 if there is no /dev/null to make up for a closed descriptor. */
void start_clean(void);

#endif
