#include "metrics.h"
#include "die.h"

#include <stdio.h>
#include <string.h>

static struct metrics own;
struct metrics *metrics = &own;

void metrics_share(void)
{
    if (metrics == &own)
        metrics = must_share(sizeof *metrics);
}

char *metrics_text(void)
{
    const struct { const char *name, *help; atomic_ullong *value; } rows[] = {
        { "connections_total", "Connections accepted", &metrics->connections },
        { "closed_total", "Connections that are over", &metrics->closed },
        { "requests_total", "HTTP requests, upgrades among them", &metrics->requests },
        { "refused_total", "Requests answered 4xx or 5xx", &metrics->refused },
        { "messages_received_total", "Messages that came in whole", &metrics->received },
        { "messages_delivered_total", "Messages left for clients", &metrics->delivered },
        { "overflows_total", "Clients that read too slowly", &metrics->overflowed },
        { "jobs_total", "Jobs finished", &metrics->jobs },
        { "subprotocols_unanswered_total",
          "Upgrades that offered only other subprotocols", &metrics->unanswered },
    };
    enum { ROOM = 2048 };
    char *text = must_alloc(ROOM);
    size_t n = 0;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        n += (size_t)snprintf(text + n, ROOM - n,
                              "# HELP relay_%s %s.\n"
                              "# TYPE relay_%s counter\nrelay_%s %llu\n",
                              rows[i].name, rows[i].help, rows[i].name, rows[i].name,
                              atomic_load_explicit(rows[i].value, memory_order_relaxed));
    return text;
}
