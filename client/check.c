#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const double least_rate = 0.99, most_lag = 0.2, most_client = 0.8,
    most_foreign = 0.1, seconds_for_client = 0.1, seconds_for_foreign = 0.5;
static const int64_t lag_allowed = 1000000;

/* For somebody who sees such a word for the first time. */
static const struct { const char *rule, *advice; } advices[RULES] = {
    { "rate",
      "The times tell how long the run was, and not how long an answer takes. How "
      "much was answered a second is still true, and is about the most that is "
      "possible here. Ask for a lower --rate." },
    { "unsent",
      "What was never sent has no time, so the times look better than they are. Ask "
      "for a lower --rate, or for more connections to send on." },
    { "lag",
      "This program did not get the CPU when a message was due: the machine is busy "
      "with other things, or has too few cores for both client and server at this "
      "load; or an answer takes hardly longer than it takes to wake a program. The "
      "times contain our own lateness; what was counted, and the CPU time a message, is "
      "still true. Stop what else is running, ask for a lower --rate or fewer "
      "connections, or leave out --rate and say --think 50ms: a closed loop has no "
      "schedule to be late for." },
    { "client",
      "The times may be our own. The server can do at least as much as it did here, "
      "and the CPU time a message is still true." },
    { "connections",
      "The load was a smaller one than was asked for. See the server's limits "
      "(--workers, --max-connections), and whether it closes idle connections." },
    { "foreign",
      "What others took was not there for the server, so it may be faster than "
      "this. The CPU time a message is still true. Stop what else is running." },
    { "foreign_steal",
      "This machine is a virtual one, and its host gave the core to other guests, which "
      "cannot be seen from here. The CPU time a message is about true. Try again at "
      "another time, or on another host." },
    { "foreign_wait",
      "The times contain the waiting for a core, while the CPU time a message is still "
      "true. Stop what else is running, or give the server a core of its own, as with "
      "taskset." },
};

static const char *advice(const char *rule)
{
    int i = 0;

    while (i < RULES - 1 && strcmp(advices[i].rule, rule) != 0)
        i++;
    return advices[i].advice;
}

static void object(struct verdict *v, const char *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void object(struct verdict *v, const char *rule, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    v->reasons[v->count].rule = rule;
    v->reasons[v->count].advice = advice(rule);
    vsnprintf(v->reasons[v->count].why, sizeof v->reasons->why, format, args);
    va_end(args);
    v->count++;
}

static void check_rate(const struct facts *f, struct verdict *v)
{
    if (f->rate == 0)
        return;
    if (f->sent < least_rate * f->rate)
        object(v, "rate", "%.0f a second were asked for, %.0f were sent",
               f->rate, f->sent);
    else if (1 < least_rate * (1 + f->growth))
        object(v, "rate", "%.0f a second were sent, and with each second answers came "
               "%.0f ms later: a queue grew, and these times are as long as the run was",
               f->sent, 1e3 * f->growth);
    if (f->unsent)
        object(v, "unsent", "%llu messages were due and never sent",
               (unsigned long long)f->unsent);
}

static void check_lag(const struct facts *f, struct verdict *v)
{
    int64_t allowed = (int64_t)(most_lag * (double)f->median);

    allowed = allowed > lag_allowed ? allowed : lag_allowed;
    if (f->rate > 0 && f->lag > allowed)
        object(v, "lag", "a hundredth of the messages, ten at least, were sent "
               "%.2f ms late or more, where %.2f ms are allowed", (double)f->lag / 1e6,
               (double)allowed / 1e6);
    else if (f->rate > 0 && f->median && (double)f->late > most_lag * (double)f->median)
        object(v, "lag", "half of the messages were sent %.0f us late or more, which is "
               "%.0f %% of the response time's median", (double)f->late / 1e3,
               100 * (double)f->late / (double)f->median);
}

/* What was stolen and what others used add up; the larger part tells what to do. */
static void check_foreign(const struct facts *f, struct verdict *v)
{
    const struct others *a = &f->at_server, *b = &f->at_client;
    bool at_server = a->foreign + a->stolen >= b->foreign + b->stolen;
    struct others worse = at_server ? *a : *b;
    bool stolen = worse.stolen > worse.foreign;

    if (worse.foreign + worse.stolen > most_foreign)
        object(v, stolen ? "foreign_steal" : "foreign", "others used %.0f %% of the CPU "
               "time where the %s runs, and the hypervisor took %.0f %%",
               100 * worse.foreign, at_server ? "server" : "client", 100 * worse.stolen);
    if (f->waited > most_foreign)
        object(v, "foreign_wait", "for %.0f %% of the time the server was ready to run, "
               "and others had its core", 100 * f->waited);
}

void check_run(const struct facts *f, struct verdict *v)
{
    v->count = 0;
    if (f->open < f->connections)
        object(v, "connections", "%d connections were asked for, %d were open",
               f->connections, f->open);
    check_rate(f, v);
    check_lag(f, v);
    if (f->client > most_client && f->seconds >= seconds_for_client)
        object(v, "client", "the client used %.0f %% of a core, and may be what was "
               "slow: give it more --threads and cores for them, or a --rate below that",
               100 * f->client);
    if (f->seconds >= seconds_for_foreign)
        check_foreign(f, v);
}
