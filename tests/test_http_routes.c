/* test_http_routes.c - what a request asks for: path, job, room and query. */
#include "heads.h"

static void test_routes(void **state)
{
    static const struct head all[] = {
        GOOD("health", GET("/healthz") H END, ROUTE_HEALTH),
        GOOD("metrics", GET("/metrics") H END, ROUTE_METRICS),
        GOOD("a query", GET("/healthz?now") H END, ROUTE_HEALTH),
        GOOD("absolute", GET("http://x/healthz") H END, ROUTE_HEALTH),
        GOOD("absolute with port", GET("http://x:9000/metrics?a#b") H END, ROUTE_METRICS),
        GOOD("1.0", "GET /healthz HTTP/1.0\r\n\r\n", ROUTE_HEALTH, .closes = true),
        GOOD("1.0, kept", "GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
             ROUTE_HEALTH),
        GOOD("closed", GET("/healthz") H "Connection: close\r\n" END, ROUTE_HEALTH,
             .closes = true),
        GOOD("no body", GET("/healthz") H "Content-Length: 0\r\n" END, ROUTE_HEALTH),
        GOOD("empty lines first", "\r\n\r\n" GET("/healthz") H END, ROUTE_HEALTH),
        GOOD("lower case", GET("/healthz") "hOST:x\r\n" END, ROUTE_HEALTH),
        GOOD("an upgrade nobody wants", GET("/healthz") H "Upgrade: h2c\r\n"
             "Connection: Upgrade\r\n" END, ROUTE_HEALTH),
        GOOD("any page may ask", GET("/healthz") H "Sec-Fetch-Site: cross-site\r\n" END,
             ROUTE_HEALTH),
        GOOD("job for messages", GET("/job/cpu:1") UP, ROUTE_MESSAGE_JOB,
             .job = true, .n = 1),
        BAD(GET("/") H END, 404), BAD(GET("/job") H END, 404),
        BAD(GET("/relay") H END, 404), BAD(GET("/Healthz") H END, 404),
        BAD(GET("/healthz/") H END, 404),
        BAD(GET("http://x") H END, 404), BAD(GET("http://x?a") H END, 404),
        BAD(GET("/%zz") H END, 400),
        BAD(GET("/relay/x") H END, 426),
        BAD(GET("/relay/x") H "Upgrade: websocket\r\n" END, 426),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

static void test_job_spelling(void **state)
{
    static const struct head all[] = {
        JOB("cpu:0", 0), JOB("cpu:45", 45), JOB("sleep:60000", 60000), JOB("nap:1", 1),
        JOB("await:7", 7), JOB("%63pu:30", 30), JOB("cpu%3A30", 30), JOB("cpu%3a%33", 3),
        NO_JOB(""), NO_JOB("cpu"), NO_JOB("cpu:"), NO_JOB("CPU:1"), NO_JOB("gpu:1"),
        NO_JOB("cpu:046"), NO_JOB("cpu:00"), NO_JOB("cpu:+45"), NO_JOB("cpu:%2B45"),
        NO_JOB("cpu:-1"), NO_JOB("cpu:1.0"), NO_JOB("cpu:1e1"), NO_JOB("cpu:0x1"),
        NO_JOB("cpu:%201"), NO_JOB("cpu:1%20"), NO_JOB("cpu:1%0A"), NO_JOB("cpu:1%00"),
        NO_JOB("%00"), NO_JOB("cpu:1/"), NO_JOB("cpu:46"), NO_JOB("await:46"),
        NO_JOB("sleep:60001"), NO_JOB("nap:60001"), NO_JOB("cpu:18446744073709551617"),
        NO_JOB("cpu:9223372036854775808"), NO_JOB("cpu:99999999999999999999999999"),
        NO_JOB("cpu:%EF%BC%91"), NO_JOB("cpu:%D9%A1"), NO_JOB("cpu:%4"), NO_JOB("cpu:%"),
        NO_JOB("cpu:%1"), NO_JOB("cpu:%g1"), NO_JOB("cpu%253A1"),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

static void test_rooms(void **state)
{
    static const struct head all[] = {
        ROOM("/relay/x", "x"), ROOM("/relay/a.B-c_9", "a.B-c_9"), ROOM("/relay/..", ".."),
        ROOM("/relay/" A64, A64), ROOM("/relay/%41%2e", "A."),
        ROOM("http://x/relay/x", "x"), ROOM("/relay/x?y", "x"), ROOM("/relay/x?", "x"),
        GOOD("a job", GET("/relay/x?job=cpu:5") UP, ROUTE_RELAY, .room = "x", .job = true,
             .n = 5),
        GOOD("escaped", GET("/relay/x?job=cpu%3A5") UP, ROUTE_RELAY, .room = "x",
             .job = true, .n = 5),
        GOOD("behind others", GET("/relay/x?a=1&jobs=&job=nap:2") UP, ROUTE_RELAY,
             .room = "x", .job = true, .n = 2),
        NO_ROOM("/relay/", 400), NO_ROOM("/relay/" A64 "a", 400),
        NO_ROOM("/relay/a/b", 400), NO_ROOM("/relay/a%2fb", 400),
        NO_ROOM("/relay/a%20b", 400),
        NO_ROOM("/relay/a%00", 400), NO_ROOM("/relay/%C3%A4", 400),
        NO_ROOM("/relay/a+b", 400), NO_ROOM("/relay/%", 400),
        NO_ROOM("/relay/x?job=", 400), NO_ROOM("/relay/x?job=cpu:46", 400),
        NO_ROOM("/relay/x?job=cpu:1&job=cpu:1", 400),
        NO_ROOM("/relay/x?job=cpu:%00", 400), NO_ROOM("/relay/%?job=%", 400),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

/* What nobody uses nobody judges. */
static void test_queries(void **state)
{
#define IGNORED(query) ROOM("/relay/x?" query, "x")
#define WITH_JOB(query) \
    GOOD(query, GET("/relay/x?" query) UP, ROUTE_RELAY, .room = "x", .job = true, .n = 5)
#define BAD_JOB(query) NO_ROOM("/relay/x?" query, 400)
    static const struct head all[] = {
        IGNORED("name=100%"), IGNORED("a=%zz"), IGNORED("%"), IGNORED("%="),
        IGNORED("%00=%00"), IGNORED("a=%f"), IGNORED("="), IGNORED("&"), IGNORED("&&&"),
        IGNORED("=job"), IGNORED("jobs=cpu:99"), IGNORED("Job=x"), IGNORED("job%=cpu:5"),
        IGNORED("job%00=cpu:5"), IGNORED("a=job=cpu:99"), IGNORED("jo+b=cpu:99"),
        IGNORED("job%3Dcpu:5"), IGNORED("%20job=cpu:5"), IGNORED("?job=x"),
        IGNORED("a;b|c^d`{}<>\"'!*()[]\\~"), IGNORED("a=1#job=cpu:99"),
        IGNORED("a=%&a=%"), IGNORED("+"), IGNORED("a[job]=cpu:99"),
        IGNORED("name=\xc3\xa4"), IGNORED("\xff"),
        WITH_JOB("job=cpu:5"), WITH_JOB("a=%&job=cpu:5"), WITH_JOB("job=cpu:5&b=%"),
        WITH_JOB("&&job=cpu:5&&"), WITH_JOB("=&job=cpu:5&="), WITH_JOB("%6Aob=cpu:5"),
        WITH_JOB("job=%63pu%3a5"), WITH_JOB("jobs=%&job=cpu:5"),
        BAD_JOB("job"), BAD_JOB("job="), BAD_JOB("job=%"), BAD_JOB("job=cpu:5%"),
        BAD_JOB("job=cpu:5%00"), BAD_JOB("job=cpu:5%2"), BAD_JOB("job=cpu%253A5"),
        BAD_JOB("job=cpu:+5"), BAD_JOB("job=+cpu:5"), BAD_JOB("job=cpu:5+"),
        BAD_JOB("job=cpu:5=6"), BAD_JOB("job==cpu:5"), BAD_JOB("job=cpu:5;a=b"),
        BAD_JOB("job=cpu:5&job=cpu:5"), BAD_JOB("job=cpu:5&%6aob=cpu:5"),
        BAD_JOB("job=cpu:5&job"), BAD_JOB("a=%&job=%"),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

/* A query that no route reads is no reason to refuse, either. */
static void test_other_queries(void **state)
{
    static const struct head all[] = {
        GOOD("health", GET("/healthz?%") H END, ROUTE_HEALTH),
        GOOD("metrics", GET("/metrics?job=%&&=") H END, ROUTE_METRICS),
        GOOD("job", GET("/job/cpu:5?100%") H END, ROUTE_JOB, .job = true, .n = 5),
        GOOD("messages", GET("/job/cpu:5?job=%zz") UP, ROUTE_MESSAGE_JOB, .job = true,
             .n = 5),
        BAD(GET("/job/cpu:5%?a") H END, 400), BAD(GET("/healthz%?a") H END, 400),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_job_spelling),
        cmocka_unit_test(test_rooms),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_other_queries),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
