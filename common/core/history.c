#include "history.h"
#include "clock.h"
#include "die.h"
#include "room.h"
#include "settings.h"
#include "ws.h"

#include <string.h>

enum { MESSAGE = 64 };          /* bytes of a ring for each place in its index */

/* A room's messages: from `first` on, up to the one before `next`. Each lies in the ring
 * from starts[its number] to where the one after it starts; positions only grow, and the
 * ring takes them modulo its size. */
struct shelf {
    char room[ROOM_NAME + 1];   /* "": it is free */
    uint64_t first, next;
    uint64_t end;               /* position behind the last one */
    int64_t until;              /* kept until then, ns */
};

static struct book {
    atomic_int kept;            /* rooms */
    int shelves;
    size_t bytes, places;       /* of each */
    int64_t time;
    uint64_t next;              /* of a room that comes now: above all numbers so far */
} *book;
static struct shelf *shelves;
static uint64_t *starts;        /* `places` of each shelf, one after the other */
static char *rings;             /* and `bytes` of each */

static atomic_int none;
atomic_int *histories = &none;

static void nobody_else(bool enter) { (void)enter; }
void (*history_guard)(bool enter) = nobody_else;

/* A number above all that were given before now: there is less than one message a us. */
static uint64_t number_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

void history_open(const struct options *o)
{
    size_t n = (size_t)o->histories, places = o->history / MESSAGE + 1;

    book = must_share(sizeof *book + n * (sizeof *shelves + places * sizeof *starts
                                          + o->history));
    *book = (struct book){ .shelves = o->histories, .bytes = o->history,
                           .places = places, .time = o->history_time,
                           .next = number_now() };
    shelves = (struct shelf *)(book + 1);
    starts = (uint64_t *)(shelves + n);
    rings = (char *)(starts + n * places);
    histories = &book->kept;
}

/* ---- shelves ---- */

static void clear(struct shelf *s)
{
    if (s->next > book->next)
        book->next = s->next;
    *s = (struct shelf){ .room = "" };
    atomic_fetch_sub(&book->kept, 1);
}

static struct shelf *find(const char *room, int64_t now)
{
    struct shelf *found = NULL;

    for (struct shelf *s = shelves; s < shelves + book->shelves; s++) {
        if (*s->room && s->until < now)
            clear(s);           /* nobody has come back for it */
        if (strcmp(s->room, room) == 0)
            found = s;
    }
    return found;
}

/* A number is passed over. A client that has read a room's messages to the end may come
 * back when they have been dropped: it must be told that it was away. */
static struct shelf *make(const char *room)
{
    struct shelf *s = shelves;

    while (s < shelves + book->shelves && *s->room)
        s++;
    if (s == shelves + book->shelves)
        return NULL;
    *s = (struct shelf){ .first = book->next + 1, .next = book->next + 1 };
    strcpy(s->room, room);
    atomic_fetch_add(&book->kept, 1);
    return s;
}

static uint64_t *start_of(const struct shelf *s, uint64_t number)
{
    return &starts[(size_t)(s - shelves) * book->places + number % book->places];
}

/* The position behind that message. */
static uint64_t end_of(const struct shelf *s, uint64_t number)
{
    return number + 1 == s->next ? s->end : *start_of(s, number + 1);
}

/* To a place in the ring, or from there: in two pieces where it wraps around. */
static char *place(const struct shelf *s, uint64_t position, size_t *room)
{
    size_t at = position % book->bytes;

    *room = book->bytes - at;
    return rings + (size_t)(s - shelves) * book->bytes + at;
}

/* ---- in ---- */

/* What is longer than the ring is lost at once, and all before it. */
static void put(struct shelf *s, struct bytes message)
{
    bool fits = message.size <= book->bytes;
    size_t room;
    char *to = place(s, s->end, &room);

    while (s->first < s->next
           && (!fits || s->next - s->first == book->places
               || s->end - *start_of(s, s->first) + message.size > book->bytes))
        s->first++;
    if (!fits) {
        s->first = ++s->next;
        return;
    }
    if (room > message.size)
        room = message.size;
    memcpy(to, message.data, room);
    memcpy(place(s, 0, &(size_t){ 0 }), message.data + room, message.size - room);
    *start_of(s, s->next++) = s->end;
    s->end += message.size;
}

void history_keep(const char *room, const struct frame *f)
{
    struct bytes rest = { f->data, f->size }, message = rest;

    history_guard(true);
    struct shelf *s = find(room, clock_now());
    while (s && ws_take(&rest, &(enum ws_opcode){ 0 }).data) {
        message.size = (size_t)(rest.data - message.data);
        put(s, message);
        message = rest;
    }
    history_guard(false);
}

static void stay(struct shelf *s, int64_t until, int64_t now)
{
    int64_t end = (until > now ? until : now) + book->time;

    if (s->until < end)
        s->until = end;
}

bool history_attend(const char *room, int64_t until, uint64_t *last)
{
    if (!book)
        return false;
    history_guard(true);
    int64_t now = clock_now();
    struct shelf *s = find(room, now);
    if (!s)
        s = make(room);
    if (s) {
        stay(s, until, now);
        *last = s->next - 1;
    }
    history_guard(false);
    return s != NULL;
}

/* Which of the shelves is whole, and whether `kept` is right, nobody knows. */
void history_spoilt(void)
{
    uint64_t next = number_now();

    for (struct shelf *s = shelves; s < shelves + book->shelves; s++) {
        if (s->next > next)     /* the clock was set back */
            next = s->next;
        *s = (struct shelf){ .room = "" };
    }
    if (next > book->next)
        book->next = next;
    atomic_store(&book->kept, 0);
}

/* ---- out ---- */

static struct frame *copy(const struct shelf *s, uint64_t from, uint64_t to)
{
    uint64_t start = *start_of(s, from);
    size_t size = (size_t)(end_of(s, to) - start), room;
    const char *at = place(s, start, &room);
    struct frame *f = frame_new(size);

    if (room > size)
        room = size;
    f = frame_append(f, at, room);
    f = frame_append(f, place(s, 0, &(size_t){ 0 }), size - room);
    f->messages = (unsigned)(to + 1 - from);
    return f;
}

/* The last of the messages from `from` on that fit into `most` bytes together. */
static uint64_t as_far_as(const struct shelf *s, uint64_t from, size_t most)
{
    uint64_t last = from, start = *start_of(s, from);

    while (last + 1 < s->next && end_of(s, last + 1) - start <= most)
        last++;
    return last;
}

struct frame *history_after(const char *room, int64_t until, uint64_t *after, size_t most,
                            bool *lost)
{
    struct frame *f = NULL;

    history_guard(true);
    int64_t now = clock_now();
    struct shelf *s = find(room, now);
    if (!s)
        s = make(room);         /* nobody looked for too long, not even this client */
    if (s)
        stay(s, until, now);
    *lost = !s || *after + 1 < s->first || *after >= s->next;
    if (*lost) {
        *after = s ? s->first - 1 : *after;
    } else if (*after + 1 < s->next) {
        uint64_t last = as_far_as(s, *after + 1, most);

        f = copy(s, *after + 1, last);
        *after = last;
    }
    history_guard(false);
    return f;
}
