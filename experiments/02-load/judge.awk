# judge.awk - the table, the verdicts and the finding of load, from its CSV files.

BEGIN {
    off_knee = 0.2              # of the predicted rate
    off_half = 0.25             # of the predicted p50 at half load
    off_tail = 1.25             # times, at the load where a queue is the rule; 2, if it
                                # is not known which messages came when
    half = 0.5
    queues = 0.7
    late = 0.2                  # of a time: what it may have been sent late by
}

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
file == "machine.csv" { machine[$1] = $2; next }
FNR == 1 { next }
file == "missing.csv" {
    why[$1] = why[$1] (why[$1] ? "; " : "") substr($0, length($1) + 2)
}

# A row for each time that the model had its turn.
file == "lone.csv" {
    c[$1] = $5 == "" ? "" : int(1000 / $5 + 0.5)
    at_once[$1] = $6 != "" ? $6 : c[$1] > 1 ? $2 : 1     # older data have the seats only
    if (at_once[$1] < c[$1])
        at_once[$1] = c[$1]
    a[$1, ++lones[$1]] = $3 * 1e3
    b[$1, lones[$1]] = $4
    turns = lones[$1] > turns ? lones[$1] : turns
}

file == "arrivals.csv" {
    if (!arrivals[$1]++)
        seeds[++seeds_told] = $1
    place[$1, arrivals[$1]] = $2
}

file == "points.csv" {
    point[$1, ++points[$1]] = $0
    if (!($1 SUBSEP $2 in tried)) {
        tried[$1, $2]
        load[$1, ++loads[$1]] = $2
    }
    if ($2 > overload[$1])
        overload[$1] = $2
}

# cost and overhead in ns: the server's CPU time a message, and what else a message takes.
function unit(m,    k, s, t) {
    for (k = 1; k <= lones[m]; k++) {
        s[k] = a[m, k]
        t[k] = b[m, k]
    }
    cost = median(s, lones[m])
    cost_within = spread(s, lones[m], 1e6, "%.2f")
    overhead = median(t, lones[m]) - cost
    if (overhead < 0)
        overhead = 0
}

# The median of all runs at a load.
function usual(m, rho, column,    k, f, n, x) {
    for (k = 1; k <= points[m]; k++) {
        split(point[m, k], f, ",")
        if (f[2] == rho && f[column] != "")
            x[++n] = f[column]
    }
    return n ? median(x, n) : ""
}

# Has a point broken a rule, but for those in `but`? That messages were sent late spoils a
# time, which began when they were due, where it is much beside what is usual at a load:
# the client holds it against the run's own time, and there only the long ones pass.
function broken(m, f, column, but,    rules) {
    rules = f[8]
    gsub(column < 5 ? but : "lag", "", rules)
    return rules ~ /[a-z]/ || (column >= 5 && f[7] >= late * usual(m, f[2], column))
}

# The median of a column at a load, of the runs that the client held to be valid, except
# for `but`; of all, if there is none. Sets spoilt, and leaves the runs in runs[1..used]
# and what they come to in seen["now"].
function at(m, rho, column, but,    k, f, pass) {
    used = 0
    for (pass = 1; pass <= 2 && !used; pass++)
        for (k = 1; k <= points[m]; k++) {
            split(point[m, k], f, ",")
            if (f[2] == rho && f[column] != "" &&
                (pass == 2 || !broken(m, f, column, but)))
                runs[++used] = f[column]
        }
    spoilt = pass == 3
    if (!used)
        return ""
    summary(runs, used, seen, "now")
    seen["now", "spoilt"] = spoilt
    return seen["now", "mid"]
}

# What stands behind the median of x[1..n], in another unit.
function spread(x, n, scale, form,    k, y) {
    for (k = 1; k <= n; k++)
        y[k] = x[k] / scale
    return within(y, n, form)
}

# Played once for each load and kind of server, and then known: with the arrivals that the
# runs had, and the median of what comes out, as of the runs.
function theory(m, rho, p,    i, n, halves, tails_of) {
    if (!((rho, c[m], at_once[m], p) in known)) {
        n = seeds_told ? seeds_told : 1
        for (i = 1; i <= n; i++) {
            seed = 0
            play(rho, c[m], at_once[m], seeds[i])
            halves[i] = percentile(0.5)
            tails_of[i] = percentile(tail)
        }
        known[rho, c[m], at_once[m], 0.5] = median(halves, n)
        known[rho, c[m], at_once[m], tail] = median(tails_of, n)
    }
    return overhead + cost * known[rho, c[m], at_once[m], p]
}

# Judges what at() has just found, x, beside y.
function judge_it(kind, m, x, y, least, most, text, told_y,    state) {
    state = verdict(kind, m, seen, "now", y, least, most,
        text " " x ", predicted " told_y)
    states = states " " in_table(state) " |"
}

function no_verdict(m, text) {
    printf "%-13s %-10s %s\n", "not measured", m, text > (out "/verdicts.txt")
    states = states " – |"
}

# The textbooks' queue, in which some messages are longer than others, at random.
function rival_queue(m, rho, p,    y) {
    y = overhead + cost * percentile_of_random(rho, c[m], p)
    against(sprintf("M/M/%d, %s", c[m], ms(y)), y)
}

function ms(ns) { return sprintf("%.2f ms", ns / 1e6) }

function judge(m,    knee, most_of_all, x, y) {
    states = ""
    most_of_all = at(m, overload[m], 4, "rate|unsent|lag")
    knee = c[m] * 1e9 / cost
    if (most_of_all == "")
        no_verdict(m, "no overload")
    else {
        x = c[m] == 1 ? machine["cores"] : 1
        if (x != c[m])
            against(sprintf("%d at a time, %.0f", x, knee * x / c[m]), knee * x / c[m])
        judge_it("knee", m, sprintf("%.0f a second", most_of_all), knee,
            knee * (1 - off_knee), knee * (1 + off_knee), "answers at most",
            sprintf("%d ÷ %s = %.0f", c[m], ms(cost), knee))
    }
    reached = most_of_all
    extend(c[m], reached)
    told_reached = reached == "" ? "–" : \
        sprintf("%.0f", reached) spread(runs, used, 1, "%.0f")
    x = at(m, half, 5, "")
    if (x == "")
        no_verdict(m, "no p50 at half load")
    else {
        y = theory(m, half, 0.5)
        rival_queue(m, half, 0.5)
        judge_it("p50", m, ms(x), y, y * (1 - off_half), y * (1 + off_half),
            "p50 at half load", ms(y))
    }
    at_half = x
    told_half = x == "" ? "–" : ms(x) spread(runs, used, 1e6, "%.2f")
    x = at(m, queues, 6, "")
    if (x == "")
        no_verdict(m, "no " machine["tail"] " at load " queues)
    else {
        y = theory(m, queues, tail)
        rival_queue(m, queues, tail)
        judge_it("tail", m, ms(x), y, y / off_tail, y * off_tail,
            machine["tail"] " at load " queues, ms(y))
    }
    at_tail = x
    extend("tail", x)
    told_tail = x == "" ? "–" : ms(x) spread(runs, used, 1e6, "%.2f")
}

# For the charts: every run, with each of its times judged by itself; the medians; the
# theory where it has a mean; and a bar.
function record(m,    k, f, rho) {
    for (k = 1; k <= points[m]; k++) {
        split(point[m, k], f, ",")
        printf "%s,%s,%s,%s,%d,%d\n", m, f[3], f[5], f[6],
            broken(m, f, 5, "^$"), broken(m, f, 6, "^$") > (out "/points.csv")
    }
    for (k = 1; k <= loads[m]; k++) {
        rho = load[m, k]
        printf "%s,%s,%s,%s\n", m, at(m, rho, 3, ".*"), at(m, rho, 5, "^$"),
            at(m, rho, 6, "^$") > (out "/medians.csv")
    }
    printf "%s,%s\n", m, at(m, overload[m], 4, "rate|unsent|lag") > (out "/bars.csv")
    if (c[m] == "")
        return
    printf "%s,%d,%.0f\n", m, c[m], c[m] * 1e9 / cost > (out "/knees.csv")
    for (rho = 0.1; rho < 0.975; rho += rho < 0.75 ? 0.1 : 0.04)
        printf "%s,%.1f,%.0f,%.0f\n", m, rho * c[m] * 1e9 / cost, theory(m, rho, 0.5),
            theory(m, rho, tail) > (out "/theory.csv")
}

# For the title: from where to where the models lie that do as many at a time, and the
# tails of all; what is spoilt is not told there.
function extend(what, x) {
    if (x == "" || spoilt)
        return
    if (!(what in least)) {
        least[what] = most[what] = x
        if (what != "tail")
            size[++sizes] = what
    }
    least[what] = x < least[what] ? x : least[what]
    most[what] = x > most[what] ? x : most[what]
}

function range(what, scale,    from, to) {
    from = sprintf("%.0f", least[what] / scale)
    to = sprintf("%.0f", most[what] / scale)
    return from == to ? from : from " to " to
}

function knees(    k, text) {
    sort(size, sizes)
    for (k = 1; k <= sizes; k++)
        text = text (k == 1 ? "" : "; ") (size[k] == 1 ? "One" : size[k]) \
            " at a time, " (k == 1 ? "at most " : "") range(size[k], 1) \
            (k == 1 ? " messages a second are answered" : "")
    return text
}

function tails() {
    return "tail" in least ? "At a load of " queues " the " machine["tail"] \
        " is already " range("tail", 1e6) " ms; " : ""
}

END {
    if (!seeds_told)
        off_tail = 2
    tail = substr(machine["tail"], 2) / 100
    table = out "/table.md"
    print "model,servers,cost_us,answered_per_s,knee_per_s,p50_half_ns,tail_ns" \
        > (out "/table.csv")
    print "model,rate,p50_ns,tail_ns,odd_p50,odd_tail" > (out "/points.csv")
    print "model,rate,p50_ns,tail_ns" > (out "/medians.csv")
    print "model,rate,p50_ns,tail_ns" > (out "/theory.csv")
    print "model,servers,rate" > (out "/knees.csv")
    print "label,answered at most, messages a second" > (out "/bars.csv")
    print "model,why" > (out "/absent.csv")
    printf "| | servers | CPU a message | answers at most, a second | p50 at half load" \
        " | %s at load %g | knee | half | tail |\n" \
        "|---|---|---|---|---|---|---|---|---|\n", machine["tail"], queues > table
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (!lones[m]) {
            no_verdict(m, why[m])
            printf "| **%s** | skipped: %s | | | | | | | |\n", m, why[m] > table
            printf "%s,\n", m > (out "/bars.csv")
            print m "," why[m] > (out "/absent.csv")
            continue
        }
        unit(m)
        record(m)
        if (c[m] == "") {
            printf "%-13s %-10s %s a message, and it says nothing of many\n",
                "no prediction", m, ms(cost) > (out "/verdicts.txt")
            printf "| **%s** | no prediction | %s | | | | | | |\n", m, ms(cost) > table
            continue
        }
        judge(m)
        printf "%s,%d,%.1f,%s,%.0f,%s,%s\n", m, c[m], cost / 1e3, reached,
            c[m] * 1e9 / cost, at_half, at_tail > (out "/table.csv")
        printf "| **%s** | %d | %s | %s | %s | %s |%s\n", m, c[m], ms(cost) cost_within,
            told_reached, told_half, told_tail, states > table
    }
    printf "\nEach message is `cpu:%d`, and comes at a random time. %d cores, of which" \
        " the client has its part. %s\n", machine["fib"], machine["cores"],
        (turns > 1 ? "Medians of " turns " runs, each with a server of its own, and" \
            " " levels() : "One run of each.") > table
    for (m in why)
        printf "\n%s: %s\n", m, why[m] > table
    count = counted("predictions")
    print tally("predictions") > (out "/verdicts.txt")
    print (knees() ? knees() : "Of no model was an overload measured undisturbed") "\n" \
        tails() count > (out "/finding.txt")
}
