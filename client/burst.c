/* burst.c - ten clients call at the same moment; each waits for one answer.
 *
 * Each is a thread with calls that block, as simple as can be. So when an answer comes is
 * the server's doing: one by one, some at a time, or all at once. */
#include "clock.h"
#include "credential.h"
#include "die.h"
#include "start.h"
#include "url.h"
#include "values.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

struct client {
    pthread_t thread;
    int port;                   /* its own: the server's trace calls it by this */
    int64_t start, end;         /* of connecting; of the answer, when it was complete */
    char answer[8192];          /* head and body */
};

static struct url url;
static const char *credential = "";     /* a header of each request, or nothing */
static int64_t timeout = 60000 * MS;
static pthread_barrier_t go;

/* One failure fails the whole burst, and only the first is told. */
_Noreturn static void fail(const char *what, const char *why, const char *advice)
{
    flockfile(stderr);
    fprintf(stderr, "burst: %s %s: %.*s: %s\n", what, url.authority,
            (int)strcspn(why, "\n"), why, advice);
    _exit(1);
}

/* One request, and all that comes back until the server closes. */
static void *client(void *arg)
{
    struct client *c = arg;
    struct timeval patience = { timeout / (1000 * MS), timeout / 1000 % 1000000 };
    struct sockaddr_in6 ours = { 0 };   /* of IPv4 addresses, too, the port is here */
    size_t got = 0;
    ssize_t n;

    pthread_barrier_wait(&go);
    c->start = clock_now();
    int fd = url_connect(&url);
    if (fd < 0)
        fail("cannot connect to", strerror(errno), "is a server running there?");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    getsockname(fd, (struct sockaddr *)&ours, &(socklen_t){ sizeof ours });
    c->port = ntohs(ours.sin6_port);
    dprintf(fd, "GET %s HTTP/1.1\r\nHost: %s\r\n%sConnection: close\r\n\r\n", url.path,
            url.authority, credential);
    while ((n = recv(fd, c->answer + got, sizeof c->answer - 1 - got, 0)) > 0)
        got += (size_t)n;
    if (n < 0)
        fail("no answer from", strerror(errno), "see --timeout");
    c->end = clock_now();
    close(fd);
    return NULL;
}

static const char *body(const struct client *c)
{
    const char *blank = strstr(c->answer, "\r\n\r\n");
    return blank ? blank + 4 : "";
}

/* All have asked for the same, so all must have got the same. */
static void check(const struct client *c, const struct client *first)
{
    if (strncmp(c->answer, "HTTP/1.1 200 ", 13) != 0)
        fail("not served by", *body(c) ? body(c) : "no answer", "try it with curl");
    if (strcmp(body(c), body(first)) != 0)
        fail("not one answer from", body(c), "others got another");
}

static double seconds(int64_t ns) { return (double)ns / 1e9; }

/* Calls, waits, tells who was served when. Returns how long it took altogether. */
static double burst(struct client *clients, int count, FILE *timeline)
{
    int64_t first = NEVER, last = 0;

    pthread_barrier_init(&go, NULL, (unsigned)count);
    for (int i = 0; i < count; i++)
        if (pthread_create(&clients[i].thread, NULL, client, &clients[i]) != 0)
            die("no more than %d threads can be started: lower -c", i);
    for (struct client *c = clients; c < clients + count; c++) {
        pthread_join(c->thread, NULL);
        first = c->start < first ? c->start : first;
        last = c->end > last ? c->end : last;
    }
    for (struct client *c = clients; c < clients + count; c++) {
        check(c, clients);
        printf("client %2td  %7.3f s to %7.3f s  %s", c - clients,
               seconds(c->start - first), seconds(c->end - first), body(c));
        if (timeline)
            fprintf(timeline, "%td,%d,%" PRId64 ",%" PRId64 "\n", c - clients, c->port,
                    c->start, c->end);
    }
    printf("all %d served in %.3f s\n", count, seconds(last - first));
    return seconds(last - first);
}

static FILE *create(const char *name)
{
    FILE *f = fopen(name, "we");

    if (!f)
        die("cannot write %s: %s", name, strerror(errno));
    return f;
}

int main(int argc, char **argv)
{
    static const char usage[] = "usage: burst [-c CLIENTS (10)] [--timeline FILE] "
        "[--json FILE] [--timeout T (60s)] [--token FILE] "
        "http://127.0.0.1:9000/job/cpu:35";
    static const struct option options[] = {
        { "timeline", 1, 0, 't' }, { "json", 1, 0, 'j' }, { "timeout", 1, 0, 'T' },
        { "token", 1, 0, 'k' }, { "help", 0, 0, 'h' }, { 0, 0, 0, 0 },
    };
    FILE *timeline = NULL, *json = NULL;
    const char *why;
    int count = 10, option;

    start_clean();
    while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1)
        switch (option) {
        case 'c': count = atoi(optarg); break;
        case 't': timeline = create(optarg); break;
        case 'j': json = create(optarg); break;
        case 'T': if (!value_time(optarg, &timeout) || !timeout) die("%s", usage); break;
        case 'k': credential = credential_read("--token", optarg); break;
        case 'h': puts(usage); return 0;
        default:  return 2;
        }
    if (optind != argc - 1 || count < 1 || count > 10000)
        die("%s", usage);
    if (!url_parse(argv[optind], &url, &why))
        die("\"%s\": %s", argv[optind], why);
    if (url.scheme != URL_HTTP)
        die("%s", usage);
    signal(SIGPIPE, SIG_IGN);
    struct client *clients = calloc((size_t)count, sizeof *clients);
    if (timeline)
        fputs("client,port,start_ns,end_ns\n", timeline);
    double total = burst(clients, count, timeline);
    if (json)
        fprintf(json, "{ \"clients\": %d, \"total_s\": %.6f }\n", count, total);
    free(clients);
    return (timeline && fclose(timeline)) || (json && fclose(json));
}
