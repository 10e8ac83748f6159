/* test_mailbox.c - many threads post, one owner empties: nothing is lost or overtaken. */
#include "clock.h"
#include "line.h"
#include "mailbox.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>

enum { SENDERS = 4, LETTERS = 3000 };

static bool rings(const struct mailbox *box, int ms)
{
    struct pollfd p = { .fd = box->bell, .events = POLLIN };

    return poll(&p, 1, ms) == 1 && (p.revents & POLLIN);
}

static const struct options *with_output(size_t bytes)
{
    static struct options o;

    options_default(&o);
    o.max_output = bytes;
    return &o;
}

static struct frame *letter(uint32_t from, uint32_t number)
{
    char s[10] = "\x82\x08";

    memcpy(s + 2, &from, sizeof from);
    memcpy(s + 6, &number, sizeof number);
    return frame_copy(s, sizeof s);
}

/* ---- several at a time ---- */

struct sender { pthread_t thread; struct mailbox *box; uint32_t number; };

static void *post_letters(void *arg)
{
    struct sender *s = arg;

    for (uint32_t i = 0; i < LETTERS; i++) {
        struct frame *f = letter(s->number, i);
        mailbox_post(s->box, f);
        frame_unref(f);
    }
    return NULL;
}

static void check_order(const UT_string *out)
{
    const char *s = utstring_body(out);
    uint32_t next[SENDERS] = { 0 }, from, number;

    assert_int_equal(utstring_len(out), SENDERS * LETTERS * 10);
    for (int i = 0; i < SENDERS * LETTERS; i++, s += 10) {
        memcpy(&from, s + 2, sizeof from);
        memcpy(&number, s + 6, sizeof number);
        assert_in_range(from, 0, SENDERS - 1);
        check(number == next[from]++, "sender %u: %u", from, number);
    }
}

static void test_several_senders(void **state)
{
    const struct options *o = with_output(16 << 20);
    struct sender senders[SENDERS];
    struct mailbox box;
    struct line l;

    (void)state;
    assert_true(mailbox_open(&box, o->max_output));
    line_upgrade(&l, o, UPGRADE("/relay/x"));
    for (uint32_t i = 0; i < SENDERS; i++) {
        senders[i] = (struct sender){ .box = &box, .number = i };
        pthread_create(&senders[i].thread, NULL, post_letters, &senders[i]);
    }
    while (utstring_len(&l.out) < SENDERS * LETTERS * 10) {
        check(rings(&box, 5000), "no ring, though mail must come");
        mailbox_take(&box, l.peer);
        assert_int_equal(line_run(&l), READ);
    }
    for (int i = 0; i < SENDERS; i++)
        pthread_join(senders[i].thread, NULL);
    check_order(&l.out);
    assert_false(rings(&box, 0));
    mailbox_close(&box);
    line_close(&l);
}

/* ---- the bell ---- */

static void test_bell(void **state)
{
    struct frame *f = letter(0, 0);
    struct mailbox box;
    struct line l;

    (void)state;
    assert_true(mailbox_open(&box, 1 << 20));
    line_upgrade(&l, with_output(1 << 20), UPGRADE("/relay/x"));
    assert_false(rings(&box, 0));
    for (int i = 0; i < 3; i++) {
        mailbox_post(&box, f);
        mailbox_post(&box, f);
        assert_true(rings(&box, 0));
        mailbox_take(&box, l.peer);
        assert_false(rings(&box, 0));
        mailbox_take(&box, l.peer);     /* nothing there, and nothing happens */
    }
    line_run(&l);
    assert_int_equal(utstring_len(&l.out), 6 * f->size);
    mailbox_post(&box, f);
    mailbox_close(&box);                /* with mail in it */
    line_close(&l);
    assert_int_equal(f->refs, 1);
    frame_unref(f);
}

/* ---- the bound ---- */

/* Beyond it all mail is dropped, and the client is closed for what it has missed. */
static void test_bound(void **state)
{
    struct frame *f = letter(0, 0);
    struct mailbox box;
    struct line l;

    (void)state;
    assert_true(mailbox_open(&box, 1024));
    line_upgrade(&l, with_output(1024), UPGRADE("/relay/x"));
    for (int i = 0; i < 1000; i++)
        mailbox_post(&box, f);
    assert_int_equal(box.mail.size, 0);
    mailbox_take(&box, l.peer);
    assert_int_equal(line_run(&l), READ);
    assert_true(line_closed(&l, 1013, 0));
    assert_int_equal(f->refs, 1);
    mailbox_post(&box, f);              /* to a client that is closing */
    mailbox_take(&box, l.peer);
    assert_int_equal(line_run(&l), READ);
    assert_true(line_closed(&l, 1013, 0));
    mailbox_close(&box);
    line_close(&l);
    frame_unref(f);
}

/* Just within it everything arrives. */
static void test_within_the_bound(void **state)
{
    struct frame *f = letter(0, 0);
    struct mailbox box;
    struct line l;
    unsigned fit = 1024 / (unsigned)outbox_cost(f);

    (void)state;
    assert_true(mailbox_open(&box, 1024));
    line_upgrade(&l, with_output(1024), UPGRADE("/relay/x"));
    for (unsigned i = 0; i < fit; i++)
        mailbox_post(&box, f);
    mailbox_take(&box, l.peer);
    assert_int_equal(line_run(&l), READ);
    assert_int_equal(utstring_len(&l.out), fit * f->size);
    mailbox_close(&box);
    line_close(&l);
    frame_unref(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several_senders),
        cmocka_unit_test(test_bell),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_within_the_bound),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
