/* test_peer_memory.c - what a client costs in memory, busy and at rest. */
#include "line.h"

#include <malloc.h>

static size_t in_use(void)
{
    struct mallinfo2 m = mallinfo2();   /* AddressSanitizer's knows nothing, and says 0 */

    return m.uordblks + m.hblkhd;
}

static void test_fragments_of_one_byte(void **state)
{
    enum { ALL = 256 * 1024, BATCH = 4096 };
    static char z[4];
    UT_string frames;
    struct line l;

    (void)state;
    line_upgrade(&l, usual(), RELAY_X);
    utstring_init(&frames);
    for (int i = 0; i < BATCH; i++)
        put_frame(&frames, 0, "a", 1, z);
    SAY(&l, "\2\x80" Z);
    size_t before = in_use();
    for (int i = 0; i < ALL / BATCH; i++)
        line_say(&l, utstring_body(&frames), utstring_len(&frames));
    size_t after = in_use();
    check(after < before + 4 * ALL, "%zu bytes for a message of %d", after - before, ALL);
    SAY(&l, "\x80\x80" Z);
    assert_int_equal(utstring_len(&l.out), ALL + 10);
    assert_memory_equal(utstring_body(&l.out), "\x82\x7F\0\0\0\0\0\4\0\0aaaa", 14);
    line_close(&l);
    utstring_done(&frames);
}

/* A header alone takes no memory for what it announces. */
static void test_announcing_takes_nothing(void **state)
{
    struct line l;

    (void)state;
    line_upgrade(&l, usual(), RELAY_X);
    size_t before = in_use();
    SAY(&l, "\x82\xFF\0\0\0\0\0\x10\0\0" Z "a");        /* 1 MiB */
    check(in_use() < before + 100 * 1024, "%zu bytes for one", in_use() - before);
    line_close(&l);
}

/* An idle client costs little, whatever it has done before. */
static void test_at_rest(void **state)
{
    static const char *const requests[] = { RELAY_X, UPGRADE("/job/cpu:1") };
    static char big[900 * 1000];
    UT_string frame;

    (void)state;
    utstring_init(&frame);
    put_frame(&frame, 0x82, big, sizeof big, Z);
    for (size_t i = 0; i < COUNT(requests); i++) {
        struct line l;

        line_upgrade(&l, usual(), requests[i]);
        size_t before = in_use();
        line_say(&l, utstring_body(&frame), utstring_len(&frame));
        utstring_done(&l.out);
        utstring_done(&l.relayed);
        size_t after = in_use();
        utstring_init(&l.out);
        utstring_init(&l.relayed);
        line_close(&l);
        check(after < before + 50000, "%.10s holds %zu bytes", requests[i],
              after - before);
    }
    utstring_done(&frame);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fragments_of_one_byte),
        cmocka_unit_test(test_announcing_takes_nothing),
        cmocka_unit_test(test_at_rest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
