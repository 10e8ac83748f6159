/* test_history.c - what was said lately is found by its number, whole and in order; and
 * what is gone is said to be gone. */
#include "clock.h"
#include "history.h"
#include "options.h"
#include "unit.h"
#include "ws.h"

#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* 1024 bytes of two rooms, for that many ms. */
static void open_for(int ms)
{
    static struct options o;

    options_default(&o);
    o.history = 1024;
    o.histories = 2;
    o.history_time = ms * MS;
    history_open(&o);
}

static void open_small(void) { open_for(60000); }

static uint64_t attend(const char *room)
{
    uint64_t last = 0;

    check(history_attend(room, clock_now(), &last), "there is no place for %s", room);
    return last;
}

/* A text of that letter. */
static void say(const char *room, char letter, size_t size)
{
    char text[2000];

    memset(text, letter, size);
    struct frame *f = ws_frame(WS_TEXT, text, size);
    history_keep(room, f);
    frame_unref(f);
}

/* The first letters of all messages after that number; "-": some are lost. */
static const char *after(const char *room, uint64_t *number, size_t most)
{
    static char letters[300];
    enum ws_opcode opcode;
    struct bytes rest, message;
    size_t n = 0;
    bool lost;
    struct frame *f = history_after(room, clock_now(), number, most, &lost);

    letters[0] = '\0';
    if (!f)
        return lost ? "-" : "";
    assert_false(lost);
    rest = (struct bytes){ f->data, f->size };
    while ((message = ws_take(&rest, &opcode)).data) {
        for (size_t i = 1; i < message.size; i++)
            check(message.data[i] == message.data[0], "byte %zu of %zu", i, message.size);
        letters[n++] = message.size ? message.data[0] : '.';
    }
    letters[n] = '\0';
    assert_int_equal(f->messages, n);
    assert_int_equal(rest.size, 0);
    frame_unref(f);
    return letters;
}

static void a_room_that_nobody_asks_for_keeps_nothing(void **state)
{
    uint64_t number = 1;

    (void)state;
    assert_false(history_wanted());
    open_small();
    assert_false(history_wanted());
    say("x", 'a', 10);
    assert_string_equal(after("x", &number, 1000), "-");
    attend("x");
    assert_true(history_wanted());
}

static void messages_are_found_by_number(void **state)
{
    (void)state;
    open_small();
    uint64_t start = attend("x"), number = start, middle = start + 2;
    assert_string_equal(after("x", &number, 1000), "");
    for (const char *p = "abcde"; *p; p++)
        say("x", *p, 3);
    say("y", 'z', 3);
    assert_string_equal(after("x", &number, 1000), "abcde");
    assert_int_equal(number, start + 5);
    assert_string_equal(after("x", &number, 1000), "");
    assert_string_equal(after("x", &middle, 1000), "cde");
    number = start;
    assert_string_equal(after("x", &number, 11), "ab");         /* five bytes each */
    assert_string_equal(after("x", &number, 1), "c");           /* one at least */
    assert_int_equal(number, start + 3);
}

static void a_run_is_several_messages(void **state)
{
    struct frame *run = frame_copy("\x81\1a\x82\1b\x81\0", 8);

    (void)state;
    open_small();
    uint64_t number = attend("x"), last = number + 3;
    run->messages = 3;
    history_keep("x", run);
    frame_unref(run);
    assert_string_equal(after("x", &number, 1000), "ab.");
    assert_int_equal(number, last);
}

/* Sizes up to the ring's own, round and round: all that is found is what was said, the
 * newest is there, and what is gone is known to be. */
static void the_ring_holds_what_fits(void **state)
{
    (void)state;
    open_small();
    uint64_t number = attend("x"), old = number;
    for (int i = 0; i < 3000; i++) {
        size_t size = i % 100 == 99 ? 1020 : dice(200);

        say("x", (char)('a' + i % 26), size);
        if (i % 7 == 0)
            continue;
        const char *got = after("x", &number, 100000);
        if (strcmp(got, "-") == 0)
            got = after("x", &number, 100000);
        assert_true(*got && number == old + (uint64_t)i + 1);
        check(size == 0 || got[strlen(got) - 1] == 'a' + i % 26, "%d: %s", i, got);
    }
    number = old;
    assert_string_equal(after("x", &number, 1000), "-");
    assert_in_range(number, old + 2900, old + 2999);
    assert_true(*after("x", &number, 1000));
}

static void what_is_too_long_is_lost_with_all_before(void **state)
{
    (void)state;
    open_small();
    uint64_t number = attend("x"), start = number;
    say("x", 'a', 10);
    say("x", 'b', 1021);        /* four more, its header */
    say("x", 'c', 10);
    assert_string_equal(after("x", &number, 1000), "-");
    assert_int_equal(number, start + 2);
    assert_string_equal(after("x", &number, 1000), "c");
    say("x", 'd', 1020);        /* just fits, alone */
    assert_string_equal(after("x", &number, 1000), "d");
}

/* Empty messages have no bytes to be bounded by, but a header. */
static void there_are_places_for_only_so_many(void **state)
{
    (void)state;
    open_small();
    uint64_t number = attend("x"), start = number;
    for (int i = 0; i < 100; i++)
        say("x", 'a', 0);
    assert_string_equal(after("x", &number, 1000), "-");
    assert_int_equal(number, start + 100 - (1024 / 64 + 1));
}

static void only_so_many_rooms_are_kept(void **state)
{
    uint64_t last;

    (void)state;
    open_for(200);
    attend("x");
    attend("y");
    attend("x");
    assert_false(history_attend("z", clock_now(), &last));
    pause_for(210 * MS);
    attend("z");
}

static void a_room_is_dropped_when_nobody_comes_back(void **state)
{
    (void)state;
    open_for(20);
    uint64_t number = attend("x"), other;
    say("x", 'a', 1);
    pause_for(25 * MS);
    say("y", 'b', 1);           /* whatever is said, wherever, finds out */
    assert_false(history_wanted());
    other = attend("x");
    assert_true(other > number + 1);
    say("x", 'c', 1);
    assert_string_equal(after("x", &number, 1000), "-");
    assert_string_equal(after("x", &number, 1000), "c");
}

/* It has read all, nothing is lost for it but the time in which nobody listened. */
static void nor_is_the_last_number_good_for_the_next_time(void **state)
{
    (void)state;
    open_for(200);
    uint64_t number = attend("x");
    say("x", 'a', 1);
    assert_string_equal(after("x", &number, 1000), "a");
    pause_for(210 * MS);
    attend("x");
    say("x", 'b', 1);
    assert_string_equal(after("x", &number, 1000), "-");
}

static void looking_keeps_it(void **state)
{
    (void)state;
    open_for(300);
    uint64_t number = attend("x"), last;
    for (int i = 0; i < 5; i++) {
        pause_for(70 * MS);
        assert_string_equal(after("x", &number, 1000), "");
    }
    assert_true(history_attend("x", clock_now() + 300 * MS, &last));
    pause_for(350 * MS);         /* it said that it would be there so long */
    say("x", 'a', 1);
    assert_string_equal(after("x", &number, 1000), "a");
}

static void a_number_that_is_yet_to_come_is_none(void **state)
{
    (void)state;
    open_small();
    uint64_t last = attend("x"), number = last + 1;
    assert_string_equal(after("x", &number, 1000), "-");
    assert_int_equal(number, last);
    number = UINT64_MAX;
    assert_string_equal(after("x", &number, 1000), "-");
}

/* They begin with the time of day, and JavaScript can count them. */
static void numbers_grow_from_start_to_start(void **state)
{
    (void)state;
    open_small();
    uint64_t one = attend("x");
    pause_for(MS);
    open_small();
    uint64_t two = attend("x");
    assert_true(two > one);
    assert_true(one / 1000000 - (uint64_t)time(NULL) + 10 < 20);
    assert_true(two < UINT64_C(1) << 53);
}

/* Whoever looks says for how long it will be there, and is not forgotten until then; and
 * if it was, the room is kept again from now on. */
static void who_looks_is_there(void **state)
{
    bool lost;

    (void)state;
    open_for(100);
    uint64_t number = attend("x"), start = number;
    assert_null(history_after("x", clock_now() + 300 * MS, &number, 1000, &lost));
    assert_false(lost);
    pause_for(200 * MS);
    say("x", 'a', 1);
    assert_string_equal(after("x", &number, 1000), "a");
    pause_for(300 * MS);
    say("x", 'b', 1);           /* goes to nobody */
    assert_string_equal(after("x", &number, 1000), "-");
    assert_true(number > start + 1);
    say("x", 'c', 1);
    assert_string_equal(after("x", &number, 1000), "c");
}

/* There is no place for it any more: it is told so, and its number stays as it was. */
static void who_looks_may_find_no_place(void **state)
{
    (void)state;
    open_for(20);
    uint64_t number = attend("x"), start = number, last;
    pause_for(30 * MS);
    for (const char *const *p = (const char *const[]){ "y", "z", NULL }; *p; p++)
        assert_true(history_attend(*p, clock_now() + 10000 * MS, &last));
    assert_string_equal(after("x", &number, 1000), "-");
    assert_int_equal(number, start);
}

static void children_share_it(void **state)
{
    (void)state;
    open_small();
    uint64_t number = attend("x");
    pid_t child = fork();
    if (child == 0) {
        say("x", 'a', 5);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    assert_string_equal(after("x", &number, 1000), "a");
}

static void what_is_spoilt_is_lost(void **state)
{
    (void)state;
    open_small();
    uint64_t number = attend("x");
    say("x", 'a', 5);
    history_spoilt();
    assert_string_equal(after("x", &number, 1000), "-");
    say("x", 'b', 5);
    assert_string_equal(after("x", &number, 1000), "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_room_that_nobody_asks_for_keeps_nothing),
        cmocka_unit_test(messages_are_found_by_number),
        cmocka_unit_test(a_run_is_several_messages),
        cmocka_unit_test(the_ring_holds_what_fits),
        cmocka_unit_test(what_is_too_long_is_lost_with_all_before),
        cmocka_unit_test(there_are_places_for_only_so_many),
        cmocka_unit_test(only_so_many_rooms_are_kept),
        cmocka_unit_test(a_room_is_dropped_when_nobody_comes_back),
        cmocka_unit_test(nor_is_the_last_number_good_for_the_next_time),
        cmocka_unit_test(looking_keeps_it),
        cmocka_unit_test(a_number_that_is_yet_to_come_is_none),
        cmocka_unit_test(numbers_grow_from_start_to_start),
        cmocka_unit_test(who_looks_is_there),
        cmocka_unit_test(who_looks_may_find_no_place),
        cmocka_unit_test(children_share_it),
        cmocka_unit_test(what_is_spoilt_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
