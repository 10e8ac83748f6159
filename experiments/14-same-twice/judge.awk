# judge.awk - same-twice: are eight copies of one model told apart?
#
# Measured: one model's CPU time per message, under eight names in each block (an A/A
#   test).
# Theory: none of the eight can be told from the one that seems cheapest, and each copy's
#   time is that of its block, the median of all eight.
# Rival: copies that look different are different; a copy is 15 % off, as single runs are.
# Refuted if one is told apart, or if a copy's interval is 15 % off. Disturbed runs count
#   here, for noise is the question.

BEGIN {
    copies = 8
    off = 0.15
    for (i = 1; i <= copies; i++)
        name[i] = "copy " i
}

file == "runs.csv" && field("messages") > 0 {
    cost[$1, $2] = field("cpu_ns") / field("messages") / 1e3
    odd[$1, $2] = field("invalid") ~ /foreign/
    spoilt += odd[$1, $2]
    runs++
    blocks = $1 > blocks ? $1 : blocks
}

# Those blocks in which all had their turn, by number, into whole[1..wholes].
function whole_blocks(    b, i, n) {
    for (b = 1; b <= blocks; b++) {
        for (i = n = 0; i < copies; i++)
            n += (b, i + 1) in cost
        if (n == copies)
            whole[++wholes] = b
    }
}

function middle_of_block(b,    i, a) {
    for (i = 1; i <= copies; i++)
        a[i] = cost[b, i]
    return median(a, copies)
}

function judge_copy(i,    b, k, us, ratio) {
    us = "us " i
    ratio = "ratio " i
    panel_row(name[i], machine["model"])
    for (k = 1; k <= wholes; k++) {
        b = whole[k]
        add(us, cost[b, i], 0, b)
        add(ratio, cost[b, i] / middle_of_block(b), 0, b)
        panel_dot("us", name[i], sprintf("%.4f", cost[b, i]), odd[b, i])
        panel_dot("ratio", name[i], sprintf("%.4f", sample[ratio, k]), odd[b, i])
    }
    compare(all, name[i], us)
    median_of(ratio)
    panel_bar("us", name[i], sprintf("%.4f", v[us, "mid"]), three(v[us, "mid"]))
    panel_bar("ratio", name[i], sprintf("%.4f", v[ratio, "mid"]), three(v[ratio, "mid"]),
        1)
    bar(name[i], sprintf("%.4f", v[us, "mid"]))
    against("15 % off", 1 + off)
    verdict("copy", name[i], v, ratio, 1, 1 - off, 1 + off,
        sprintf("%.1f µs a message, %.2f of its block", v[us, "mid"], v[ratio, "mid"]))
}

# The eight as they were measured.
function judge_family(    i, least, differs, found) {
    least = extreme(name, copies, all, 1)
    tell_apart(least, name, copies, all, differs, 1)
    for (i = 1; i <= copies; i++)
        found += differs[name[i]]
    single(found, v, "family")
    against("all that look different are", copies - 1)
    verdict("family", "", v, "family", 0, "", 0,
        sprintf("%d of %d copies are told from the one that seems cheapest, predicted 0",
            found, copies - 1))
    return found
}

function nothing(    i, reason) {
    reason = "fewer than two whole blocks"
    for (i in why)
        reason = why[i]
    say("not measured", "", reason)
    print "Nothing could be measured" > finding_txt
    print "Nothing was measured." > table_md
    for (i = 1; i <= copies; i++) {
        panel_row(name[i], machine["model"])
        bar(name[i])
    }
}

END {
    panels_begin()
    panel("us", "CPU µs per message: " machine["model"])
    panel("ratio", "beside the median of its block")
    bar("label", "CPU of a message, µs")
    print "blocks,false_alarms,before,refuted,seen" > table_csv
    whole_blocks()
    if (wholes < 2) {
        nothing()
        exit
    }
    head("| blocks | of eight copies one is told from another | before: two are told" \
        " apart | a true prediction is refuted | a copy 1.2 times as slow is seen |")
    for (i = 1; i <= copies; i++)
        judge_copy(i)
    found = judge_family()
    alarms[3] = rates(3)
    alarms[5] = rates(5)
    alarms[10] = rates(10)
    printf "\nEach of %d families, drawn from %d blocks that were measured. %d of %d" \
        " runs were disturbed by others; here they count, for noise is the question." \
        " %s\n", families, wholes, spoilt, runs, levels() > table_md
    print tally("predictions") > verdicts_txt
    printf "Eight copies of %s: %s told apart; of %d more families of 3 blocks %s, of 5" \
        " %s, of 10 %s\nBy the rule of before, two copies were told apart in %s of" \
        " families of 3 blocks\n", machine["model"], found ? found " are" : "none is",
        families, alarms[3], alarms[5], alarms[10], told_before > finding_txt
}
