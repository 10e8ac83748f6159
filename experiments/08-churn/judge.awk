# judge.awk - the tables, the verdicts and the finding of churn, from its CSV files.
#
# A run counts if others had little of the machine; the rest only where there is no other,
# and then nothing is decided.

BEGIN {
    disturbed = 0.10            # of the machine
    ceiling = 0.8               # of a core: the client may be what was slow
    near = 2                    # times the predicted cost
    protocols = split("http ws", protocol, " ")
}

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
file == "machine.csv" { cores = $1; hertz = $2; next }
file == "births.csv" { price[$1, ++priced[$1]] = $2; next }
FNR == 1 { next }
file == "kinds.csv" { kind[$1] = $2 }
file == "missing.csv" { why[$1] = substr($0, length($1) + 2) }

file == "runs.csv" {
    if ($8 != "" && !(kind[$2] == "process" && $10 / $4 > 0.5)) {
        cost = $8 / 1e3 / $4
        odd = $14 ~ /foreign/
    } else {
        others = $11 / hertz / ($12 / 1e6 * cores)
        cost = ($9 / hertz * 1e6 - $6 / 1e3) / $4
        odd = others > disturbed || cost <= 0
    }
    repetition = $1
    add("rate", $2, $3, $5, odd || $7 > ceiling)
    add("cost", $2, $3, cost, odd)
    add("born", $2, $3, $10 / $4, odd)
    add("faults", $2, $3, $13 / $4, odd)
    if ($15 != "" && kind[$2] != "process")   # those of children that have gone are lost
        add("sleeps", $2, $3, $15 / $4, odd)
}

function add(name, m, p, value, bad,    k) {
    k = ++count[name, m, p]
    x[name, m, p, k] = value
    odds[name, m, p, k] = bad
    turn[name, m, p, k] = repetition
    fair[name, m, p] += !bad
}

# Those that count, into a[]: without the odd ones, if there are others.
function those(name, m, p, a,    k, n) {
    for (k = 1; k <= count[name, m, p]; k++)
        if (!odds[name, m, p, k] || !fair[name, m, p])
            a[++n] = x[name, m, p, k]
    return n
}

# For the title, which tells apart within repetitions.
function blocks_of(m,    k) {
    for (k = 1; k <= count["cost", m, "http"]; k++)
        if (!odds["cost", m, "http", k])
            in_block(cost_of, m, turn["cost", m, "http", k], x["cost", m, "http", k])
}

function middle(name, m, p,    a, n) {
    n = those(name, m, p, a)
    return n ? median(a, n) : ""
}

# The same for the table, with its interval, or how few they were.
function told(name, m, p,    a, n) {
    n = those(name, m, p, a)
    return sprintf("%.0f", median(a, n)) within(a, n, "%.0f") \
        (n == 1 && count[name, m, p] > 1 ? " (one run)" : "") \
        (fair[name, m, p] ? "" : " \\*")
}

# Does it make a process or a thread for each connection? What, is known from who was
# counted beside silent clients; whether, from the kernel's count of all that were made.
function newborn(m, p) { return middle("born", m, p) > 0.5 ? kind[m] : "neither" }

# What the kernel asks for a process or a thread that ends at once, or for a page: the
# median, since a single price may have been asked at a bad moment.
function birth(kind,    k, a) {
    for (k = 1; k <= priced[kind]; k++)
        a[k] = price[kind, k]
    return priced[kind] ? median(a, priced[kind]) : 0
}

# Each time that a model goes to sleep, somebody has to wake it: what that costs for a
# connection. A loop that many call at once sleeps once for several of them.
function sleeping(m, p) { return middle("sleeps", m, p) * birth("sleep") }

# What a connection costs where nobody is made for it, but for sleeping: the median of
# those models, without the one that is to be compared with it.
function base(p, but,    i, a, n) {
    fair_base = 0
    for (i = 1; i <= models; i++)
        if (model[i] != but && count["cost", model[i], p] &&
                newborn(model[i], p) == "neither") {
            a[++n] = middle("cost", model[i], p) - sleeping(model[i], p)
            fair_base += fair["cost", model[i], p] > 0
        }
    return n ? median(a, n) : ""
}

function judge_it(m, p, cost, predicted, text, made) {
    if (made != "neither")
        against(sprintf("as where nothing is made, %.0f", base(p, m) + sleeping(m, p)),
            base(p, m) + sleeping(m, p))
    return in_table(verdict("cost " p, m, seen, p SUBSEP m, predicted, predicted / near,
        predicted * near, sprintf("%-4s %.0f µs a connection, predicted %s", p, cost,
            text)))
}

function report(m, p,    a, b, c, k, z, made, faults, predicted, row) {
    if (!count["cost", m, p]) {
        printf "%-13s %-10s %-4s %s\n", "not measured", m, p,
            why[m] > (out "/verdicts.txt")
        return " – | – | – |"
    }
    b = base(p, m)
    c = middle("cost", m, p)
    faults = those("cost", m, p, a)
    summary(a, faults, seen, p SUBSEP m)
    seen[p, m, "spoilt"] = !fair["cost", m, p] || !fair_base
    made = newborn(m, p)
    faults = made == "process" ? middle("faults", m, p) : 0
    z = sleeping(m, p)
    predicted = b + z + birth(made) + faults * birth("page")
    row = " " told("rate", m, p) " | " told("cost", m, p) " |"
    noted += !fair["rate", m, p] || !fair["cost", m, p]
    for (k = 1; k <= count["cost", m, p]; k++)
        printf "%s,%s,%.1f,%d,%.2f,%d\n", p, m, x["rate", m, p, k], odds["rate", m, p, k],
            x["cost", m, p, k], odds["cost", m, p, k] > (out "/dots.csv")
    if (b == "" || (made != "neither" && !priced[made])) {
        printf "%-13s %-10s %-4s %.0f µs a connection; no model to compare with\n",
            "no prediction", m, p, c \
            > (out "/verdicts.txt")
        predicted = ""
        row = row " – |"
    } else
        row = row " " judge_it(m, p, c, predicted,
            made == "neither" && !z ? sprintf("%.0f, as where nothing is made", b) : \
            sprintf("%.0f%s%s%s = %.0f", b, z ? sprintf(" and %.2f sleeps at %.1f",
                middle("sleeps", m, p), birth("sleep")) : "", made == "neither" ? "" : \
                sprintf(" and a %s for %.0f", made, birth(made)),
                faults ? sprintf(" and %.0f pages at %.1f", faults, birth("page")) : "",
                predicted), made) " |"
    printf "%s,%s,%.3f,%.3f,%s,%s\n", p, m, middle("rate", m, p), c, predicted,
        made > (out "/table.csv")
    return row
}

END {
    table = out "/table.md"
    print "protocol,model,per_s,us_each,predicted_us,made" > (out "/table.csv")
    print "label,CPU of a connection with one HTTP request, µs" > (out "/bars.csv")
    print "protocol,model,per_s,rate_odd,us_each,cost_odd" > (out "/dots.csv")
    print "| | http: connections a second | CPU µs each | theory" \
        " | ws: connections a second | CPU µs each | theory |" \
        "\n|---|---|---|---|---|---|---|" > table
    for (i = 1; i <= models; i++)
        fair_ones += fair["cost", model[i], "http"] > 0
    for (i = 1; i <= models; i++) {
        m = model[i]
        row = ""
        for (k = 1; k <= protocols; k++)
            row = row report(m, protocol[k])
        printf "| **%s** |%s\n", m, row > table
        split("", a)
        n = those("cost", m, "http", a)
        if (n && (fair["cost", m, "http"] || !fair_ones)) {
            summary(a, n, cost_of, m)
            blocks_of(m)
        }
        printf "%s,%s\n", m, middle("cost", m, "http") > (out "/bars.csv")
    }
    printf "\nTo make a process that ends at once takes %.0f µs here, a thread %.0f µs;" \
        " a page that a process has to get for itself %.1f µs.\n", birth("process"),
        birth("thread"), birth("page") > table
    print "\n" levels() > table
    if (noted)
        printf "\n\\* others had over %.0f %% of the machine, or the client was busy" \
            " for over %.0f %% of a core and may be what was slow. Hollow points; they" \
            " decide nothing.\n", disturbed * 100, ceiling * 100 > table
    for (m in why)
        printf "\n%s: a run failed: %s\n", m, why[m] > table
    printf "%s; within a factor of %g\n", tally("predictions"),
        near > (out "/verdicts.txt")
    text = span(model, models, cost_of, " µs")
    if (text == "")
        print "Nothing could be measured" > (out "/finding.txt")
    else
        print "CPU to come and go, with one HTTP request: " text > (out "/finding.txt")
    if (text != "" && !fair_ones)
        print "Others were at work in every run: these figures are not to be relied on" \
            > (out "/finding.txt")
}
