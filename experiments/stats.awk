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

# ---- how sure ----
#
# The median that many runs would have lies between the k-th smallest and the k-th largest
# of n with a probability that depends on nothing but n and k: it is missed only if fewer
# than k of n tosses of a coin show heads, or fewer than k tails. (Drawing from the runs
# again, the bootstrap, says 95 % of three runs, and is right in 75 of 100.)

function coverage(n, k,    i, ways, tail) {
    ways = 1
    for (i = 0; i < k; i++) {
        tail += ways
        ways *= (n - i) / (i + 1)
    }
    return 1 - 2 * tail / 2 ^ n
}

# The narrowest interval that covers 95 % or more; up to five runs have none, and then it
# is from the least to the most, which is the best there is.
function rank(n,    k) {
    for (k = 1; 2 * (k + 1) < n + 1 && coverage(n, k + 1) >= 0.95; k++)
        ;
    return k
}

# A single run has no such interval, and its bare value settles nothing. It is given one
# of a tenth around it, which is how well a run is known to repeat: of 904 runs in
# results/reference, where a verdict judges the median of five or more of a kind, 67 % lie
# no further from it; 49 % within a twentieth, 79 % within a fifth.
function tenth_around(x, way) { return x * 1.1 ^ (x < 0 ? -way : way) }

# "75 %: of 3 runs", "97.9 %: of 10 runs".
function level(n) {
    return n < 2 ? "67 %: of 1 run, a tenth around it" : \
        sprintf("%.3g %%: of %d runs", 100 * coverage(n, rank(n)), n)
}

# The median of a[1..n] and its interval, into s[name, "mid"], "low", "high" and "runs".
# Leaves a[] sorted.
function summary(a, n, s, name) {
    s[name, "mid"] = median(a, n)
    s[name, "low"] = n == 1 ? tenth_around(a[1], -1) : a[rank(n)]
    s[name, "high"] = n == 1 ? tenth_around(a[1], 1) : a[n + 1 - rank(n)]
    s[name, "runs"] = n
    numbers_of_runs[n]
}

# What stands behind a median: " (0.91 … 1.08)", its interval; nothing if of one run.
function within(a, n, form,    s) {
    if (n < 2)
        return ""
    summary(a, n, s, "it")
    return sprintf(" (" form " … " form ")", s["it", "low"], s["it", "high"])
}

# For below a table: what the parentheses of this judge cover.
function levels(    n, text) {
    for (n = 2; n < 1000; n++)
        if (n in numbers_of_runs)
            text = text (text == "" ? "" : "; ") level(n)
    return text == "" ? "One run each: in the verdicts it counts as known to a tenth." : \
        "In parentheses the interval that covers the median: " text "."
}

# How probable it is that of n coins k show heads, or a number as far from the half: for
# what should lie above and below a prediction as often.
function sign_test(k, n,    i, ways, tail) {
    k = k < n - k ? k : n - k
    ways = 1
    for (i = 0; i <= k; i++) {
        tail += ways
        ways *= (n - i) / (i + 1)
    }
    return 2 * tail / 2 ^ n > 1 ? 1 : 2 * tail / 2 ^ n
}

# ---- telling two models apart ----
#
# They had their turns in the same blocks, so it is their ratio within each that counts:
# what made a block slow for both of them is no longer in it.

# What a model took in a block, for tell_apart().
function in_block(s, m, block, value) {
    if (value <= 0)
        return
    s[m, "in", block] = value
    s["blocks"] = block > s["blocks"] ? block : s["blocks"]
}

# The logarithms of the ratios into d[]; returns how many.
function pairs(one, other, s, d,    b, n) {
    for (b = 1; b <= s["blocks"]; b++)
        if ((one, "in", b) in s && (other, "in", b) in s)
            d[++n] = log(s[one, "in", b] / s[other, "in", b])
    return n
}

# The ratio itself, by Hodges and Lehmann: the median of the means of any two.
function ratio_of(one, other, s,    d, n, i, j, mean, k) {
    n = pairs(one, other, s, d)
    for (i = 1; i <= n; i++)
        for (j = i; j <= n; j++)
            mean[++k] = (d[i] + d[j]) / 2
    return k ? exp(median(mean, k)) : s[one, "mid"] / s[other, "mid"]
}

# How probable such differences, or greater ones, are if the two are the same. By signs
# and order (Wilcoxon), whatever the noise is like, if there are pairs enough that these
# can be as rare as wanted: for eight models eleven. Otherwise by Student's t, for which
# the noise of a ratio has to be bell-shaped. How large it is, three blocks of two models
# do not tell; three of eight do, so it is that of all, or of the two where they are
# noisier than most.
# Experiment 14 tries it on models that are the same.
function chance(one, other, s, rare,    d, n, own) {
    n = pairs(one, other, s, d)
    if (2 / 2 ^ n <= rare)
        return wilcoxon(d, n)
    if (n < 2)
        return 1
    own = scatter(d, n) / (n - 1)
    return student(mean_of(d, n), own > noise ? own : noise, n, freedom)
}

# Sets noise, the variance of the ratios of any two, and freedom, of how many that is.
function learn_noise(one, name, n, s,    i, j, d, k, all, of) {
    freedom = 0
    for (i = 1; i <= n; i++)
        for (j = 1; j < i; j++) {
            k = pairs(name[i], name[j], s, d)
            if (k < 2)
                continue
            all += scatter(d, k)
            of += k - 1
            freedom += name[i] == one || name[j] == one ? k - 1 : 0
        }
    noise = of ? all / of : 0
}

function mean_of(d, n,    i, sum) {
    for (i = 1; i <= n; i++)
        sum += d[i]
    return sum / n
}

function scatter(d, n,    i, mean, sum) {
    mean = mean_of(d, n)
    for (i = 1; i <= n; i++)
        sum += (d[i] - mean) ^ 2
    return sum
}

# Ranks are counted twice, so that those of equal ones, in the middle, are whole.
function wilcoxon(d, n,    i, j, below, equal, rank2, sum, plus, ways, reach, less) {
    sum = plus = 0
    ways[0] = 1
    for (i = 1; i <= n; i++) {
        if (d[i] == 0)
            continue
        below = equal = 0
        for (j = 1; j <= n; j++) {
            below += d[j] != 0 && magnitude(d[j]) < magnitude(d[i])
            equal += magnitude(d[j]) == magnitude(d[i])
        }
        rank2 = 2 * below + equal + 1
        plus += d[i] > 0 ? rank2 : 0
        for (j = sum; j >= 0; j--)
            ways[j + rank2] += ways[j]
        sum += rank2
        reach++
    }
    plus = plus < sum - plus ? plus : sum - plus
    for (i = 0; i <= plus; i++)
        less += ways[i]
    return 2 * less / 2 ^ reach > 1 ? 1 : 2 * less / 2 ^ reach
}

function magnitude(x) { return x < 0 ? -x : x }

# Both ends of Student's distribution: Abramowitz and Stegun, 26.7.3 and 26.7.4.
function student(mean, variance, n, free,    i, t, angle, term, inside) {
    if (variance <= 1e-18)
        return mean ? 0 : 1
    t = magnitude(mean) / sqrt(variance / n)
    angle = atan2(t, sqrt(free))
    term = free % 2 ? cos(angle) : 1
    for (i = free % 2 ? 3 : 2; i <= free; i += 2) {
        inside += term
        term *= cos(angle) ^ 2 * (i - 1) / i
    }
    inside *= sin(angle)
    return 1 - (free % 2 ? (angle + inside) / atan2(0, -1) * 2 : inside)
}

# Which of name[1..n] differ from `one`: differs[m] is 1 for those, the others cannot be
# told from it. Of many comparisons one looks striking by chance, so the most striking has
# to be that much rarer, and only if it is, the next is looked at (Holm); rarer again if
# `one` was chosen as the least or the most of all. Less than 5 % is no difference.
function tell_apart(one, name, n, s, differs, chosen,    i, best, left, p, rare) {
    split("", differs)
    learn_noise(one, name, n, s)
    for (i = 1; i <= n; i++)
        if (name[i] != one && (name[i], "mid") in s) {
            p[name[i]] = 1
            left++
        }
    rare = 0.05 / (chosen && left > 1 ? (left + 1) / 2 : 1)
    for (best in p)
        p[best] = chance(one, best, s, rare / left)
    for (; left > 0; left--) {
        best = ""
        for (i = 1; i <= n; i++)
            if (name[i] in p && (best == "" || p[name[i]] < p[best]))
                best = name[i]
        if (p[best] > rare / left)
            return
        differs[best] = magnitude(log(ratio_of(one, best, s))) > log(1.05)
        delete p[best]
    }
}

# How many blocks of a model count.
function blocks_in(m, s,    b, n) {
    for (b = 1; b <= s["blocks"]; b++)
        n += (m, "in", b) in s
    return n
}

# Of name[1..n] the one with the smallest median; with sign -1 the one with the largest.
# A model without two blocks that count, where others had them, is no candidate.
function extreme(name, n, s, sign,    i, best, all) {
    for (i = 1; i <= n; i++)
        if (blocks_in(name[i], s) > 1)
            all++
    for (i = 1; i <= n; i++)
        if ((name[i], "mid") in s && (!all || blocks_in(name[i], s) > 1) && (best == "" ||
                s[name[i], "mid"] * sign < s[best, "mid"] * sign))
            best = name[i]
    return best
}

# For titles, which must not sell noise: "54.0–60.4 µs (epoll, thread)", all that cannot
# be told from `one`; of many how many they are. One that had no two blocks in common with
# it, where others had, is not told of.
function group(one, name, n, s, unit,    i, m, count, names, least, most, differs, d) {
    tell_apart(one, name, n, s, differs, 1)
    least = most = s[one, "mid"]
    for (i = 1; i <= n; i++) {
        m = name[i]
        if (!((m, "mid") in s) || differs[m] ||
                m != one && blocks_in(one, s) > 1 && pairs(one, m, s, d) < 2)
            continue
        names = names (count++ ? ", " : "") m
        least = s[m, "mid"] < least ? s[m, "mid"] : least
        most = s[m, "mid"] > most ? s[m, "mid"] : most
    }
    return three(least) (three(least) == three(most) ? "" : "–" three(most)) unit \
        " (" (count > 4 ? count " models" : names) ")"
}

# From the smallest to the largest: "9.15–9.59 µs (select, epoll) to 21.8 µs (fork)".
function span(name, n, s, unit,    least, most, differs) {
    least = extreme(name, n, s, 1)
    most = extreme(name, n, s, -1)
    if (least == "")
        return ""
    tell_apart(least, name, n, s, differs, 1)
    return group(least, name, n, s, unit) (differs[most] ? \
        " to " group(most, name, n, s, unit) : "")
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

# 850 ns, 3.85 µs, 134 µs, 1.20 ms.
function in_time(ns) {
    return ns < 1e3 ? three(ns) " ns" : ns < 1e6 ? three(ns / 1e3) " µs" : \
        ns < 1e9 ? three(ns / 1e6) " ms" : three(ns / 1e9) " s"
}

function three(x) {
    return sprintf(x < 0.1 ? "%.2g" : x < 10 ? "%.2f" : x < 100 ? "%.1f" : "%.0f", x)
}
