/* test_origin.c - which Origins a browser's page can have, and which it cannot. */
#include "origin.h"
#include "unit.h"

#include <string.h>

static void test_what_can_match(void **state)
{
    static const char *const all[] = {
        "http://a.example", "https://a.example", "https://a.example:8443", "http://a",
        "http://a.example:443", "https://a.example:80", "http://a.example:1",
        "http://a.example:65535", "HTTP://A.EXAMPLE", "http://localhost:3000",
        "http://127.0.0.1:8080", "http://[::1]", "http://[::1]:9000", "http://a.example.",
        "http://[2001:db8::1]", "http://[2001:DB8::1]", "http://[::ffff:102:304]",
        "http://xn--bcher-kva.example", "http://a_b.example", "null", "http://1a",
        "http://1.2.3.4.example", "chrome-extension://abcdefghijklmnop",
        "moz-extension://6f1b5c8e-0000-4000-8000-000000000000", "app://-", "app://1",
        "http://a,http://b", "http://a, http://b", " http://a\t,\thttp://b ",
        "http://a,null,https://b:8443", "http://0xa.example", "http://a.0b",
    };
    struct bytes item;

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        const char *why = origin_wrong(all[i], &item);
        check(!why, "%s: %s", all[i], why);
    }
}

static void test_what_cannot(void **state)
{
    static const struct { const char *list, *item, *word; } all[] = {
        { "http://a.example/", NULL, "/" }, { "http://a.example/app", NULL, "/" },
        { "http://a.example?x", NULL, "/" }, { "http://a.example#x", NULL, "/" },
        { "http://a.example\\", NULL, "/" }, { "*", NULL, "leave" },
        { "a.example", NULL, "http://" }, { "localhost", NULL, "http://" },
        { "a.example:8080", NULL, "http://" }, { "localhost:3000", NULL, "http://" },
        { "127.0.0.1:80", NULL, "http://" }, { "//a.example", NULL, "http://" },
        { "://a", NULL, "http://" }, { "http:/a", NULL, "http://" },
        { "http:a", NULL, "http://" }, { "1http://a", NULL, "http://" },
        { "[::1]:80", NULL, "http://" }, { "ht tp://a", NULL, "http://" },
        { "http://a.example:80", NULL, "port" }, { "HTTPS://a:443", NULL, "port" },
        { "http://[::1]:80", NULL, "port" }, { "http://a:", NULL, "port" },
        { "http://a:0", NULL, "port" }, { "http://a:080", NULL, "port" },
        { "http://a:65536", NULL, "port" }, { "http://a:8x", NULL, "port" },
        { "http://a:+8", NULL, "port" }, { "http://a:4294967376", NULL, "port" },
        { "http://", NULL, "host" }, { "http://:8080", NULL, "host" },
        { "http://a b", NULL, "host" }, { "http://a%62", NULL, "host" },
        { "http://a|b", NULL, "host" }, { "http://\xc3\xa4.example", NULL, "xn--" },
        { "http://*.example", NULL, "*" }, { "http://*", NULL, "*" },
        { "http://me@a", NULL, "user" }, { "http://me:x@a", NULL, "user" },
        { "http://127.1", NULL, "IPv4" }, { "http://1", NULL, "IPv4" },
        { "http://127.0.0.01", NULL, "IPv4" }, { "http://0x7f.0.0.1", NULL, "IPv4" },
        { "http://127.0.0.1.", NULL, "IPv4" }, { "http://a.0x", NULL, "IPv4" },
        { "http://1.2.3.4.5", NULL, "IPv4" }, { "http://a.1", NULL, "IPv4" },
        { "http://::1", NULL, "" }, { "http://[::1", NULL, "IPv6" },
        { "http://[::1]x", NULL, "IPv6" }, { "http://[]", NULL, "IPv6" },
        { "http://[0:0:0:0:0:0:0:1]", NULL, "IPv6" }, { "http://[::01]", NULL, "IPv6" },
        { "http://[2001:db8:0:0::1]", NULL, "IPv6" }, { "http://[::g]", NULL, "IPv6" },
        { "http://[::ffff:1.2.3.4]", NULL, "IPv6" },
        { "http://[fe80::1%1]", NULL, "IPv6" },
        { "ws://a.example", NULL, "page" }, { "WSS://a.example", NULL, "page" },
        { "file:///tmp/a.html", NULL, "null" }, { "file://", NULL, "null" },
        { "data:text/html,x", "data:text/html", "null" }, { "about:blank", NULL, "null" },
        { "", "", "missing" }, { " ", "", "missing" }, { ",", "", "missing" },
        { "http://a,", "", "missing" }, { ",http://a", "", "missing" },
        { "http://a,,http://b", "", "missing" }, { "http://a, ,http://b", "", "missing" },
        { "http://a,b", "b", "http://" }, { "http://a http://b", NULL, "" },
        { "http://a, http://b/ ,http://c", "http://b/", "/" },
        { "http://a,*", "*", "leave" }, { "http://a;http://b", NULL, "/" },
        { "null/", NULL, "http://" }, { "nul", NULL, "http://" },
    };
    struct bytes item;

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        const char *why = origin_wrong(all[i].list, &item);
        const char *one = all[i].item ? all[i].item : all[i].list;

        check(why, "%s can match, it says", all[i].list);
        check(strstr(why, all[i].word), "%s: %s", all[i].list, why);
        check(item.size == strlen(one) && !memcmp(item.data, one, item.size),
              "%s: not %s but %.*s", all[i].list, one, (int)item.size, item.data);
    }
}

/* However long: what is no host is told, and nothing is written past its place. */
static void test_long_ones(void **state)
{
    char list[2000] = "http://";
    struct bytes item;

    (void)state;
    for (size_t n = 7; n < sizeof list - 1; n++) {
        list[n] = 'a';
        bool wrong = origin_wrong(list, &item);
        check(wrong == (n + 1 >= 300), "%zu bytes: %d", n + 1, wrong);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_can_match),
        cmocka_unit_test(test_what_cannot),
        cmocka_unit_test(test_long_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
