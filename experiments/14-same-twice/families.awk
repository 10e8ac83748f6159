# families.awk - how often do the rules see what is not there? Families of eight copies
# are drawn from cost[block, copy], what was measured of one model in the blocks
# whole[1..wholes], and the rules are tried on them: all differences found are false.

BEGIN { families = 300 }

# A family of n blocks into s[], as tell_apart() wants it: drawn at random, their times
# dealt again; and one copy's times times factor.
function draw_family(n, factor, s,    b, i, j, x, k, a, all) {
    split("", s)
    for (b = 1; b <= n; b++) {
        k = whole[int(random() * wholes) + 1]
        for (i = 1; i <= copies; i++)
            a[i] = cost[k, i]
        for (i = copies; i > 1; i--) {
            j = int(random() * i) + 1
            x = a[i]; a[i] = a[j]; a[j] = x
        }
        for (i = 1; i <= copies; i++) {
            x = a[i] * (i == copies ? factor : 1)
            in_block(s, name[i], b, x)
            all[i, b] = x
        }
    }
    for (i = 1; i <= copies; i++) {
        for (b = 1; b <= n; b++)
            a[b] = all[i, b]
        summary(a, n, s, name[i])
    }
}

# The rule before today's: do the bootstrap intervals of two medians lie 5 % apart?
function once_apart(one, other, s, n,    a, b, i) {
    for (i = 1; i <= n; i++) {
        a[i] = s[one, "in", i]
        b[i] = s[other, "in", i]
    }
    bootstrap(a, n)
    from = low
    until = high
    bootstrap(b, n)
    return low > 1.05 * until || from > 1.05 * high
}

function bootstrap(a, n,    i, j, draw, medians) {
    for (i = 1; i <= 200; i++) {
        for (j = 1; j <= n; j++)
            draw[j] = a[int(random() * n) + 1]
        medians[i] = median(draw, n)
    }
    quick(medians, 1, 200)
    low = medians[5]
    high = medians[196]
}

function quick(a, from, to,    i, j, pivot, x) {
    if (from >= to)
        return
    pivot = a[int((from + to) / 2)]
    i = from
    j = to
    while (i <= j) {
        while (a[i] < pivot) i++
        while (a[j] > pivot) j--
        if (i <= j) {
            x = a[i]; a[i] = a[j]; a[j] = x
            i++; j--
        }
    }
    quick(a, from, j)
    quick(a, i, to)
}

# A row of the table: how often, in percent, of families of n blocks.
function rates(n,    f, i, s, differs, any, alarms, before, seen, wrong, v, d, k) {
    for (f = 0; f < families; f++) {
        draw_family(n, 1, s)
        tell_apart(extreme(name, copies, s, 1), name, copies, s, differs, 1)
        any = 0
        for (i = 1; i <= copies; i++)
            any += differs[name[i]]
        alarms += any > 0
        before += once_apart(name[1], name[2], s, n)
        k = pairs(name[1], name[2], s, d)
        for (i = 1; i <= k; i++)
            d[i] = exp(d[i])
        summary(d, k, v, "ratio")
        wrong += settled(v["ratio", "low"], v["ratio", "high"], 1 - off, 1 + off) == \
            "DID NOT HOLD"
        draw_family(n, 1.2, s)
        tell_apart(name[1], name, copies, s, differs)
        seen += differs[name[copies]]
    }
    printf "| %d | %s | %s | %s | %s |\n", n, percent(alarms), percent(before),
        percent(wrong), percent(seen) > table_md
    printf "%d,%.4f,%.4f,%.4f,%.4f\n", n, alarms / families, before / families,
        wrong / families, seen / families > table_csv
    if (n == 3)
        told_before = percent(before)
    return percent(alarms)
}

function percent(k) { return sprintf("%.1f %%", 100 * k / families) }
