#include "values.h"
#include "die.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int64_t value_number(const char *name, const char *text, int64_t least, int64_t most)
{
    char *end;

    errno = 0;
    long long n = strtoll(text, &end, 10);
    if (end == text || *end || *text == ' ' || n < least || n > most || errno)
        die("%s takes a number from %lld to %lld, not \"%s\"", name, (long long)least,
            (long long)most, text);
    return n;
}

bool value_time(const char *text, int64_t *ns)
{
    static const struct { const char *name; double ns; } units[] = {
        { "", 1e9 }, { "s", 1e9 }, { "ms", 1e6 }, { "us", 1e3 }, { "m", 60e9 },
    };
    char *end;
    double n = strtod(text, &end);

    if (end == text || *text < '0' || *text > '9' || !(n <= 1e6))
        return false;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(end, units[i].name) == 0) {
            *ns = (int64_t)(n * units[i].ns);
            return true;
        }
    return false;
}

double value_rate(const char *name, const char *text)
{
    char *end;
    double n = strtod(text, &end);

    if (end == text || *end || *text < '0' || *text > '9' || !(n >= 0 && n <= 1e8))
        die("%s takes a number a second, not \"%s\"", name, text);
    return n;
}

int64_t value_duration(const char *name, const char *text)
{
    int64_t ns;

    if (!value_time(text, &ns))
        die("%s takes a time as 10s, 500ms or 2m, not \"%s\"", name, text);
    return ns;
}
