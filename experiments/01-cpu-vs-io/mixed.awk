# mixed.awk - some of the clients compute, the others wait: adds a table and verdicts to
# those of judge.awk, and writes lines.csv and mixed.txt, the finding.

BEGIN {
    tolerance = 0.15            # beyond the predicted bounds
    disturbed = 0.10            # of the machine
    table = out "/table.md"
    print "panel,model,x,y,odd" > (out "/lines.csv")
}

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "machine.csv" { cores = $2 }
FNR == 1 { next }
file == "mixed-predictions.csv" { cpu[$1, $2] = $3; wait[$1, $2] = $4 }

# The ends of the line: model,kind,crew,predicted,measured,low,high,disturbed,verdict,fair
file == "table.csv" {
    if (!known[$1]++)
        model[++models] = $1
    whole[$1, $2] = $5
    whole_odd[$1, $2] = !$10
}

file == "mixed.csv" {
    n = $4
    if (!share[$3]++)
        order[++shares] = $3
    k = ++count[$2, $3]
    repetition[$2, $3, k] = $1
    x[$2, $3, k] = $7 / $5
    unit[$2, $3, k] = $6 / $5
    odd[$2, $3, k] = $8 > disturbed
    fair[$2, $3] += $8 <= disturbed
}

# In computations' time; and sets wait_unit, how long a wait is in it. The share that the
# title tells of goes into last[].
function middle(m, s,    k, a, b, used) {
    for (k = 1; k <= count[m, s]; k++)
        if (!odd[m, s, k] || !fair[m, s]) {
            a[++used] = x[m, s, k]
            b[used] = unit[m, s, k]
            if (s == share_told)
                in_block(last, m, repetition[m, s, k], x[m, s, k])
        }
    wait_unit = median(b, used)
    summary(a, used, all, m SUBSEP s)
    all[m, s, "spoilt"] = !fair[m, s]
    if (s == share_told)
        last[m, "mid"] = all[m, s, "mid"]
    return all[m, s, "mid"]
}

function record(m, s, value, bad) { printf "1,%s,%.1f,%.4f,%d\n", m, s / n * 100, value,
    bad > (out "/lines.csv") }

# The rival is the other end of what is possible: everything at once on all cores, or one
# thing at a time; whichever is further from what the model predicts.
function rival_of(s, w, l, h,    fast, slow) {
    fast = s / cores > w ? s / cores : w
    slow = s + (n - s) * w
    if (slow / h > l / fast)
        against(sprintf("one thing at a time, %.2f", slow), slow)
    else
        against(sprintf("all at once, %.2f", fast), fast)
}

function judge(m, s,    y, l, w, h, state) {
    if (!count[m, s]) {
        printf "%-13s %-10s %d of %d compute\n", "not measured", m, s, n \
            > (verdicts ".txt")
        return " – |"
    }
    y = middle(m, s)
    l = cpu[m, s]
    w = wait[m, s] * wait_unit
    h = l + w
    l = cpu[m, s] > w ? cpu[m, s] : w
    record(m, s, y, !fair[m, s])
    if (cpu[m, s] == "") {
        printf "%-13s %-10s %d of %d compute: %.2f jobs' time\n", "no prediction",
            m, s, n, y > (verdicts ".txt")
        return sprintf(" %.2f |", y)
    }
    rival_of(s, wait_unit, l, h)
    as_a_range()
    state = verdict("mixed", m, all, m SUBSEP s, middle_of_range(l, h),
        l * (1 - tolerance), h * (1 + tolerance),
        sprintf("%d of %d compute: %.2f jobs' time, predicted %.2f to %.2f", s, n, y, l,
            h))
    return sprintf(" %.2f (%.2f … %.2f), %s |", y, l, h, in_table(state))
}

END {
    for (i = 2; i <= shares; i++)
        for (j = i; j > 1 && order[j - 1] + 0 > order[j] + 0; j--) {
            s = order[j]; order[j] = order[j - 1]; order[j - 1] = s
        }
    share_told = order[int((shares + 1) / 2)]
    print "\n**Mixed loads**: so many of the clients compute, the others wait\n" >> table
    printf "| jobs' time until the last |" >> table
    for (j = 1; j <= shares; j++)
        printf " %d of %d compute |", order[j], n >> table
    print "" >> table
    for (j = 0; j <= shares; j++)
        printf "|---" >> table
    print "|" >> table
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (whole[m, "wait"] != "")
            record(m, 0, whole[m, "wait"], whole_odd[m, "wait"])
        row = ""
        for (j = 1; j <= shares; j++)
            row = row judge(m, order[j])
        if (whole[m, "cpu"] != "" && n)
            record(m, n, whole[m, "cpu"], whole_odd[m, "cpu"])
        printf "| **%s** |%s\n", m, row >> table
    }
    print "\nA prediction is two bounds: at best one kind of work falls wholly into the" \
        " time of the other, at worst it begins when the other is over." >> table
    printf "%s; within %.0f %% of their bounds\n", tally("mixed loads"),
        tolerance * 100 > (verdicts ".txt")
    text = span(model, models, last, "")
    if (text == "")
        print "Mixed loads could not be measured" > (out "/mixed.txt")
    else
        printf "%d of %d clients compute, the others wait: %s jobs' time\n", share_told,
            n, text > (out "/mixed.txt")
}
