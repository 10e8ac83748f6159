# stats.awk - arithmetic for judging: mawk -f stats.awk -f judge.awk. Arrays count from 1.

function sort(a, n,    i, j, x) {
    for (i = 2; i <= n; i++) {
        x = a[i]
        for (j = i - 1; j > 0 && a[j] > x; j--)
            a[j + 1] = a[j]
        a[j + 1] = x
    }
}

# Leaves a[] sorted.
function median(a, n) {
    sort(a, n)
    return n % 2 ? a[(n + 1) / 2] : (a[n / 2] + a[n / 2 + 1]) / 2
}

# The same numbers on every machine and in every awk: Lehmer's generator.
function random() {
    seed = (seed ? seed : 20240229) * 16807 % 2147483647
    return seed / 2147483647
}

# A bootstrap 95 % interval for the median of a[1..n], into interval["low"], ["high"].
function bootstrap(a, n, interval,    rounds, i, j, draw, medians) {
    rounds = 2000
    for (i = 1; i <= rounds; i++) {
        for (j = 1; j <= n; j++)
            draw[j] = a[int(random() * n) + 1]
        medians[i] = median(draw, n)
    }
    quick(medians, 1, rounds)
    interval["low"] = medians[int(rounds * 0.025)]
    interval["high"] = medians[int(rounds * 0.975) + 1]
}

# What stands behind a median: " (0.91 … 1.08)", its interval; nothing if of one run.
function within(a, n, form,    interval) {
    if (n < 2)
        return ""
    bootstrap(a, n, interval)
    return sprintf(" (" form " … " form ")", interval["low"], interval["high"])
}

# The median of a[1..n] and its interval, into s[name, "mid"], s[name, "low"] and "high".
function summary(a, n, s, name,    interval) {
    bootstrap(a, n, interval)
    s[name, "mid"] = median(a, n)
    s[name, "low"] = interval["low"]
    s[name, "high"] = interval["high"]
}

# May two of them be the same? Their intervals overlap, or are less than 5 % apart.
function alike(one, other, s) {
    return s[one, "low"] <= 1.05 * s[other, "high"] && \
        s[other, "low"] <= 1.05 * s[one, "high"]
}

# Of name[1..n] the one with the smallest median; with sign -1 the one with the largest.
function extreme(name, n, s, sign,    i, best) {
    for (i = 1; i <= n; i++)
        if ((name[i], "mid") in s && (best == "" ||
                s[name[i], "mid"] * sign < s[best, "mid"] * sign))
            best = name[i]
    return best
}

# For titles, which must not sell noise: "54.0–60.4 µs (epoll, thread)", all that cannot
# be told from `one`; of many how many they are.
function group(one, name, n, s, unit,    i, m, count, names, least, most) {
    least = most = s[one, "mid"]
    for (i = 1; i <= n; i++) {
        m = name[i]
        if (!((m, "mid") in s) || !alike(one, m, s))
            continue
        names = names (count++ ? ", " : "") m
        least = s[m, "mid"] < least ? s[m, "mid"] : least
        most = s[m, "mid"] > most ? s[m, "mid"] : most
    }
    return three(least) (three(least) == three(most) ? "" : "–" three(most)) unit \
        " (" (count > 4 ? count " models" : names) ")"
}

# From the smallest to the largest: "9.15–9.59 µs (select, epoll) to 21.8 µs (fork)".
function span(name, n, s, unit,    least, most) {
    least = extreme(name, n, s, 1)
    most = extreme(name, n, s, -1)
    if (least == "")
        return ""
    return group(least, name, n, s, unit) (alike(least, most, s) ? "" : \
        " to " group(most, name, n, s, unit))
}

function quick(a, from, to,    i, j, middle, x) {
    if (from >= to)
        return
    middle = a[int((from + to) / 2)]
    i = from
    j = to
    while (i <= j) {
        while (a[i] < middle) i++
        while (a[j] > middle) j--
        if (i <= j) {
            x = a[i]; a[i] = a[j]; a[j] = x
            i++; j--
        }
    }
    quick(a, from, j)
    quick(a, i, to)
}

# What becomes of a prediction that a value lies from least to most ("" is no bound), when
# it was measured to lie from low to high.
function settled(low, high, least, most) {
    if ((least == "" || low >= least) && (most == "" || high <= most))
        return "held"
    if (least != "" && high < least || most != "" && low > most)
        return "DID NOT HOLD"
    return "undecided"
}

# What the kernel holds for each of n clients, in KiB: its memory before they came, with
# them and when all had gone, less `end` for their own side, which is here, too. Nothing
# if they are few, or if it did not shrink by what it had grown by: others were at it.
function in_kernel(before, with, after, n, end,    grown, shrunk) {
    grown = with - before
    shrunk = with - after
    if (end == "" || with == "" || n < 100 ||
            grown < 0.7 * shrunk || shrunk < 0.7 * grown)
        return ""
    return grown / n - end
}

# The end of every verdict: what was measured beside what was predicted, and the bounds
# within which it holds, least and most, where "" is none. All four are of the same unit;
# they are told as parts of the prediction, or, where that is next to nothing, as
# differences from it. Of a prediction that is a range its middle is taken, of a bound the
# bound.
function tolerated(measured, predicted, least, most,    nothing, unit, from, bounds) {
    nothing = !predicted || (most != "" && most > 20 * predicted)
    unit = nothing ? 1 : predicted
    from = nothing ? predicted : 0
    least = least == "" ? "" : three((least - from) / unit)
    most = most == "" ? "" : three((most - from) / unit)
    bounds = least == most ? "exactly " least : least == "" ? "up to " most : \
        most == "" ? "from " least : least " to " most
    return sprintf("; measured %s predicted %s, allowed %s", nothing ? "−" : "÷",
        measured == "" ? "–" : three((measured - from) / unit), bounds)
}

function middle_of_range(low, high) { return sqrt(low * high) }

# A state as a table has it, where a failure is bold instead of loud.
function in_table(state) { return state == "DID NOT HOLD" ? "**did not hold**" : state }

# 850 ns, 3.85 µs, 134 µs, 1.20 ms.
function in_time(ns) {
    return ns < 1e3 ? three(ns) " ns" : ns < 1e6 ? three(ns / 1e3) " µs" : \
        ns < 1e9 ? three(ns / 1e6) " ms" : three(ns / 1e9) " s"
}

function three(x) {
    return sprintf(x < 0.1 ? "%.2g" : x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x)
}
