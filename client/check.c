#include "check.h"

#include <stdarg.h>
#include <stdio.h>

static const double least_rate = 0.99, most_lag = 0.2, most_client = 0.8,
    most_foreign = 0.1, seconds_for_client = 0.1, seconds_for_foreign = 0.5;
static const int64_t lag_allowed = 1000000;

static void object(struct verdict *v, const char *rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void object(struct verdict *v, const char *rule, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    v->reasons[v->count].rule = rule;
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
    else if (f->answered < least_rate * f->rate)
        object(v, "rate", "%.0f a second were sent, but %.0f were answered: a queue "
               "grew, and these times are as long as the run was", f->sent, f->answered);
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
    if (f->foreign > most_foreign && f->seconds >= seconds_for_foreign)
        object(v, "foreign", "others used %.0f %% of the machine's CPU time",
               100 * f->foreign);
}
