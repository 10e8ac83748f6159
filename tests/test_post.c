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
#include <sys/socket.h>
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

/* ---- lines made by hand ---- */

enum { JOINS = 1, LEAVES, MAIL, LOST };

/* An office's end for us, or a child's. */
static int enrol(void)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    assert_true(office_enrol(office, pair[0]));
    return pair[1];
}

static void write_letter(int fd, uint32_t kind, uint32_t size, struct bytes body)
{
    uint32_t head[] = { kind, size };

    assert_int_equal(write(fd, head, sizeof head), sizeof head);
    assert_int_equal(write(fd, body.data, body.size), body.size);
}

#define LETTER(fd, kind, literal) \
    write_letter(fd, kind, sizeof (literal) - 1, (struct bytes)RAW(literal))

/* What lies there of the office's letters; -1 when it has hung up. */
static ssize_t lies_there(int fd)
{
    char buf[65536];

    office_serve(office);
    ssize_t n = read(fd, buf, sizeof buf);
    return n > 0 ? n : n < 0 && errno == EAGAIN ? 0 : -1;
}

#define LONGEST "r234567890123456789012345678901234567890123456789012345678901234"

/* Such a child is ended; the next one and the office are as before. */
static void test_nonsense_ends_the_child(void **state)
{
    static const struct {
        uint32_t kind, size;
        struct bytes body;
    } letters[] = {
        { 0, 0, RAW("") }, { LOST, 0, RAW("") }, { 77, 0, RAW("") },
        { 0x01000000, 0, RAW("") },
        { JOINS, 0, RAW("") }, { JOINS, 1, RAW("/") }, { JOINS, 2, RAW("x\0") },
        { JOINS, 1, RAW("\xff") }, { JOINS, 65, RAW(LONGEST "5") },
        { JOINS, UINT32_MAX, RAW("x") },
        { MAIL, UINT32_MAX, RAW("\x82") }, { MAIL, (1 << 20) + 17, RAW("\x82") },
        { MAIL, 0, RAW("") }, { MAIL, 1, RAW("\x82") }, { MAIL, 3, RAW("\x82\2x") },
        { MAIL, 4, RAW("\x82\1xy") }, { MAIL, 3, RAW("\x02\1x") },
        { MAIL, 2, RAW("\x89\0") }, { MAIL, 3, RAW("\xc2\1x") },
        { MAIL, 5, RAW("\x82\x7e\0\1x") }, { MAIL, 7, RAW("\x82\x81\1\2\3\4x") },
        { LEAVES, UINT32_MAX, RAW("") },
    };
    int other = enrol();

    (void)state;
    for (size_t i = 0; i < COUNT(letters); i++) {
        int fd = enrol();

        LETTER(fd, JOINS, LONGEST);
        check(lies_there(fd) == 8, "letter %zu: no answer to a proper question", i);
        write_letter(fd, letters[i].kind, letters[i].size, letters[i].body);
        check(lies_there(fd) == -1, "letter %zu: the child goes on", i);
        close(fd);
        LETTER(other, JOINS, "x");
        assert_int_equal(lies_there(other), 8);
    }
    assert_int_equal(office_count(office), 1);
    close(other);
    close_office();
}

/* The longest that may be is no nonsense, and waited for. */
static void test_the_longest_letter(void **state)
{
    int fd = enrol();

    (void)state;
    write_letter(fd, MAIL, (1 << 20) + 16, (struct bytes)RAW("\x82\x7f"));
    assert_int_equal(lies_there(fd), 0);
    close(fd);
    close_office();
}

/* Questions without end, and nobody who reads the answers. */
static void test_who_only_asks(void **state)
{
    int fd = enrol(), asked = 0;

    (void)state;
    for (; office_count(office) && asked < 1000; asked++) {
        LETTER(fd, JOINS, "x");
        office_serve(office);
    }
    check(asked > 8, "ended after %d questions", asked);
    check(asked < 1000, "%d questions are borne", asked);
    close(fd);
    close_office();
}

/* Mail that a child does not take may be dropped. Its questions are answered all the
 * same, and it is told that something is missing. */
static void test_words_are_not_dropped(void **state)
{
    int sleeper = enrol(), talker = enrol();
    struct frame *big = ws_frame(WS_BINARY, (char[BIG]){ 0 }, BIG);
    char buf[65536], last[8] = "";
    uint32_t joins[] = { JOINS, 0 }, lost[] = { LOST, 0 };
    size_t all = 0;

    (void)state;
    LETTER(talker, JOINS, "x");
    office_serve(office);
    for (int round = 0; round < 3; round++) {
        LETTER(sleeper, JOINS, "x");            /* and again, without reading a byte */
        for (size_t sent = 0; sent < 4 * BOUND; sent += BIG) {
            write_letter(talker, MAIL, (uint32_t)big->size,
                         (struct bytes){ big->data, big->size });
            office_serve(office);
        }
    }
    frame_unref(big);
    for (ssize_t n; (n = read(sleeper, buf, sizeof buf)) > 0; office_serve(office)) {
        if (all == 0)
            assert_memory_equal(buf, joins, sizeof joins);
        all += (size_t)n;
        memcpy(last, buf + n - sizeof last, sizeof last);
    }
    assert_memory_equal(last, lost, sizeof lost);
    check(all < 3 * BOUND, "%zu bytes have waited", all);
    close(sleeper);
    close(talker);
    close_office();
}

/* A child in this process, and an office that is only a line. */
struct alone {
    struct options options;
    struct line line;
    struct post *post;
    int office, client[2], stop[2];
};

static void be_alone(struct alone *a)
{
    int pair[2];

    *a = (struct alone){ .options = *usual() };
    a->options.ping_after = a->options.handshake = 50 * MS;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, a->client), 0);
    assert_int_equal(pipe(a->stop), 0);
    a->office = pair[1];
    a->post = post_open(&a->options, pair[0]);
    line_upgrade(&a->line, &a->options, UPGRADE("/relay/x"));
    post_attend(a->post, a->line.peer, a->client[0], a->stop[0]);
}

static void part(struct alone *a)
{
    line_close(&a->line);
    post_close(a->post);
    close(a->office);
    for (int i = 0; i < 2; i++) {
        close(a->client[i]);
        close(a->stop[i]);
    }
}

/* Does it wait no longer than it may? */
#define TAKES_A_MOMENT(call) do { \
    int64_t began = clock_now(); \
    call; \
    check(clock_now() - began < 1000 * MS, #call " takes long"); \
} while (0)

static void send_until_full(struct alone *a)
{
    struct frame *big = ws_frame(WS_BINARY, (char[BIG]){ 0 }, BIG);

    for (int i = 0; i < 100; i++)
        post_send(a->post, big);
    frame_unref(big);
}

/* An office that does not get to it within the client's time is none. */
static void test_an_office_that_sleeps(void **state)
{
    struct alone a;

    (void)state;
    be_alone(&a);
    TAKES_A_MOMENT(post_join(a.post, "x"));
    assert_false(post_take(a.post, a.line.peer));
    part(&a);
    be_alone(&a);
    TAKES_A_MOMENT(send_until_full(&a));
    assert_false(post_take(a.post, a.line.peer));
    part(&a);
}

/* Told to stop, or with its client gone, it waits no longer, and stays in touch. */
static void test_what_ends_a_wait(void **state)
{
    struct alone a;

    (void)state;
    be_alone(&a);
    a.options.ping_after = a.options.handshake = 60000 * MS;
    line_close(&a.line);
    line_upgrade(&a.line, &a.options, UPGRADE("/relay/x"));
    post_attend(a.post, a.line.peer, a.client[0], a.stop[0]);
    close(a.client[1]);
    TAKES_A_MOMENT(post_join(a.post, "x"));
    assert_true(post_take(a.post, a.line.peer));
    assert_int_equal(write(a.stop[1], "", 1), 1);
    TAKES_A_MOMENT(send_until_full(&a));
    TAKES_A_MOMENT(post_join(a.post, "x"));
    assert_true(post_take(a.post, a.line.peer));
    a.client[1] = -1;
    part(&a);
}

/* Only what comes between the answer and the leaving is for our client. */
static void test_mail_of_another_room_is_void(void **state)
{
    struct alone a;

    (void)state;
    be_alone(&a);
    LETTER(a.office, MAIL, "\x81\1a");
    LETTER(a.office, LOST, "");
    LETTER(a.office, JOINS, "");
    LETTER(a.office, MAIL, "\x81\1b");
    post_join(a.post, "x");
    post_take(a.post, a.line.peer);
    line_run(&a.line);
    assert_true(line_wrote(&a.line, "\x81\1b"));
    LETTER(a.office, MAIL, "\x81\1c");
    post_take(a.post, NULL);
    post_leave(a.post);
    LETTER(a.office, MAIL, "\x81\1d");
    post_take(a.post, a.line.peer);
    line_run(&a.line);
    assert_true(line_wrote(&a.line, "\x81\1b"));
    part(&a);
}

/* Nor is an office to be believed that talks nonsense. */
static void test_an_office_out_of_its_mind(void **state)
{
    static const uint32_t heads[][2] = { { 0, 0 }, { 2, 0 }, { 9, 0 },
                                         { MAIL, UINT32_MAX } };

    (void)state;
    for (size_t i = 0; i < COUNT(heads); i++) {
        struct alone a;

        be_alone(&a);
        write_letter(a.office, heads[i][0], heads[i][1], (struct bytes){ "", 0 });
        check(!post_take(a.post, a.line.peer), "head %zu is believed", i);
        part(&a);
    }
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
        IN_OFFICE(test_joining_again_and_again),
        IN_OFFICE(test_nonsense_ends_the_child),
        IN_OFFICE(test_the_longest_letter),
        IN_OFFICE(test_who_only_asks),
        IN_OFFICE(test_words_are_not_dropped),
        cmocka_unit_test(test_an_office_that_sleeps),
        cmocka_unit_test(test_what_ends_a_wait),
        cmocka_unit_test(test_mail_of_another_room_is_void),
        cmocka_unit_test(test_an_office_out_of_its_mind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
