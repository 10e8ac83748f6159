#include "tally.h"
#include "clock.h"

#include <string.h>

void tally_init(struct tally *t)
{
    *t = (struct tally){ .first = NEVER, .until = NEVER };
    for (int i = 0; i < MEASURES; i++)
        t->times[i] = hist_new();
}

void tally_free(struct tally *t)
{
    for (int i = 0; i < MEASURES; i++)
        hist_free(t->times[i]);
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
    into->answers += t->answers;
    into->asked += t->asked;
    into->written += t->written;
    into->first = t->first < into->first ? t->first : into->first;
    into->until = t->until < into->until ? t->until : into->until;
    into->last = t->last > into->last ? t->last : into->last;
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
    for (int i = 0; i < REFUSALS; i++) {
        into->refusals[i].count += t->refusals[i].count;
        if (!into->refusals[i].first[0])
            memcpy(into->refusals[i].first, t->refusals[i].first,
                   sizeof into->refusals[i].first);
    }
    if (!into->corruption[0])
        memcpy(into->corruption, t->corruption, sizeof into->corruption);
}
