# judge.awk - convoy: how long a trifle takes beside n clients that compute all the time.
#
# Measured: the median time of a trifle, for a client that thinks between two of them.
# Theory: with an interpreter's lock, one who wants to go on waits for the interval I
#   before the holder is asked for it: I beside one that computes. Beside n it may wait
#   for those that have waited longer, and each of them may keep the lock for up to 2 I,
#   since whoever waits begins a new interval when the lock has passed on: I to 2 n I.
#   Where one thread serves all (the model says that a bystander waits), it ends the job
#   that it has begun, and perhaps does one for each of the others: half a job to n
#   jobs. Elsewhere a thread is woken for the trifle, and its share of a core is next to
#   nothing: less than a millisecond.
# Rivals: as without the lock; as with it.
# Refuted if the interval of the medians lies outside of the bounds.

BEGIN {
    off = 0.3                   # of the least and of the most
    at_once = 1                 # ms
    lone = 0.2                  # ms: a trifle beside nobody
    usual = 5                   # ms, the lock's interval
}

file == "asked.csv" {
    r = row[++rows] = name($1, $2)
    of[r] = $1
    switch_ms[r] = $2
    waits[r] = $3
}

file == "runs.csv" {
    n = field("computing") + 0
    if (field("p50_ns") != "")
        add(name($2, $3) " " n, field("p50_ns") / 1e6, field("invalid") ~ /foreign/, $1)
    seen[n]
    top = n > top ? n : top
}

function name(m, ms) { return ms == "" ? m : m " " ms " ms" }

function predict(r, n) {
    if (switch_ms[r] != "") {
        least = switch_ms[r]
        most = n == 1 ? least : 2 * n * switch_ms[r]
        against("as without the lock, " lone, lone)
    } else if (waits[r]) {
        least = machine["job"] / 2
        most = n * machine["job"]
        against("as in a thread of its own, " lone, lone)
    } else {
        least = ""
        most = at_once
        against("as with the lock, " usual, usual)
    }
}

function judge(r, n,    key, text) {
    key = r " " n
    if (median_of(key) == "") {
        say("not measured", r, sprintf("with %d computing: %s", n, why[of[r]]))
        return
    }
    predict(r, n)
    text = least == "" ? "at most " most : least == most ? least : least " to " most
    as_a_range()
    verdict("wait", r, v, key, least == "" ? lone : middle_of_range(least, most),
        least == "" ? "" : least * (1 - off), least == "" ? most : most * (1 + off),
        sprintf("a trifle with %d computing: %s ms, predicted %s", n,
        three(v[key, "mid"]), text))
}

function report(r,    n, key, ms) {
    panel_row(r, of[r])
    printf "| **%s** |", r > table_md
    for (n = 0; n <= top; n++) {
        if (!(n in seen))
            continue
        key = r " " n
        ms = middle_of(key)
        if (n > 0)
            judge(r, n)
        else
            median_of(key)
        printf " %s |", ms == "" ? "–" : shown(key, "%.2f") > table_md
        printf "%s,%d,%s\n", r, n, ms > table_csv
        panel_bar("n" n, r, ms, ms == "" ? "not measured" : three(ms) " ms")
        panel_dots("n" n, r, key, "%.3f")
    }
    print " " said[r] " |" > table_md
    bar(r, middle_of(r " " top))
}


function compute(n) {
    return n == 0 ? "nobody computes" : n == 1 ? "one computes" : n " compute"
}

END {
    if (!top)                   # no model serves as many
        seen[0] = seen[top = 1] = 1
    panels_begin()
    heading = "| a trifle, ms |"
    for (n = 0; n <= top; n++)
        if (n in seen) {
            heading = heading " " compute(n) " |"
            panel("n" n, "median time of a trifle in ms · " compute(n), "")
        }
    head(heading " |")
    print "row,computing,p50_ms" > table_csv
    bar("label", "median time of a trifle beside " top " that compute, ms")
    for (i = 1; i <= rows; i++)
        report(row[i])
    print "\n" levels() > table_md
    tell_reasons(": ")
    print tally("predictions") > verdicts_txt
    find()
}

function find(    i, told, text) {
    for (i = 1; i <= rows; i++)
        if (middle_of(row[i] " 1") != "" && told++ < 4)
            text = also(text, three(middle_of(row[i] " 1")) " ms in " row[i])
    if (text == "")
        print "Nothing could be measured" > finding_txt
    else
        printf "Beside one client that computes, a trifle takes %s\n", text > finding_txt
}
