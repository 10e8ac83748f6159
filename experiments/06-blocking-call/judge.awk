# judge.awk - the table, verdicts and finding of blocking-call, from its CSV files.
#
# A bystander's wait is judged against the job it fell into: 1 is the whole of it.

BEGIN {
    tolerance = 0.2             # of the job's time; the first comes within a twentieth
    n = split("sleep nap cpu", kinds, " ")
    verb["sleep"] = "sleeps"; verb["nap"] = "naps"; verb["cpu"] = "computes"
    print "model,kind,since,waited,odd" > (out "/waits.csv")
}

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
FNR == 1 { next }
file == "predictions.csv" { theory[$1, $2] = $3 }
file == "missing.csv" { why[$1] = substr($0, length($1) + 2) }

file == "jobs.csv" {
    begun[$1, $2, $3] = $5
    took[$1, $2, $3] = ($6 - $5) / 1e6
    odd[$1, $2, $3] = $7 ~ /foreign/
    lengths[$3, ++count[$3]] = ($6 - $5) / 1e6
    runs[$2] = $1 > runs[$2] ? $1 : runs[$2]
}

# The bystanders from a quarter of the job before it until a fifth after.
file == "bystanders.csv" {
    for (k = 1; k <= n; k++) {
        id = $1 SUBSEP $2 SUBSEP kinds[k]
        if (!(id in begun))
            continue
        since = ($3 - begun[id]) / 1e6
        waited = ($4 - $3) / 1e6
        if (since < -0.25 * took[id] || since > 1.2 * took[id])
            continue
        printf "%s,%s,%.4f,%.4f,%d\n", $2, kinds[k], since / took[id], waited / took[id],
            odd[id] > (out "/waits.csv")
        seen[$2, kinds[k], ++count[$2, kinds[k]]] = waited
        if (since >= 0 && since < took[id] && waited > worst[id])
            worst[id] = waited
    }
}

# Sets longest, the longest wait of all runs in ms; usual, the median of the runs'
# longest, reach, its interval, share, the same of the job's time; and fair: in how many
# runs nobody disturbed. Disturbed ones count only where there is no other.
function summarize(m, kind,    r, id, a, b, used) {
    fair = used = 0
    for (r = 1; r <= runs[m]; r++)
        fair += (r, m, kind) in begun && !odd[r, m, kind]
    for (r = 1; r <= runs[m]; r++) {
        id = r SUBSEP m SUBSEP kind
        if (!(id in begun) || (fair && odd[id]))
            continue
        a[++used] = worst[id]
        b[used] = worst[id] / took[id]
    }
    if (!used)
        return 0
    usual = median(a, used)     # and a[] is sorted
    longest = a[used]
    reach = within(a, used, "%.1f")
    summary(b, used, all, m SUBSEP kind)
    all[m, kind, "spoilt"] = !fair
    share = all[m, kind, "mid"]
    return 1
}

# By nearest rank, of all who are drawn.
function p99(m, kind,    n, k, a) {
    n = count[m, kind]
    for (k = 1; k <= n; k++)
        a[k] = seen[m, kind, k]
    sort(a, n)
    return a[int(0.99 * n + 0.999999)]
}

# Judges and tells it; the rival says the opposite.
function judge(m, kind,    text, y) {
    y = theory[m, kind]
    if (!summarize(m, kind))
        text = m in why ? why[m] : "no run was finished"
    else {
        text = sprintf("usually others waited %.2f of that time, at most %.1f ms", share,
            longest)
        if (y != "") {
            against(y ? "no wait" : "all wait", !y)
            return verdict(kind, m, all, m SUBSEP kind, y, y - tolerance, y + tolerance,
                sprintf("one %-9s predicted %s wait, %s", verb[kind] ":", y ? y : "no",
                    text))
        }
    }
    printf "%-13s %-10s one %-9s %s\n", (m, kind, "mid") in all ? "no prediction" : \
        "not measured", m, verb[kind] ":", text > (out "/verdicts.txt")
    return (m, kind, "mid") in all ? "no prediction" : "not measured"
}

function one(kind,    a, k) {
    for (k = 1; k <= count[kind]; k++)
        a[k] = lengths[kind, k]
    return count[kind] ? median(a, count[kind]) : 0
}

# The title: what a nap does, and to whom.
function finding(    i, m, stalled, free, most, worst_one) {
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (!summarize(m, "nap"))
            continue
        if (share > 0.5) {
            stalled = stalled (stalled ? ", " : "") m
            worst_one = longest > worst_one ? longest : worst_one
        } else {
            free = free (free ? ", " : "") m
            most = longest > most ? longest : most
        }
    }
    if (stalled != "")
        printf "One client naps %.0f ms, and in %s all others wait: up to %.0f ms\n",
            one("nap"), stalled, worst_one > (out "/finding.txt")
    if (free != "")
        printf "%s %s: nobody waits longer than %.1f ms\n",
            stalled == "" ? "One client naps, and in" : "In",
            free, most > (out "/finding.txt")
    if (stalled free == "")
        print "Nothing could be measured" > (out "/finding.txt")
}

END {
    table = out "/table.md"
    print "model,kind,predicted,share,longest_ms,job_ms,p99_ms,verdict" \
        > (out "/table.csv")
    print "label,longest wait of a bystander while one client naps, ms" \
        > (out "/bars.csv")
    print "| longest wait of a bystander | one sleeps | one naps | one computes |" > table
    print "|---|---|---|---|" > table
    for (i = 1; i <= models; i++) {
        m = model[i]
        row = sprintf("| **%s** |", m)
        for (k = 1; k <= n; k++) {
            state = judge(m, kinds[k])
            if (state == "not measured") {
                printf "%s,%s,%s,,,,,%s\n", m, kinds[k], theory[m, kinds[k]],
                    state > (out "/table.csv")
                row = row " – |"
                if (kinds[k] == "nap")
                    print m "," > (out "/bars.csv")
                continue
            }
            printf "%s,%s,%s,%.3f,%.4f,%.1f,%.4f,%s\n", m, kinds[k], theory[m, kinds[k]],
                share, longest, one(kinds[k]), p99(m, kinds[k]),
                state > (out "/table.csv")
            row = row sprintf(" %.1f ms; usually %.1f%s%s, %s |", longest, usual, reach,
                fair ? "" : " \\*", in_table(state))
            noted += !fair
            if (kinds[k] == "nap")
                printf "%s,%.4f\n", m, longest > (out "/bars.csv")
        }
        print row > table
    }
    printf "\nThe longest wait of all runs; then what a run\047s longest usually is:" \
        " their median, and its interval. The sleep took %.0f ms, the nap %.0f" \
        " ms, the computation %.0f ms. A prediction held if all of the interval is" \
        " within %.0f %% of the job\047s time from it. %s\n", one("sleep"), one("nap"),
        one("cpu"), tolerance * 100, levels() > table
    if (noted)
        print "\n\\* others were at work on the machine in every run; drawn hollow." \
            > table
    for (m in why)
        printf "\n%s: a run failed: %s\n", m, why[m] > table
    printf "%s; within %.0f %% of the job's time\n", tally("predictions"),
        tolerance * 100 > (out "/verdicts.txt")
    finding()
}
