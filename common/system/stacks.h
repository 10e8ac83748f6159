/* stacks.h - tasks of the hub that have a stack each (coro.h).
 *
 * Such a task waits in two steps: hub_wait() says what for, co_yield() switches away. It
 * can do so at any depth, in a function that a function has called: all of them lie on
 * the stack, and stay as they are. */
#ifndef STACKS_H
#define STACKS_H

#include <stdbool.h>

struct task;

/* There will be that many of them at a time, or fewer. Dies with a line that says what to
 * do if the machine has no room for their stacks. */
void stacks_expect(int most);

/* A new task that will run fn(arg) in its turn; it is gone when fn returns. NULL: no
 * memory for a stack. */
struct task *stacks_spawn(void (*fn)(void *), void *arg);

/* Calls fn(arg) in a task of its own and waits until it returns. False: no memory for a
 * stack, and it was not called. */
bool stacks_await(void (*fn)(void *), void *arg);

#endif
