/* case_options.c - the command line, and the trace that it asks for. */
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int count_lines(const char *text)
{
    int count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* Exit 2, one line on stderr, nothing on stdout. */
static void refuses(const struct model *model, const char *options)
{
    char out[4096], err[4096];
    trying("%s", options);
    int status = model_run(model, options, out, err, sizeof err);
    check(status == 2, "exit status %d, not 2", status);
    check(count_lines(err) == 1 && strlen(err) > 10, "not one line on stderr: \"%s\"",
          err);
    check(!*out, "\"%s\" on stdout", out);
}

static void bad_options(struct server *s)
{
    static const char *const bad[] = {
        "--nonsense", "-x", "--port", "--port x", "--port -1", "--port 65536",
        "--port 1x", "--port 99999999999999999999", "--port 0 more",
        "--bind nowhere", "--bind 999.0.0.1", "--max-connections 0",
        "--max-connections x", "--max-message -5", "--max-head 0",
        "--max-message 99999999999999999999", "--max-output 1k", "--max-fib -1",
        "--max-fib x", "--max-wait 1.5", "--handshake-timeout -1",
        "--handshake-timeout x", "--ping-after x", "--pong-timeout -3",
        "--close-timeout x", "--port 0 --trace /nowhere/at/all", "--max-per-address -1",
        "--allow-origin http://a.example/", "--allow-origin *",
        "--allow-origin a.example",
        "--allow-origin http://a.example:80", "--allow-origin http://a,,http://b",
        "--allow-origin ws://a", "--subprotocol a,b", "--subprotocol",
        "--jwt-key", "--jwt-key /nowhere/at/all", "--jwt-key /dev/null",
        "--port 0 --files /nowhere/at/all", "--port 0 --files /dev/null", "--db x",
        "--queries /nowhere/at/all", "--queries /dev/null", "--upstream a.example",
        "--upstream https://a.example:443", "--upstream http://a.example:80/b",
        "--max-result -1", "--db-lines 0", "--db-queue x", "--queue-timeout 0",
        "--job-timeout 0",
        "--bind 192.0.2.1",    /* of documents, RFC 5737: nobody has it */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        refuses(s->model, bad[i]);
    refuses(s->model, s->model->crew ? "--workers 0" : "--workers 4");
    refuses(s->model, s->model->stacks ? "--max-stacks 0" : "--max-stacks 4");
    if (s->model->crew) {
        refuses(s->model, "--workers x");
        refuses(s->model, "--max-connections 4");       /* more than the crew wait */
    }
}

static void port_taken(struct server *s)
{
    char options[100];
    snprintf(options, sizeof options, "--port %d", s->port);
    refuses(s->model, options);
    struct client *c = client_join(s, "/relay/mine");
    client_text(c, "still mine");
    expect_text(c, "still mine");
}

static void help(struct server *s)
{
    static const char *const options[] = {
        "--port", "--bind", "--max-head", "--max-message",
        "--max-output", "--max-fib", "--max-wait", "--handshake-timeout", "--ping-after",
        "--pong-timeout", "--close-timeout", "--allow-origin", "--max-per-address",
        "--subprotocol", "--jwt-key", "--files", "--db", "--queries", "--upstream",
        "--max-result", "--db-lines", "--db-queue", "--queue-timeout", "--job-timeout",
        "--trace", "--allow-crash", "--quiet", "--help", "--version",
    };
    char out[8192], err[8192];
    int status = model_run(s->model, "--help", out, err, sizeof out);
    check(status == 0, "--help: exit status %d", status);
    check(!*err, "--help: \"%s\" on stderr", err);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        check(strstr(out, options[i]), "--help does not tell of %s", options[i]);
    status = model_run(s->model, "--version", out, err, sizeof out);
    check(status == 0 && count_lines(out) == 1 && !*err, "--version: status %d, \"%s\"",
          status, out);
}

/* How many it serves has a bound, and an option. Whether it serves several is known only
 * when it serves one. */
static void help_tells_the_bound(struct server *s)
{
    const char *bound = s->model->crew ? "--workers" : "--max-connections";
    char out[8192], err[8192];
    model_run(s->model, "--help", out, err, sizeof out);
    check(strstr(out, bound) || s->model->single, "--help does not tell of %s", bound);
}

/* ---- the trace ---- */

static char folder[64], file[100];

static void make_folder(void)
{
    strcpy(folder, "/tmp/conformance-XXXXXX");
    check(mkdtemp(folder), "cannot make a folder");
    snprintf(file, sizeof file, "%s/trace.csv", folder);
}

static void remove_folder(void)
{
    unlink(file);
    check(rmdir(folder) == 0, "more than the trace was written into its folder");
}

static const char *const events[] = { "open", "request", "start", "done", "close" };
enum { START = 2, DONE = 3, EVENTS = 5 };

/* Reads the rows of one connection; each event may come once. Returns how many came. */
static int read_trace(int connection, long long *ns)
{
    char row[200];
    int count = 0, number = 0;
    FILE *rows = fopen(file, "re");
    check(rows, "there is no trace");
    while (fgets(row, sizeof row, rows)) {
        long long at;
        int pid, who, end = 0;
        char event[20], newline;
        if (number++ == 0 && !strcmp(row, "ns,pid,connection,event\n"))
            continue;
        int fields = sscanf(row, "%lld,%d,%d,%19[a-z]%c%n", &at, &pid, &who, event,
                            &newline, &end);
        check(fields == 5 && newline == '\n' && !row[end] && pid > 1, "a row \"%s\"",
              row);
        int e = 0;
        while (e < EVENTS && strcmp(event, events[e]))
            e++;
        check(e < EVENTS, "an event \"%s\"", event);
        if (who == connection) {
            check(e == count, "event %d of the connection is \"%s\"", count, event);
            ns[count++] = at;
        }
    }
    fclose(rows);
    return count;
}

static void traced(struct server *bare)
{
    static const char *const jobs[] = { "/job/sleep:30", "/job/nap:30" };
    make_folder();
    for (size_t i = 0; i < sizeof jobs / sizeof *jobs; i++) {
        char options[200];
        long long ns[EVENTS];
        struct answer a;
        trying("%s", jobs[i]);
        snprintf(options, sizeof options, "--trace %s", file);
        struct server *s = server_start(bare->model, options, NULL);
        struct client *c = client_connect(s);
        int port = client_port(c);
        http_get(c, jobs[i], &a);
        client_close(c);
        pause_ms(20);
        server_stop(s, SIGTERM);
        int n = read_trace(port, ns);
        check(n == EVENTS, "only %d events of the connection are traced", n);
        for (int k = 1; k < EVENTS; k++)
            check(ns[k - 1] <= ns[k], "%s comes before %s", events[k], events[k - 1]);
        check(ns[DONE] - ns[START] >= 30000000, "a job of 30 ms is traced as %lld ns",
              ns[DONE] - ns[START]);
        unlink(file);
    }
    remove_folder();
}

/* A sleep lasts from when its job begins. What has been done before, since the loop last
 * looked at the clock, takes nothing off. All ask while the server is stopped, so a loop
 * finds them in one turn: in whichever order it takes them, a sleep comes after a nap. */
static void sleep_after_nap(struct server *bare)
{
    static const char *const jobs[] = { "sleep:150", "nap:100", "sleep:150" };
    enum { CLIENTS = sizeof jobs / sizeof *jobs };
    struct client *c[CLIENTS];
    int port[CLIENTS];
    char options[200], request[100];
    make_folder();
    snprintf(options, sizeof options, "--trace %s", file);
    struct server *s = server_start(bare->model, options, NULL);
    for (int i = 0; i < CLIENTS; i++) {
        c[i] = client_connect(s);
        port[i] = client_port(c[i]);
    }
    for (int ms = 0; server_backlog(s) > 0 && ms < PATIENCE; ms++)
        pause_ms(1);
    server_freeze(s);
    for (int i = 0; i < CLIENTS; i++) {
        int n = snprintf(request, sizeof request,
                         "GET /job/%s HTTP/1.1\r\nHost: h\r\n\r\n", jobs[i]);
        client_write(c[i], request, (size_t)n);
    }
    kill(-s->pid, SIGCONT);
    for (int i = 0; i < CLIENTS; i++) {
        struct answer a;
        http_read(c[i], &a, false);
        check(a.status == 200, "%s is answered %d", jobs[i], a.status);
        client_close(c[i]);
    }
    server_stop(s, SIGTERM);
    for (int i = 0; i < CLIENTS; i++) {
        long long ns[EVENTS];
        check(read_trace(port[i], ns) >= DONE + 1, "%s is not traced", jobs[i]);
        int ms = (int)((ns[DONE] - ns[START]) / MS);
        check(ms >= atoi(strchr(jobs[i], ':') + 1),
              "%s is over after %d ms, beside a nap", jobs[i], ms);
    }
    unlink(file);
    remove_folder();
}

/* Nobody's file is overwritten, nor one that a link leads to. */
static void trace_refused(struct server *s)
{
    char options[200], target[100];
    struct stat st;
    make_folder();
    snprintf(options, sizeof options, "--port 0 --trace %s", file);
    int fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    check(fd >= 0 && write(fd, "mine\n", 5) == 5, "cannot write a file");
    close(fd);
    refuses(s->model, options);
    check(stat(file, &st) == 0 && st.st_size == 5, "an existing file was touched");
    unlink(file);
    snprintf(target, sizeof target, "%s/elsewhere", folder);
    check(symlink(target, file) == 0, "cannot make a link");
    refuses(s->model, options);
    check(access(target, F_OK) < 0, "a link was followed");
    refuses(s->model, "--port 0 --trace /dev/null");
    check(access("/dev/null", W_OK) == 0, "there is no /dev/null any more");
    remove_folder();
}

/* Who comes too late for the port may come again with the same trace. */
static void no_trace_of_a_failure(struct server *s)
{
    char options[200];
    make_folder();
    snprintf(options, sizeof options, "--port %d --trace %s", s->port, file);
    refuses(s->model, options);
    check(access(file, F_OK) < 0, "there is a trace of a server that never was");
    remove_folder();
}

const struct trial option_trials[] = {
    TRIAL("bad options", bad_options, .bare = true),
    TRIAL("the port is taken", port_taken, .step = SERVES),
    TRIAL("--help and --version", help, .bare = true),
    TRIAL("--help tells how many clients it serves", help_tells_the_bound, .bare = true,
          .step = SERVES),
    TRIAL("a trace", traced, .step = SERVES, .bare = true),
    TRIAL("a sleep that begins after a nap", sleep_after_nap, .step = RELAYS,
          .bare = true, .needs = SEVERAL),
    TRIAL("a trace overwrites nothing", trace_refused, .bare = true),
    TRIAL("no trace where the port is taken", no_trace_of_a_failure),
    { 0 },
};
