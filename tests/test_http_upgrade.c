/* test_http_upgrade.c - requests that want to be WebSockets, and their subprotocols. */
#include "heads.h"
#include "metrics.h"
#include "options.h"
#include "tell.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_upgrades(void **state)
{
    static const struct head all[] = {
        UPGRADE("plain", WISH KEY VERSION),
        UPGRADE("any order", VERSION KEY "Connection: Upgrade\r\nUpgrade: websocket\r\n"),
        UPGRADE("case", "UPGRADE: WebSocket\r\nconnection: uPGRADE\r\n" KEY VERSION),
        UPGRADE("lists", "Upgrade: foo/1, websocket\r\n"
                "Connection: keep-alive , Upgrade\r\n" KEY VERSION),
        UPGRADE("lists with holes", "Upgrade: ,websocket,\r\nConnection: ,,\tUpgrade\r\n"
                KEY VERSION),
        UPGRADE("two headers", "Connection: keep-alive\r\n" WISH KEY VERSION),
        UPGRADE("no space", "Upgrade:websocket\r\nConnection:Upgrade\r\n"
                "Sec-WebSocket-Key:dGhlIHNhbXBsZSBub25jZQ==\r\n"
                "Sec-WebSocket-Version:13\r\n"),
        UPGRADE("an extension and a subprotocol", WISH KEY VERSION
                "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                "Sec-WebSocket-Protocol: chat\r\n"),
        NO_UPGRADE(KEY VERSION, 426),
        NO_UPGRADE("Upgrade: websocket\r\n" KEY VERSION, 426),
        NO_UPGRADE("Upgrade: websockets\r\nConnection: Upgrade\r\n" KEY VERSION, 426),
        NO_UPGRADE("Upgrade: websocket\r\nConnection: Upgraded\r\n" KEY VERSION, 426),
        NO_UPGRADE("Upgrade: websocket\r\nConnection: close, \r\n" KEY VERSION, 426),
        NO_UPGRADE(WISH KEY, 426), NO_UPGRADE(WISH KEY VERSION VERSION, 426),
        NO_UPGRADE(WISH KEY "Sec-WebSocket-Version: 12\r\n", 426),
        NO_UPGRADE(WISH KEY "Sec-WebSocket-Version: 13, 8\r\n", 426),
        NO_UPGRADE(WISH KEY "Sec-WebSocket-Version: 013\r\n", 426),
        NO_UPGRADE(WISH VERSION, 400), NO_UPGRADE(WISH KEY KEY VERSION, 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key:\r\n", 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n", 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n", 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZWU=\r\n", 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j====\r\n", 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: dGhlIHNhbXB_ZSBub25jZQ==\r\n", 400),
        BAD("POST /relay/x HTTP/1.1\r\n" UP, 405),
        BAD("HEAD /relay/x HTTP/1.1\r\n" UP, 405),
        BAD("GET /relay/x HTTP/1.0\r\n" UP, 400),
        BAD(GET("/relay/x") H UP, 400),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

static void test_padding_inside_a_key(void **state)
{
    static const struct head all[] = {
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: dGhl=HNhbXBsZSBub25jZQ==\r\n", 400),
        NO_UPGRADE(WISH VERSION "Sec-WebSocket-Key: ====================Q===\r\n", 400),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

/* RFC 9110 section 5.5: white space around a value does not belong to it. */
static void test_space_behind_a_value(void **state)
{
    static const struct head all[] = {
        UPGRADE("version", WISH KEY "Sec-WebSocket-Version: 13 \r\n"),
        UPGRADE("key", WISH VERSION "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\t\r\n"),
        UPGRADE("upgrade", "Upgrade: websocket \t\r\nConnection: Upgrade \r\n" KEY
                VERSION),
    };

    (void)state;
    try_heads(all, COUNT(all));
}

/* ---- subprotocols ---- */

static struct request offer(const char *headers, const char *ours, bool quiet)
{
    struct options o = { .workers = 0 };
    struct request r = { .status = -1 };
    char text[600];

    options_default(&o);
    o.subprotocol = ours;
    o.quiet = quiet;
    int n = snprintf(text, sizeof text, GET("/relay/x") H WISH KEY VERSION "%s" END,
                     headers);
    struct bytes in = { text, (size_t)n };
    struct http *http = http_new(&o);
    check(http_feed(http, &in, &r) && r.route == ROUTE_RELAY, "%s: %d", headers,
          r.status);
    http_free(http);
    return r;
}

/* RFC 6455 section 4.2.2: one of those that were offered, as it was offered, or none. */
static void test_subprotocols(void **state)
{
#define P "Sec-WebSocket-Protocol: "
    static const struct { const char *headers; bool echo; } all[] = {
        { "", false }, { P "chat\r\n", true }, { P "a, chat\r\n", true },
        { P "chat,a\r\n", true }, { P "a\r\n" P "b , chat \r\n", true },
        { P "chat\r\n" P "a\r\n", true }, { P ",,\tchat,\r\n", true },
        { "SEC-WEBSOCKET-PROTOCOL:chat\r\n", true }, { P "Chat\r\n", false },
        { P "chats\r\n", false }, { P "cha\r\n", false }, { P "chat/1\r\n", false },
        { P "chat a\r\n", false }, { P "\"chat\"\r\n", false }, { P "\r\n", false },
        { P "c\r\n" P "hat\r\n", false }, { "Sec-WebSocket-Protocols: chat\r\n", false },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct request r = offer(all[i].headers, "chat", true);
        struct frame *f = http_switch(&r);
        char *text = calloc(1, f->size + 1);

        memcpy(text, f->data, f->size);
        check(!r.subprotocol == !all[i].echo, "%s", all[i].headers);
        check(!strstr(text, "Sec-WebSocket-Protocol: chat\r\n") == !all[i].echo
              && strcmp(strstr(text, "\r\n\r\n"), "\r\n\r\n") == 0, "%s", text);
        check(all[i].echo || !strcasestr(text, "protocol:"), "%s", text);
        free(text);
        frame_unref(f);
        assert_null(offer(all[i].headers, NULL, true).subprotocol);
    }
}

static void remark(const char *line) { fprintf(stderr, "%s\n", line); }

static void offer_some(void *quiet)
{
    tell_remark = remark;
    metrics->unanswered = 0;
    for (int i = 0; i < 3; i++)
        offer(P "s3cr3t\r\n", i ? NULL : "chat", quiet);
    offer(P "chat\r\n", "chat", quiet);
    offer("", NULL, quiet);
    printf("%d", (int)metrics->unanswered);
}

/* Nothing of what a client has said is written down, and one line is enough. */
static void test_unanswered_subprotocols(void **state)
{
    struct outcome r = in_child(offer_some, NULL);

    (void)state;
    assert_string_equal(r.out, "3");
    check(strstr(r.err, "--subprotocol") && !strstr(r.err, "s3cr3t")
          && strchr(r.err, '\n') == r.err + strlen(r.err) - 1, "not one line: %s", r.err);
    r = in_child(offer_some, (void *)"quiet");
    assert_string_equal(r.out, "3");
    assert_string_equal(r.err, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_upgrades),
        cmocka_unit_test(test_unanswered_subprotocols),
        cmocka_unit_test(test_subprotocols),
        cmocka_unit_test(test_padding_inside_a_key),
        cmocka_unit_test(test_space_behind_a_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
