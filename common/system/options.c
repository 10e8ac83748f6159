#include "options.h"
#include "clock.h"
#include "die.h"
#include "keyfile.h"
#include "origin.h"
#include "query.h"
#include "queryfile.h"
#include "start.h"
#include "tell.h"

#include <errno.h>
#include <getopt.h>
#include <http_parser.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION "relayrace 0.1.0"

enum kind {
    NUMBER, BYTES, TIME,
    ADDRESS, FOLDER, NEW_FILE, DATABASE, ORIGINS, TOKEN, UPSTREAM,      /* a text */
    KEY, QUERIES,               /* a file that is read */
    FLAG,
};

/* What stands behind an option. */
static const char *const values[] = {
    [NUMBER] = " N", [BYTES] = " N", [TIME] = " N", [ADDRESS] = " ADDRESS",
    [FOLDER] = " DIR", [NEW_FILE] = " FILE", [DATABASE] = " WHERE", [ORIGINS] = " LIST",
    [TOKEN] = " NAME", [UPSTREAM] = " URL", [KEY] = " FILE", [QUERIES] = " FILE",
    [FLAG] = "",
};

#define AT(field) offsetof(struct options, field)

/* Every option once: the parser, the defaults and --help read this table. */
static const struct row {
    const char *name;
    enum kind kind;
    size_t field;
    int64_t standard, least, most;
    const char *help;
} rows[] = {
    { "port", NUMBER, AT(port), 9000, 0, 65535, "TCP port; 0 takes a free one" },
    { "bind", ADDRESS, AT(bind), 0, 0, 0, "IPv4 or IPv6 address (127.0.0.1)" },
    { "workers", NUMBER, AT(workers), 4, 1, 4096, "the crew: clients served at a time" },
    { "max-connections", NUMBER, AT(max_connections), 16384, 1, 1000000,
      "connections at a time; more get 503" },
    { "max-per-address", NUMBER, AT(max_per_address), 0, 0, 1000000,
      "of them from one address; 0: no limit" },
    { "max-stacks", NUMBER, AT(max_stacks), 0, 1, 1000000,
      "stacks for computations that await, else 503" },
    { "helpers", NUMBER, AT(helpers), 4, 1, 4096, "threads that do what takes long" },
    { "switch-interval", TIME, AT(switch_interval), 5, 1, 60000,
      "ms before a thread that computes is asked for the interpreter's lock" },
    { "max-head", BYTES, AT(max_head), 8192, 64, 65536,
      "bytes of a request head, else 431" },
    { "max-message", BYTES, AT(max_message), 1 << 20, 0, 1 << 30,
      "bytes of a message, else close 1009" },
    { "max-output", BYTES, AT(max_output), 4 << 20, 1024, INT64_C(1) << 32,
      "bytes that may wait for a client, else close 1013" },
    { "max-fib", NUMBER, AT(max_fib), 45, 0, 90, "largest N of cpu:N and await:N" },
    { "max-wait", NUMBER, AT(max_wait), 60000, 0, 86400000,
      "ms, the longest sleep:MS and nap:MS, and the longest poll" },
    { "history", BYTES, AT(history), 2 << 20, 1024, 1 << 30,
      "bytes of a room's messages that are kept for polls" },
    { "max-histories", NUMBER, AT(histories), 32, 1, 65536,
      "rooms where any are kept, else 503" },
    { "history-time", TIME, AT(history_time), 60000, 1, 86400000,
      "ms they are kept after the last poll or event stream" },
    { "handshake-timeout", TIME, AT(handshake), 10000, 1, 3600000,
      "ms for a request head to arrive" },
    { "ping-after", TIME, AT(ping_after), 30000, 1, 3600000,
      "ms of silence before a ping" },
    { "pong-timeout", TIME, AT(pong_within), 30000, 1, 3600000,
      "ms to answer it, else the client is closed" },
    { "frame-timeout", TIME, AT(frame_within), 60000, 1, 3600000,
      "ms for a WebSocket frame to arrive, or longer:" },
    { "min-rate", NUMBER, AT(min_rate), 500, 1, 1000000000,
      "a second more for every N bytes of it, else close 1008" },
    { "close-timeout", TIME, AT(close_within), 500, 1, 3600000,
      "ms to answer a close, else the line is cut" },
    { "subprotocol", TOKEN, AT(subprotocol), 0, 0, 0,
      "answer this WebSocket subprotocol where it is offered (none)" },
    { "allow-origin", ORIGINS, AT(allow_origin), 0, 0, 0,
      "Origins that browsers may come from, with commas; others get 403 (any)" },
    { "jwt-key", KEY, AT(jwt_key), 0, 0, 0,
      "tokens (JWT, HS256) must be signed with that key, else 401 (none are asked for)" },
    { "files", FOLDER, AT(files), 0, 0, 0,
      "file:NAME is a file below DIR (no such job)" },
    { "db", DATABASE, AT(db), 0, 0, 0,
      "sql:NAME is put to it: FILE.sqlite or postgres://... (no such job)" },
    { "queries", QUERIES, AT(queries), 0, 0, 0,
      "the queries of sql:NAME, lines of NAME: SQL; $1 is sql:NAME:ARG" },
    { "upstream", UPSTREAM, AT(upstream), 0, 0, 0,
      "fetch:PATH is a GET from http://HOST:PORT (no such job)" },
    { "max-result", BYTES, AT(max_result), 1 << 20, 0, 1 << 30,
      "bytes of a file, of rows, of what is fetched; else 502" },
    { "db-lines", NUMBER, AT(db_lines), 4, 1, 1024,
      "connections to the database that a process has" },
    { "db-queue", NUMBER, AT(db_queue), 64, 0, 1000000,
      "jobs that may wait for one of them; more get 503" },
    { "queue-timeout", TIME, AT(queue_timeout), 1000, 1, 3600000,
      "ms that each may wait, else 503" },
    { "job-timeout", TIME, AT(job_timeout), 10000, 1, 3600000,
      "ms that a query or a fetch may take, else 504" },
    { "trace", NEW_FILE, AT(trace), 0, 0, 0,
      "write a CSV row per event into a new file" },
    { "allow-crash", FLAG, AT(allow_crash), 0, 0, 0, "/job/crash kills who serves it" },
    { "quiet", FLAG, AT(quiet), 0, 0, 0, "no remarks on stderr" },
    { "help", FLAG, 0, 0, 0, 0, "this list" },
    { "version", FLAG, 0, 0, 0, 0, "the version" },
};

enum { ROWS = sizeof rows / sizeof *rows, FIRST = 256 };        /* beyond any letter */

static void set(struct options *o, const struct row *r, int64_t value)
{
    void *field = (char *)o + r->field;

    switch (r->kind) {
    case NUMBER: *(int *)field = (int)value; break;
    case BYTES:  *(size_t *)field = (size_t)value; break;
    case TIME:   *(int64_t *)field = value * MS; break;
    default:     break;
    }
}

static bool is(const struct row *r, const char *name)
{
    return strcmp(r->name, name) == 0;
}

static bool offered(const struct options *o, const struct row *r)
{
    if (is(r, "max-connections"))
        return o->workers == 0;
    if (is(r, "max-stacks"))
        return o->max_stacks > 0;
    if (is(r, "helpers"))
        return o->helpers > 0;
    if (is(r, "switch-interval"))
        return o->switch_interval > 0;
    return o->workers > 0 || !is(r, "workers");
}

static const char *why_not(const struct row *r)
{
    return is(r, "workers") ? "this model has no crew; prefork and pool do"
         : is(r, "max-stacks") ? "here await takes no stack; in coroutine it does"
         : is(r, "helpers") ? "this model does jobs itself; offload has helpers"
         : is(r, "switch-interval") ? "here is no interpreter's lock; gil has one"
                            : "who is one too many here waits in the backlog";
}

void options_default(struct options *o)
{
    int workers = o->workers, max_stacks = o->max_stacks;
    int helpers = o->helpers;
    bool locked = o->switch_interval > 0;

    *o = (struct options){ .bind = "127.0.0.1" };
    for (int i = 0; i < ROWS; i++)
        set(o, &rows[i], rows[i].standard);
    o->workers = workers;
    o->max_stacks = max_stacks;
    o->helpers = helpers;
    if (!locked)
        o->switch_interval = 0;
}

static void help(const struct options *o)
{
    printf("usage: %s [options]\n"
           "A WebSocket relay on /relay/ROOM, jobs on /job/SPEC; /healthz, /metrics.\n\n",
           o->model);
    for (int i = 0; i < ROWS; i++) {
        const struct row *r = &rows[i];
        bool number = r->kind <= TIME;
        char left[40];

        if (!offered(o, r))
            continue;
        snprintf(left, sizeof left, "--%s%s", r->name, values[r->kind]);
        printf("  %-22s %s", left, r->help);
        if (number)
            printf(" (%" PRId64 ")", is(r, "workers") ? o->workers
                   : is(r, "max-stacks") ? o->max_stacks : r->standard);
        putchar('\n');
    }
}

/* What was asked for has been printed, or it has not. */
_Noreturn static void end_well(void)
{
    if (fflush(stdout) != 0)
        die("cannot write to stdout: %s", strerror(errno));
    exit(0);
}

/* An Origin that no page can have would refuse every page: that is never meant. */
static void check_origins(const char *list)
{
    struct bytes item;
    const char *why = origin_wrong(list, &item);

    if (why)
        die("--allow-origin '%.*s': %s. It takes Origins as https://a.example or "
            "http://a.example:8080, with commas", (int)item.size, item.data, why);
}

bool options_token(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789!#$%&'*+-.^_`|~");

    return n >= 1 && n <= 64 && !text[n];
}

static void check_token(const char *name, const char *text)
{
    if (!options_token(text))
        die("--%s takes one name, 1 to 64 letters, digits and !#$%%&'*+-.^_`|~, not '%s'",
            name, text);
}

/* http://HOST:PORT and no more: the path is the job's. */
static void check_upstream(const char *text)
{
    const unsigned wanted = 1 << UF_SCHEMA | 1 << UF_HOST | 1 << UF_PORT;
    struct http_parser_url url;

    http_parser_url_init(&url);
    if (strncmp(text, "http://", 7) != 0 || strlen(text) > UINT16_MAX
        || http_parser_parse_url(text, strlen(text), 0, &url) != 0
        || (url.field_set & ~(1u << UF_PATH)) != wanted || url.port == 0
        || (url.field_set & 1 << UF_PATH && url.field_data[UF_PATH].len != 1))
        die("--upstream takes http://HOST:PORT, not '%s'", text);
}

/* A word, which is kept as it is, or the file that it names, which is read. */
static void take_text(struct options *o, const struct row *r, const char *arg)
{
    if (r->kind == ORIGINS)
        check_origins(arg);
    if (r->kind == TOKEN)
        check_token(r->name, arg);
    if (r->kind == UPSTREAM)
        check_upstream(arg);
    if (r->kind == KEY) {
        token_key_free(o->jwt_key);     /* the last one counts */
        o->jwt_key = keyfile_read("--jwt-key", arg);
    } else if (r->kind == QUERIES) {
        queries_free(o->queries);
        o->queries = queryfile_read("--queries", arg);
    } else {
        *(const char **)(void *)((char *)o + r->field) = arg;
    }
}

static void take(struct options *o, const struct row *r, const char *arg)
{
    char *end;

    if (r->kind > TIME && r->kind < FLAG) {
        take_text(o, r, arg);
        return;
    }
    if (is(r, "help")) {
        help(o);
        end_well();
    }
    if (is(r, "version")) {
        printf("%s (%s)\n", VERSION, o->model);
        end_well();
    }
    if (r->kind == FLAG) {
        *(bool *)((char *)o + r->field) = true;
        return;
    }
    errno = 0;
    int64_t value = strtoll(arg, &end, 10);
    if (errno || *end || *arg < '0' || *arg > '9' || value < r->least || value > r->most)
        die("--%s takes a number from %" PRId64 " to %" PRId64 ", not '%s'", r->name,
            r->least, r->most, arg);
    set(o, r, value);
}

static void remark(const char *line)
{
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
}

void options_parse(struct options *o, int argc, char **argv)
{
    struct option list[ROWS + 1] = { { 0 } };
    int chosen;

    start_clean();
    options_default(o);
    o->model = program_invocation_short_name;
    for (int i = 0; i < ROWS; i++)
        list[i] = (struct option){ rows[i].name, rows[i].kind != FLAG, NULL, FIRST + i };
    opterr = 0;
    while ((chosen = getopt_long(argc, argv, ":", list, NULL)) != -1) {
        if (chosen == ':')
            die("%s wants a value: try --help", argv[optind - 1]);
        if (chosen == '?' && optopt > 0 && optopt < FIRST)
            die("unknown option -%c: try --help", optopt);
        if (chosen == '?')
            die("unknown option %s: try --help", argv[optind - 1]);
        const struct row *r = &rows[chosen - FIRST];
        if (!offered(o, r))
            die("--%s: %s", r->name, why_not(r));
        take(o, r, optarg);
    }
    if (o->db && !o->queries)
        die("--db '%s' wants --queries FILE: clients ask by a query's name", o->db);
    if (o->queries && !o->db)
        die("--queries wants --db: FILE.sqlite or postgres://...");
    if (optind < argc)
        die("what is '%s'? There are only options: try --help", argv[optind]);
    tell_remark = remark;
}
