/* test_room.c - who sits where, against an oracle that only remembers who came when. */
#include "room.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

enum { PEOPLE = 200, ROOMS = 12 };

struct conn {
    struct member seat;
    int room;                   /* where it must be; -1: nowhere */
    int since;                  /* when it came */
};

static struct conn people[PEOPLE];

/* Names that are easily mistaken for each other; the last two are as long as can be. */
static const char *name(int i)
{
    static const char *const short_names[] = { "a", "A", "b", "aa", "a.", "-", "_", ".",
                                               "0", "ab" };
    static char long_name[ROOM_NAME + 1];

    if (i < ROOMS - 2)
        return short_names[i];
    memset(long_name, 'x', ROOM_NAME);
    long_name[ROOM_NAME - 1] = (char)('0' + i - (ROOMS - 2));
    return long_name;
}

static void check_room(struct rooms *rooms, int i)
{
    struct member *m;
    struct room *room;
    int count = 0, expected = 0, last = -1;

    for (int k = 0; k < PEOPLE; k++)
        expected += people[k].room == i;
    HASH_FIND_STR(rooms->table, name(i), room);
    check(!room == !expected, "%s: is %sthere", name(i), room ? "" : "not ");
    if (!room)
        return;
    assert_string_equal(room->name, name(i));
    DL_FOREACH(room->members, m) {
        assert_int_equal(m->conn->room, i);
        assert_ptr_equal(m->room, room);
        assert_ptr_equal(m, &m->conn->seat);
        check(m->conn->since > last, "%s: not in order", name(i));
        last = m->conn->since;
        count++;
    }
    check(count == expected, "%s: %d members, not %d", name(i), count, expected);
}

static void test_random(void **state)
{
    struct rooms rooms = { NULL };
    int now = 0;

    (void)state;
    for (int i = 0; i < PEOPLE; i++)
        people[i] = (struct conn){ .room = -1 };
    for (int step = 0; step < 5000; step++) {
        struct conn *c = &people[dice(PEOPLE)];

        if (c->room >= 0 || dice(4) == 0) {
            room_leave(&rooms, &c->seat);       /* now and then of no room */
            c->room = -1;
            assert_null(c->seat.room);
        } else {
            c->room = (int)dice(ROOMS);
            c->since = now++;
            room_join(&rooms, name(c->room), &c->seat, c);
        }
        check_room(&rooms, (int)dice(ROOMS));
    }
    for (int i = 0; i < PEOPLE; i++) {
        room_leave(&rooms, &people[i].seat);
        people[i].room = -1;
        check_room(&rooms, (int)dice(ROOMS));
    }
    assert_null(rooms.table);
}

/* The name is copied: the peer that lent it may be gone before the room is. */
static void test_the_name_is_its_own(void **state)
{
    struct rooms rooms = { NULL };
    struct conn a = { .room = 0 }, b = { .room = 0 };
    char lent[] = "kitchen";

    (void)state;
    room_join(&rooms, lent, &a.seat, &a);
    memset(lent, 'z', sizeof lent - 1);
    room_join(&rooms, "kitchen", &b.seat, &b);
    assert_ptr_equal(a.seat.room, b.seat.room);
    room_leave(&rooms, &a.seat);
    room_leave(&rooms, &a.seat);
    room_leave(&rooms, &b.seat);
    assert_null(rooms.table);
}

/* Names that somebody has chosen so that one chain of the table holds them all: they are
 * rooms like others. */
static void test_colliding_names(void **state)
{
    enum { NAMES = 6000, BUCKETS = 1024 };
    static struct { struct conn c; char name[12]; } all[NAMES];
    struct rooms rooms = { NULL };
    int n = 0;

    (void)state;
    for (unsigned i = 0; n < NAMES; i++) {
        char *name = all[n].name;
        unsigned hash, length = (unsigned)snprintf(name, sizeof all[n].name, "r%u", i);

        HASH_VALUE(name, length, hash);
        n += hash % BUCKETS == 0;
    }
    for (int i = 0; i < NAMES; i++)
        room_join(&rooms, all[i].name, &all[i].c.seat, &all[i].c);
    for (int i = 0; i < NAMES; i++) {
        struct room *room = all[i].c.seat.room;

        assert_string_equal(room->name, all[i].name);
        assert_ptr_equal(room->members, &all[i].c.seat);
        assert_null(room->members->next);
    }
    for (int i = 0; i < NAMES; i++)
        room_leave(&rooms, &all[(i * 7919) % NAMES].c.seat);
    assert_null(rooms.table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_the_name_is_its_own),
        cmocka_unit_test(test_colliding_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
