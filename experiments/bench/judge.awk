# judge.awk - the tables, the verdicts and the finding of the bench, from its CSV files.
#
# What is measured goes into samples: x[name, contender, 1..count[name, contender]]. An
# odd one counts only where there is no other: in a closed loop one side or the other is
# always at work, so if neither had its core for `busy` of the time, somebody else had it.
# (The load client's own rules do not serve here: with both cores busy by intent it is a
# bottleneck, as its column tells, and what the kernel does for packets looks foreign.)
#
# What the bare echo carries is the client's ceiling: who comes near is not ranked, for it
# may be the client that was measured.

BEGIN { busy = 0.85; near = 0.9 }
FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
FNR == 1 { next }
file == "missing.csv" { why[$1, $2] = substr($0, length($1 $2) + 3) }
file == "sends.csv" { sends[$1] = $2; add($1, "sends", "send", $2) }
file == "idle.csv" {
    add($1, "idle", $2, ($5 - $4) / ($3 ? $3 : 1))
    kib = in_kernel($6, $7, $8, $3, $9)
    if (kib != "")
        add($1, "kernel", $2, kib)
    held_open[$2] = $3
}

# Of a pair, two rows: block,scenario,beside,contender,turn,messages_per_s,deliveries,
# server_ns,us_per_message,server_cores,client_cores,invalid; beside is the pair's name.
file == "runs.csv" {
    pair = $1 SUBSEP $2 SUBSEP $3 SUBSEP $5
    side = $4 == "bare" ? "bare" : "own"
    rate[pair, side] = $6
    cost[pair, side] = $9
    bad = $2 != "fanout" && $10 < busy && $11 < busy
    spoilt[pair] += bad
    spoils += bad
    blocks = $1 > blocks ? $1 : blocks
    if ($2 == "fanout") {
        add($1, "deliveries", $4, $7 / ($8 / 1e9), bad)
        add($1, "times", $4, $7 / ($8 / 1e9) / sends[$1], bad)
    } else {
        add($1, "us " $2, $4, $9, bad)
        add($1, "client " $2, $4, $11, bad)
    }
}

function add(block, name, who, value, bad) {
    x[name, who, ++count[name, who]] = value
    of[name, who, count[name, who]] = block
    odd[name, who, count[name, who]] = bad
    fair[name, who] += !bad
}

# Ratios to the bare echo within each pair, or of those to another's in the same block.
function ratios(scenario, m, base,    b, t, mine, its) {
    for (b = 1; b <= blocks; b++)
        for (t = 1; t <= 2; t++) {
            mine = b SUBSEP scenario SUBSEP m SUBSEP t
            its = b SUBSEP scenario SUBSEP base SUBSEP t
            if (!((mine, "own") in rate && (mine, "bare") in rate) ||
                    base != "bare" && !((its, "own") in rate && (its, "bare") in rate))
                continue
            add(b, "rate " scenario " " base, m, beside(rate, mine) / \
                (base == "bare" ? 1 : beside(rate, its)), spoilt[mine] || spoilt[its])
            add(b, "cost " scenario " " base, m, beside(cost, mine) / \
                (base == "bare" ? 1 : beside(cost, its)), spoilt[mine] || spoilt[its])
        }
}

function beside(what, pair) { return what[pair, "own"] / what[pair, "bare"] }

# Sets middle, low and high: the median and its interval; and used, how many blocks. The
# samples of one block have their moment in common: only together they are one more.
function summarize(name, m,    k, b, a, sum, n, last) {
    used = last = 0
    for (k = 1; k <= count[name, m]; k++)
        if (!odd[name, m, k] || !fair[name, m]) {
            b = of[name, m, k]
            sum[b] += x[name, m, k]
            n[b]++
            last = b > last ? b : last
        }
    for (b = 1; b <= last; b++)
        if (n[b])
            a[++used] = sum[b] / n[b]
    if (!used)
        return 0
    summary(a, used, seen, "now")
    seen["now", "spoilt"] = !fair[name, m]
    middle = seen["now", "mid"]
    low = seen["now", "low"]
    high = seen["now", "high"]
    return 1
}

function shown(name, m, form) {
    if (!summarize(name, m))
        return "–"
    if (used < 2)
        return sprintf(form, middle)
    return sprintf(form " (" form " … " form ")", middle, low, high)
}

function at_ceiling(scenario, m) {
    return summarize("rate " scenario " bare", m) && middle >= near
}

function rate_shown(scenario, m) {
    return at_ceiling(scenario, m) ? \
        shown("rate " scenario " bare", m, "%.2f") ", the client\047s ceiling" : \
        against_one("rate " scenario " bare", m)
}

function against_one(name, m) {
    return shown(name, m, "%.2f") (used > 1 && low <= 1 && high >= 1 ? \
        ", indistinguishable" : "")
}

function echo_table(scenario, title,    i, m) {
    printf "**%s**\n\n| | messages/s ÷ bare echo | CPU µs a message | ÷ bare echo |" \
        " client busy |\n|---|---|---|---|---|\n", title > table
    printf "| bare echo | 1 | %s | 1 | %s |\n", shown("us " scenario, "bare", "%.1f"),
        shown("client " scenario, "bare", "%.2f") > table
    for (i = 1; i <= models; i++) {
        m = model[i]
        if ((scenario, m) in why)
            printf "| **%s** | skipped: %s | | | |\n", m, why[scenario, m] > table
        else
            printf "| **%s** | %s | %s | %s | %s |\n", m,
                rate_shown(scenario, m),
                shown("us " scenario, m, "%.1f"),
                against_one("cost " scenario " bare", m),
                shown("client " scenario, m, "%.2f") > table
    }
    print "" > table
}

# CPU time a message beside the bare echo's, where a user-space part shows most.
function cost_table(    i, k, m, any) {
    printf "**CPU time per message ÷ the bare echo\047s**, in models that serve a crowd" \
        " by one thread\n\n| | 64 bytes | 1000 connections × 64 bytes |" \
        " sixteen in a write | 16 KiB binary | 16 KiB text |\n" \
        "|---|---|---|---|---|---|\n" > table
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (!summarize("cost sixteen bare", m) && !summarize("cost crowd bare", m))
            continue
        printf "| **%s** |", m > table
        for (k = 1; k <= rows; k++)
            printf " %s |", (row[k], m) in why ? "skipped: " why[row[k], m] : \
                against_one("cost " row[k] " bare", m) > table
        print "" > table
    }
    print "" > table
}

function room_table(    i, m) {
    summarize("sends", "send")
    printf "**20 rooms of 50, bursts of 64 messages from one member of each**; one" \
        " send(2) a delivery would allow %.2f million a CPU-second\n\n" \
        "| | deliveries a CPU-second, million | × one send each |\n" \
        "|---|---|---|\n", middle / 1e6 > table
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (("fanout", m) in why) {
            printf "| **%s** | skipped: %s | |\n", m, why["fanout", m] > table
            continue
        }
        if (summarize("deliveries", m))
            printf "| **%s** | %.2f | %s |\n", m, middle / 1e6,
                shown("times", m, "%.1f") > table
    }
    print "" > table
}

function idle_table(    i, m) {
    print "**Silent clients**: memory of the server's processes (Pss) per connection," \
        " and what the kernel holds for it: the server's socket, a task's stack and" \
        " page tables\n\n| | connections | KiB each | the kernel's, KiB each |\n" \
        "|---|---|---|---|" > table
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (("idle", m) in why)
            printf "| **%s** | skipped: %s | | |\n", m, why["idle", m] > table
        else
            printf "| **%s** | %d | %s | %s |\n", m, held_open[m],
                shown("idle", m, "%.2f"), shown("kernel", m, "%.1f") > table
    }
}

# A goal: at least, or below, if that is said, so much. It is reached, or missed, if the
# whole interval is on that side, not every block was disturbed, and it ranks nobody who
# is not to be ranked.
function goal(name, m, text, wanted, below, unranked) {
    if (!summarize(name, m)) {
        printf "%-13s %s\n", "not measured", text > (out "/verdicts.txt")
        return
    }
    seen["now", "spoilt"] = !fair[name, m] || unranked
    verdict("goal", "", seen, "now", wanted, below ? "" : wanted, below ? wanted : "",
        sprintf("%s: %s %g, measured %s%s", text, below ? "below" : "at least", wanted,
            three(middle), unranked ? ", both at the client\047s ceiling" : ""))
}

# Coroutine's rate beside epoll's.
function goal_beside_epoll(scenario, text, wanted) {
    goal("rate " scenario " epoll", "coroutine", text, wanted, "",
        at_ceiling(scenario, "coroutine") && at_ceiling(scenario, "epoll"))
}

function record(panel, name, m, scale,    k) {
    if (!summarize(name, m))
        return
    printf "%s,%s,%.6g\n", panel, m, middle * scale > (out "/data/bars.csv")
    for (k = 1; k <= count[name, m]; k++)
        printf "%s,%s,%.6g,%d\n", panel, m, x[name, m, k] * scale, odd[name, m, k] \
            > (out "/data/dots.csv")
}

END {
    table = out "/table.md"
    rows = split("echo64 crowd sixteen binary16k echo16k", row, " ")
    for (i = 1; i <= models; i++)
        for (k = 1; k <= rows; k++) {
            ratios(row[k], model[i], "bare")
            ratios(row[k], model[i], "epoll")
        }
    echo_table("echo64", "64 connections echo 64 bytes")
    echo_table("echo16k", "64 connections echo 16 KiB of text")
    cost_table()
    room_table()
    idle_table()

    if (spoils)
        printf "\n%d echo runs were disturbed: neither server nor client had its core" \
            " for %.0f %% of the time. They are drawn hollow, and count only where" \
            " there is no other.\n", spoils, busy * 100 > table

    goal("rate echo64 bare", "epoll", "epoll's 64-byte messages/s ÷ the bare echo's", 0.9)
    goal("rate echo16k bare", "epoll", "epoll's 16 KiB messages/s ÷ the bare echo's", 0.7)
    goal_beside_epoll("echo64", "coroutine's 64-byte messages/s ÷ epoll's", 0.9)
    goal_beside_epoll("echo16k", "coroutine's 16 KiB messages/s ÷ epoll's", 0.9)
    goal("cost crowd bare", "epoll", "epoll's CPU per message ÷ the bare echo's," \
        " 1000 connections", 1.0, "below")
    goal("cost sixteen bare", "epoll", "the same, sixteen in a write", 1.1, "below")
    goal("cost binary16k bare", "epoll", "the same, 16 KiB binary", 1.08, "below")
    goal("cost echo16k bare", "epoll", "the same, 16 KiB text", 1.12, "below")
    goal("cost crowd epoll", "coroutine", "coroutine's CPU per message ÷ epoll's," \
        " 1000 connections", 1.15, "below")
    split("select epoll coroutine", loops, " ")
    for (i = 1; i <= 3; i++)
        goal("times", loops[i], loops[i] "'s deliveries ÷ one send(2) each", 10)
    goal("idle", "epoll", "KiB a silent client in epoll", 1.5, "below")
    goal("idle", "coroutine", "KiB a silent client in coroutine", 8, -1)

    print "panel,contender,value" > (out "/data/bars.csv")
    print "panel,contender,value,odd" > (out "/data/dots.csv")
    for (i = 0; i <= models; i++) {
        m = i ? model[i] : "bare"
        record("rate64", "rate echo64 bare", m, 1)
        record("cost64", "us echo64", m, 1)
        record("rate16k", "rate echo16k bare", m, 1)
        record("cost16k", "us echo16k", m, 1)
        record("fanout", "deliveries", m, 1e-6)
        record("idle", "idle", m, 1)
        record("kernel", "kernel", m, 1)
    }
    record("sends", "sends", "send", 1e-6)

    print "label,CPU of an echo of 64 bytes, µs" > (out "/bars.csv")
    for (i = 0; i <= models; i++) {
        m = i ? model[i] : "bare"
        printf "%s,%s\n", i ? m : "bare sockets",
            summarize("us echo64", m) ? middle : "" > (out "/bars.csv")
    }

    best = ""
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (!fair["rate echo64 bare", m])
            continue
        if (at_ceiling("echo64", m))
            nearest = nearest (nearest ? ", " : "") m
        if (summarize("rate echo64 bare", m) && (best == "" || middle > most)) {
            best = m
            most = middle
        }
    }
    if (best == "")
        print "Echo: no block was undisturbed" > (out "/finding.txt")
    else if (nearest)
        printf "Echo: %s come within %.0f %% of what the client can send\n", nearest,
            100 * (1 - near) > (out "/finding.txt")
    else
        printf "Echo: %s carries %.2f of the bare sockets\047 messages a second\n", best,
            most > (out "/finding.txt")
    best = ""
    for (i = 1; i <= models; i++)
        if (summarize("times", model[i]) && (best == "" || middle > most)) {
            best = model[i]
            most = middle
        }
    if (best != "")
        printf "Fan-out: %s delivers %.0f times as often as one send(2) each would" \
            " allow\n", best, most > (out "/finding.txt")
}
