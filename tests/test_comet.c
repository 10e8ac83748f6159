/* test_comet.c - how a message is written for clients without a WebSocket. */
#include "comet.h"
#include "unit.h"

#include <string.h>

static const struct {
    bool text;
    struct bytes message;
    const char *event, *json;
} all[] = {
    { true, RAW("hello"), "data: hello\n\n", "\"hello\"" },
    { true, RAW(""), "data: \n\n", "\"\"" },
    { true, RAW("one\ntwo"), "data: one\ndata: two\n\n", "\"one\\u000atwo\"" },
    { true, RAW("one\r\ntwo\rthree"), "data: one\ndata: two\ndata: three\n\n",
      "\"one\\u000d\\u000atwo\\u000dthree\"" },
    { true, RAW("\n"), "data: \ndata: \n\n", "\"\\u000a\"" },
    { true, RAW("end\r\n"), "data: end\ndata: \n\n", "\"end\\u000d\\u000a\"" },
    { true, RAW("\r\r"), "data: \ndata: \ndata: \n\n", "\"\\u000d\\u000d\"" },
    { true, RAW(" data: x"), "data:  data: x\n\n", "\" data: x\"" },
    { true, RAW("a\0b"), "data: a\0b\n\n", "\"a\\u0000b\"" },
    { true, RAW("say \"\\\""), "data: say \"\\\"\n\n", "\"say \\\"\\\\\\\"\"" },
    { true, RAW("gr\xc3\xbc\xc3\x9f"), "data: gr\xc3\xbc\xc3\x9f\n\n",
      "\"gr\xc3\xbc\xc3\x9f\"" },
    { false, RAW("\0\1\xff"), "event: binary\ndata: AAH/\n\n", "{\"base64\":\"AAH/\"}" },
    { false, RAW("\xfb\xff"), "event: binary\ndata: +/8=\n\n", "{\"base64\":\"+/8=\"}" },
    { false, RAW(""), "event: binary\ndata: \n\n", "{\"base64\":\"\"}" },
};

/* `expected` may hold a NUL where the message does. */
static void compare(const struct frame *f, const char *before, const char *expected,
                    const char *what)
{
    size_t skip = strlen(before), size = strlen(expected);

    if (size < f->size - skip && memchr(f->data, 0, f->size))
        size += 1 + strlen(expected + size + 1);
    check(f->size == skip + size && memcmp(f->data, before, skip) == 0
          && memcmp(f->data + skip, expected, size) == 0,
          "%s becomes '%.*s'", what, (int)f->size, f->data);
}

static void an_event_is_a_number_and_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct frame *f = comet_event(frame_new(0), 1764467890123456, all[i].text,
                                      all[i].message);

        compare(f, "id: 1764467890123456\n", all[i].event, all[i].json);
        frame_unref(f);
    }
}

static void json_escapes_what_it_must(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(all); i++) {
        struct frame *f = comet_json(frame_new(0), all[i].text, all[i].message);

        compare(f, "", all[i].json, all[i].json);
        frame_unref(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_a_number_and_lines),
        cmocka_unit_test(json_escapes_what_it_must),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
