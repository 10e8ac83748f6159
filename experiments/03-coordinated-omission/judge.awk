# judge.awk - coordinated omission: what each load loop tells of the same stall.
#
# Measured: the server is stopped for s of T seconds; the p99 that a closed and an open
#   loop tell of it, and the open loop's from the write instead of from when it was due.
# Theory: in the open loop all that are due during the stall wait, and so do those that
#   find its backlog: p99 = s - 0.01 (1 - load) T. In the closed loop, and from the
#   write, one message of each connection waits, far less than a percent: the p99 hides
#   the stall.
# Rival: of the open loop, that the p99 is the stall; of the others, the open loop's p99.
# Refuted if the open loop's p99 is off by more than 15 %, or one of the others shows over
#   a twentieth of the stall.

BEGIN {
    tolerance = 0.15
    late = 0.01                 # of the stall: a client later than this was at fault
    hidden = 20                 # a p99 below this part of the stall tells nothing of it
    print "repetition,model,loop,odd" > (out "/odd.csv")
    print "model,why" > (out "/absent.csv")
}

# That answers fell behind, and messages with them, is what the stall does; what the
# client and its machine did is no finding.
file == "runs.csv" {
    m = field("model")
    stall = field("stalled_ns")
    broken = field("invalid")
    gsub("rate|unsent", "", broken)
    if (field("lag_p99_ns") != "" && field("lag_p99_ns") < late * stall)
        gsub("lag", "", broken)
    odd = broken ~ /[a-z]/
    print $1 "," m "," field("loop") "," odd > (out "/odd.csv")
    spoils += odd
    runs++
    clients[m] = field("clients")
    add(field("loop") " " m, field("p99_ns"), odd)
    if (field("loop") == "open") {
        add("service " m, field("service_p99_ns"), odd)
        add("stall " m, stall, odd)
        busy = field("servers") > 0 ? field("server_cores") / field("servers") : 0
        add("theory " m, stall - 0.01 * (1 - busy) * machine["time"] * 1e9, odd)
    } else
        add("hit " m, field("clients") / field("messages"), odd)
}

function ms(ns) {
    return ns == "" ? "–" : sprintf(ns < 1e7 ? "%.2f ms" : "%.0f ms", ns / 1e6)
}

function in_table_ms(key,    a, n) {
    n = those(key, a, 1e6)
    return n ? ms(median(a, n) * 1e6) within(a, n, a[1] < 10 ? "%.2f" : "%.0f") : "–"
}

function judge_hidden(kind, m, p99, text, remark) {
    against("the open loop\047s, " ms(theory), theory)
    verdict(kind, m, v, kind " " m, stall / hidden, "", stall / hidden,
        text ": p99 " ms(p99) ", predicted below " ms(stall / hidden) remark)
}

function judge(m,    closed, open, service) {
    stall = median_of("stall " m)
    theory = median_of("theory " m)
    closed = median_of("closed " m)
    open = median_of("open " m)
    service = median_of("service " m)
    judge_hidden("closed", m, closed, "closed loop", ": it is hidden")
    against("the stall, " ms(stall), stall)
    verdict("open", m, v, "open " m, theory, theory * (1 - tolerance),
        theory * (1 + tolerance), "open loop: p99 " ms(open) ", predicted " ms(theory))
    judge_hidden("service", m, service, "open loop, from the write")
    printf "| **%s** | %d | %s | %.2f %% | %s | %s | %s | %s | %s |\n", m, clients[m],
        ms(stall), 100 * median_of("hit " m), in_table_ms("closed " m),
        in_table_ms("service " m), in_table_ms("open " m), ms(theory), said[m] > table_md
    printf "%s,%d,%d,%.6f,%d,%d,%d,%d\n", m, clients[m], stall, median_of("hit " m),
        closed, service, open, theory > table_csv
    add("all stalls", stall)
    add("all closed", closed)
    add("all open", open)
}

function bar_of(m, loop,    p99) {
    p99 = median_of(loop " " m)
    bar(m " " loop " loop", p99 == "" ? "" : sprintf("%.3f", p99 / 1e6))
}

function skip_because(m, reason) {
    skip(m, reason)
    print m "," reason > (out "/absent.csv")
}

END {
    print "model,clients,stall_ns,closed_hit,closed_p99_ns,service_p99_ns," \
        "open_p99_ns,theory_p99_ns" > table_csv
    head("| | clients | stopped for | closed loop: messages hit | its p99 | open loop:" \
        " p99 from the write | p99 from when it was due | theory | closed, open," \
        " service |")
    bar("label", "p99 that a client tells of the same stall, ms")
    for (i = 1; i <= models; i++) {
        m = model[i]
        bar_of(m, "closed")
        bar_of(m, "open")
        if (count["closed " m] && count["open " m])
            judge(m)
        else
            skip_because(m, m in why ? why[m] : "fewer than 1000 messages, so no p99")
    }
    if (spoils)
        printf "\n%d of %d runs were disturbed: the client was late or busy, or others" \
            " had the machine. Where there is no other, the prediction is" \
            " undecided.\n", spoils, runs > table_md
    print tally("predictions") > verdicts_txt
    if (count["all open"]) {
        print "\n" levels() > table_md
        printf "Stopped for %s: a closed loop tells a p99 of %s, an open loop one of" \
            " %s\n%s\n", ms(middle_of("all stalls")), ms(middle_of("all closed")),
            ms(middle_of("all open")), counted("predictions") > finding_txt
    } else
        print "Nothing could be measured" > finding_txt
}
