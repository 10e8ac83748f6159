/* test_outbox.c - frames on their way out, against the plainest list of them. */
#include "outbox.h"
#include "unit.h"

#include <malloc.h>
#include <string.h>

enum { MANY = 5000 };

struct oracle {                 /* what must be waiting */
    struct frame *frames[MANY];
    unsigned first, end;
    size_t offset;              /* of the first, gone already */
    struct bytes lent;          /* from there on; none: nothing is under way */
};

static struct frame *some_frame(size_t size)
{
    struct frame *f = frame_new(size);

    for (size_t i = 0; i < size; i++)
        f = frame_append(f, &(char){ (char)dice(256) }, 1);
    return f;
}

static size_t expected_size(const struct oracle *e)
{
    size_t size = 0;

    for (unsigned i = e->first; i < e->end; i++)
        size += outbox_cost(e->frames[i]);
    return size;
}

/* The bytes peeked at are the beginning of what waits, and end with a frame. */
static void check_peek(struct outbox *o, const struct oracle *e, struct bytes b)
{
    size_t skip = e->offset, at = 0;

    check((b.size == 0) == (e->first == e->end), "%zu bytes of %u frames", b.size,
          e->end - e->first);
    for (unsigned i = e->first; at < b.size; i++, skip = 0) {
        size_t size = e->frames[i]->size - skip;

        if (e->lent.size && size > b.size - at)
            size = b.size - at;         /* some of what could be peeked at */
        check(at + size <= b.size, "frame %u ends in its midst", i);
        check(memcmp(b.data + at, e->frames[i]->data + skip, size) == 0, "frame %u", i);
        at += size;
    }
    check(outbox_first(o) == (e->first < e->end ? e->frames[e->first] : NULL), "first");
    check(o->size == expected_size(e), "size is %zu", o->size);
}

static void push(struct outbox *o, struct oracle *e)
{
    static const unsigned sizes[] = { 1, 10, 100, 2047, 2050, 6000 };
    struct frame *f = some_frame(1 + dice(sizes[dice(COUNT(sizes))]));

    e->frames[e->end++] = f;
    outbox_push(o, f);
    assert_int_equal(f->refs, 2);
}

static void unref_first(struct oracle *e)
{
    struct frame *f = e->frames[e->first++];

    assert_int_equal(f->refs, 1);
    frame_unref(f);
    e->offset = 0;
}

/* All of it, or less. */
static size_t some_of(size_t n) { return dice(2) ? n : dice((unsigned)n + 1); }

static void lend(struct outbox *o, struct oracle *e)
{
    struct bytes b = outbox_peek(o);

    e->lent = (struct bytes){ b.data, some_of(b.size) };
    if (e->lent.size)
        outbox_lend(o, e->lent);
}

static void send_some(struct outbox *o, struct oracle *e)
{
    struct bytes b = e->lent.size ? e->lent : outbox_peek(o);

    check_peek(o, e, b);
    size_t n = some_of(b.size);
    e->lent.size = 0;
    outbox_sent(o, n);
    while (n > 0) {
        size_t left = e->frames[e->first]->size - e->offset;
        if (n < left) {
            e->offset += n;
            break;
        }
        unref_first(e);
        n -= left;
    }
}

/* Not those of which something is gone or under way. */
static void drop(struct outbox *o, struct oracle *e, unsigned keep)
{
    size_t left = e->offset + e->lent.size;

    outbox_drop(o, keep);
    for (unsigned i = 0; left > 0; i++) {
        size_t size = e->frames[e->first + i]->size;
        keep = keep > i ? keep : i + 1;
        left -= size < left ? size : left;
    }
    while (e->end - e->first > keep) {
        struct frame *f = e->frames[--e->end];
        assert_int_equal(f->refs, 1);
        frame_unref(f);
    }
}

/* Beside another outbox of this thread, which is asked all the time. */
static void play(unsigned pushes_in_ten, unsigned steps)
{
    static struct oracle e;
    struct outbox o, other;
    struct frame *f = some_frame(20);

    e = (struct oracle){ .first = 0 };
    outbox_init(&o);
    outbox_init(&other);
    outbox_push(&other, f);
    outbox_push(&other, f);
    for (unsigned i = 0; i < steps && e.end < MANY; i++) {
        if (dice(10) < pushes_in_ten)
            push(&o, &e);
        else if (dice(50) == 0)
            drop(&o, &e, dice(4) ? dice(200) : 0);
        else if (e.lent.size || dice(2))
            send_some(&o, &e);
        else
            lend(&o, &e);
        outbox_peek(&other);
        check_peek(&o, &e, e.lent.size ? e.lent : outbox_peek(&o));
    }
    outbox_free(&o);
    outbox_free(&other);
    frame_unref(f);
    while (e.first < e.end)
        unref_first(&e);
}

static void test_random(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        play(2 + (unsigned)i % 4, 1000);
        play(9, 300);
    }
}

static void test_empty(void **state)
{
    struct outbox o;

    (void)state;
    outbox_init(&o);
    assert_null(outbox_first(&o));
    assert_int_equal(outbox_peek(&o).size, 0);
    outbox_sent(&o, 0);
    outbox_drop(&o, 0);
    outbox_drop(&o, 5);
    assert_int_equal(o.size, 0);
    outbox_free(&o);
}

/* A burst of small frames is one write; a large one is lent without a copy. */
static void test_gathering(void **state)
{
    struct frame *small = some_frame(20), *large = some_frame(10000);
    struct outbox o;

    (void)state;
    outbox_init(&o);
    for (int i = 0; i < 500; i++)
        outbox_push(&o, small);
    outbox_push(&o, large);
    assert_int_equal(outbox_peek(&o).size, 500 * 20);
    outbox_sent(&o, 500 * 20);
    struct bytes b = outbox_peek(&o);
    assert_ptr_equal(b.data, large->data);
    assert_int_equal(b.size, large->size);
    assert_int_equal(small->refs, 1);
    outbox_free(&o);
    assert_int_equal(large->refs, 1);
    frame_unref(small);
    frame_unref(large);
}

/* A send that is told of later may not be robbed of its bytes. */
static void test_lending(void **state)
{
    struct frame *small = some_frame(20), *large = some_frame(10000);
    struct outbox o, other;

    (void)state;
    outbox_init(&o);
    outbox_init(&other);
    for (int i = 0; i < 5; i++)
        outbox_push(&o, small);
    outbox_push(&o, large);
    struct bytes b = outbox_peek(&o);
    b.size = 30;                /* of the second frame, half */
    outbox_lend(&o, b);
    outbox_push(&other, large);
    outbox_drop(&o, 0);
    assert_int_equal(outbox_count(&o), 2);
    for (int i = 0; i < 5; i++)
        outbox_push(&other, small);
    outbox_sent(&other, large->size);
    assert_ptr_not_equal(outbox_peek(&other).data, b.data);
    assert_memory_equal(b.data, small->data, 20);
    outbox_sent(&o, 30);
    assert_int_equal(outbox_count(&o), 1);
    assert_memory_equal(outbox_peek(&o).data, small->data + 10, 10);
    outbox_sent(&o, 10);
    outbox_push(&o, large);
    b = outbox_peek(&o);
    outbox_lend(&o, b);
    outbox_drop(&o, 0);
    assert_ptr_equal(b.data, large->data);
    assert_int_equal(large->refs, 2);
    outbox_free(&o);            /* the line is broken, and the order has come back */
    outbox_free(&other);
    assert_int_equal(large->refs, 1);
    frame_unref(small);
    frame_unref(large);
}

/* Its size is what the memory of a machine feels, for small frames above all. */
static void test_honest_size(void **state)
{
    static const size_t sizes[] = { 1, 2, 10, 127, 1000, 5000 };

    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++)
        for (unsigned n = 100; n <= 3000; n = n * 3 / 2) {
            struct outbox o;
            size_t before = mallinfo2().uordblks;

            outbox_init(&o);
            for (unsigned k = 0; k < n; k++) {
                struct frame *f = some_frame(sizes[i]);
                outbox_push(&o, f);
                frame_unref(f);
            }
            size_t taken = mallinfo2().uordblks - before;       /* 0 under ASan */
            check(taken <= o.size && (o.size < 2 * taken || taken == 0),
                  "%u frames of %zu take %zu bytes, and count as %zu", n, sizes[i], taken,
                  o.size);
            outbox_free(&o);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_gathering),
        cmocka_unit_test(test_lending),
        cmocka_unit_test(test_honest_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
