/* post.c - the office and its children: any order and any cut of letters, and either side
 * may lose its mind.
 *
 * Nobody waits in here: `stop` is readable all the time, which ends each wait, so that a
 * child takes the office's answer when it next looks. */
#include "fuzz.h"
#include "clock.h"
#include "net.h"
#include "options.h"
#include "post.h"
#include "ws.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* As they go over the line. */
enum { JOINS = 1, LEAVES, MAIL, LOST };
struct head { uint32_t kind, size; };

enum { LINES = 3, MESSAGE = 200, OUTPUT = 2000, QUESTIONS = 4 };

/* Aborts are merged by compilers: says which it was. */
#define must(ok) ((ok) ? (void)0 : wrong(#ok, __LINE__))
static void wrong(const char *what, int line)
{
    fprintf(stderr, "tests/fuzz/post.c:%d: not so: %s\n", line, what);
    abort();
}

static struct options small_options(void)
{
    struct options o = fuzz_options();

    o.max_message = MESSAGE;
    o.max_output = OUTPUT;
    return o;
}

static int stop(void)
{
    static int fd = -1;

    if (fd < 0)
        fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd;
}

static void make_line(int pair[2])
{
    const int least = 1;        /* the kernel takes the least that it can */

    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) == 0);
    for (int i = 0; i < 2; i++)
        setsockopt(pair[i], SOL_SOCKET, SO_SNDBUF, &least, sizeof least);
}

/* Takes a piece off the front of the input. */
static struct bytes piece(struct bytes *in, size_t n)
{
    struct bytes p = { in->data, n < in->size ? n : in->size };

    in->data += p.size;
    in->size -= p.size;
    return p;
}

enum taken { NOTHING, SOME, ALL };      /* of a letter, by a line */

static enum taken write_letter(int fd, uint32_t kind, const char *body, size_t size)
{
    struct head head = { kind, (uint32_t)size };
    char letter[sizeof head + MESSAGE + FRAME_HEAD];

    must(size <= MESSAGE + FRAME_HEAD);
    memcpy(letter, &head, sizeof head);
    memcpy(letter + sizeof head, body, size);
    ssize_t n = net_write(fd, (struct bytes){ letter, sizeof head + size });
    return n <= 0 ? NOTHING : (size_t)n < sizeof head + size ? SOME : ALL;
}

static enum taken write_mail(int fd, size_t size)
{
    static const char text[MESSAGE];
    struct frame *f = ws_frame(WS_BINARY, text, size < MESSAGE ? size : MESSAGE);
    enum taken taken = write_letter(fd, MAIL, f->data, f->size);

    frame_unref(f);
    return taken;
}

/* ---- the office, and children that may say anything ---- */

struct line {
    int fd;                     /* the child's end; -1: hung up */
    bool sound;                 /* it has said nothing but whole and proper letters */
    bool over;                  /* the office has ended it */
    int asked, answered;
    UT_string got;
};

static void open_line(struct line *l, struct office *office)
{
    int pair[2];

    make_line(pair);
    *l = (struct line){ .fd = pair[1], .sound = true };
    utstring_init(&l->got);
    must(office_enrol(office, pair[0]));
}

static void close_line(struct line *l)
{
    if (l->fd >= 0)
        close(l->fd);
    utstring_done(&l->got);
    l->fd = -1;
}

/* What the office says is well-formed, whatever it was told. False: there was nothing. */
static bool hear(struct line *l, size_t most)
{
    char buf[4096];
    ssize_t n = read(l->fd, buf, most < sizeof buf ? most : sizeof buf);
    const char *at;
    struct head head;
    size_t left;

    l->over = l->over || n == 0 || (n < 0 && errno != EAGAIN);
    if (n <= 0)
        return false;
    utstring_bincpy(&l->got, buf, (size_t)n);
    at = utstring_body(&l->got), left = utstring_len(&l->got);
    while (left >= sizeof head) {
        memcpy(&head, at, sizeof head);
        must(head.kind == JOINS || head.kind == MAIL || head.kind == LOST);
        must(head.size <= MESSAGE + FRAME_HEAD && (head.kind == MAIL || head.size == 0));
        if (left < sizeof head + head.size)
            break;
        struct bytes body = { at + sizeof head, head.size };

        must(head.kind != MAIL || ws_messages(body));
        l->answered += head.kind == JOINS;
        at += sizeof head + head.size;
        left -= sizeof head + head.size;
    }
    char *rest = memcpy(malloc(left + 1), at, left);
    utstring_clear(&l->got);
    utstring_bincpy(&l->got, rest, left);
    free(rest);
    return true;
}

/* Notes what became of a proper letter. */
static bool said(struct line *l, enum taken taken)
{
    l->sound = l->sound && taken != SOME;
    return taken == ALL;
}

static void office_event(struct office *office, struct line *lines, struct bytes *in)
{
    uint8_t what = take(in);
    struct line *l = &lines[(what >> 3) % LINES];
    size_t n = take(in);
    struct bytes p;

    switch (what & 7) {
    case 0:                     /* anything */
        p = piece(in, n);
        l->sound = l->sound && p.size == 0;
        net_write(l->fd, p);
        break;
    case 1:
        if (l->asked - l->answered < QUESTIONS)
            l->asked += said(l, write_letter(l->fd, JOINS, n & 1 ? "x" : "y", 1));
        break;
    case 2: said(l, write_letter(l->fd, LEAVES, "", 0)); break;
    case 3: said(l, write_mail(l->fd, n)); break;
    case 4:                     /* a letter of any kind, with any body */
        p = piece(in, n % (MESSAGE + FRAME_HEAD));
        write_letter(l->fd, take(in), p.data, p.size);
        l->sound = false;
        break;
    case 5:
        hear(l, n + 1);
        break;
    case 6:                     /* killed, and somebody else is hired */
        if (n % 4 == 0) {
            close_line(l);
            open_line(l, office);
        }
        break;
    case 7:
        office_serve(office);
        break;
    }
}

void fuzz_office(struct bytes in)
{
    struct options o = small_options();
    struct office *office = office_open(&o);
    struct line lines[LINES];
    int alive = 0;

    for (int i = 0; i < LINES; i++)
        open_line(&lines[i], office);
    while (in.size)
        office_event(office, lines, &in);
    for (int quiet = 0; quiet < 3; quiet++) {
        office_serve(office);
        for (int i = 0; i < LINES; i++)
            if (hear(&lines[i], SIZE_MAX))
                quiet = 0;
    }
    for (int i = 0; i < LINES; i++) {
        const struct line *l = &lines[i];

        alive += !l->over;
        must(l->over || utstring_len(&l->got) == 0);
        must(!l->sound || (!l->over && l->answered == l->asked));
    }
    must(office_count(office) == alive);
    for (int i = 0; i < LINES; i++)
        close_line(&lines[i]);
    office_close(office);
}

/* ---- a child, and an office that may say anything ---- */

static void attend(struct post *post, struct wire *w, const struct options *o)
{
    wire_open(w, o);
    wire_upgrade(w, "/relay/x");
    post_attend(post, w->peer, -1, stop());
}

static void part(struct wire *w)
{
    check_output((struct bytes){ utstring_body(&w->out), utstring_len(&w->out) });
    wire_close(w);
}

static void send_message(struct post *post, const char *data, size_t size)
{
    struct frame *f = ws_frame(WS_BINARY, data, size);

    post_send(post, f);
    frame_unref(f);
}

/* What a child says is well-formed, whatever it was told, cut though it may be. */
static void check_letters(struct bytes said)
{
    struct head head;
    bool seated = false;

    for (; said.size >= sizeof head; piece(&said, sizeof head + head.size)) {
        memcpy(&head, said.data, sizeof head);
        struct bytes body = { said.data + sizeof head, head.size };

        must(head.size <= MESSAGE + FRAME_HEAD);
        if (said.size < sizeof head + head.size)
            return;
        if (head.kind == JOINS) {
            must(head.size == 1);
            seated = true;
        } else if (head.kind == LEAVES) {
            must(head.size == 0 && seated);
            seated = false;
        } else {
            must(head.kind == MAIL && ws_messages(body));
        }
    }
}

static void post_event(struct post *post, struct wire *w, const struct options *o, int fd,
                       struct bytes *in)
{
    static const char text[MESSAGE];
    uint8_t what = take(in);
    struct bytes p = piece(in, what & 8 ? what >> 4 : 0);

    switch (what & 7) {
    case 0: net_write(fd, p); break;
    case 1: write_letter(fd, JOINS, "", 0); break;
    case 2: write_mail(fd, what); break;
    case 3: write_letter(fd, LOST, "", 0); break;
    case 4: post_join(post, "x"); break;
    case 5: send_message(post, text, (what >> 3) % MESSAGE); break;
    case 6: post_take(post, what & 8 ? w->peer : NULL); break;
    case 7:
        if (what & 8)
            shutdown(fd, what & 16 ? SHUT_WR : SHUT_RDWR);
        post_leave(post);
        part(w);
        attend(post, w, o);
        break;
    }
}

void fuzz_child(struct bytes in)
{
    struct options o = small_options();
    struct wire w;
    UT_string said;
    char buf[4096];
    int pair[2];

    make_line(pair);
    struct post *post = post_open(&o, pair[0]);
    attend(post, &w, &o);
    utstring_init(&said);
    while (in.size) {
        post_event(post, &w, &o, pair[1], &in);
        wire_run(&w);
        for (ssize_t n; (n = read(pair[1], buf, sizeof buf)) > 0; )
            utstring_bincpy(&said, buf, (size_t)n);
    }
    check_letters((struct bytes){ utstring_body(&said), utstring_len(&said) });
    part(&w);
    post_close(post);
    close(pair[1]);
    utstring_done(&said);
}

/* ---- both, and a line between them that takes as many bytes as it likes ---- */

struct kid {
    struct post *post;
    struct wire wire;           /* its client */
    int near, far;              /* of the line: the child's side, the office's */
    char room;                  /* that the client has asked for; 0: none yet */
    unsigned name, heard[256];  /* the last that it has heard of each sender */
};

struct family {
    struct options options;
    struct office *office;
    struct kid kids[LINES];
    unsigned said, names;
};

struct message { char room; unsigned char name; unsigned number; };

static void welcome(struct family *f, struct kid *k)
{
    attend(k->post, &k->wire, &f->options);
    utstring_clear(&k->wire.out);
    k->room = 0;
    memset(k->heard, 0, sizeof k->heard);
}

static void see_off(struct kid *k)
{
    post_leave(k->post);
    wire_close(&k->wire);
}

static void hire(struct family *f, struct kid *k)
{
    int ours[2], theirs[2];

    make_line(ours);
    make_line(theirs);
    k->post = post_open(&f->options, ours[0]);
    k->near = ours[1];
    k->far = theirs[0];
    k->name = f->names++ % 256;
    must(office_enrol(f->office, theirs[1]));
    welcome(f, k);
}

static void kill_kid(struct kid *k)
{
    wire_close(&k->wire);
    post_close(k->post);
    close(k->near);
    close(k->far);
}

/* Moves at most so many bytes; false: none. */
static bool move(int from, int to, size_t most)
{
    char buf[4096];
    ssize_t n = recv(from, buf, most < sizeof buf ? most : sizeof buf, MSG_PEEK);

    if (n <= 0 || (n = net_write(to, (struct bytes){ buf, (size_t)n })) <= 0)
        return false;
    must(read(from, buf, (size_t)n) == n);
    return true;
}

/* The client hears of its own room alone, and each sender's words in order. */
static void check_heard(struct kid *k)
{
    struct bytes out = { utstring_body(&k->wire.out), utstring_len(&k->wire.out) };
    struct ws ws;

    ws_init(&ws, WS_CLIENT, MESSAGE);
    for (enum ws_event e; (e = ws_next(&ws, &out)) != WS_NOTHING; ) {
        struct message m;

        must(e != WS_ERROR);
        if (e != WS_MESSAGE)
            continue;
        must(ws_payload(ws.frame).size >= sizeof m);
        memcpy(&m, ws_payload(ws.frame).data, sizeof m);
        must(m.room == k->room && m.name != k->name && m.number > k->heard[m.name]);
        k->heard[m.name] = m.number;
        frame_unref(ws.frame);
        ws.frame = NULL;
    }
    ws_free(&ws);
    utstring_clear(&k->wire.out);
}

static void take_mail(struct family *f, struct kid *k)
{
    must(post_take(k->post, k->wire.peer));
    bool over = wire_run(&k->wire) == CLOSE;

    check_heard(k);
    if (over) {
        see_off(k);
        welcome(f, k);
    }
}

static void ask_for(struct kid *k, char room)
{
    if (k->room)
        return;                 /* a client joins once */
    k->room = room;
    post_join(k->post, (char[]){ room, '\0' });
}

static void say(struct family *f, struct kid *k, size_t more)
{
    char text[MESSAGE] = "";
    struct message m = { k->room, (unsigned char)k->name, ++f->said };

    memcpy(text, &m, sizeof m);
    send_message(k->post, text, sizeof m + more % (MESSAGE - sizeof m));
}

static void family_event(struct family *f, struct bytes *in)
{
    uint8_t what = take(in), n = take(in);
    struct kid *k = &f->kids[(what >> 3) % LINES];

    switch (what & 7) {
    case 0: move(k->near, k->far, n); break;
    case 1: move(k->far, k->near, n); break;
    case 2: office_serve(f->office); break;
    case 3: take_mail(f, k); break;
    case 4: ask_for(k, n & 1 ? 'x' : 'y'); break;
    case 5: say(f, k, n); break;
    case 6:
        see_off(k);
        welcome(f, k);
        break;
    case 7:
        if (n % 4 == 0) {
            kill_kid(k);
            hire(f, k);
        }
        break;
    }
}

/* Until nobody has anything to say. */
static void settle(struct family *f)
{
    for (int quiet = 0; quiet < 3; quiet++) {
        office_serve(f->office);
        for (int i = 0; i < LINES; i++) {
            struct kid *k = &f->kids[i];

            bool there = move(k->near, k->far, SIZE_MAX);
            if (move(k->far, k->near, SIZE_MAX) || there)
                quiet = 0;
            take_mail(f, k);
        }
    }
}

/* Whatever has happened, all are there, and can be used. */
static void check_usable(struct family *f)
{
    settle(f);
    must(office_count(f->office) == LINES);
    for (int i = 0; i < LINES; i++) {
        see_off(&f->kids[i]);
        welcome(f, &f->kids[i]);
    }
    settle(f);
    for (int i = 0; i < LINES; i++)
        ask_for(&f->kids[i], 'z');
    settle(f);
    for (int i = 0; i < LINES; i++) {
        say(f, &f->kids[i], 0);
        settle(f);
        for (int k = 0; k < LINES; k++)
            must(k == i || f->kids[k].heard[f->kids[i].name] == f->said);
    }
}

void fuzz_family(struct bytes in)
{
    struct family f = { .options = small_options(), .said = 0 };

    f.office = office_open(&f.options);
    for (int i = 0; i < LINES; i++)
        hire(&f, &f.kids[i]);
    while (in.size)
        family_event(&f, &in);
    check_usable(&f);
    for (int i = 0; i < LINES; i++)
        kill_kid(&f.kids[i]);
    office_close(f.office);
}
