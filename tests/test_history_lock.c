/* test_history_lock.c - threads and processes share the history, and one that is killed
 * in the middle of it spoils it for nobody. */
#include "clock.h"
#include "history.h"
#include "history_lock.h"
#include "options.h"
#include "unit.h"
#include "ws.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void open_shared(size_t bytes, int64_t time)
{
    static struct options o;

    options_default(&o);
    o.history = bytes;
    o.history_time = time;
    history_share(&o);
}

static uint64_t attend(const char *room)
{
    uint64_t last = 0;

    check(history_attend(room, clock_now(), &last), "there is no place for %s", room);
    return last;
}

/* A text of that letter. */
static void say(const char *room, char letter, size_t size)
{
    char text[100];

    memset(text, letter, size);
    struct frame *f = ws_frame(WS_TEXT, text, size);
    history_keep(room, f);
    frame_unref(f);
}

/* How many messages come after that number, of one letter each; -1: some are lost. */
static int after(const char *room, uint64_t *number)
{
    enum ws_opcode opcode;
    struct bytes rest, message;
    bool lost;
    struct frame *f = history_after(room, clock_now(), number, 3000, &lost);
    int n = 0;

    if (!f)
        return lost ? -1 : 0;
    rest = (struct bytes){ f->data, f->size };
    for (; (message = ws_take(&rest, &opcode)).data; n++)
        for (size_t i = 1; i < message.size; i++)
            check(message.data[i] == message.data[0], "byte %zu of %zu", i, message.size);
    assert_int_equal(rest.size, 0);
    frame_unref(f);
    return n;
}

static void two_processes_at_once_keep_each_message(void **state)
{
    enum { EACH = 20000 };

    (void)state;
    open_shared(4 << 20, 60000 * MS);
    uint64_t start = attend("x"), number = start;
    for (int k = 0; k < 2; k++)
        if (fork() == 0) {
            for (int i = 0; i < EACH; i++)
                say("x", (char)('a' + k), (size_t)i % 50);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
    for (int n = 0; n < 2 * EACH; n += after("x", &number))
        check(number == start + (uint64_t)n, "%d: %d", n, (int)(number - start));
    assert_int_equal(number, start + 2 * EACH);
}

/* The lock is free again, and what lies there may be half of something. */
static void one_that_is_killed_inside_leaves_nothing_behind(void **state)
{
    (void)state;
    open_shared(1 << 20, 60000 * MS);
    uint64_t number = attend("x");
    say("x", 'a', 5);
    if (fork() == 0) {
        history_guard(true);
        raise(SIGKILL);
    }
    wait(NULL);
    assert_int_equal(after("x", &number), -1);
    say("x", 'b', 5);
    assert_int_equal(after("x", &number), 1);
}

/* And what is counted is right again, wherever it was killed: here nearly always inside,
 * since a room that is asked for once is over at the next look. */
static void one_that_is_killed_anywhere_leaves_the_count_right(void **state)
{
    enum { ROUNDS = 400 };
    uint64_t last;

    (void)state;
    open_shared(1024, 1);       /* ns */
    for (int i = 0; i < ROUNDS; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(10);          /* if nobody is left to kill it */
            for (char room[] = "a";; room[0] ^= 'a' ^ 'b')
                history_attend(room, clock_now(), &last);
        }
        pause_for(MS / 2 + dice(1000) * INT64_C(1000));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        say("c", 'x', 1);       /* all rooms are over: this finds out */
        int rooms = atomic_load(histories);
        check(rooms == 0, "killed %d times: there are no rooms, and %d are counted",
              i + 1, rooms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_processes_at_once_keep_each_message),
        cmocka_unit_test(one_that_is_killed_inside_leaves_nothing_behind),
        cmocka_unit_test(one_that_is_killed_anywhere_leaves_the_count_right),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
