/* case_relay.c - what a relay is for: each message to each member, whole and in order. */
#include "trial.h"
#include "wsclient.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_MEMBERS = 8 };

/* A room of a model that serves one client at a time has one member. */
static int members(const struct server *s, int n) { return s->model->single ? 1 : n; }

/* Bytes that differ from place to place, so that a shifted copy shows. */
static char *pattern(size_t n, unsigned seed)
{
    char *data = malloc(n + 1);
    for (size_t i = 0; i < n; i++)
        data[i] = 'A' + (i * 7 + i / 251 + seed) % 57;
    data[n] = '\0';
    return data;
}

static void among_members(struct server *s)
{
    struct client *c[3];
    int n = members(s, 3);
    clients_join(s, "/relay/room", c, n);
    for (int sender = 0; sender < n; sender++) {
        client_text(c[sender], "gr\xc3\xbc\xc3\x9f dich");
        expect_texts(c, n, "gr\xc3\xbc\xc3\x9f dich");
        client_send(c[sender], FIN | BINARY, "\0\xff\xfe\x80", 4);
        for (int i = 0; i < n; i++)
            expect_frame(c[i], BINARY, "\0\xff\xfe\x80", 4);
    }
}

static void rooms_apart(struct server *s)
{
    struct client *a[2], *b[2];
    clients_join(s, "/relay/a", a, 2);
    clients_join(s, "/relay/A", b, 2);
    for (int i = 0; i < 20; i++) {
        client_text(a[0], "for a");
        client_text(b[1], "for b");
        expect_texts(a, 2, "for a");
        expect_texts(b, 2, "for b");
    }
}

/* Even senders write message by message, odd ones all they have at once. */
static void send_all(struct client **c, int n, int each)
{
    char text[64], *burst = malloc(each * 80);
    for (int k = 1; k < n; k += 2) {
        size_t size = 0;
        for (int i = 0; i < each; i++) {
            snprintf(text, sizeof text, "%d %d", k, i);
            size += frame_put(burst + size, FIN | TEXT, text, strlen(text));
        }
        client_write(c[k], burst, size);
    }
    free(burst);
    for (int i = 0; i < each; i++)
        for (int k = 0; k < n; k += 2) {
            snprintf(text, sizeof text, "%d %d", k, i);
            client_text(c[k], text);
        }
}

static void senders_order(struct server *s)
{
    enum { EACH = 400 };
    struct client *c[MAX_MEMBERS];
    int n = members(s, MAX_MEMBERS);
    clients_join(s, "/relay/order", c, n);
    send_all(c, n, EACH);
    for (int r = 0; r < n; r++) {
        int next[MAX_MEMBERS] = { 0 };
        for (int i = 0; i < n * EACH; i++) {
            struct got got;
            char text[64] = "";
            int who = -1, which = -1;
            check(client_frame(c[r], &got, PATIENCE) == FRAME,
                  "receiver %d: only %d of %d messages came", r, i, n * EACH);
            memcpy(text, got.data, got.size < 63 ? got.size : 63);
            check(sscanf(text, "%d %d", &who, &which) == 2 && who >= 0 && who < n,
                  "nobody sent \"%s\"", text);
            check(which == next[who]++,
                  "receiver %d: message %d of sender %d comes as its %dth", r, which, who,
                  next[who] - 1);
        }
    }
}

static void sizes(struct server *s)
{
    static const size_t all[] = { 0, 1, 125, 126, 127, 65535, 65536, 1 << 20 };
    struct client *c[2];
    int n = members(s, 2);
    clients_join(s, "/relay/sizes", c, n);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (int opcode = TEXT; opcode <= BINARY; opcode++) {
            trying("%zu bytes, opcode %d", all[i], opcode);
            char *data = pattern(all[i], i);
            client_send(c[i % n], FIN | opcode, data, all[i]);
            for (int k = 0; k < n; k++)
                expect_frame(c[k], opcode, data, all[i]);
            free(data);
        }
}

enum { PILED = 3, ALL_PILED = 150 };     /* messages to each, 7.5 MB */

/* The next message of some sender; checks that it is the one whose turn it is. */
static void take_piled(struct client *c, int n, size_t size[][ALL_PILED], int *next)
{
    struct got got;
    check(client_frame(c, &got, PATIENCE) == FRAME, "the rest does not come");
    int k = got.size ? got.data[0] - 'A' : -1;  /* who sent it, see pattern() */
    check(got.first == (FIN | TEXT) && k >= 0 && k < n && next[k] < ALL_PILED / n,
          "a frame %02x that is nobody's", got.first);
    check(got.size == size[k][next[k]], "it has %zu bytes, not %zu", got.size,
          size[k][next[k]]);
    next[k]++;
    char *data = pattern(got.size, k);
    check(!memcmp(got.data, data, got.size), "it is garbled");
    free(data);
}

/* Nobody reads until all is sent: the server must keep what the sockets do not take,
 * which over loopback may be four megabytes. It may let senders who do not read wait; so
 * then all read side by side. */
static void piled_up(struct server *s)
{
    struct client *c[PILED];
    size_t size[PILED][ALL_PILED];
    int n = members(s, PILED), next[PILED][PILED] = { { 0 } };
    for (int k = 0; k < n; k++) {
        c[k] = client_slow(s);
        client_ask(c[k], "/relay/pile");
        check(client_answered(c[k], PATIENCE), "no answer to the handshake");
    }
    for (int i = 0; i < ALL_PILED / n; i++)
        for (int k = 0; k < n; k++) {
            size[k][i] = 1 + (size_t)rand() % 100000;
            char *data = pattern(size[k][i], k);
            client_send(c[k], FIN | TEXT, data, size[k][i]);
            free(data);
        }
    for (int i = 0; i < ALL_PILED; i++)
        for (int r = 0; r < n; r++) {
            trying("receiver %d, message %d", r, i);
            take_piled(c[r], n, size, next[r]);
        }
}

static void dripped(struct server *s)
{
    struct client *c[2];
    int n = members(s, 2);
    clients_join(s, "/relay/drip", c, n);
    char *data = pattern(300, 3), frame[400];
    size_t size = frame_put(frame, FIN | TEXT, data, 300);
    for (size_t i = 0; i < size; i++) {
        client_write(c[0], frame + i, 1);
        if (n > 1 && i % 60 == 0) {
            client_text(c[1], "meanwhile");
            expect_texts(c, n, "meanwhile");
        }
    }
    for (int i = 0; i < n; i++)
        expect_frame(c[i], TEXT, data, 300);
    free(data);
}

/* What is whole is relayed at once, though the next frame has begun in the same write. */
static void one_and_a_half(struct server *s)
{
    struct client *c = client_join(s, "/relay/half");
    char frames[64];
    size_t one = frame_put(frames, FIN | TEXT, "one", 3);
    size_t two = one + frame_put(frames + one, FIN | TEXT, "two", 3);
    for (size_t cut = one + 1; cut < two; cut++) {
        client_write(c, frames, cut);
        expect_text(c, "one");
        client_write(c, frames + cut, two - cut);
        expect_text(c, "two");
    }
}

static void fragments(struct server *s)
{
    struct client *c[2];
    int n = members(s, 2);
    clients_join(s, "/relay/pieces", c, n);
    for (int i = 0; i < 3; i++) {
        client_send(c[0], TEXT, "one ", 4);
        client_send(c[0], FIN | PING, "in between", 10);
        expect_frame(c[0], PONG, "in between", 10);
        if (n > 1) {
            client_text(c[1], "another");
            expect_texts(c, n, "another");
        }
        client_send(c[0], CONT, "", 0);
        client_send(c[0], CONT, "whole ", 6);
        client_send(c[0], FIN | CONT, "message", 7);
        expect_texts(c, n, "one whole message");
    }
}

static void many_fragments(struct server *s)
{
    enum { PIECES = 5000 };
    struct client *c = client_join(s, "/relay/pieces");
    char *data = pattern(PIECES, 1), *frames = malloc(PIECES * 8);
    size_t size = 0;
    for (int i = 0; i < PIECES; i++)
        size += frame_put(frames + size,
                          (i ? CONT : BINARY) | (i == PIECES - 1 ? FIN : 0), data + i, 1);
    client_write(c, frames, size);
    expect_frame(c, BINARY, data, PIECES);
    free(frames);
    free(data);
}

static void comes_later(struct server *s)
{
    struct client *c[3];
    clients_join(s, "/relay/later", c, 2);
    for (int i = 0; i < 10; i++) {
        client_text(c[0], "before");
        expect_texts(c, 2, "before");
        c[2] = client_join(s, "/relay/later");
        client_text(c[1], "after");
        expect_texts(c, 3, "after");
        client_close(c[2]);
    }
}

/* Who has read its 101 is a member: nobody needs to wait before sending to it. */
static void member_at_once(struct server *s)
{
    struct client *a = client_join(s, "/relay/now");
    for (int i = 0; i < 40; i++) {
        struct client *b = client_join(s, "/relay/now");
        client_text(a, "welcome");
        expect_text(b, "welcome");
        expect_text(a, "welcome");
        client_close(b);
    }
}

/* A member leaves, politely or not; the rest goes on, and so does an emptied room. */
static void leaving(struct server *s)
{
    struct client *c[4];
    for (int way = 0; way < 6; way++) {
        int n = members(s, 4);
        clients_join(s, "/relay/leave", c, n);
        client_text(c[0], "all");
        expect_texts(c, n, "all");
        for (; n > 0; n--) {
            client_text(c[0], "still here");
            expect_texts(c, n, "still here");
            if (way % 3 == 0) {
                client_send_close(c[n - 1], 1000, "bye");
                expect_close(c[n - 1], 1000);
            }
            if (way % 3 == 1)
                client_reset(c[n - 1]);
            else
                client_close(c[n - 1]);
        }
    }
}

static void with_job(struct server *s)
{
    static const char *const targets[] = {
        "/relay/job?job=sleep:10", "/relay/job?job=nap:10", "/relay/job?job=cpu:15",
        "/relay/job?job=await:10",
    };
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        struct client *c[2];
        int n = members(s, 2);
        trying("%s", targets[i]);
        clients_join(s, targets[i], c, n);
        for (int k = 0; k < 3; k++)
            client_text(c[0], (const char *[]){ "one", "two", "three" }[k]);
        for (int k = 0; k < 3; k++)
            expect_texts(c, n, (const char *[]){ "one", "two", "three" }[k]);
        for (int k = 0; k < n; k++)
            client_close(c[k]);
    }
}

/* sleep:MS is a wait that every model can wait for without keeping others waiting. */
static void sleeping_job_stalls_nobody(struct server *s)
{
    struct client *c[3] = { client_join(s, "/relay/sleepy?job=sleep:300") };
    clients_join(s, "/relay/sleepy", c + 1, 2);
    client_text(c[0], "slow");
    for (int i = 0; i < 5; i++) {
        client_text(c[1], "quick");
        expect_text(c[1], "quick");
        expect_text(c[2], "quick");
    }
    expect_text(c[1], "slow");
    expect_text(c[2], "slow");
}

/* Members keep getting messages while their own job is out. */
/* Order is promised for each sender, not between two. */
static void expect_both(struct client *c, const char *one, const char *two)
{
    struct got got;
    check(client_frame(c, &got, PATIENCE) == FRAME, "neither \"%s\" nor \"%s\"", one,
          two);
    bool first = got.size == strlen(one) && !memcmp(got.data, one, got.size);
    check(first || (got.size == strlen(two) && !memcmp(got.data, two, got.size)),
          "wanted \"%s\" or \"%s\"", one, two);
    expect_text(c, first ? two : one);
}

static void hears_while_working(struct server *s)
{
    struct client *c[2] = { client_join(s, "/relay/w?job=sleep:200") };
    c[1] = client_join(s, "/relay/w");
    client_text(c[0], "mine");
    client_text(c[1], "yours");
    expect_text(c[1], "yours");
    expect_text(c[1], "mine");
    expect_both(c[0], "yours", "mine");
}

/* One at a time means one after the other: the next one waits, and is not refused. */
static void next_in_line(struct server *s)
{
    if (!s->model->single && !s->model->crew)
        pass_over("serves everybody at once");
    struct client *first = client_join(s, "/relay/line"), *next[3];
    for (int i = 0; i < 3; i++) {
        next[i] = client_connect(s);
        client_ask(next[i], "/relay/line");
    }
    expect_silence(next[0], 100);
    for (int i = 0; i < 3; i++) {
        client_text(first, "mine");
        expect_text(first, "mine");
        client_close(first);
        first = next[i];
        check(client_answered(first, PATIENCE), "number %d in the line gets no answer",
              i + 2);
    }
}

static void hears_itself(struct server *s)
{
    struct client *c = client_join(s, "/relay/alone");
    client_text(c, "hello?");
    expect_text(c, "hello?");
    client_text(c, "hello!");
    expect_text(c, "hello!");
}

static void serves_as_predicted(struct server *s)
{
    const char *wait = model_predicts(s->model->name, "wait");
    check(*wait, "models/%s.c opens without a line \"Predicts: cpu ..., wait ...\"",
          s->model->name);
    if (!strcmp(wait, "n"))
        check(s->model->single, "it predicts `wait n`, and serves several at a time");
    else
        check(!s->model->single, "a second client gets no answer while the first is "
              "there; `wait n` would predict that");
}

const struct trial relay_trials[] = {
    TRIAL("a member hears itself", hears_itself, .step = SERVES),
    TRIAL("serves as many at a time as it predicts", serves_as_predicted),
    TRIAL("relay among members", among_members),
    TRIAL("rooms are apart", rooms_apart, .needs = SEVERAL),
    TRIAL("every sender's order is kept", senders_order, .step = ORDERS),
    TRIAL("messages of all sizes", sizes, .step = ORDERS),
    TRIAL("messages pile up before they are read", piled_up, .step = ORDERS,
          .options = "--max-output 16777216"),
    TRIAL("a message byte by byte", dripped, .step = ORDERS),
    TRIAL("a frame and a half in one write", one_and_a_half, .step = ORDERS),
    TRIAL("a message in fragments, a ping between", fragments, .step = ORDERS),
    TRIAL("a message in thousands of fragments", many_fragments, .step = ORDERS),
    TRIAL("who comes later gets what comes later", comes_later, .needs = SEVERAL),
    TRIAL("who has read its 101 is a member", member_at_once, .needs = SEVERAL),
    TRIAL("members leave", leaving),
    TRIAL("a job before each relay", with_job),
    TRIAL("a sleeping job stalls nobody", sleeping_job_stalls_nobody, .needs = SEVERAL),
    TRIAL("a member hears others while its job is out", hears_while_working,
          .needs = SEVERAL),
    TRIAL("the next in line is served when the first has left", next_in_line,
          .workers = 1),
    { 0 },
};
