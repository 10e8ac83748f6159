#include "behind.h"
#include "trial.h"
#include "wsclient.h"
#include "clock.h"
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A query that waits is found among those of the server that has asked it. */
static const char queries[] =
    "point: SELECT name FROM item WHERE id = $1\n"
    "echo: SELECT $1::text\n"
    "rows: SELECT i, NULL, 'b' FROM generate_series(1, 2) AS s(i)\n"
    "none: SELECT 1 WHERE false\n"
    "wrong: SELECT 1 / 0\n"
    "open: BEGIN\n"
    "copy: COPY item TO STDOUT\n"
    "long: SELECT repeat('x', 999) FROM generate_series(1, $1::int)\n"
    "session: SELECT pg_backend_pid() FROM pg_sleep(0.05)\n"
    "wait: SELECT 'waited' FROM pg_sleep($1::float8 / 1000)\n"
    "waiting: SELECT count(*) FROM pg_stat_activity WHERE application_name = $1\n"
    "    AND wait_event = 'PgSleep'\n";

const char *behind_address(void)
{
    const char *bin = getenv("BIN");
    char module[300];
    snprintf(module, sizeof module, "%.200s/postgres.so", bin ? bin : "bin");
    if (!getenv("RELAY_PG") || !getenv("PG_URL"))
        pass_over("there is no PostgreSQL here: make test-postgres");
    if (access(module, R_OK) != 0)
        pass_over("libpq's headers are missing: make deps-dev");
    return getenv("PG_URL");
}

struct server *behind_start(const struct model *model, const char *where,
                            const char *name, const char *more)
{
    char file[] = "/tmp/conformance-XXXXXX", options[900];
    int fd = mkostemp(file, O_CLOEXEC);
    check(fd >= 0 && write(fd, queries, strlen(queries)) == (ssize_t)strlen(queries),
          "cannot write the queries");
    close(fd);
    snprintf(options, sizeof options, "--queries %s --db %s&application_name=%s%s%s",
             file, where, name, *more == '&' ? "" : " ", more);
    struct server *s = server_start(model, options, NULL);
    unlink(file);               /* it has been read */
    return s;
}

const char *behind_name(void)
{
    static char name[40];
    snprintf(name, sizeof name, "trial-%llx", (unsigned long long)clock_now());
    return name;
}

void behind_until(struct server *s, const char *name, int n)
{
    char target[100], wanted[20];
    struct answer a = { .status = 0 };
    int64_t end = clock_now() + PATIENCE * MS;
    snprintf(target, sizeof target, "/job/sql:waiting:%s", name);
    snprintf(wanted, sizeof wanted, "%d\n", n);
    for (; a.status != 200 || strcmp(a.body, wanted) != 0; pause_ms(5)) {
        check(clock_now() < end, n ? "the database is not asked"
              : "the database goes on with a query that nobody waits for");
        struct client *c = client_connect(s);
        http_get(c, target, &a);
        client_close(c);
    }
}

struct database behind_database(char *folder)
{
    char *const words[] = { "tests/with-postgres", "--at", folder, "bash", "-c",
                            "echo up; exec cat", NULL };
    int in[2], out[2];
    char c;
    check(pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0, "no pipe");
    struct database d = { .pid = fork(), .line = in[1] };
    if (d.pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        execv(words[0], words);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    struct pollfd line = { out[0], POLLIN, 0 };
    check(poll(&line, 1, 6 * PATIENCE) == 1 && read(out[0], &c, 1) == 1,
          "there is no second PostgreSQL");
    close(out[0]);
    return d;
}

void behind_end(struct database d)
{
    close(d.line);
    waitpid(d.pid, NULL, 0);
}
