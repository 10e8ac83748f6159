# judge.awk - the table, the verdicts and the finding of bench-client, from its CSV files.
#
# Samples are x[name, 1..count[name]], one of each block. That a client uses up its core
# is no fault here, where it is driven as fast as it goes; that others use it is one.

BEGIN {
    names = split("tcp http wrk ws alone burst room", contender, " ")
    drawn = 4                   # of them; the others are not requests with an answer each
    split("load tcp://;load http://;wrk http://;load ws:// (epoll);" \
        "both on one core;so, 16 in a write;so, heard by 8", label, ";")
    lag_goal = 100              # us, the median
    opening_goal = 2            # seconds
    busy = 0.85                 # of a core, in a closed loop: one of them, or both of one
}

FNR == 1 { file = FILENAME; sub(".*/", "", file); next }
file == "missing.csv" { why[$1] = substr($0, length($1) + 2) }

file == "runs.csv" {
    blocks = $1 > blocks ? $1 : blocks
    rate[$1, $2] = $3
    shared = $2 ~ /^(alone|burst|room)$/
    server_cores = $6 * $3 / 1e6
    spoilt[$1, $2] = shared ? $5 + server_cores < busy : $5 < busy && server_cores < busy
    spoils += spoilt[$1, $2]
    add("rate " $2, $3 / 1e3, spoilt[$1, $2])
    add("client " $2, $4, spoilt[$1, $2])
    add("cores " $2, $5, spoilt[$1, $2])
    add("server " $2, $6, spoilt[$1, $2])
    if (shared)
        both_ways($2, $1, $4, $6, spoilt[$1, $2])
}
file == "lag.csv" {
    add("lag", $2 / 1e3, $4 ~ /foreign/)
    add("late", $3 / 1e3, $4 ~ /foreign/)
}
file == "opening.csv" { add("opening", $3, $4 ~ /foreign/); open = $2 }

function add(name, value, bad) {
    x[name, ++count[name]] = value
    odd[name, count[name]] = bad
    fair[name] += !bad
}

# Each block has two rows of these, one for each core.
function both_ways(name, block, client, server, bad) {
    if ((name, block) in ours)
        add("cost " name, (ours[name, block] + client) / (theirs[name, block] + server),
            bad || worse[name, block])
    ours[name, block] = client
    theirs[name, block] = server
    worse[name, block] = bad
}

# Ratios within a block.
function ratios(name, a, b,    k) {
    for (k = 1; k <= blocks; k++)
        if ((k, a) in rate && (k, b) in rate)
            add(name, rate[k, a] / rate[k, b], spoilt[k, a] || spoilt[k, b])
}

# Sets middle, low and high: the median and its interval, of the fair blocks, or of all if
# there is no fair one.
function summarize(name,    k, a, used) {
    for (k = 1; k <= count[name]; k++)
        if (!odd[name, k] || !fair[name])
            a[++used] = x[name, k]
    if (!used)
        return 0
    summary(a, used, seen, "now")
    seen["now", "spoilt"] = !fair[name]
    middle = seen["now", "mid"]
    low = seen["now", "low"]
    high = seen["now", "high"]
    return 1
}

function shown(name, form) {
    if (!summarize(name))
        return "–"
    return low == high ? sprintf(form, middle) : \
        sprintf(form " (" form " … " form ")", middle, low, high)
}

# A goal is no theory, and so has no rival. It is reached, or missed, if the whole
# interval is on that side, and not every block was disturbed.
function goal(name, text, wanted, reason, below) {
    if (!summarize(name)) {
        printf "%-13s %s: %s\n", "not measured", text, reason > (out "/verdicts.txt")
        return
    }
    verdict("goal", "", seen, "now", wanted, below ? "" : wanted, below ? wanted : "",
        sprintf("%s: %s %g, measured %s", text, below ? "below" : "at least", wanted,
            three(middle)))
}

function panel(name, title,    k, i, key) {
    printf "%s,%s,\n", name, title > (data "panels.csv")
    for (i = 1; i <= drawn; i++) {
        key = name " " contender[i]
        if (!summarize(key)) {
            printf "%s,%s,,not measured,\n", name, label[i] > (data "bars.csv")
            if (name == "rate")
                print label[i] "," > (out "/bars.csv")
            continue
        }
        printf "%s,%s,%.4f,%.3g,\n", name, label[i], middle, middle > (data "bars.csv")
        if (name == "rate")
            printf "%s,%.4f\n", label[i], middle > (out "/bars.csv")
        for (k = 1; k <= count[key]; k++)
            printf "%s,%s,%.4f,%d\n", name, label[i], x[key, k], odd[key, k] \
                > (data "dots.csv")
    }
}

function charts(    i) {
    print "panel,title,scale" > (data "panels.csv")
    print "row,model" > (data "rows.csv")
    print "panel,row,value,text,mark" > (data "bars.csv")
    print "panel,row,value,odd" > (data "dots.csv")
    for (i = 1; i <= drawn; i++)
        printf "%s,%s\n", label[i], contender[i] == "ws" ? "epoll" : "" \
            > (data "rows.csv")
    print "label,thousand requests a second" > (out "/bars.csv")
    panel("rate", "thousand requests a second")
    panel("client", "client: CPU µs each")
}

END {
    table = out "/table.md"
    ratios("wrk", "tcp", "wrk")
    print "contender,thousand_per_s,client_us,client_cores,server_us" > (out "/table.csv")
    print "| | thousand requests a second | client: CPU µs each | of a core |" \
        " server: CPU µs each |\n|---|---|---|---|---|" > table
    for (i = 1; i <= names; i++) {
        c = contender[i]
        if (!count["rate " c]) {
            printf "| **%s** | not measured: %s | | | |\n", label[i], why[c] > table
            continue
        }
        printf "| **%s** | %s | %s | %s | %s |\n", label[i], shown("rate " c, "%.1f"),
            shown("client " c, "%.2f"), shown("cores " c, "%.2f"),
            shown("server " c, "%.2f") > table
        printf "%s", c > (out "/table.csv")
        split("rate client cores server", column, " ")
        for (k = 1; k <= 4; k++) {
            summarize(column[k] " " c)
            printf ",%.4f", middle > (out "/table.csv")
        }
        print "" > (out "/table.csv")
    }
    printf "\nPacing, 10,000 messages a second: sent late by %s µs in the median, %s µs" \
        " in the p99. %d connections were open after %s s.\n", shown("lag", "%.0f"),
        shown("late", "%.0f"), open, shown("opening", "%.2f") > table
    if (spoils)
        printf "\n%d runs were disturbed: neither side had its core, nor both together" \
            " their one, for %.0f %% of the time. They are drawn hollow, and count only" \
            " where there is no other.\n", spoils, busy * 100 > table

    goal("wrk", "load's requests a second over tcp:// ÷ wrk's over http://", 1,
        why["wrk"])
    goal("cost alone", "load's CPU a message ÷ the epoll model's", 1, why["alone"], 1)
    goal("cost burst", "the same, sixteen messages in a write", 1, why["burst"], 1)
    goal("cost room", "the same, a message heard by eight", 1, why["room"], 1)
    goal("lag", "µs that load sends late, in the median", lag_goal, why["pacing"], 1)
    goal("opening", "seconds to open 10,000 connections", opening_goal, why["opening"],
        1)
    charts()
    if (summarize("wrk"))
        printf "The load client makes %.2f times wrk's requests a second", middle \
            > (out "/finding.txt")
    else
        printf "The load client, without wrk beside it" > (out "/finding.txt")
    print tally("goals") > (out "/verdicts.txt")
    print "\n" counted("goals") > (out "/finding.txt")
    if (!told_verdicts) {
        print "bench-client: nothing was measured, and no goal is judged" > "/dev/stderr"
        exit 1
    }
}
