/* test_post.c - the post office and its children: who joins gets the mail, who leaves
 * does not, and who dies is missed. */
#include "clock.h"
#include "line.h"
#include "net.h"
#include "post.h"
#include "ws.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PATIENCE = 5000,            /* ms: no test should ever need them */
    BOUND = 256 * 1024,         /* max_output */
    BIG = 8192,                 /* a letter of which a few are too many */
};

/* A child, steered by its test through a pipe: a letter at a time, each answered. */
struct child {
    pid_t pid;
    int orders, answers;        /* ours to write, ours to read */
    struct post *post;          /* in the child only */
    struct line line;
};

static const struct options *usual(void)
{
    static struct options o;

    options_default(&o);
    o.max_output = BOUND;
    return &o;
}

/* ---- in the child ---- */

static void send_letter(struct child *c, char text)
{
    static const char big[BIG - 4];     /* and a header of four */
    struct frame *f = text == 'B' ? ws_frame(WS_BINARY, big, sizeof big)
                                  : ws_frame(WS_TEXT, &text, 1);

    post_send(c->post, f);
    frame_unref(f);
}

/* Takes the mail as long as some comes, and says it to a client who reads it at once. */
static void take_mail(struct child *c, int ms)
{
    struct pollfd p = { .fd = post_fd(c->post), .events = POLLIN };

    utstring_clear(&c->line.out);
    line_run(&c->line);         /* what came with the office's answer is with the peer */
    while (poll(&p, 1, ms) == 1 && post_take(c->post, c->line.peer))
        line_run(&c->line);
}

/* How many big letters have come, or 255 if the client was closed for reading slowly. */
static unsigned char count_big(const struct child *c)
{
    static const char closed[] = "\x88\x14\x03\xF5reading too slowly";
    const char *out = utstring_body(&c->line.out);
    size_t size = utstring_len(&c->line.out), tail = sizeof closed - 1;

    if (size >= tail && memcmp(out + size - tail, closed, tail) == 0)
        return 255;
    return (unsigned char)(size / BIG);
}

static void obey(struct child *c, char order)
{
    unsigned char answer = 0;

    switch (order) {
    case 'x': case 'y': post_join(c->post, (char[]){ order, '\0' }); break;
    case '-': post_leave(c->post); break;
    case '?': take_mail(c, 50); answer = (unsigned char)utstring_len(&c->line.out); break;
    case '#': take_mail(c, 300); answer = count_big(c); break;
    case 'd': signal(SIGTERM, SIG_IGN); break;
    default:  send_letter(c, order); break;
    }
    const char *text = utstring_body(&c->line.out);
    if (write(c->answers, &answer, 1) != 1
        || (order == '?' && write(c->answers, text, answer) != answer))
        _exit(1);
}

static void live(struct child *c)
{
    sigset_t none;
    char order;

    sigemptyset(&none);         /* it may have been born with signals held back */
    sigprocmask(SIG_SETMASK, &none, NULL);
    line_upgrade(&c->line, usual(), UPGRADE("/relay/x"));
    post_attend(c->post, c->line.peer, -1, -1);
    while (read(c->orders, &order, 1) == 1)
        obey(c, order);
    line_close(&c->line);
    post_close(c->post);
    _exit(0);
}

/* ---- in the office ---- */

static struct office *office;
static pid_t told;              /* who was sent a signal last, by whomever */
static bool watching = true;    /* may the kernel watch one more? */

int kill(pid_t pid, int sig)
{
    told = pid;
    return (int)syscall(SYS_kill, pid, sig);
}

int epoll_ctl(int epoll, int how, int fd, struct epoll_event *e)
{
    errno = ENOSPC;
    return how == EPOLL_CTL_ADD && !watching
               ? -1 : (int)syscall(SYS_epoll_ctl, epoll, how, fd, e);
}

static int open_office(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    office = office_open(usual());
    return 0;
}

static int restore_signals(void **state)
{
    (void)state;
    if (office)
        office_close(office);   /* the test has failed, or would have closed it */
    office = NULL;
    signal(SIGCHLD, SIG_DFL);
    return 0;
}

static void hire(struct child *c)
{
    int to[2], from[2];

    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    *c = (struct child){ .orders = to[0], .answers = from[1] };
    c->pid = office_fork(office, &c->post);
    assert_int_not_equal(c->pid, -1);
    if (c->pid == 0) {
        close(to[1]);
        close(from[0]);
        live(c);
    }
    close(to[0]);
    close(from[1]);
    c->orders = to[1];
    c->answers = from[0];
}

static void dismiss(struct child *c)
{
    close(c->orders);
    close(c->answers);
}

/* Is this readable before long? Meanwhile the office works, if it is to. */
static bool await(int fd, bool serving)
{
    int64_t until = clock_now() + PATIENCE * MS;

    while (clock_now() < until) {
        struct pollfd set[] = { net_poll(fd, POLLIN),
                                net_poll(serving ? office_fd(office) : -1, POLLIN) };

        net_wait(set, 2, until);
        if (set[0].revents)
            return true;
        if (set[1].revents)
            office_serve(office);
    }
    return false;
}

static bool busy(void)
{
    struct pollfd set = net_poll(office_fd(office), POLLIN);

    return net_wait(&set, 1, 0);
}

static void order(struct child *c, char what)
{
    assert_int_equal(write(c->orders, &what, 1), 1);
}

/* Its answer: the text of the mail it had, without the frames' heads. */
static const char *answer(struct child *c, bool serving)
{
    static char text[100];
    unsigned char size, head[2];

    check(await(c->answers, serving), "no answer");
    assert_int_equal(read(c->answers, &size, 1), 1);
    while (serving && busy())   /* what it has sent is on its way before we go on */
        office_serve(office);
    memset(text, 0, sizeof text);
    for (int i = 0; i < size / 3; i++) {
        assert_int_equal(read(c->answers, head, 2), 2);
        assert_memory_equal(head, "\x81\1", 2);
        assert_int_equal(read(c->answers, &text[i], 1), 1);
    }
    return text;
}

/* Several orders, one after the other, while the office works. */
static const char *tell(struct child *c, const char *orders)
{
    const char *text = "";

    for (; *orders; orders++) {
        order(c, *orders);
        text = answer(c, true);
    }
    return text;
}

/* The same for a '#': a number. */
static int ask_number(struct child *c)
{
    unsigned char number;

    order(c, '#');
    check(await(c->answers, true), "no answer");
    assert_int_equal(read(c->answers, &number, 1), 1);
    return number;
}

static void close_office(void)
{
    office_close(office);
    office = NULL;
}

/* ---- tests ---- */

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

static void test_an_empty_office(void **state)
{
    (void)state;
    assert_int_equal(office_count(office), 0);
    office_serve(office);
    close_office();
}

int main(void)
{
#define IN_OFFICE(test) \
    cmocka_unit_test_setup_teardown(test, open_office, restore_signals)
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
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
