/* test_guests.c - how many from one address: counting, giving back, and dying. */
#include "guests.h"
#include "clock.h"
#include "unit.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* From 10.0.0.0 + host. */
static bool enter(int fd, unsigned host)
{
    struct sockaddr_in a = { .sin_family = AF_INET,
                             .sin_addr.s_addr = htonl((10u << 24) + host) };

    return guests_enter(fd, (struct sockaddr *)&a);
}

static bool enter6(int fd, const unsigned char address[16])
{
    struct sockaddr_in6 a = { .sin6_family = AF_INET6 };

    memcpy(&a.sin6_addr, address, 16);
    return guests_enter(fd, (struct sockaddr *)&a);
}

/* Each test has a book of its own, in a child. */
static void in_a_book(void (*test)(void *))
{
    struct outcome r = in_child(test, NULL);

    check(r.status == 0 && r.signal == 0, "%s%s", r.out, r.err);
}

#define must(ok) \
    do { \
        if (!(ok)) { \
            printf("line %d: %s\n", __LINE__, #ok); \
            fflush(stdout); \
            _exit(1); \
        } \
    } while (0)

/* ---- one process ---- */

static void without(void *arg)
{
    (void)arg;
    for (int i = 0; i < 1000; i++)
        must(enter(i, 1));
    guests_leave(5);
    guests_hand_over(6, 1);
}

static void bounds(void *arg)
{
    (void)arg;
    guests_open(2, 100);
    must(enter(3, 1) && enter(4, 1) && !enter(5, 1));
    must(enter(5, 2) && enter(6, 2) && !enter(7, 2));
    guests_leave(7);            /* never came in */
    guests_leave(70000);
    must(!enter(7, 1));
    guests_leave(3);
    guests_leave(3);            /* left already */
    must(enter(7, 1) && !enter(8, 1));
    must(!enter(4, 2));         /* closed without a word: its old place is free */
    must(enter(8, 1) && !enter(9, 1));
}

static void families(void *arg)
{
    unsigned char v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
    unsigned char mapped[16] = { [10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1 };

    (void)arg;
    guests_open(1, 100);
    must(enter6(3, v6) && !enter6(4, v6));
    for (int i = 0; i < 16; i++) {      /* every byte of it counts */
        v6[i] ^= 1;
        must(enter6(10 + i, v6));
        v6[i] ^= 1;
    }
    must(enter(4, 1) && !enter6(5, mapped));
}

/* As many as the book is made for, all of them others, again and again. */
static void many(void *arg)
{
    enum { MANY = 1000 };

    (void)arg;
    guests_open(1, MANY);
    for (unsigned round = 0; round < 20; round++) {
        for (int i = 0; i < MANY; i++)
            must(enter(i, round * MANY + (unsigned)i));
        for (int i = 0; i < MANY; i++)
            must(!enter(MANY + i, round * MANY + (unsigned)i));
        for (int i = 0; i < MANY; i++)
            guests_leave(i);
    }
}

/* ---- several ---- */

static pid_t child(void (*run)(void))
{
    pid_t pid = fork();

    if (pid == 0) {
        run();
        _exit(0);
    }
    return pid;
}

static void leave_3(void) { guests_leave(3); }
static void wait_for_end(void) { pause(); }

/* In fork the parent lets in, and the child serves. Which is quicker is open. */
static void handed_over(void *arg)
{
    (void)arg;
    guests_open(1, 100);
    for (int i = 0; i < 1000; i++) {
        must(enter(3, 1));
        pid_t pid = child(leave_3);
        if (i % 2) {
            waitpid(pid, NULL, 0);
            must(enter(4, 1));
            guests_leave(4);
        }
        guests_hand_over(3, pid);
        if (i % 2 == 0)
            waitpid(pid, NULL, 0);
    }
    must(enter(3, 1) && !enter(4, 1));
}

static void killed(void *arg)
{
    (void)arg;
    guests_open(2, 100);
    for (int i = 0; i < 50; i++) {
        pid_t pids[2];
        for (int k = 0; k < 2; k++) {
            must(enter(3, 1));
            pids[k] = child(wait_for_end);
            if (k)              /* before or after its parent has said so */
                guests_hand_over(3, pids[k]);
            kill(pids[k], SIGKILL);
            waitpid(pids[k], NULL, 0);
            if (!k)
                guests_hand_over(3, pids[k]);
        }
    }
    must(enter(3, 1));
    pid_t alive = child(wait_for_end);
    guests_hand_over(3, alive);
    must(enter(3, 1) && !enter(4, 1));
    kill(alive, SIGKILL);
    waitpid(alive, NULL, 0);
    must(enter(4, 1) && !enter(5, 1));
}

/* ---- killed at any moment, in the middle of a line too ---- */

static void come_and_go(void)
{
    for (unsigned i = 0;; i++) {
        enter(3 + (int)(i % 7), i % 60);
        guests_leave(3 + (int)(i * 5 % 7));
    }
}

static void torn_out(void *arg)
{
    enum { CREW = 4, ROUNDS = 150 };
    pid_t crew[CREW];

    (void)arg;
    guests_open(3, 40);
    for (int i = 0; i < CREW; i++)
        crew[i] = child(come_and_go);
    for (int round = 0; round < ROUNDS; round++) {
        int who = round % CREW;

        usleep(500 + dice(2000));
        kill(crew[who], SIGKILL);
        waitpid(crew[who], NULL, 0);
        crew[who] = child(come_and_go);
    }
    for (int i = 0; i < CREW; i++) {
        kill(crew[i], SIGKILL);
        waitpid(crew[i], NULL, 0);
    }
    for (unsigned host = 0; host < 13; host++) {
        must(enter(10, host) && enter(11, host) && enter(12, host) && !enter(13, host));
        for (int fd = 10; fd < 13; fd++)
            guests_leave(fd);
    }
}

/* ---- what it costs ---- */

/* The cheapest of many tries: a busy machine can only make it more expensive. */
static double cheapest(unsigned from, bool same)
{
    int64_t best = NEVER;

    for (unsigned i = 0; i < 2000; i++) {
        int64_t start = clock_now();
        must(enter(20000, same ? from : from + i));
        guests_leave(20000);
        int64_t took = clock_now() - start;
        best = took < best ? took : best;
    }
    return (double)best;
}

/* Sixteen thousand who are there cost a newcomer nothing. A search of all would take
 * some hundred times as long. */
static void costs(void *arg)
{
    (void)arg;
    guests_open(1, 16384);
    double alone = cheapest(1 << 20, false);
    for (int i = 0; i < 16000; i++)
        must(enter(i, (unsigned)i));
    double among = cheapest(2 << 20, false);
    printf("%.0f ns alone, %.0f among 16000\n", alone, among);
    fflush(stdout);
    must(among < 20 * alone + 2000);
}

/* Nor do those who have been, of the same address, each with a process of its own. */
static void costs_of_the_past(void *arg)
{
    enum { NOBODY = 1 << 23 };  /* beyond all pids, proc(5) */

    (void)arg;
    guests_open(1, 16384);
    double before = cheapest(1, true);
    for (int i = 0; i < 16000; i++) {
        must(enter(3, 1));
        guests_hand_over(3, NOBODY + i);
    }
    double after = cheapest(1, true);
    printf("%.0f ns before, %.0f after 16000\n", before, after);
    fflush(stdout);
    must(after < 20 * before + 2000);
}

#define IN_A_BOOK(name) \
    static void test_##name(void **state) { (void)state; in_a_book(name); }
IN_A_BOOK(without)
IN_A_BOOK(bounds)
IN_A_BOOK(families)
IN_A_BOOK(many)
IN_A_BOOK(handed_over)
IN_A_BOOK(killed)
IN_A_BOOK(torn_out)
IN_A_BOOK(costs)
IN_A_BOOK(costs_of_the_past)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_handed_over),
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_torn_out),
        cmocka_unit_test(test_costs),
        cmocka_unit_test(test_costs_of_the_past),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
