#include "tally.h"
#include "clock.h"

#include <string.h>

void tally_init(struct tally *t)
{
    *t = (struct tally){ .first = NEVER, .until = NEVER, .last_begins = NEVER };
    for (int i = 0; i < MEASURES; i++)
        t->times[i] = hist_new();
    for (int i = 0; i < 2; i++)
        t->quarters[i] = hist_new();
}

void tally_free(struct tally *t)
{
    for (int i = 0; i < MEASURES; i++)
        hist_free(t->times[i]);
    for (int i = 0; i < 2; i++)
        hist_free(t->quarters[i]);
    seconds_free(&t->goodput);
}

void tally_begin(struct tally *t, int64_t first, int64_t whole)
{
    t->first = t->last = first;
    t->first_ends = first + whole / 4;
    t->last_begins = whole ? first + whole / 4 * 3 : NEVER;
}

bool tally_answer(struct tally *t, int64_t due, int64_t now)
{
    if (due < t->first)
        return false;
    if (t->answers++ == 0) {
        t->early = due;
        t->early_back = now;
    }
    if (due >= t->late) {
        t->late = due;
        t->late_back = now;
    }
    t->last = now;
    if (due < t->first_ends)
        hist_record(t->quarters[0], now - due);
    else if (due >= t->last_begins)
        hist_record(t->quarters[1], now - due);
    return true;
}

void tally_status(struct tally *t, int status)
{
    t->statuses[status - STATUS_LEAST]++;
}

/* From one quarter to the other it is three quarters of the schedule. */
static double trend(const struct tally *t)
{
    const struct hist *first = t->quarters[0], *last = t->quarters[1];
    int64_t later = hist_percentile(last, 100000) - hist_percentile(first, 100000);

    if (first->count < 10 || last->count < 10)
        return 0;
    return (double)later / (double)(t->last_begins - t->first);
}

double tally_growth(const struct tally *t)
{
    int64_t span = t->late - t->early;
    int64_t later = (t->late_back - t->late) - (t->early_back - t->early) - 50 * MS;
    double at_the_end = span > 0 ? (double)later / (double)span : 0;
    double growth = trend(t) > at_the_end ? trend(t) : at_the_end;

    return growth > 0 ? growth : 0;
}

static void merge_edges(struct tally *into, const struct tally *t)
{
    if (t->answers == 0)
        return;
    if (into->answers == 0 || t->early < into->early) {
        into->early = t->early;
        into->early_back = t->early_back;
    }
    if (into->answers == 0 || t->late > into->late) {
        into->late = t->late;
        into->late_back = t->late_back;
    }
}

void tally_merge(struct tally *into, const struct tally *t)
{
    merge_edges(into, t);
    into->messages += t->messages;
    into->first_ends = t->first_ends > into->first_ends ? t->first_ends
                                                        : into->first_ends;
    into->last_begins = t->last_begins < into->last_begins ? t->last_begins
                                                           : into->last_begins;
    for (int i = 0; i < 2; i++)
        hist_merge(into->quarters[i], t->quarters[i]);
    into->answers += t->answers;
    into->asked += t->asked;
    into->written += t->written;
    into->first = t->first < into->first ? t->first : into->first;
    into->until = t->until < into->until ? t->until : into->until;
    into->last = t->last > into->last ? t->last : into->last;
    into->stopped = t->stopped > into->stopped ? t->stopped : into->stopped;
    seconds_merge(&into->goodput, &t->goodput);
    for (int i = 0; i < MEASURES; i++)
        hist_merge(into->times[i], t->times[i]);
    into->expected += t->expected;
    into->got += t->got;
    into->own += t->own;
    into->duplicated += t->duplicated;
    into->reordered += t->reordered;
    into->corrupted += t->corrupted;
    into->unsent += t->unsent;
    into->opened += t->opened;
    into->reopened += t->reopened;
    into->repeated += t->repeated;
    into->refused += t->refused;
    into->gave_up += t->gave_up;
    into->retried += t->retried;
    for (int i = 0; i <= STATUS_MOST - STATUS_LEAST; i++)
        into->statuses[i] += t->statuses[i];
    for (int i = 0; i < REFUSALS; i++) {
        into->refusals[i].count += t->refusals[i].count;
        if (!into->refusals[i].first[0])
            memcpy(into->refusals[i].first, t->refusals[i].first,
                   sizeof into->refusals[i].first);
    }
    if (!into->corruption[0])
        memcpy(into->corruption, t->corruption, sizeof into->corruption);
}
