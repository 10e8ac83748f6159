#include "flags.h"
#include "clock.h"
#include "die.h"
#include "payload.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE = 256, TEXT, BINARY, ROOMS, WARMUP, SENDERS, BURST, TIMEOUT, JSON, TIMELINE, HDR,
    SERVER, QUIET, HELP, VERSION,
};

static const struct option options[] = {
    { "connections", required_argument, NULL, 'c' },
    { "messages", required_argument, NULL, 'n' },
    { "duration", required_argument, NULL, 'd' },
    { "size", required_argument, NULL, SIZE },
    { "text", no_argument, NULL, TEXT },
    { "binary", no_argument, NULL, BINARY },
    { "rooms", required_argument, NULL, ROOMS },
    { "senders", required_argument, NULL, SENDERS },
    { "burst", required_argument, NULL, BURST },
    { "warmup", required_argument, NULL, WARMUP },
    { "timeout", required_argument, NULL, TIMEOUT },
    { "server-pid", required_argument, NULL, SERVER },
    { "json", required_argument, NULL, JSON },
    { "hdr", required_argument, NULL, HDR },
    { "timeline", required_argument, NULL, TIMELINE },
    { "quiet", no_argument, NULL, QUIET },
    { "help", no_argument, NULL, HELP },
    { "version", no_argument, NULL, VERSION },
    { NULL, 0, NULL, 0 },
};

static const char help[] =
    "usage: load [options] URL\n"
    "\n"
    "Sends messages, waits until they come back, and tells how long that took. A\n"
    "connection sends again when its own message is back (a closed loop). What comes\n"
    "back is checked to be what was sent.\n"
    "\n"
    "  ws://127.0.0.1:9000/relay/ROOM   all connections in one room; see --rooms\n"
    "  ws://127.0.0.1:9000/job/cpu:20   each message is answered with a job's result\n"
    "  tcp://127.0.0.1:9000             bytes to an echo server, without any protocol\n"
    "\n"
    "  -c, --connections N   (1)\n"
    "  -n, --messages N      in total, over all connections\n"
    "  -d, --duration T      10s, 500ms, 2m (10s, or until -n)\n"
    "      --size N          bytes a message (64); shared rooms need 24, to tell whose\n"
    "      --text            text messages instead of binary ones\n"
    "      --rooms N         spread the connections over ROOM-0 .. ROOM-(N-1)\n"
    "      --senders N       members of each room that send; the others listen (all)\n"
    "      --burst N         messages in one write; the next when all are back (1)\n"
    "      --warmup T        time that is checked, but not counted (0)\n"
    "      --timeout T       longest wait for a connection or an answer (10s)\n"
    "      --server-pid PID  report CPU time and context switches of the server, its\n"
    "                        threads and its children\n"
    "      --json FILE       the report as JSON; - is stdout\n"
    "      --hdr FILE        the latency distribution, for HdrHistogram's plotters\n"
    "      --timeline FILE   a CSV row per message: start_ns,end_ns,connection,port\n"
    "      --quiet           no report in words and no progress\n"
    "      --help, --version\n"
    "\n"
    "exit status: 0 fine, 1 failed, 2 wrong usage, 3 messages lost or damaged,\n"
    "130 interrupted\n";

/* A whole number within bounds, or the end. */
static int64_t number(const char *name, const char *text, int64_t least, int64_t most)
{
    char *end;
    long long n = strtoll(text, &end, 10);

    if (end == text || *end || *text == ' ' || n < least || n > most)
        die("%s takes a number from %lld to %lld, not \"%s\"", name, (long long)least,
            (long long)most, text);
    return n;
}

bool flags_time(const char *text, int64_t *ns)
{
    static const struct { const char *name; double ns; } units[] = {
        { "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "m", 60e9 },
    };
    char *end;
    double n = strtod(text, &end);

    if (end == text || *text < '0' || *text > '9' || !(n <= 1e6))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].name) == 0) {
            *ns = (int64_t)(n * units[i].ns);
            return true;
        }
    return false;
}

static int64_t duration(const char *name, const char *text)
{
    int64_t ns;

    if (!flags_time(text, &ns))
        die("%s takes a time as 10s, 500ms or 2m, not \"%s\"", name, text);
    return ns;
}

bool flags_path(const struct flags *f, int room, char path[URL_PATH])
{
    const char *whole = f->url.path;
    int head = (int)strcspn(whole, "?"), n;

    if (!f->numbered)
        n = snprintf(path, URL_PATH, "%s", whole);
    else
        n = snprintf(path, URL_PATH, "%.*s-%d%s", head, whole, room, whole + head);
    return n < URL_PATH;
}

static void print_version(void)
{
    puts("load, of relayrace 0.1.0");
    exit(0);
}

static void print_help(void)
{
    fputs(help, stdout);
    exit(0);
}

static void take(struct flags *f, int option)
{
    switch (option) {
    case 'c':      f->connections = (int)number("-c", optarg, 1, 1000000); break;
    case 'n':      f->messages = (uint64_t)number("-n", optarg, 1, INT64_MAX); break;
    case 'd':      f->duration = duration("-d", optarg); break;
    case SIZE:     f->size = (size_t)number("--size", optarg, 0, 1 << 30); break;
    case TEXT:     f->text = true; break;
    case BINARY:   f->text = false; break;
    case ROOMS:    f->rooms = (int)number("--rooms", optarg, 1, 1000000); break;
    case SENDERS:  f->senders = (int)number("--senders", optarg, 1, 1000000); break;
    case BURST:    f->burst = (int)number("--burst", optarg, 1, 1000000); break;
    case WARMUP:   f->warmup = duration("--warmup", optarg); break;
    case TIMEOUT:  f->timeout = duration("--timeout", optarg); break;
    case SERVER:   f->server = (int)number("--server-pid", optarg, 1, 1 << 30); break;
    case JSON:     f->json = optarg; break;
    case HDR:      f->hdr = optarg; break;
    case TIMELINE: f->timeline = optarg; break;
    case QUIET:    f->quiet = true; break;
    case HELP:     print_help(); break;
    case VERSION:  print_version(); break;
    default:       exit(2);     /* getopt_long(3) has said what is wrong */
    }
}

/* Who shares a room, and whether its messages can be told apart there. */
static void settle_rooms(struct flags *f)
{
    char path[URL_PATH];

    f->numbered = f->rooms > 0;
    if (f->mode != MODE_RELAY && f->numbered)
        die("--rooms is for ws://.../relay/ROOM: elsewhere nobody shares messages");
    if (f->mode != MODE_RELAY)
        f->rooms = f->connections;
    else if (!f->numbered)
        f->rooms = 1;
    if (f->rooms > f->connections)
        die("--rooms %d leaves rooms empty: there are %d connections, see -c", f->rooms,
            f->connections);
    if (!flags_path(f, f->rooms - 1, path))
        die("the URL's path is too long to number its rooms");
    if (f->size < STAMP && f->mode == MODE_RELAY && f->rooms < f->connections)
        die("--size %zu is too small to tell whose message it is when a room is shared: "
            "use --size %d, or --rooms %d", f->size, STAMP, f->connections);
}

static void check(struct flags *f)
{
    int largest;

    if (f->size == 0 && f->mode == MODE_RAW)
        die("--size 0 sends nothing over tcp://: use 1 or more");
    settle_rooms(f);
    largest = (f->connections + f->rooms - 1) / f->rooms;
    if (f->senders == 0)
        f->senders = largest;
    if (f->senders > largest)
        die("--senders %d: the largest room has %d members", f->senders, largest);
    if ((double)f->senders * f->rooms * f->burst * (double)(f->size + 14) > 1e9)
        die("more than 1 GB would be under way at once: lower --burst, --size or -c");
    if (f->duration == 0)
        die("-d 0 measures nothing");
    if (f->timeout == 0)
        die("--timeout 0 gives the server no time at all");
}

static char *join(int argc, char **argv)
{
    size_t size = 1;

    for (int i = 0; i < argc; i++)
        size += strlen(argv[i]) + 1;
    char *line = must_alloc(size), *end = line;
    for (int i = 0; i < argc; i++)
        end += sprintf(end, "%s%s", i ? " " : "", argv[i]);
    return line;
}

void flags_parse(struct flags *f, int argc, char **argv)
{
    const char *why;
    int option;

    *f = (struct flags){
        .line = join(argc, argv), .connections = 1, .burst = 1, .size = 64,
        .messages = UINT64_MAX, .duration = -1, .timeout = 10000 * MS,
    };
    while ((option = getopt_long(argc, argv, "c:n:d:", options, NULL)) != -1)
        take(f, option);
    if (optind != argc - 1)
        die("%s URL: try load --help", optind == argc ? "there is no" : "give only one");
    f->text_url = argv[optind];
    if (!url_parse(f->text_url, &f->url, &why))
        die("\"%s\": %s", f->text_url, why);
    if (f->url.scheme == URL_HTTP)
        die("http:// is for bin/burst; load takes ws:// or tcp://");
    f->mode = f->url.scheme == URL_TCP ? MODE_RAW
            : strncmp(f->url.path, "/job/", 5) == 0 ? MODE_JOB : MODE_RELAY;
    if (f->duration < 0)
        f->duration = f->messages < UINT64_MAX ? NEVER : 10000 * MS;
    check(f);
}
