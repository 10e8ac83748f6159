/* test_coro.c - coroutines keep their place, their variables and their hands off others'.
 *
 * Nothing is asserted inside a coroutine: cmocka would jump out of a foreign stack. */
#include "coro.h"
#include "unit.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- switching ---- */

static char story[100];

static void tell(const char *word)
{
    strncat(story, word, sizeof story - strlen(story) - 1);
}

static void two_steps(void *arg)
{
    tell(arg);
    co_yield();
    tell(arg);
}

static void test_switching(void **state)
{
    (void)state;
    story[0] = '\0';
    struct co *a = co_new(two_steps, (void *)"a"), *b = co_new(two_steps, (void *)"b");
    tell("0");                  /* neither has begun */
    assert_true(co_resume(a));
    tell("1");
    assert_true(co_resume(b));
    assert_false(co_resume(b));
    tell("2");
    assert_false(co_resume(a));
    assert_string_equal(story, "0a1bb2a");
}

static void at_once(void *arg) { *(bool *)arg = true; }

static void test_returning_at_once(void **state)
{
    bool ran = false;

    (void)state;
    assert_false(co_resume(co_new(at_once, &ran)));
    assert_true(ran);
}

/* ---- who runs, and nesting ---- */

struct pair { struct co *outer, *inner; bool right; };

static void inner(void *arg)
{
    struct pair *p = arg;

    p->inner = co_self();
    co_yield();
    p->right &= co_self() == p->inner;
}

/* Each knows itself, before and after somebody else has run. */
static void outer(void *arg)
{
    struct pair *p = arg;
    struct co *co = co_new(inner, p);

    p->outer = co_self();
    p->right = p->outer && co_resume(co) && p->inner == co && co_self() == p->outer;
    co_yield();
    p->right &= co_self() == p->outer && !co_resume(co) && co_self() == p->outer;
}

static void test_nesting(void **state)
{
    struct pair p = { .right = false };
    struct co *co = co_new(outer, &p);

    (void)state;
    assert_null(co_self());
    assert_true(co_resume(co));
    assert_null(co_self());
    assert_true(p.right);
    assert_ptr_equal(p.outer, co);
    assert_false(co_resume(co));
    assert_null(co_self());
    assert_true(p.right);
}

static void descend(void *arg)
{
    int *left = arg;

    if (--*left > 0) {
        struct co *inner = co_new(descend, left);
        co_yield();
        while (co_resume(inner))
            co_yield();
    }
}

/* A yield goes to the resumer, and no further. */
static void test_a_long_chain(void **state)
{
    int left = 50, yields = 0;
    struct co *co = co_new(descend, &left);

    (void)state;
    while (co_resume(co))
        yields++;
    assert_int_equal(left, 0);
    assert_int_equal(yields, 49);
    assert_null(co_self());
}

/* ---- variables ---- */

struct sum { int seed; int64_t whole; double real; bool stack_kept; };

/* More variables live across the yield than there are registers to keep them in. */
static void add_up(void *arg)
{
    struct sum *s = arg;
    int64_t a = s->seed, b = a + 1, c = a + 2, d = a + 3, e = a + 4, f = a + 5, g = a + 6;
    double x = s->seed, y = x / 2, z = x / 4;
    char own[512];

    memset(own, s->seed & 127, sizeof own);
    for (int i = 0; i < 10; i++) {
        co_yield();
        a += b; b ^= c; c += d; d -= e; e += f; f ^= g; g += a;
        x += y; y = -z; z = x * 0.5;
    }
    s->stack_kept = true;
    for (size_t i = 0; i < sizeof own; i++)
        s->stack_kept &= own[i] == (s->seed & 127);
    s->whole = a ^ b ^ c ^ d ^ e ^ f ^ g;
    s->real = x + y + z;
}

static struct sum expected_sum(int seed)
{
    int64_t a = seed, b = a + 1, c = a + 2, d = a + 3, e = a + 4, f = a + 5, g = a + 6;
    double x = seed, y = x / 2, z = x / 4;

    for (int i = 0; i < 10; i++) {
        a += b; b ^= c; c += d; d -= e; e += f; f ^= g; g += a;
        x += y; y = -z; z = x * 0.5;
    }
    return (struct sum){ .whole = a ^ b ^ c ^ d ^ e ^ f ^ g, .real = x + y + z };
}

static void test_ten_thousand(void **state)
{
    enum { MANY = 10000 };
    static struct sum sums[MANY];
    static struct co *all[MANY];
    bool more = true;

    (void)state;
    for (int i = 0; i < MANY; i++) {
        sums[i].seed = i;
        all[i] = co_new(add_up, &sums[i]);
        assert_non_null(all[i]);
    }
    for (int round = 0; more; round++) {
        more = round < 10;
        for (int i = 0; i < MANY; i++)
            assert_int_equal(co_resume(all[i]), more);
    }
    for (int i = 0; i < MANY; i++) {
        struct sum e = expected_sum(i);
        check(sums[i].whole == e.whole && fabs(sums[i].real - e.real) < 1e-9
              && sums[i].stack_kept, "coroutine %d has lost something", i);
    }
}

/* ---- stacks ---- */

static void where_am_i(void *arg) { *(void **)arg = __builtin_frame_address(0); }

/* One that has returned leaves its stack to the next. */
static void test_stacks_are_used_again(void **state)
{
    void *first = NULL, *then = NULL;

    (void)state;
    co_resume(co_new(where_am_i, &first));
    for (int i = 0; i < 1000; i++) {
        co_resume(co_new(where_am_i, &then));
        assert_ptr_equal(first, then);
    }
}

static void use_much(void *arg)
{
    volatile char room[CO_STACK * 3 / 4];

    for (size_t i = 0; i < sizeof room; i += 1024)
        room[i] = 1;
    co_yield();
    *(bool *)arg = room[1024] == 1;
}

static void test_most_of_a_stack_can_be_used(void **state)
{
    bool done = false;

    (void)state;
    struct co *co = co_new(use_much, &done);
    assert_true(co_resume(co));
    assert_false(co_resume(co));
    assert_true(done);
}

/* The ABI wants 16 bytes of alignment at a call; what is moved in vectors tells. */
static void align(void *arg)
{
    _Alignas(16) volatile char here[16] = "";

    *(uintptr_t *)arg = (uintptr_t)here % 16;
    char text[64];
    snprintf(text, sizeof text, "%f %s", 1.5, (const char *)here);
}

static void test_alignment(void **state)
{
    uintptr_t rest = 1;

    (void)state;
    co_resume(co_new(align, &rest));
    assert_int_equal(rest, 0);
}

/* Half a KiB and more at every depth; what it writes after the call keeps the compiler
 * from making a loop of it. */
static void sink(int depth)
{
    volatile char here[512];

    here[depth % 512] = (char)depth;
    if (depth > 0)
        sink(depth - 1);
    here[0] = here[depth % 512];
}

static void overflow(void *arg) { sink(*(int *)arg); }

static void run_over(void *arg)
{
    int depth = CO_STACK / 512 + 1;

    (void)arg;
    co_resume(co_new(two_steps, (void *)"neighbour"));
    co_resume(co_new(overflow, &depth));
    printf("survived");
}

static void test_guard_page(void **state)
{
    (void)state;
    if (UNDER_ASAN)
        skip();                 /* it catches the signal and prints a report */
    struct outcome r = in_child(run_over, NULL);
    assert_int_equal(r.signal, SIGSEGV);
    assert_string_equal(r.out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_switching),
        cmocka_unit_test(test_returning_at_once),
        cmocka_unit_test(test_nesting),
        cmocka_unit_test(test_a_long_chain),
        cmocka_unit_test(test_ten_thousand),
        cmocka_unit_test(test_stacks_are_used_again),
        cmocka_unit_test(test_most_of_a_stack_can_be_used),
        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_guard_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
