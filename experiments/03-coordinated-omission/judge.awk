# judge.awk - the table, verdicts and finding of coordinated omission, from its CSV files.

BEGIN {
    tolerance = 0.15            # of the predicted p99 of the open loop
    late = 0.01                 # of the stall: a client later than this was at fault
    hidden = 20                 # a p99 below this part of the stall tells nothing of it
    print "repetition,model,loop,odd" > (out "/odd.csv")
    print "model,why" > (out "/absent.csv")
    print "label,p99 that a client tells of the same stall, ms" > (out "/bars.csv")
}

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
file == "machine.csv" { time = $2; next }
FNR == 1 { next }
file == "missing.csv" { why[$1] = substr($0, length($1) + 2) }

# That answers fell behind, and messages with them, is what the stall does; what the
# client and its machine did is no finding.
file == "runs.csv" {
    bad = $14
    gsub("rate|unsent", "", bad)
    if ($15 != "" && $15 < late * $6)
        gsub("lag", "", bad)
    odd = bad ~ /[a-z]/
    print $1 "," $2 "," $3 "," odd > (out "/odd.csv")
    spoils += odd
    runs++
    clients[$2] = $4
    add("p99 " $3, $2, $9, odd)
    if ($3 == "open") {
        add("service", $2, $13, odd)
        add("stall", $2, $6, odd)
        load = $17 > 0 ? $16 / $17 : 0          # older data have none: it is left out
        add("theory", $2, $6 - 0.01 * (1 - load) * time * 1e9, odd)
    } else {
        add("hit", $2, $4 / $5, odd)
    }
}

function add(name, m, value, bad) {
    if (value == "")
        return
    x[name, m, ++count[name, m]] = value
    off[name, m, count[name, m]] = bad
    fair[name, m] += !bad
}

# The median of the runs that were fair, or of all if none was; and what they come to into
# seen[name, m].
function middle_of(name, m,    k, a, used, spoilt) {
    spoilt = !fair[name, m]
    for (k = 1; k <= count[name, m]; k++)
        if (!off[name, m, k] || spoilt)
            a[++used] = x[name, m, k]
    if (!used)
        return ""
    summary(a, used, seen, name SUBSEP m)
    seen[name, m, "spoilt"] = spoilt
    return seen[name, m, "mid"]
}

# The same for the table, with its interval.
function told(name, m,    k, a, used) {
    for (k = 1; k <= count[name, m]; k++)
        if (!off[name, m, k] || !fair[name, m])
            a[++used] = x[name, m, k] / 1e6
    if (!used)
        return "–"
    return ms(median(a, used) * 1e6) within(a, used, a[1] < 10 ? "%.2f" : "%.0f")
}

function bar(m, loop,    p99) {
    p99 = middle_of("p99 " loop, m)
    printf "%s %s loop,%s\n", m, loop,
        p99 == "" ? "" : sprintf("%.3f", p99 / 1e6) > (out "/bars.csv")
}

function ms(ns) {
    return ns == "" ? "–" : sprintf(ns < 1e7 ? "%.2f ms" : "%.0f ms", ns / 1e6)
}

function judge_it(kind, m, name, y, least, most, text,    state) {
    state = verdict(kind, m, seen, name SUBSEP m, y, least, most, text)
    states = states (states ? ", " : "") in_table(state)
}

function judge(m,    closed, open, service, stall, theory) {
    states = ""
    stall = middle_of("stall", m)
    theory = middle_of("theory", m)
    closed = middle_of("p99 closed", m)
    against("the open loop\047s, " ms(theory), theory)
    judge_it("closed", m, "p99 closed", stall / hidden, "", stall / hidden,
        "closed loop: p99 " ms(closed) ", predicted below " ms(stall / hidden) \
        ": it is hidden")
    open = middle_of("p99 open", m)
    against("the stall, " ms(stall), stall)
    judge_it("open", m, "p99 open", theory, theory * (1 - tolerance),
        theory * (1 + tolerance), "open loop: p99 " ms(open) ", predicted " ms(theory))
    service = middle_of("service", m)
    against("the open loop\047s, " ms(theory), theory)
    judge_it("service", m, "service", stall / hidden, "", stall / hidden,
        "open loop, from the write: p99 " ms(service) ", predicted below " \
        ms(stall / hidden))
    printf "| **%s** | %d | %s | %.2f %% | %s | %s | %s | %s | %s |\n", m, clients[m],
        ms(stall), 100 * middle_of("hit", m), told("p99 closed", m), told("service", m),
        told("p99 open", m), ms(theory), states > table
    printf "%s,%d,%d,%.6f,%d,%d,%d,%d\n", m, clients[m], stall, middle_of("hit", m),
        closed, service, open, theory > (out "/table.csv")
    all_closed[++done] = closed
    all_open[done] = open
    all_stalls[done] = stall
}

END {
    table = out "/table.md"
    print "model,clients,stall_ns,closed_hit,closed_p99_ns,service_p99_ns," \
        "open_p99_ns,theory_p99_ns" > (out "/table.csv")
    print "| | clients | stopped for | closed loop: messages hit | its p99 | open loop:" \
        " p99 from the write | p99 from when it was due | theory | closed, open," \
        " service |\n|---|---|---|---|---|---|---|---|---|" > table
    for (i = 1; i <= models; i++) {
        m = model[i]
        bar(m, "closed")
        bar(m, "open")
        if (count["p99 closed", m] && count["p99 open", m]) {
            judge(m)
        } else {
            if (why[m] == "")
                why[m] = "fewer than 1000 messages, so no p99"
            printf "%-13s %-10s %s\n", "not measured", m, why[m] > (out "/verdicts.txt")
            printf "| **%s** | skipped: %s | | | | | | | |\n", m, why[m] > table
            print m "," why[m] > (out "/absent.csv")
        }
    }
    if (spoils)
        printf "\n%d of %d runs were disturbed: the client was late or busy, or others" \
            " had the machine. Where there is no other, the prediction is" \
            " undecided.\n", spoils, runs > table
    count_told = counted("predictions")
    print tally("predictions") > (out "/verdicts.txt")
    if (done)
        print "\n" levels() > table
    if (!done)
        print "Nothing could be measured" > (out "/finding.txt")
    else
        printf "Stopped for %s: a closed loop tells a p99 of %s, an open loop one of" \
            " %s\n%s\n", ms(median(all_stalls, done)),
            ms(median(all_closed, done)), ms(median(all_open, done)),
            count_told > (out "/finding.txt")
}
