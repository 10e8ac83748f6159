/* test_bearer.c - with a key, a request comes with one token or is turned away, whatever
 * it asks for; and is told no more than that. */
#include "bearer.h"
#include "heads.h"
#include "options.h"
#include "tokens.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SECRET "0123456789abcdef0123456789abcdef"
#define AUTH "Authorization: Bearer "

static struct options o = { .workers = 0 };
static char good[TOKEN_ROOM], old[TOKEN_ROOM], foreign[TOKEN_ROOM];

static int prepare(void **state)
{
    (void)state;
    options_default(&o);
    o.quiet = true;
    o.jwt_key = token_key_new(SECRET, strlen(SECRET));
    token_for(good, SECRET, 100);
    token_for(old, SECRET, -100);
    token_for(foreign, "fedcba9876543210fedcba9876543210", 100);
    return 0;
}

static int tidy(void **state)
{
    (void)state;
    token_key_free(o.jwt_key);
    return 0;
}

/* Reads a head in steps of so many bytes. Of its text $G, $O and $F are the tokens. */
static struct request ask_in_steps(const char *text, size_t step)
{
    static char head[65536];
    struct http *http = http_new(&o);
    struct request r = { .status = -1 };
    char *end = head;
    bool done = false;

    for (const char *p = text; *p; p++)
        if (*p == '$' && *++p)
            end = stpcpy(end, *p == 'G' ? good : *p == 'O' ? old : foreign);
        else
            *end++ = *p;
    for (char *at = head; at < end && !done; at += step) {
        size_t left = (size_t)(end - at);
        struct bytes in = { at, step < left ? step : left };
        done = http_feed(http, &in, &r);
    }
    check(done, "%s: not complete", text);
    http_free(http);
    return r;
}

static struct request ask(const char *text)
{
    struct request whole = ask_in_steps(text, 65536), cut = ask_in_steps(text, 1);

    check(whole.route == cut.route && whole.status == cut.status
          && whole.challenge == cut.challenge, "%s: cut, it means something else", text);
    return whole;
}

/* The answer's head; valid until the next call. */
static const char *answered(const struct request *r)
{
    static char head[1024];
    struct frame *f = http_answer(r, r->status ? r->status : 200, "text\n");

    snprintf(head, sizeof head, "%.*s", (int)f->size, f->data);
    frame_unref(f);
    return head;
}

static void let_in(const char *text, enum route route)
{
    struct request r = ask(text);

    check(r.route == route, "%s: route %d: %d %s", text, r.route, r.status, r.why);
    check(!strcasestr(answered(&r), "WWW-Authenticate"), "%s: %s", text, answered(&r));
}

/* Turned away with this status, and a challenge that ends with these words. */
static void turned_away(const char *text, int status, const char *words)
{
    struct request r = ask(text);
    char line[200];

    check(r.route == ROUTE_ERROR && r.status == status, "%s: route %d: %d %s", text,
          r.route, r.status, r.why);
    snprintf(line, sizeof line,
             "\r\nWWW-Authenticate: Bearer realm=\"relayrace\"%s\r\n", words);
    check(strstr(answered(&r), line), "%s: no %s in %s", text, line, answered(&r));
    check(!r.keep_alive && strstr(answered(&r), "\r\nConnection: close\r\n"),
          "%s: the line stays open", text);
    check(!strstr(r.why, good) && !strstr(answered(&r), good), "%s: told", text);
}

#define NONE 401, ""
#define INVALID 401, ", error=\"invalid_token\""
#define MALFORMED 400, ", error=\"invalid_request\""

/* ---- how it may come ---- */

static void a_token_in_a_header(void **state)
{
    static const char *const fine[] = {
        AUTH "$G\r\n", "AUTHORIZATION: bearer $G\r\n", "authorization:BEARER $G\r\n",
        "Authorization:  Bearer   $G \t\r\n", "X: 1\r\n" AUTH "$G\r\nY: 2\r\n",
    };
    static const char *const not_ours[] = {
        "", "Authorization:\r\n", "Authorization: $G\r\n", "Authorization: Basic $G\r\n",
        "Authorization: Bearer$G\r\n", "Authorization: Bearer:$G\r\n",
        "Authorization: Bearers $G\r\n", "Authorization: Beare $G\r\n",
        "Authorization: Bearer\t$G\r\n", "Authorization: \"Bearer\" $G\r\n",
        "Authorizations: Bearer $G\r\n", "Proxy-Authorization: Bearer $G\r\n",
        "Cookie: access_token=$G\r\n", "access_token: $G\r\n",
        "Sec-WebSocket-Protocol: $G\r\n", "X-Authorization: Bearer $G\r\n",
    };
    static const char *const wrong[] = {
        AUTH "$O\r\n", AUTH "$F\r\n", AUTH "\r\n", "Authorization: Bearer\r\n",
        AUTH "x\r\n", AUTH "$G.\r\n", AUTH "$G=\r\n", AUTH ".$G\r\n", AUTH "$G$G\r\n",
        AUTH "$G, Bearer $G\r\n", AUTH "$G $G\r\n", AUTH "\"$G\"\r\n", AUTH "a.b.c\r\n",
        AUTH "eyJhbGciOiJub25lIn0.eyJleHAiOjk5OTk5OTk5OTl9.\r\n", AUTH "\xff\xfe.x.y\r\n",
    };
    char head[1000];

    (void)state;
    for (size_t i = 0; i < COUNT(fine); i++) {
        snprintf(head, sizeof head, GET("/job/cpu:1") H "%s" END, fine[i]);
        let_in(head, ROUTE_JOB);
    }
    for (size_t i = 0; i < COUNT(not_ours); i++) {
        snprintf(head, sizeof head, GET("/job/cpu:1") H "%s" END, not_ours[i]);
        turned_away(head, NONE);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        snprintf(head, sizeof head, GET("/job/cpu:1") H "%s" END, wrong[i]);
        turned_away(head, INVALID);
    }
}

static void a_token_in_the_query(void **state)
{
    static const char *const fine[] = {
        "?access_token=$G", "?x=1&access_token=$G", "?access_token=$G&job=cpu:1",
        "?&&access_token=$G&", "?access_token=$G#fragment", "?x&access_token=$G&access",
    };
    static const char *const none[] = {
        "", "?", "?x=$G", "?access_token", "?ACCESS_TOKEN=$G", "?access_tokens=$G",
        "?xaccess_token=$G", "?access%5Ftoken=$G", "?x=1;access_token=$G", "?$G",
        "?x=&accesstoken=$G", "#access_token=$G", "?job=access_token=$G",
    };
    static const char *const wrong[] = {
        "?access_token=", "?access_token=$O", "?access_token=$F", "?access_token=$G%20",
        "?access_token=%65$G", "?access_token=$G;x=1", "?access_token==$G",
    };
    char head[1000];

    (void)state;
    for (size_t i = 0; i < COUNT(fine); i++) {
        snprintf(head, sizeof head, GET("/relay/x%s") UP, fine[i]);
        let_in(head, ROUTE_RELAY);
    }
    for (size_t i = 0; i < COUNT(none); i++) {
        snprintf(head, sizeof head, GET("/relay/x%s") UP, none[i]);
        turned_away(head, NONE);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        snprintf(head, sizeof head, GET("/relay/x%s") UP, wrong[i]);
        turned_away(head, INVALID);
    }
}

/* RFC 6750 section 2: a client shows its token in one way. */
static void not_in_two_ways(void **state)
{
    static const char *const all[] = {
        GET("/job/cpu:1?access_token=$G") H AUTH "$G\r\n" END,
        GET("/job/cpu:1?access_token=$O") H AUTH "$G\r\n" END,
        GET("/job/cpu:1?access_token=$G") H AUTH "$F\r\n" END,
        GET("/job/cpu:1") H AUTH "$G\r\n" AUTH "$G\r\n" END,
        GET("/job/cpu:1") H AUTH "$G\r\nAuthorization: Basic eDp5\r\n" END,
        GET("/job/cpu:1?access_token=$G&access_token=$G") H END,
        GET("/job/cpu:1?access_token=$G&access_token=") H END,
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++)
        turned_away(all[i], MALFORMED);
    let_in(GET("/job/cpu:1?access_token=$G") H "Authorization: Basic eDp5\r\n" END,
           ROUTE_JOB);      /* a proxy's, perhaps */
}

/* ---- what is closed ---- */

/* Nothing that a request says tells a stranger what there is. */
static void all_routes_are_closed(void **state)
{
    static const char *const all[] = {
        GET("/metrics") H END, GET("/") H END, GET("/none") H END, GET("/job/") H END,
        GET("/job/nonsense") H END, GET("/relay/x") H END, GET("/relay/not%20one") UP,
        GET("/relay/x?job=x") UP, GET("/healthz/") H END, GET("/healthzz") H END,
        GET("//healthz") H END, GET("/x/../healthz") H END, GET("/healthz%zz") H END,
        GET("/%68ealthz%zz") H END, GET("/%zz") H END, GET("/%00") H END,
        GET("/metrics?healthz") H END, GET("/Healthz") H END, GET("/job/crash") H END,
        GET("/relay/x") H WISH KEY END, GET("/relay/x") H WISH VERSION END,
        "POST /job/cpu:1 HTTP/1.1\r\n" H END, "OPTIONS /metrics HTTP/1.1\r\n" H END,
        "POST /relay/x HTTP/1.1\r\n" H "Content-Length: 5\r\n" END,
        "PUT /x HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n" END,
        "HEAD /metrics HTTP/1.1\r\n" H END, "GET /job/cpu:1 HTTP/1.0\r\n" END,
        "GET http://x/metrics HTTP/1.1\r\n" H END,
    };
    char with[1000];

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        size_t n = strlen(all[i]) - 2;

        turned_away(all[i], NONE);
        snprintf(with, sizeof with, "%.*s" AUTH "$F\r\n" END, (int)n, all[i]);
        turned_away(with, INVALID);
        snprintf(with, sizeof with, "%.*s" AUTH "$G\r\n" END, (int)n, all[i]);
        struct request r = ask(with);
        check(r.status != 401 && !r.challenge, "%s: %d %s", with, r.status, r.why);
    }
}

static void health_is_open(void **state)
{
    (void)state;
    let_in(GET("/healthz") H END, ROUTE_HEALTH);
    let_in(GET("/healthz?access_token=x") H AUTH "x\r\n" END, ROUTE_HEALTH);
    let_in(GET("/%68ealthz") H END, ROUTE_HEALTH);
    let_in("HEAD /healthz HTTP/1.1\r\n" H END, ROUTE_HEALTH);
    let_in("GET http://x/healthz HTTP/1.1\r\n" H END, ROUTE_HEALTH);
}

/* What is no request, or comes from a page that may not come, is told first, and so no
 * challenge says that a token would help. */
static void what_comes_before(void **state)
{
    static const struct { const char *text; int status; } all[] = {
        { GET("/metrics") END, 400 }, { GET("/metrics") H H END, 400 },
        { "GET /metrics HTTP/2.0\r\n" H END, 505 }, { "NONSENSE\r\n\r\n", 400 },
        { GET("/metrics") H "Origin: http://evil\r\n" END, 403 },
        { GET("/metrics") H "Origin: http://evil\r\n" AUTH "$F\r\n" END, 403 },
        { GET("/metrics") H "X : 1\r\n" END, 400 },
    };

    (void)state;
    o.allow_origin = "http://a";
    for (size_t i = 0; i < COUNT(all); i++) {
        struct request r = ask(all[i].text);
        check(r.status == all[i].status && !r.challenge, "%s: %d %s", all[i].text,
              r.status, r.why);
        check(!strstr(answered(&r), "WWW-"), "%s: a challenge", all[i].text);
    }
    let_in(GET("/metrics") H "Origin: http://a\r\n" AUTH "$G\r\n" END, ROUTE_METRICS);
    o.allow_origin = NULL;
}

/* ---- what goes with it ---- */

/* A target with a token in it, and so the answer, is kept by no cache for others. */
static void an_answer_to_a_query_is_private(void **state)
{
    struct request in_query = ask(GET("/job/cpu:1?access_token=$G") H END);
    struct request in_header = ask(GET("/job/cpu:1") H AUTH "$G\r\n" END);

    (void)state;
    check(strstr(answered(&in_query), "\r\nCache-Control: private\r\n"), "%s",
          answered(&in_query));
    check(!strstr(answered(&in_header), "Cache-Control"), "%s", answered(&in_header));
}

/* A request that may stay, stays: a token is asked for each time. */
static void a_line_may_stay_open(void **state)
{
    (void)state;
    assert_true(ask(GET("/job/cpu:1") H AUTH "$G\r\n" END).keep_alive);
    assert_false(ask(GET("/job/cpu:1") H AUTH "$G\r\nConnection: close\r\n" END)
                 .keep_alive);
}

static void without_a_key_nothing_is_asked(void **state)
{
    struct token_key *key = o.jwt_key;

    (void)state;
    o.jwt_key = NULL;
    let_in(GET("/job/cpu:1") H END, ROUTE_JOB);
    let_in(GET("/metrics?access_token=x") H AUTH "x\r\n" AUTH "y\r\n" END, ROUTE_METRICS);
    o.jwt_key = key;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_in_a_header),
        cmocka_unit_test(a_token_in_the_query),
        cmocka_unit_test(not_in_two_ways),
        cmocka_unit_test(all_routes_are_closed),
        cmocka_unit_test(health_is_open),
        cmocka_unit_test(what_comes_before),
        cmocka_unit_test(an_answer_to_a_query_is_private),
        cmocka_unit_test(a_line_may_stay_open),
        cmocka_unit_test(without_a_key_nothing_is_asked),
    };

    return cmocka_run_group_tests(tests, prepare, tidy);
}
