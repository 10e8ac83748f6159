/* test_load_report.c - what the load client writes: the report, its other files, and that
 * the manual tells of all that stands in them. */
#include "loading.h"
#include "report.h"

#include <string.h>

/* Of a single message all that is told of its way must fit together. */
static void one_message_to_many_has_a_first_and_a_last(void **state)
{
    struct result r;

    (void)state;
    load(&r, "-c 8 --senders 1 -n 1 --json - " URL, port);
    went_well(&r);
    double own = json_number(r.out, "response_ns", "max"),
           first = json_number(r.out, "first_delivery_ns", "max"),
           last = json_number(r.out, "last_delivery_ns", "max");
    assert_int_equal(json_number(r.out, "delivery_ns", "count"), 8);
    check(first > 0 && first <= own && own <= last, "%g, %g, %g", first, own, last);
    check(first == json_number(r.out, "delivery_ns", "min"), "the first: %s", r.out);
    check(last == json_number(r.out, "delivery_ns", "max"), "the last: %s", r.out);
    check(last - first == json_number(r.out, "spread_ns", "max"), "between: %s", r.out);
}

/* The first thread is through 75 ms before the last; there is one row, with all. */
static void the_last_row_has_what_all_threads_did(void **state)
{
    double time = 0, rate = 0;
    struct result r;

    (void)state;
    load(&r, "-c 4 --rooms 4 --threads 4 --rate 40 -n 20 --csv - " URL, port);
    check(sscanf(strchr(r.out, '\n'), "%lf,%lf", &time, &rate) == 2, "no row: %s", r.out);
    check(time * rate > 19.9 && time * rate < 20.1, "%g of 20 messages in the CSV: %s",
          time * rate, r.out);
}

static int lines_of(FILE *f, char *text, size_t size)
{
    int n = 0;

    slurp(f, text, size);
    for (const char *s = text; *s; s++)
        n += *s == '\n';
    return n;
}

/* Messages by the rows' rates, of which the end's row may be missing. */
static double messages_of_rows(const char *text)
{
    double before = 0, sum = 0, time, answered, delivered;

    for (const char *s = text; (s = strchr(s, '\n')); s++)
        if (sscanf(s, "\n%lf,%lf,%lf", &time, &answered, &delivered) == 3) {
            check(answered == delivered, "%g and %g in %s", answered, delivered, text);
            sum += answered * (time - before);
            before = time;
        }
    return sum;
}

static void files_have_what_they_should(void **state)
{
    struct output csv = output_open(), hdr = output_open(), timeline = output_open();
    char text[65536];
    struct result r;

    (void)state;
    load(&r, "-c 2 --rooms 2 --rate 100 -d 1200ms --csv %s --hdr %s --timeline %s "
         "--json - " URL, csv.path, hdr.path, timeline.path, port);
    went_well(&r);
    assert_int_equal(lines_of(timeline.file, text, sizeof text), 1 + 120);
    int rows = lines_of(csv.file, text, sizeof text);
    check(rows >= 2 && rows <= 4, "%d rows in the CSV: %s", rows, text);
    tells(text, "time_s,answered_per_s,");
    tells(text, ",,");          /* a hundred values have no p99 */
    double n = messages_of_rows(text);
    check(n > 60 && n < 121, "%g of 120 messages in %s", n, text);
    assert_true(lines_of(hdr.file, text, sizeof text) > 5);
    tells(text, "1/(1-Percentile)");
    tells(text, "#[Max     = ");
}

/* ---- what the manual says of it ---- */

enum { KEYS = 200 };

struct keys {
    char name[KEYS][40];
    int count;
};

static bool is_in(const struct keys *k, const char *name)
{
    for (int i = 0; i < k->count; i++)
        if (strcmp(k->name[i], name) == 0)
            return true;
    return false;
}

static void put_key(struct keys *k, const char *from, size_t size)
{
    char name[40];

    assert_true(size < sizeof name);
    snprintf(name, sizeof name, "%.*s", (int)size, from);
    if (is_in(k, name))
        return;
    assert_true(k->count < KEYS);
    strcpy(k->name[k->count++], name);
}

/* "name": */
static void find_keys(struct keys *k, const char *json)
{
    for (const char *s = json, *end; (s = strchr(s, '"')); s = end + 1) {
        for (end = s + 1; *end && *end != '"'; end++)
            end += *end == '\\';
        assert_int_equal(*end, '"');
        if (end[1] == ':')
            put_key(k, s + 1, (size_t)(end - s - 1));
    }
}

/* `name`s in the first column of the tables below this heading. */
static void find_documented(struct keys *k, const char *heading)
{
    FILE *f = fopen("client/README.md", "re");
    bool here = false;
    char line[1000];

    check(f, "client/README.md is not to be found from here");
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#')
            here = strstr(line, heading);
        if (!here || strncmp(line, "| `", 3) != 0)
            continue;
        const char *stop = strchr(line + 1, '|');
        for (char *s = line, *end; (s = strchr(s, '`')) && s < stop; s = end + 1) {
            end = strchr(s + 1, '`');
            put_key(k, s + 1, (size_t)(end - s - 1));
        }
    }
    fclose(f);
}

static void same_keys(const struct keys *said, const struct keys *documented)
{
    for (int i = 0; i < said->count; i++)
        check(is_in(documented, said->name[i]),
              "client/README.md does not tell of \"%s\"", said->name[i]);
    for (int i = 0; i < documented->count; i++)
        check(is_in(said, documented->name[i]), "client/README.md tells of \"%s\", "
              "which there is not", documented->name[i]);
    check(said->count > 3, "%d keys", said->count);
}

/* An open loop in stages that is not valid, and servers that fail, have every key. */
static void every_key_is_documented(void **state)
{
    struct keys said = { .count = 0 }, documented = { .count = 0 };
    struct result r;

    (void)state;
    load(&r, "--stage 200ms:2 --rate 3000 --server-pid %d --json - "
         "http://127.0.0.1:%d/job/sleep:4", epoll.pid, port);
    tells(r.out, "\"rule\"");
    find_keys(&said, r.out);
    load_liar(&r, liar_start(CLOSES), "-c 2 --json - " URL);
    tells(r.out, "\"closed_by_server\"");
    find_keys(&said, r.out);
    for (int i = 0; i < FAILURES; i++)
        put_key(&said, failure_names[i], strlen(failure_names[i]));
    find_documented(&documented, "The JSON report");
    same_keys(&said, &documented);
}

/* The columns of a file, by its first line. */
static void find_columns(struct keys *k, FILE *f)
{
    char line[300], *rest;

    assert_non_null(fgets(line, sizeof line, f));
    for (char *s = strtok_r(line, ",\n", &rest); s; s = strtok_r(NULL, ",\n", &rest))
        put_key(k, s, strlen(s));
    fclose(f);
}

static void every_column_is_documented(void **state)
{
    struct keys said = { .count = 0 }, documented = { .count = 0 };
    struct output csv = output_open(), timeline = output_open();
    struct result r;

    (void)state;
    load(&r, "-n 5 --csv %s --timeline %s --quiet " URL, csv.path, timeline.path, port);
    find_columns(&said, csv.file);
    find_columns(&said, timeline.file);
    find_documented(&documented, "The other files");
    same_keys(&said, &documented);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_message_to_many_has_a_first_and_a_last),
        cmocka_unit_test(files_have_what_they_should),
        cmocka_unit_test(the_last_row_has_what_all_threads_did),
        cmocka_unit_test(every_key_is_documented),
        cmocka_unit_test(every_column_is_documented),
    };

    return cmocka_run_group_tests(tests, start_epoll, stop_epoll);
}
