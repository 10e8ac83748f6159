/* test_post_letters.c - letters made by hand: what an office bears from a child, and a
 * child from an office. */
#include "clock.h"
#include "staff.h"
#include "ws.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { JOINS = 1, LEAVES, MAIL, LOST };

static void write_letter(int fd, uint32_t kind, uint32_t size, struct bytes body)
{
    uint32_t head[] = { kind, size };

    assert_int_equal(write(fd, head, sizeof head), sizeof head);
    assert_int_equal(write(fd, body.data, body.size), body.size);
}

#define LETTER(fd, kind, literal) \
    write_letter(fd, kind, sizeof (literal) - 1, (struct bytes)RAW(literal))

/* ---- to an office ---- */

/* An office's end for us, or a child's. */
static int enrol(void)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    assert_true(office_enrol(office, pair[0]));
    return pair[1];
}

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

/* ---- to a child ---- */

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

    *a = (struct alone){ .options = *bounded() };
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

int main(void)
{
    const struct CMUnitTest tests[] = {
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
