/* case_token.c - with --jwt-key only clients with a token come in: in every model and to
 * every route. */
#include "trial.h"
#include "tokens.h"
#include "visitor.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define ANOTHER "fedcba9876543210fedcba9876543210"

static char folder[64], key[100];

static void make_key(void)
{
    strcpy(folder, "/tmp/conformance-XXXXXX");
    check(mkdtemp(folder), "no folder for a key");
    snprintf(key, sizeof key, "%s/key", folder);
    int fd = open(key, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    check(fd >= 0 && write(fd, SECRET "\n", 33) == 33, "cannot write a key");
    close(fd);
}

/* The key is read at the start, and never again: its file is gone when clients come. */
static struct server *start_with(const struct model *model, const char *more)
{
    char options[300];
    make_key();
    snprintf(options, sizeof options, "--jwt-key %s %s", key, more);
    struct server *s = server_start(model, options, NULL);
    unlink(key);
    return s;
}

static void stop(struct server *s)
{
    clients_close();
    server_stop(s, SIGTERM);
    rmdir(folder);
}

static void put_head(char head[TOKEN_ROOM], const char *target, const char *headers)
{
    snprintf(head, TOKEN_ROOM, "GET %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
             "%s\r\n", target, headers);
}

/* Asks on a line of its own. */
static void ask(struct server *s, const char *target, const char *headers,
                struct answer *a)
{
    static char head[TOKEN_ROOM];
    struct client *c = client_connect(s);
    put_head(head, target, headers);
    client_write(c, head, strlen(head));
    http_read(c, a, false);
    client_close(c);
}

static void expect_status(struct server *s, const char *target, const char *headers,
                          int status)
{
    struct answer a;
    trying("%.20s with '%.40s'", target, headers);
    ask(s, target, headers, &a);
    check(a.status == status, "is answered %d, not %d: %s", a.status, status, a.body);
}

/* Joins with these headers, or a token in the target. */
static struct client *join(struct server *s, const char *target, const char *headers)
{
    static char head[TOKEN_ROOM];
    struct client *c = client_connect(s);
    size_t n = client_head(c, "/", head);
    char *rest = strstr(head, " HTTP/1.1\r\n") + strlen(" HTTP/1.1\r\n"), copy[600];
    memcpy(copy, rest, n - (size_t)(rest - head));
    int all = snprintf(head, sizeof head, "GET %s HTTP/1.1\r\n%s%.*s", target, headers,
                       (int)(n - (size_t)(rest - head)), copy);
    client_write(c, head, (size_t)all);
    check(client_answered(c, PATIENCE), "with a good token, no 101 comes");
    return c;
}

/* ---- who comes in ---- */

static void without_a_token(struct server *bare)
{
    static const char *const targets[] = {
        "/", "/metrics", "/relay/x", "/job/cpu:1", "/job/none", "/none", "/healthz/",
        "/relay/x?wait=0",
    };
    struct server *s = start_with(bare->model, "");
    struct answer a;
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        trying("%s without a token", targets[i]);
        ask(s, targets[i], "", &a);
        check(a.status == 401, "is answered %d: %s", a.status, a.body);
        const char *challenge = http_field(&a, "WWW-Authenticate");
        check(challenge && strcmp(challenge, "Bearer realm=\"relayrace\"") == 0,
              "the challenge is \"%s\"", challenge ? challenge : "missing");
    }
    trying("an event stream without a token");
    ask(s, "/relay/x", "Accept: text/event-stream\r\n", &a);
    check(a.status == 401, "is answered %d: %s", a.status, a.body);
    trying("a POST without a token");
    struct client *c = client_connect(s);
    int status = visitor_post(c, "x", "", "hello", 5);
    check(status == 401, "is answered %d", status);
    client_close(c);
    trying("an upgrade without a token");
    c = client_connect(s);
    client_ask(c, "/relay/x");
    http_read(c, &a, false);
    check(a.status == 401, "is answered %d", a.status);
    expect_end(c, PATIENCE);
    expect_status(s, "/healthz", "", 200);
    stop(s);
}

static void with_a_wrong_token(struct server *bare)
{
    static char token[TOKEN_ROOM], header[TOKEN_ROOM + 50], target[TOKEN_ROOM + 50];
    static const struct { const char *header, *claims, *key; } all[] = {
        { HS256, "{\"exp\":9999999999}", ANOTHER },
        { HS256, "{\"exp\":1}", SECRET },
        { HS256, "{\"exp\":9999999999,\"nbf\":9999999998}", SECRET },
        { HS256, "{\"sub\":\"me\"}", SECRET },
        { HS256, "{\"exp\":9999999999,\"exp\":9999999999}", SECRET },
        { "{\"alg\":\"none\"}", "{\"exp\":9999999999}", SECRET },
        { "{\"alg\":\"HS512\"}", "{\"exp\":9999999999}", SECRET },
        { "{\"alg\":\"HS256\",\"crit\":[\"x\"]}", "{\"exp\":9999999999}", SECRET },
    };
    struct server *s = start_with(bare->model, "");
    struct answer a;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        token_make(token, all[i].header, all[i].claims, all[i].key, strlen(all[i].key));
        snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
        snprintf(target, sizeof target, "/relay/x?access_token=%s", token);
        for (int query = 0; query < 2; query++) {
            trying("%s, %s%s", all[i].header, all[i].claims, query ? " in a query" : "");
            ask(s, query ? target : "/metrics", query ? "" : header, &a);
            check(a.status == 401, "is answered %d: %s", a.status, a.body);
            const char *challenge = http_field(&a, "WWW-Authenticate");
            check(challenge && strcmp(challenge, "Bearer realm=\"relayrace\", "
                                      "error=\"invalid_token\"") == 0,
                  "the challenge is \"%s\"", challenge ? challenge : "missing");
            check(!strstr(a.body, token), "it is told its token: %s", a.body);
        }
    }
    token_for(token, SECRET, 100);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
    snprintf(target, sizeof target, "/metrics?access_token=%s", token);
    expect_status(s, target, header, 400);
    expect_status(s, target, "", 200);
    stop(s);
}

static void with_a_good_token(struct server *bare)
{
    static char token[TOKEN_ROOM], header[TOKEN_ROOM + 50], target[TOKEN_ROOM + 50];
    struct server *s = start_with(bare->model, "");
    token_for(token, SECRET, 100);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
    snprintf(target, sizeof target, "/relay/x?access_token=%s", token);
    for (int query = 0; query < 2; query++) {
        trying("a token in the %s", query ? "query" : "header");
        struct client *c = join(s, query ? target : "/relay/x", query ? "" : header);
        client_text(c, "here I am");
        expect_text(c, "here I am");
        client_send_close(c, 1000, "");
        expect_close(c, 1000);
        client_close(c);
    }
    snprintf(target, sizeof target, "/job/cpu:10?access_token=%s", token);
    expect_status(s, "/job/cpu:10", header, 200);
    expect_status(s, target, "", 200);
    expect_status(s, "/none", header, 404);
    token_for(token, SECRET, -30);      /* as fast a clock may be */
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
    expect_status(s, "/job/cpu:10", header, 200);
    stop(s);
}

/* Two with a token share a room, and one without does not get in between. */
static void a_room_of_two(struct server *bare)
{
    static char token[TOKEN_ROOM], header[TOKEN_ROOM + 50];
    struct server *s = start_with(bare->model, "");
    struct client *c[2];
    token_for(token, SECRET, 100);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
    for (int i = 0; i < 2; i++) {
        c[i] = join(s, "/relay/two", header);
        expect_status(s, "/relay/two", "", 401);
    }
    client_text(c[0], "one");
    expect_texts(c, 2, "one");
    client_text(c[1], "two");
    expect_texts(c, 2, "two");
    stop(s);
}

/* A token opens the door, and is not asked for again in the room. */
static void outlives_its_token(struct server *bare)
{
    enum { LEFT = 8 };
    static char token[TOKEN_ROOM], header[TOKEN_ROOM + 50];
    struct server *s = start_with(bare->model, "");
    struct answer a = { .status = 200 };
    token_for(token, SECRET, LEFT - 60);        /* a minute for clocks that differ */
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
    struct client *c = join(s, "/relay/long", header);
    for (int i = 0; i < 3 * LEFT && a.status != 401; i++) {
        pause_ms(1000);
        ask(s, "/metrics", header, &a);
    }
    check(a.status == 401, "its token does not expire: %d", a.status);
    client_text(c, "still here");
    expect_text(c, "still here");
    stop(s);
}

/* A refusal costs no place, and is counted. */
static void refusals_are_counted(struct server *bare)
{
    static char token[TOKEN_ROOM], header[TOKEN_ROOM + 50];
    struct server *s = start_with(bare->model, "");
    struct answer a;
    token_for(token, SECRET, 100);
    snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
    for (int i = 0; i < 50; i++)
        expect_status(s, "/metrics", i % 2 ? "" : "Authorization: Bearer x\r\n", 401);
    ask(s, "/metrics", header, &a);
    check(strstr(a.body, "\nrelay_refused_total 50\n"), "50 refusals: %s", a.body);
    check(strstr(a.body, "\nrelay_requests_total 51\n"), "51 requests: %s", a.body);
    stop(s);
}

/* ---- what is written down ---- */

static char *contents(int fd)
{
    static char text[65536];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

static void no_token_in_logs(struct server *bare)
{
    static char token[TOKEN_ROOM], header[TOKEN_ROOM + 50], target[TOKEN_ROOM + 50];
    char file[100], options[300];
    int err = memfd_create("stderr", MFD_CLOEXEC), own = dup(2);
    make_key();
    snprintf(file, sizeof file, "%s/trace", folder);
    snprintf(options, sizeof options, "--jwt-key %s --trace %s", key, file);
    dup2(err, 2);
    struct server *s = server_start(bare->model, options, NULL);
    dup2(own, 2);
    close(own);
    for (int good = 0; good < 2; good++) {
        token_for(token, good ? SECRET : ANOTHER, 100);
        snprintf(header, sizeof header, "Authorization: Bearer %s\r\n", token);
        snprintf(target, sizeof target, "/job/cpu:1?access_token=%s", token);
        expect_status(s, "/job/cpu:1", header, good ? 200 : 401);
        expect_status(s, target, "", good ? 200 : 401);
        expect_status(s, target, header, 400);
    }
    stop(s);
    int trace = open(file, O_RDONLY | O_CLOEXEC);
    check(trace >= 0 && strstr(contents(trace), "open"), "there is no trace");
    check(!strstr(contents(trace), "eyJ"), "a token is in the trace");
    check(!strstr(contents(err), "eyJ"), "a token is on stderr: %s", contents(err));
    check(!strstr(contents(err), SECRET), "the key is on stderr: %s", contents(err));
    close(trace);
    close(err);
    unlink(file);
    unlink(key);
    rmdir(folder);
}

static void no_server_with_a_bad_key(struct server *s)
{
    static const struct { mode_t mode; size_t size; } all[] = {
        { 0644, 32 }, { 0640, 32 }, { 0600, 31 }, { 0600, 0 },
    };
    char options[200], out[4096], err[4096];
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        trying("a key of %zu bytes, mode %o", all[i].size, (unsigned)all[i].mode);
        make_key();
        check(truncate(key, (off_t)all[i].size) == 0 && chmod(key, all[i].mode) == 0,
              "cannot make such a file");
        snprintf(options, sizeof options, "--port 0 --jwt-key %s", key);
        int status = model_run(s->model, options, out, err, sizeof err);
        check(status == 2 && !*out, "exit status %d, \"%s\" on stdout", status, out);
        check(strstr(err, key) && strchr(err, '\n') == err + strlen(err) - 1,
              "not one line that names the file: %s", err);
        unlink(key);
        rmdir(folder);
    }
}

const struct trial token_trials[] = {
    TRIAL("without a token", without_a_token, .bare = true),
    TRIAL("with a wrong token", with_a_wrong_token, .bare = true),
    TRIAL("with a good token", with_a_good_token, .bare = true),
    TRIAL("two with a token in a room", a_room_of_two, .needs = SEVERAL, .bare = true),
    TRIAL("a WebSocket outlives its token", outlives_its_token, .needs = SEVERAL,
          .bare = true, .thorough = true),
    TRIAL("refused tokens are counted", refusals_are_counted, .bare = true),
    TRIAL("no token in logs", no_token_in_logs, .bare = true),
    TRIAL("no server with a bad key", no_server_with_a_bad_key, .bare = true),
    { 0 },
};
