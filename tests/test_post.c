/* test_post.c - the post office and its children: who joins gets the mail, who leaves
 * does not, and who dies is missed. */
#include "clock.h"
#include "staff.h"

#include <errno.h>
#include <signal.h>
#include <unistd.h>

static void test_an_empty_office(void **state)
{
    (void)state;
    assert_int_equal(office_count(office), 0);
    office_serve(office);
    close_office();
}

static void test_mail_goes_to_the_room(void **state)
{
    struct child a, b, c, d;

    (void)state;
    hire(&a); hire(&b); hire(&c); hire(&d);
    assert_int_equal(office_count(office), 4);
    tell(&a, "x");
    tell(&b, "x");
    tell(&c, "y");
    tell(&a, "12");
    tell(&b, "3");
    tell(&c, "4");
    tell(&d, "5");              /* who is in no room talks to nobody */
    assert_string_equal(tell(&a, "?"), "3");    /* its own copy needs no post */
    assert_string_equal(tell(&b, "?"), "12");
    assert_string_equal(tell(&c, "?"), "");
    assert_string_equal(tell(&d, "?"), "");
    close_office();
    dismiss(&a); dismiss(&b); dismiss(&c); dismiss(&d);
}

static void test_one_sender_is_never_overtaken(void **state)
{
    static const char text[] = "01234567899876543210";
    struct child a, b;

    (void)state;
    hire(&a); hire(&b);
    tell(&a, "x");
    tell(&b, "x");
    tell(&a, text);
    assert_string_equal(tell(&b, "?"), text);
    close_office();
    dismiss(&a); dismiss(&b);
}

/* What was on its way to a room that one has left must not turn up in the next. */
static void test_leaving_voids_mail(void **state)
{
    struct child a, b, c;

    (void)state;
    hire(&a); hire(&b); hire(&c);
    tell(&a, "x");
    tell(&b, "x");
    tell(&c, "y");
    tell(&a, "12");             /* b has not looked yet */
    tell(&b, "-");
    assert_string_equal(tell(&b, "?"), "");
    tell(&a, "3");
    assert_string_equal(tell(&b, "?"), "");
    tell(&b, "x");
    tell(&a, "4");
    assert_string_equal(tell(&b, "?"), "4");
    tell(&b, "-y");
    tell(&a, "5");
    tell(&c, "6");
    assert_string_equal(tell(&b, "?"), "6");
    close_office();
    dismiss(&a); dismiss(&b); dismiss(&c);
}

/* Mail that comes in one go with the word that we are in is mail, and must be noticed. */
static void test_mail_right_behind_the_door(void **state)
{
    struct child a, b;

    (void)state;
    hire(&a); hire(&b);
    tell(&b, "x");
    order(&a, 'x');             /* the office sleeps until both letters lie there */
    await(office_fd(office), false);
    pause_for(20 * MS);
    order(&b, '1');
    answer(&b, false);
    office_serve(office);
    answer(&a, true);
    assert_string_equal(tell(&a, "?"), "1");
    close_office();
    dismiss(&a); dismiss(&b);
}

static void test_a_killed_child_is_missed(void **state)
{
    struct child a, b;

    (void)state;
    hire(&a); hire(&b);
    tell(&a, "x");
    tell(&b, "x");
    kill(a.pid, SIGKILL);
    for (int i = 0; i < 100 && office_count(office) == 2; i++) {
        await(office_fd(office), false);
        office_serve(office);
    }
    assert_int_equal(office_count(office), 1);
    tell(&b, "1");              /* to nobody: no matter */
    dismiss(&a);
    hire(&a);                   /* its place is free again */
    tell(&a, "x");
    tell(&b, "2");
    assert_string_equal(tell(&a, "?"), "2");
    close_office();
    dismiss(&a); dismiss(&b);
}

/* One that is busy costs the others nothing. It has all the mail in the end, or is closed
 * for what it has missed. */
static void test_a_busy_child(void **state)
{
    enum { LETTERS = 200 };
    struct child a, b, c;

    (void)state;
    hire(&a); hire(&b); hire(&c);
    tell(&a, "x");
    tell(&b, "x");
    tell(&c, "x");
    for (int i = 0; i < 10; i++)
        tell(&a, "B");
    assert_int_equal(ask_number(&b), 10);
    for (int i = 0; i < LETTERS; i++)
        tell(&a, "B");
    int number = ask_number(&b);
    check(number == 255 || number == LETTERS, "%d letters of %d, and no close", number,
          LETTERS);
    close_office();
    dismiss(&a); dismiss(&b); dismiss(&c);
}

/* What nobody waits for is gone for wait(2) a moment before it is gone for kill(2). */
static bool gone(pid_t pid)
{
    for (int i = 0; i < PATIENCE && kill(pid, 0) == 0; i++)
        usleep(1000);
    return kill(pid, 0) == -1 && errno == ESRCH;
}

static void test_nobody_is_left(void **state)
{
    struct child all[5];

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        hire(&all[i]);
    tell(&all[1], "x1");
    tell(&all[0], "d");         /* deaf to SIGTERM: killed in the end */
    kill(all[2].pid, SIGSTOP);
    kill(all[3].pid, SIGKILL);
    int64_t began = clock_now();
    close_office();
    assert_true(clock_now() - began < 2000 * MS);
    for (size_t i = 0; i < COUNT(all); i++) {
        check(gone(all[i].pid), "child %zu lives", i);
        dismiss(&all[i]);
    }
}

/* Whose pid may be somebody else's by now is sent no signal, though nobody has noticed
 * yet that he is gone, and a letter of his lies there. */
static void test_a_pid_is_nobodys_for_ever(void **state)
{
    struct child c;

    (void)state;
    hire(&c);
    order(&c, 'x');
    check(await(c.answers, true), "no answer");
    order(&c, '1');
    dismiss(&c);
    check(gone(c.pid), "the child lives");
    told = 0;
    close_office();
    assert_int_not_equal(told, c.pid);
}

/* Somebody comes whom the kernel cannot watch: the others stay. */
static void test_no_more_watches(void **state)
{
    struct child all[2];
    struct post *post;

    (void)state;
    hire(&all[0]);
    watching = false;
    assert_int_equal(office_fork(office, &post), -1);
    watching = true;
    assert_int_equal(office_count(office), 1);
    hire(&all[1]);
    tell(&all[0], "x");
    tell(&all[1], "x1");
    assert_string_equal(tell(&all[0], "?"), "1");
    close_office();
    dismiss(&all[0]);
    dismiss(&all[1]);
}

/* Who comes and goes for long is never taken for one that only asks. */
static void test_joining_again_and_again(void **state)
{
    struct child a, b;

    (void)state;
    hire(&a); hire(&b);
    tell(&b, "x");
    for (int i = 0; i < 20; i++) {
        tell(&a, i % 3 ? "-x" : "yx");          /* without leaving, too */
        tell(&b, "1");
        assert_string_equal(tell(&a, "?"), "1");
    }
    close_office();
    dismiss(&a); dismiss(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OFFICE(test_an_empty_office),
        IN_OFFICE(test_mail_goes_to_the_room),
        IN_OFFICE(test_one_sender_is_never_overtaken),
        IN_OFFICE(test_leaving_voids_mail),
        IN_OFFICE(test_mail_right_behind_the_door),
        IN_OFFICE(test_a_killed_child_is_missed),
        IN_OFFICE(test_a_busy_child),
        IN_OFFICE(test_nobody_is_left),
        IN_OFFICE(test_a_pid_is_nobodys_for_ever),
        IN_OFFICE(test_no_more_watches),
        IN_OFFICE(test_joining_again_and_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
