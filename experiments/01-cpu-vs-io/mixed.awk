# mixed.awk - mixed loads: some of the ten clients compute, the others wait.
#
# Measured: as in judge.awk, in computations' time, for several shares of the ten.
# Theory: the model's own formulas for both kinds of work. At best one falls wholly into
#   the time of the other, at worst it begins when the other is over.
# Rival: the other end of what is possible: all at once on all cores, or one at a time.
# Refuted if the interval lies outside of both bounds by 15 % or more.
#
# Adds a table to that of judge.awk, and writes mixed.txt, the finding.

BEGIN {
    tolerance = 0.15            # beyond the predicted bounds
    disturbed = 0.10            # of the machine
    verdicts_txt = out "/mixed-verdicts.txt"
    verdicts_csv = out "/mixed-verdicts.csv"
    lines_begin()
}

file == "mixed-predictions.csv" {
    cpu[$1, $2] = field("cpu")
    wait[$1, $2] = field("wait")
}

# The ends of the line, as judge.awk has found them.
file == "table.csv" {
    if (!known[$1]++)
        model[++models] = $1
    whole[$1, $2] = field("measured")
    whole_odd[$1, $2] = !field("fair")
}

file == "mixed.csv" {
    n = field("n")
    s = field("computing")
    if (!shares[s]++)
        share[++order] = s
    odd = field("others") > disturbed
    add("total " s " " $2, field("total_ns") / field("cpu_ns"), odd, $1)
    add("wait " s " " $2, field("wait_ns") / field("cpu_ns"), odd, $1)
}

function draw_point(m, s, value, odd) {
    point(1, m, sprintf("%.1f", s / n * 100), sprintf("%.4f", value), odd)
}

function name_rival(s, wait, least, most,    fast, slow) {
    fast = s / machine["cores"] > wait ? s / machine["cores"] : wait
    slow = s + (n - s) * wait
    if (slow / most > least / fast)
        against(sprintf("one thing at a time, %.2f", slow), slow)
    else
        against(sprintf("all at once, %.2f", fast), fast)
}

# Judges it; returns the table's cell.
function judge(m, s,    key, y, waits, least, most, state) {
    key = "total " s " " m
    y = median_of(key)
    if (y == "") {
        say("not measured", m, sprintf("%d of %d compute", s, n))
        return " – |"
    }
    draw_point(m, s, y, !fair[key])
    if (cpu[m, s] == "") {
        say("no prediction", m, sprintf("%d of %d compute: %.2f jobs' time", s, n, y))
        return sprintf(" %.2f |", y)
    }
    waits = wait[m, s] * middle_of("wait " s " " m)
    most = cpu[m, s] + waits
    least = cpu[m, s] > waits ? cpu[m, s] : waits
    name_rival(s, middle_of("wait " s " " m), least, most)
    as_a_range()
    state = verdict("mixed", m, v, key, middle_of_range(least, most),
        least * (1 - tolerance), most * (1 + tolerance),
        sprintf("%d of %d compute: %.2f jobs' time, predicted %.2f to %.2f", s, n, y,
            least, most))
    return sprintf(" %.2f (%.2f … %.2f), %s |", y, least, most, in_table(state))
}

# The share in the middle makes the title.
function find(    i, s, text) {
    for (i = 1; i <= models; i++)
        compare(s, model[i], "total " share[int((order + 1) / 2)] " " model[i],
            "spoilt, too")
    text = span(model, models, s, "")
    return text == "" ? "Mixed loads could not be measured" : \
        sprintf("%d of %d clients compute, the others wait: %s jobs' time",
            share[int((order + 1) / 2)], n, text)
}

END {
    sort(share, order)
    print "\n**Mixed loads**: how many of the clients compute; the others wait\n" \
        >> table_md         # it is open from here on, and what is printed is added
    text = "| jobs' time until the last |"
    for (j = 1; j <= order; j++)
        text = text sprintf(" %d of %d compute |", share[j], n)
    head(text)
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (whole[m, "wait"] != "")
            draw_point(m, 0, whole[m, "wait"], whole_odd[m, "wait"])
        row = ""
        for (j = 1; j <= order; j++)
            row = row judge(m, share[j])
        if (whole[m, "cpu"] != "" && n)
            draw_point(m, n, whole[m, "cpu"], whole_odd[m, "cpu"])
        printf "| **%s** |%s\n", m, row > table_md
    }
    print "\nA prediction is two bounds: at best one kind of work falls wholly into the" \
        " time of the other, at worst it begins when the other is over." > table_md
    printf "%s; within %.0f %% of their bounds\n", tally("mixed loads"),
        tolerance * 100 > verdicts_txt
    print find() > (out "/mixed.txt")
}
