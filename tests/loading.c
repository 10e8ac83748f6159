#include "loading.h"
#include "clock.h"
#include "local.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct program epoll;
int port;

int start_epoll(void **state)
{
    (void)state;
    port = model_start(&epoll, "epoll", "");
    return 0;
}

int stop_epoll(void **state)
{
    (void)state;
    model_stop(&epoll);
    return 0;
}

/* ---- the right moment: a busy machine may take its time to get there ---- */

long messages_at(int its_port)
{
    static const char ask[] = "GET /metrics HTTP/1.1\r\nHost: x\r\n"
                              "Connection: close\r\n\r\n";
    static const char *const names[] = { "\nrelay_messages_received_total ",
                                         "\nrelay_jobs_total " };
    char text[4096];
    size_t have = 0;
    long sum = 0;
    ssize_t n;
    int fd = local_connected(its_port);

    assert_int_equal(send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL), sizeof ask - 1);
    while (have < sizeof text - 1
           && (n = recv(fd, text + have, sizeof text - 1 - have, 0)) > 0)
        have += (size_t)n;
    close(fd);
    text[have] = '\0';
    for (int i = 0; i < 2; i++) {
        const char *at = strstr(text, names[i]);
        check(at, "there is no %s in %s", names[i] + 1, text);
        sum += atol(at + strlen(names[i]));
    }
    return sum;
}

void wait_for_messages(int its_port, long wanted)
{
    int64_t patience = clock_now() + 10000 * MS;

    while (messages_at(its_port) < wanted) {
        check(clock_now() < patience, "bin/load sends hardly anything");
        pause_for(5 * MS);
    }
}

void halt(pid_t pid, int ms)
{
    kill(pid, SIGSTOP);
    pause_for(ms * MS);
    kill(pid, SIGCONT);
}

/* ---- what comes of a run ---- */

void ended_well(const struct result *r)
{
    check(r->status == 0 || r->status == 4, "exit status %d: %s%s", r->status, r->out,
          r->err);
}

static bool has(const struct result *r, const char *rule)
{
    char quoted[60];

    snprintf(quoted, sizeof quoted, "\"rule\": \"%s\"", rule);
    return strstr(r->out, quoted);
}

void went_well(const struct result *r)
{
    bool disturbed = has(r, "lag") || has(r, "client") || has(r, "foreign")
                  || has(r, "foreign_steal") || has(r, "foreign_wait") || has(r, "rate");
    bool wrong = has(r, "connections") || has(r, "unsent");

    check(r->status == 0 || (r->status == 4 && disturbed && !wrong),
          "exit status %d: %s%s", r->status, r->out, r->err);
    assert_int_equal(json_number(r->out, "lost", NULL), 0);
}

void invalid(const struct result *r, const char *rule)
{
    check(r->status == 4, "%s: exit status %d: %s%s", rule, r->status, r->out, r->err);
    check(has(r, rule), "rule %s is not in: %s", rule, r->out);
    tells(r->out, "\"valid\": false");
}

/* ---- what it writes elsewhere ---- */

struct output output_open(void)
{
    struct output o = { .file = tmpfile() };

    assert_non_null(o.file);
    snprintf(o.path, sizeof o.path, "/proc/%d/fd/%d", getpid(), fileno(o.file));
    return o;
}

bool next_row(FILE *csv, struct row *row)
{
    char line[200];

    while (fgets(line, sizeof line, csv))
        if (sscanf(line, "%lld,%lld,%d,%*d,%lld", &row->start, &row->end,
                   &row->connection, &row->due) == 4)
            return true;
    fclose(csv);
    return false;
}
