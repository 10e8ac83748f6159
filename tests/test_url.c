/* test_url.c - where the load client goes, and from where: URLs and addresses. */
#include "dial.h"
#include "local.h"
#include "unit.h"
#include "url.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

/* RFC 3986: what is the same is taken for the same, and what is no business of ours stays
 * as it is. */
static void a_url_is_what_the_rfc_says(void **state)
{
    static const struct { const char *text, *host, *path, *place; } good_ones[] = {
        { "ws://127.0.0.1:9000/relay/a", "127.0.0.1:9000", "/relay/a", "127.0.0.1:9000" },
        { "WS://127.0.0.1:9000/A", "127.0.0.1:9000", "/A", "127.0.0.1:9000" },
        { "Http://127.0.0.1", "127.0.0.1", "/", "127.0.0.1:80" },
        { "http://127.0.0.1:/", "127.0.0.1", "/", "127.0.0.1:80" },
        { "ws://127.0.0.1:9000?x=1", "127.0.0.1:9000", "/?x=1", "127.0.0.1:9000" },
        { "ws://127.0.0.1/p?x=/1?", "127.0.0.1", "/p?x=/1?", "127.0.0.1:80" },
        { "ws://127.0.0.1:1/a%20b%zz?%2F", "127.0.0.1:1", "/a%20b%zz?%2F",
          "127.0.0.1:1" },
        { "ws://127.0.0.1:9/a@b:c", "127.0.0.1:9", "/a@b:c", "127.0.0.1:9" },
        { "ws://[::1]:9000/", "[::1]:9000", "/", "[::1]:9000" },
        { "ws://[::1]", "[::1]", "/", "[::1]:80" },
        { "ws://[::FFFF:127.0.0.1]:065535", "[::FFFF:127.0.0.1]:065535", "/",
          "[::ffff:127.0.0.1]:65535" },
        { "http://127.0.0.1:9/p?q#part", "127.0.0.1:9", "/p?q", "127.0.0.1:9" },
        { "tcp://127.0.0.1:7", "127.0.0.1:7", "/", "127.0.0.1:7" },
        { "ws://LocalHost:9000/", "LocalHost:9000", "/", "127.0.0.1:9000" },
        { "ws://a.localhost.:9000/", "a.localhost.:9000", "/", "127.0.0.1:9000" },
    };
    static struct url url;
    char name[PLACE_NAME];
    const char *why;

    (void)state;
    for (size_t i = 0; i < COUNT(good_ones); i++) {
        check(url_parse(good_ones[i].text, &url, &why), "%s: %s", good_ones[i].text, why);
        assert_string_equal(url.authority, good_ones[i].host);
        assert_string_equal(url.path, good_ones[i].path);
        assert_string_equal(place_name(&url.places[0], name), good_ones[i].place);
    }
    assert_int_equal(url.place_count, 2);
    assert_string_equal(place_name(&url.places[1], name), "[::1]:9000");
}

static void a_wrong_url_is_told_why(void **state)
{
    static const struct { const char *text, *word; } bad_ones[] = {
        { "wss://127.0.0.1:9000/", "TLS" }, { "HTTPS://127.0.0.1/", "TLS" },
        { "ftp://127.0.0.1/", "begins with" }, { "127.0.0.1:9000", "begins with" },
        { "ws:/127.0.0.1:9000", "begins with" }, { "", "begins with" },
        { "ws://me:secret@127.0.0.1:9000/", "password" }, { "ws://", "names a host" },
        { "http://:9000/", "names a host" }, { "ws://127.0.0.1:9000/#a", "fragment" },
        { "ws://127.0.0.1:9000#a", "fragment" }, { "ws://127.0.0.1:0/", "65535" },
        { "ws://127.0.0.1:65536/", "65535" }, { "ws://127.0.0.1:99999999999/", "65535" },
        { "ws://127.0.0.1:9x/", "65535" }, { "ws://127.0.0.1:-1/", "65535" },
        { "ws://::1:9000/", "brackets" }, { "ws://[::1:9000/", "brackets" },
        { "ws://[::1]9000/", "brackets" }, { "ws://[127.0.0.1]:9000/", "IPv6" },
        { "ws://[v1.x]:9000/", "IPv6" }, { "tcp://127.0.0.1", "no port of its own" },
        { "ws://127.0.0.1:9000/a b", "blanks" }, { "ws://127.0.0.1:9/\303\266", "%20" },
        { "ws://a..b:9000/", "cannot be looked up" },
    };
    static struct url url;
    char name[300], text[URL_PATH + 30] = "ws://127.0.0.1:1/";
    const char *why;

    (void)state;
    for (size_t i = 0; i < COUNT(bad_ones); i++) {
        check(!url_parse(bad_ones[i].text, &url, &why), "%s is taken", bad_ones[i].text);
        check(strstr(why, bad_ones[i].word), "%s: %s", bad_ones[i].text, why);
    }
    snprintf(name, sizeof name, "ws://%0280d:9000/", 1);
    check(!url_parse(name, &url, &why) && strstr(why, "255"), "a long host: %s", why);
    for (size_t n = strlen(text); n < URL_PATH + 20; n++)
        text[n] = 'a';
    check(!url_parse(text, &url, &why) && strstr(why, "8190"), "a long path: %s", why);
}

static void ten_thousand_share_a_source_address(void **state)
{
    static const struct { int index; const char *source; } cases[] = {
        { 0, "127.0.0.1" }, { 9999, "127.0.0.1" }, { 10000, "127.0.0.2" },
        { 19999, "127.0.0.2" }, { 20000, "127.0.0.3" },
    };
    int port, listener = local_bound(&port);
    struct sockaddr_in own = local_address(1, port), from;
    struct url url = { .place_count = 1, .places[0].size = sizeof own };
    struct conns all = { .loop = ev_loop_new(0), .url = &url, .wire = WIRE_RAW };

    (void)state;
    assert_int_equal(listen(listener, 8), 0);
    memcpy(&url.places[0].address, &own, sizeof own);
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct conn c = { 0 };
        dial(&c, &all, cases[i].index, "/");
        int fd = accept(listener, (struct sockaddr *)&from, &(socklen_t){ sizeof from });
        assert_string_equal(inet_ntoa(from.sin_addr), cases[i].source);
        conn_drop(&c);
        close(fd);
    }
    close(listener);
    ev_loop_destroy(all.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_thousand_share_a_source_address),
        cmocka_unit_test(a_url_is_what_the_rfc_says),
        cmocka_unit_test(a_wrong_url_is_told_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
