/* test_load_orders.c - the load client does as it is told, or says in a line why not. */
#include "loading.h"
#include "rooms.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* Fewer descriptors than some -c asks for, however many the machine allows. */
static int lower_limit(void **state)
{
    struct rlimit limit;

    (void)state;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max > 100000)
        limit.rlim_cur = limit.rlim_max = 100000;
    return setrlimit(RLIMIT_NOFILE, &limit);
}

static void wrong_options_are_told_in_one_line(void **state)
{
    static const struct { const char *options, *word; } wrong[] = {
        { "", "there is no URL" }, { "-c 0 " "ws://127.0.0.1:1/relay/a", "-c takes" },
        { "--rate 0 ws://127.0.0.1:1/relay/a", "--rate 0" },
        { "--rate x ws://127.0.0.1:1/relay/a", "--rate takes" },
        { "--rate 5: ws://127.0.0.1:1/relay/a", "--rate takes" },
        { "--rate 1:5 -n 10 ws://127.0.0.1:1/relay/a", "add it" },
        { "--arrival often ws://127.0.0.1:1/relay/a", "--arrival is" },
        { "--arrival poisson ws://127.0.0.1:1/relay/a", "add --rate" },
        { "--rate 5 --seed 1 ws://127.0.0.1:1/relay/a", "add --arrival" },
        { "--rate 5 --seed x ws://127.0.0.1:1/relay/a", "--seed takes" },
        { "--rate 5 --burst 2 ws://127.0.0.1:1/relay/a", "--burst" },
        { "--rate 5 --think 1s ws://127.0.0.1:1/relay/a", "--think" },
        { "--size 5-2 ws://127.0.0.1:1/relay/a", "the smaller one" },
        { "--size 10-20 -c 2 ws://127.0.0.1:1/relay/a", "too small" },
        { "--size 10-20 tcp://127.0.0.1:1", "--size A-B" },
        { "--stage 5s ws://127.0.0.1:1/relay/a", "--stage takes" },
        { "--stage 0s:5 ws://127.0.0.1:1/relay/a", "no time" },
        { "--stage 1s:5 -c 3 ws://127.0.0.1:1/relay/a", "leave out" },
        { "--churn 0 ws://127.0.0.1:1/relay/a", "--churn takes" },
        { "--churn 2 tcp://127.0.0.1:1", "--churn is" },
        { "--threads 2 -c 4 ws://127.0.0.1:1/relay/a", "--threads 2" },
        { "--burst 2 http://127.0.0.1:1/job/cpu:1", "--burst" },
        { "--slo-p99 soon ws://127.0.0.1:1/relay/a", "--slo-p99 takes" },
        { "-n 99999999999999999999 ws://127.0.0.1:1/relay/a", "-n takes" },
        { "--json x --csv x ws://127.0.0.1:1/relay/a", "only one of" },
        { "-c 7000 ws://127.0.0.1:1/relay/a", "raise --rooms" },
        { "--max-loss few ws://127.0.0.1:1/relay/a", "--max-loss takes" },
        { "--subprotocol a,b ws://127.0.0.1:1/relay/x", "--subprotocol takes" },
        { "--subprotocol a http://127.0.0.1:1/", "--subprotocol is for" },
        { "--max-refused few http://127.0.0.1:1/", "--max-refused takes" },
        { "--patience 1s ws://127.0.0.1:1/relay/a", "are for http://" },
        { "--retries 1 tcp://127.0.0.1:1", "are for http://" },
        { "--patience soon http://127.0.0.1:1/", "--patience takes" },
        { "--patience 0 http://127.0.0.1:1/", "waits for nothing" },
        { "--patience 11s http://127.0.0.1:1/", "raise that" },
        { "--retries -1 http://127.0.0.1:1/", "--retries takes" },
        { "--retry-after 1s http://127.0.0.1:1/", "add --retries" },
        { "--retries 1 --retry-after x http://127.0.0.1:1/", "--retry-after takes" },
        { "--max-given-up 1 http://127.0.0.1:1/", "add --patience" },
        { "--patience 1s --max-given-up x http://127.0.0.1:1/", "--max-given-up takes" },
        { "wss://127.0.0.1:1/relay/a", "TLS" }, { "https://127.0.0.1:1/", "TLS" },
        { "--senders 3 -c 2 ws://127.0.0.1:1/relay/a", "--senders 3" },
        { "-d 0 ws://127.0.0.1:1/relay/a", "measures nothing" },
        { "--json /nowhere/x ws://127.0.0.1:1/relay/a", "cannot write" },
        { "--json - --csv - ws://127.0.0.1:1/relay/a", "only one of" },
        { "-c 900000 ws://127.0.0.1:1/relay/a", "descriptors" },
        { "--room-path /a ws://127.0.0.1:1/relay/a", "add that" },
        { "--rooms 1 --room-path a ws://127.0.0.1:1/relay/a", "takes a path" },
        { "--rooms 1 http://127.0.0.1:1/", "nobody shares" },
        { "--nonsense ws://127.0.0.1:1/relay/a", "nonsense" },
        { "ftp://127.0.0.1:1/", "a URL begins" },
    };
    struct result r;

    (void)state;
    for (size_t i = 0; i < COUNT(wrong); i++) {
        load(&r, "%s", wrong[i].options);
        check(r.status == 2, "load %s: exit status %d", wrong[i].options, r.status);
        tells(r.err, wrong[i].word);
        check(strchr(r.err, '\n') == strrchr(r.err, '\n'), "more than a line: %s", r.err);
    }
}

static void help_tells_every_option_and_exit_status(void **state)
{
    static const char *const words[] = {
        "--rate", "--arrival", "--seed", "--stage", "--churn", "--think", "--threads",
        "--slo-p99", "--max-loss", "--drain", "--csv", "--hdr", "--timeline",
        "--patience", "--retries", "--retry-after", "--max-given-up",
        "130 interrupted",
    };
    struct result r;

    (void)state;
    load(&r, "--help");
    assert_int_equal(r.status, 0);
    for (size_t i = 0; i < COUNT(words); i++)
        tells(r.out, words[i]);
}

/* Only our own servers have numbered rooms. */
static void rooms_are_named_as_told(void **state)
{
    static const struct { const char *options, *path, *last; } cases[] = {
        { "--rooms 3", "/relay/a?x=1", "/relay/a-2?x=1" }, { "", "/relay/a", "/relay/a" },
        { "--rooms 3", "/echo", "/echo" }, { "--rooms 3", "?x=1", "/?x=1" },
        { "--rooms 3 --room-path /chat?room={}&x=1", "/", "/chat?room=2&x=1" },
        { "--rooms 3 --room-path /relay/b", "/relay/a", "/relay/b" },
    };
    static struct flags f;
    char line[200], path[URL_PATH];

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char *argv[20] = { 0 }, *rest;
        int argc = 0;
        snprintf(line, sizeof line, "load -c 3 %s ws://127.0.0.1:9000%s",
                 cases[i].options, cases[i].path);
        for (char *w = strtok_r(line, " ", &rest); w; w = strtok_r(NULL, " ", &rest))
            argv[argc++] = w;
        optind = 1;
        flags_parse(&f, argc, argv);
        assert_true(path_of(&f, f.rooms - 1, path));
        assert_string_equal(path, cases[i].last);
        free(f.line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_options_are_told_in_one_line),
        cmocka_unit_test(help_tells_every_option_and_exit_status),
        cmocka_unit_test(rooms_are_named_as_told),
    };

    return cmocka_run_group_tests(tests, lower_limit, NULL);
}
