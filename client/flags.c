#include "flags.h"
#include "agree.h"
#include "clock.h"
#include "credential.h"
#include "die.h"
#include "values.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SIZE = 256, TEXT, BINARY, ROOMS, ROOM_PATH, SUBPROTOCOL, TOKEN, WARMUP, SENDERS,
    BURST, TIMEOUT, JSON, TIMELINE, HDR, CSV, SERVER, RATE, ARRIVAL, SEED, STAGE,
    CONNECT_RATE, CHURN, THINK, THREADS, DRAIN, SLO, MAX_LOSS, MAX_REFUSED, PATIENCE,
    RETRIES, RETRY_AFTER, MAX_GIVEN_UP, QUIET, HELP, VERSION,
};

static const struct option options[] = {
    { "connections", required_argument, NULL, 'c' },
    { "messages", required_argument, NULL, 'n' },
    { "duration", required_argument, NULL, 'd' },
    { "rate", required_argument, NULL, RATE },
    { "arrival", required_argument, NULL, ARRIVAL },
    { "seed", required_argument, NULL, SEED },
    { "think", required_argument, NULL, THINK },
    { "burst", required_argument, NULL, BURST },
    { "size", required_argument, NULL, SIZE },
    { "text", no_argument, NULL, TEXT },
    { "binary", no_argument, NULL, BINARY },
    { "rooms", required_argument, NULL, ROOMS },
    { "room-path", required_argument, NULL, ROOM_PATH },
    { "subprotocol", required_argument, NULL, SUBPROTOCOL },
    { "token", required_argument, NULL, TOKEN },
    { "senders", required_argument, NULL, SENDERS },
    { "stage", required_argument, NULL, STAGE },
    { "connect-rate", required_argument, NULL, CONNECT_RATE },
    { "churn", required_argument, NULL, CHURN },
    { "patience", required_argument, NULL, PATIENCE },
    { "retries", required_argument, NULL, RETRIES },
    { "retry-after", required_argument, NULL, RETRY_AFTER },
    { "threads", required_argument, NULL, THREADS },
    { "warmup", required_argument, NULL, WARMUP },
    { "drain", required_argument, NULL, DRAIN },
    { "timeout", required_argument, NULL, TIMEOUT },
    { "slo-p99", required_argument, NULL, SLO },
    { "max-loss", required_argument, NULL, MAX_LOSS },
    { "max-refused", required_argument, NULL, MAX_REFUSED },
    { "max-given-up", required_argument, NULL, MAX_GIVEN_UP },
    { "server-pid", required_argument, NULL, SERVER },
    { "json", required_argument, NULL, JSON },
    { "csv", required_argument, NULL, CSV },
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
    "connection sends again when its own message is back (a closed loop), or, with --rate,\n"
    "at times that were fixed beforehand (an open loop). What comes back is checked to be\n"
    "what was sent, and the measurement itself to be worth believing.\n"
    "\n"
    "  ws://127.0.0.1:9000/relay/ROOM   all connections in one room; see --rooms\n"
    "  ws://127.0.0.1:9000/any/other    likewise; of an echo server with --rooms as -c\n"
    "  ws://127.0.0.1:9000/job/cpu:20   each message is answered with a job's result\n"
    "  http://127.0.0.1:9000/job/cpu:20 the same, asked for in requests\n"
    "  tcp://127.0.0.1:9000             bytes to an echo server, without any protocol\n"
    "\n"
    "A host is a name or an address ([::1] in brackets); a port not told is 80.\n"
    "\n"
    "how much\n"
    "  -c, --connections N   (1)\n"
    "  -n, --messages N      in total, over all connections\n"
    "  -d, --duration T      10s, 500ms, 2m (10s, or until -n)\n"
    "      --rate R          messages a second in total, due at t0 + k/R whatever the\n"
    "                        server does; A:B goes from A to B during -d\n"
    "      --arrival HOW     uniform, or poisson: at random, R a second on average\n"
    "      --seed N          poisson: the same N, the same arrivals (drawn at random, and\n"
    "                        told in the report)\n"
    "      --think T         closed loop: pause before a connection sends again (0)\n"
    "      --burst N         closed loop: messages in one write, the next when all are\n"
    "                        back (1)\n"
    "\n"
    "what, and over which connections\n"
    "      --size N, A-B     bytes a message (64); shared rooms need 24, to tell whose\n"
    "      --text            text messages instead of binary ones\n"
    "      --rooms N         spread the connections over N rooms; as many as connections:\n"
    "                        each on its own, as for an echo server (1)\n"
    "      --room-path PATH  of each room, {} is its number; without it /relay/ROOM is\n"
    "                        /relay/ROOM-{}, and every other URL stays as it is\n"
    "      --subprotocol NAME\n"
    "                        offered to ws://, and to be answered\n"
    "      --token FILE      the token in that file goes with every request and upgrade:\n"
    "                        Authorization: Bearer\n"
    "      --senders N       members of each room that send; the others listen (all)\n"
    "      --stage T:N       N connections for the time T, instead of -c and -d; give it\n"
    "                        several times, for one stage after the other\n"
    "      --connect-rate R  connections begun a second (as fast as they are taken)\n"
    "      --churn N         a new connection after N messages; 1 with http:// is a\n"
    "                        connection for each request\n"
    "      --threads N       when one core is not enough for the client (1)\n"
    "\n"
    "users of http:// who do not wait for ever\n"
    "      --patience T      a request that is not answered within T is given up, and its\n"
    "                        connection closed (--timeout, which ends the run)\n"
    "      --retries N       one that is given up, or answered with 5xx, is asked again, N\n"
    "                        times at most (0)\n"
    "      --retry-after T   not at once, but after this pause (0)\n"
    "\n"
    "how long, and how good it has to be\n"
    "      --warmup T        time that is checked, but not counted (0)\n"
    "      --timeout T       longest wait for a connection or an answer (10s)\n"
    "      --drain T         longest wait for what is under way at the end, before it\n"
    "                        is called lost (--timeout)\n"
    "      --slo-p99 T       the response time's p99 must not be longer\n"
    "      --max-loss N      deliveries that may be lost (0)\n"
    "      --max-refused N   http:// answers that may be other than 2xx, as 503 (0)\n"
    "      --max-given-up N  http:// requests that may be given up (0)\n"
    "\n"
    "what it tells\n"
    "      --server-pid PID  report CPU time and context switches of the server, its\n"
    "                        threads and its children; and see who else used the CPU\n"
    "      --json FILE       the report as JSON; - is stdout\n"
    "      --csv FILE        a row a second: rate, percentiles, connections, errors\n"
    "      --hdr FILE        the response times, for HdrHistogram's plotters\n"
    "      --timeline FILE   a CSV row per message: start_ns,end_ns,connection,port,due_ns\n"
    "      --quiet           no report in words and no progress\n"
    "      --help, --version\n"
    "\n"
    "exit status: 0 fine, 1 failed, 2 wrong usage, 3 messages lost or damaged, answers\n"
    "not 2xx, requests given up, or --slo-p99 broken, 4 the measurement is not valid,\n"
    "130 interrupted\n";

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

/* "1000", or "1000:5000". */
static void take_rate(struct flags *f, char *text)
{
    char *colon = strchr(text, ':');

    if (colon)
        *colon = '\0';
    f->rate = value_rate("--rate", text);
    f->rate_to = colon ? value_rate("--rate", colon + 1) : f->rate;
    f->open_loop = true;
    if (f->rate + f->rate_to == 0)
        die("--rate 0 sends nothing");
    if (colon)
        *colon = ':';
}

static void take_arrival(struct flags *f, const char *text)
{
    f->poisson = strcmp(text, "poisson") == 0;
    if (!f->poisson && strcmp(text, "uniform") != 0)
        die("--arrival is uniform or poisson, not \"%s\"", text);
}

static void take_seed(struct flags *f, const char *text)
{
    f->seed = (uint64_t)value_number("--seed", text, 0, UINT32_MAX);
    f->seeded = true;
}

/* "64", or "64-1024". */
static void take_size(struct flags *f, char *text)
{
    char *dash = strchr(text, '-');

    if (dash == text)
        dash = NULL;
    if (dash)
        *dash = '\0';
    f->size_least = (size_t)value_number("--size", text, 0, 1 << 30);
    f->size = dash ? (size_t)value_number("--size", dash + 1, 0, 1 << 30) : f->size_least;
    if (f->size < f->size_least)
        die("--size %s-%s: the smaller one comes first", text, dash + 1);
    if (dash)
        *dash = '-';
}

/* "5s:100". */
static void take_stage(struct flags *f, char *text)
{
    char *colon = strchr(text, ':');
    struct stage *s = &f->stages[f->stage_count++];

    if (!colon || f->stage_count == STAGES)
        die(colon ? "more than %d stages" : "--stage takes T:N, as 5s:100", STAGES - 1);
    *colon = '\0';
    s->duration = value_duration("--stage", text);
    s->connections = (int)value_number("--stage", colon + 1, 1, 1000000);
    *colon = ':';
    if (s->duration == 0)
        die("--stage 0:%d has no time for it", s->connections);
}

static void take_room_path(struct flags *f, const char *path)
{
    bool legal = path[0] == '/' && !strchr(path, '#');

    for (const char *s = path; *s; s++)
        legal &= *s > ' ' && *s <= '~';
    if (!legal)
        die("--room-path takes a path as /chat/{}?as=me, not \"%s\"", path);
    f->room_path = path;
}

static void take_token(struct flags *f, const char *path)
{
    free(f->credential);        /* the last one counts */
    f->credential = credential_read("--token", path);
}

static int count(const char *name)
{
    return (int)value_number(name, optarg, 1, 1000000);
}

static uint64_t large(const char *name, int64_t least)
{
    return (uint64_t)value_number(name, optarg, least, INT64_MAX);
}

static void take(struct flags *f, int option)
{
    switch (option) {
    case 'c':      f->connections = count("-c"); break;
    case 'n':      f->messages = large("-n", 1); break;
    case 'd':      f->duration = value_duration("-d", optarg); break;
    case RATE:     take_rate(f, optarg); break;
    case ARRIVAL:  take_arrival(f, optarg); break;
    case SEED:     take_seed(f, optarg); break;
    case THINK:    f->think = value_duration("--think", optarg); break;
    case BURST:    f->burst = count("--burst"); break;
    case SIZE:     take_size(f, optarg); break;
    case TEXT:     f->text = true; break;
    case BINARY:   f->text = false; break;
    case ROOMS:    f->rooms = count("--rooms"); break;
    case SUBPROTOCOL: f->subprotocol = optarg; break;
    case TOKEN:    take_token(f, optarg); break;
    case ROOM_PATH: take_room_path(f, optarg); break;
    case SENDERS:  f->senders = count("--senders"); break;
    case STAGE:    take_stage(f, optarg); break;
    case CONNECT_RATE: f->connect_rate = value_rate("--connect-rate", optarg); break;
    case CHURN:    f->churn = large("--churn", 1); break;
    case PATIENCE: f->patience = value_duration("--patience", optarg); break;
    case RETRIES:
        f->retries = (uint32_t)value_number("--retries", optarg, 0, 1000000);
        break;
    case RETRY_AFTER: f->retry_after = value_duration("--retry-after", optarg); break;
    case THREADS:  f->threads = count("--threads"); break;
    case WARMUP:   f->warmup = value_duration("--warmup", optarg); break;
    case TIMEOUT:  f->timeout = value_duration("--timeout", optarg); break;
    case DRAIN:    f->drain = value_duration("--drain", optarg); break;
    case SLO:      f->slo = value_duration("--slo-p99", optarg); break;
    case MAX_LOSS: f->max_loss = large("--max-loss", 0); break;
    case MAX_REFUSED: f->max_refused = large("--max-refused", 0); break;
    case MAX_GIVEN_UP: f->max_given_up = large("--max-given-up", 0); break;
    case SERVER:
        f->server = (int)value_number("--server-pid", optarg, 1, 1 << 30);
        break;
    case JSON:     f->json = optarg; break;
    case CSV:      f->csv = optarg; break;
    case HDR:      f->hdr = optarg; break;
    case TIMELINE: f->timeline = optarg; break;
    case QUIET:    f->quiet = true; break;
    case HELP:     print_help(); break;
    case VERSION:  print_version(); break;
    default:       exit(2);     /* getopt_long(3) has said what is wrong */
    }
}

static enum mode mode_of(const struct url *url)
{
    switch (url->scheme) {
    case URL_TCP:  return MODE_RAW;
    case URL_HTTP: return MODE_HTTP;
    case URL_WS:   break;
    }
    return strncmp(url->path, "/job/", 5) == 0 ? MODE_JOB : MODE_RELAY;
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
        .line = join(argc, argv), .threads = 1, .burst = 1, .size_least = 64, .size = 64,
        .messages = UINT64_MAX, .duration = -1, .timeout = 10000 * MS, .drain = -1,
        .slo = NEVER, .patience = NEVER,
    };
    while ((option = getopt_long(argc, argv, "c:n:d:", options, NULL)) != -1)
        take(f, option);
    if (optind != argc - 1)
        die("%s URL: try load --help", optind == argc ? "there is no" : "give only one");
    f->text_url = argv[optind];
    if (!url_parse(f->text_url, &f->url, &why))
        die("\"%s\": %s", f->text_url, why);
    f->mode = mode_of(&f->url);
    agree(f);
}
