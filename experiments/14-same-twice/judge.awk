# judge.awk - the table, the verdicts and the finding of same-twice, from its CSV files.

BEGIN {
    copies = 8
    families = 300
    off = 0.15
    for (i = 1; i <= copies; i++)
        name[i] = "copy " i
}

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "machine.csv" { model = $2; next }
FNR == 1 { next }
file == "missing.csv" { why = $2 }
file == "runs.csv" && $3 > 0 {
    cost[$1, $2] = $4 / $3 / 1e3
    odd[$1, $2] = $5 ~ /foreign/
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

# A family of n blocks into s[], as tell_apart() wants it: drawn at random, their times
# dealt again; and one copy's times times factor.
function draw_family(n, factor, s,    b, i, j, x, k, a, all) {
    split("", s)
    for (b = 1; b <= n; b++) {
        k = whole[int(random() * wholes) + 1]
        for (i = 1; i <= copies; i++)
            a[i] = cost[k, i]
        for (i = copies; i > 1; i--) {
            j = int(random() * i) + 1
            x = a[i]; a[i] = a[j]; a[j] = x
        }
        for (i = 1; i <= copies; i++) {
            x = a[i] * (i == copies ? factor : 1)
            in_block(s, name[i], b, x)
            all[i, b] = x
        }
    }
    for (i = 1; i <= copies; i++) {
        for (b = 1; b <= n; b++)
            a[b] = all[i, b]
        summary(a, n, s, name[i])
    }
}

# The rule before today's: do the bootstrap intervals of two medians lie 5 % apart?
function once_apart(one, other, s, n,    a, b, i) {
    for (i = 1; i <= n; i++) {
        a[i] = s[one, "in", i]
        b[i] = s[other, "in", i]
    }
    bootstrap(a, n)
    from = low
    until = high
    bootstrap(b, n)
    return low > 1.05 * until || from > 1.05 * high
}

function bootstrap(a, n,    i, j, draw, medians) {
    for (i = 1; i <= 200; i++) {
        for (j = 1; j <= n; j++)
            draw[j] = a[int(random() * n) + 1]
        medians[i] = median(draw, n)
    }
    quick(medians, 1, 200)
    low = medians[5]
    high = medians[196]
}

# A row of the table: how often, in percent, of families of n blocks.
function rates(n,    f, i, s, differs, any, alarms, before, seen, wrong, v, d, k) {
    for (f = 0; f < families; f++) {
        draw_family(n, 1, s)
        tell_apart(extreme(name, copies, s, 1), name, copies, s, differs, 1)
        any = 0
        for (i = 1; i <= copies; i++)
            any += differs[name[i]]
        alarms += any > 0
        before += once_apart(name[1], name[2], s, n)
        k = pairs(name[1], name[2], s, d)
        for (i = 1; i <= k; i++)
            d[i] = exp(d[i])
        summary(d, k, v, "ratio")
        wrong += settled(v["ratio", "low"], v["ratio", "high"], 1 - off, 1 + off) == \
            "DID NOT HOLD"
        draw_family(n, 1.2, s)
        tell_apart(name[1], name, copies, s, differs)
        seen += differs[name[copies]]
    }
    printf "| %d | %s | %s | %s | %s |\n", n, percent(alarms), percent(before),
        percent(wrong), percent(seen) > (out "/table.md")
    printf "%d,%.4f,%.4f,%.4f,%.4f\n", n, alarms / families, before / families,
        wrong / families, seen / families > (out "/table.csv")
    if (n == 3)
        told_before = percent(before)
    return percent(alarms)
}

function percent(k) { return sprintf("%.1f %%", 100 * k / families) }

function judge_copy(i,    b, k, a, r, n, m) {
    for (k = 1; k <= wholes; k++) {
        b = whole[k]
        m = middle_of_block(b)
        a[++n] = cost[b, i]
        r[n] = cost[b, i] / m
        printf "us,%s,%.4f,%d\nratio,%s,%.4f,%d\n", name[i], cost[b, i], odd[b, i],
            name[i], r[n], odd[b, i] > (data "dots.csv")
    }
    summary(a, n, all, name[i])
    for (k = 1; k <= wholes; k++)
        in_block(all, name[i], whole[k], cost[whole[k], i])
    summary(r, n, ratios, name[i])
    against("15 % off", 1 + off)
    printf "us,%s,%.4f,%s,\nratio,%s,%.4f,%s,1\n", name[i], all[name[i], "mid"],
        three(all[name[i], "mid"]), name[i], ratios[name[i], "mid"],
        three(ratios[name[i], "mid"]) > (data "bars.csv")
    printf "%s,%.4f\n", name[i], all[name[i], "mid"] > (out "/bars.csv")
    verdict("copy", name[i], ratios, name[i], 1, 1 - off, 1 + off,
        sprintf("%.1f µs a message, %.2f of its block", all[name[i], "mid"],
            ratios[name[i], "mid"]))
}

# The eight as they were measured.
function judge_family(    i, least, differs, found, v) {
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

END {
    data = out "/data/"
    printf "panel,title,scale\nus,CPU µs a message: %s,\n" \
        "ratio,beside the median of its block,\n", model > (data "panels.csv")
    print "row,model" > (data "rows.csv")
    print "panel,row,value,text,mark" > (data "bars.csv")
    print "panel,row,value,odd" > (data "dots.csv")
    print "label,CPU of a message, µs" > (out "/bars.csv")
    print "blocks,false_alarms,before,refuted,seen" > (out "/table.csv")
    whole_blocks()
    if (wholes < 2) {
        printf "%-13s %s\n", "not measured", why == "" ? "fewer than two whole blocks" : \
            why > (out "/verdicts.txt")
        print "Nothing could be measured" > (out "/finding.txt")
        print "Nothing was measured." > (out "/table.md")
        for (i = 1; i <= copies; i++) {
            print name[i] "," model > (data "rows.csv")
            print name[i] "," > (out "/bars.csv")
        }
        exit
    }
    print "| blocks | of eight copies one is told from another | before: two are told" \
        " apart | a true prediction is refuted | a copy 1.2 times as slow is seen |\n" \
        "|---|---|---|---|---|" > (out "/table.md")
    for (i = 1; i <= copies; i++) {
        print name[i] "," model > (data "rows.csv")
        judge_copy(i)
    }
    found = judge_family()
    told = rates(3)
    text = "of 3 blocks " told ", of 5 " rates(5) ", of 10 " rates(10)
    printf "\nEach of %d families, drawn from %d blocks that were measured. %d of %d" \
        " runs were disturbed by others; here they count, for noise is the question." \
        " %s\n",
        families, wholes, spoilt, runs, levels() > (out "/table.md")
    print tally("predictions") > (out "/verdicts.txt")
    printf "Eight copies of %s: %s told apart; of %d more families %s\nBy the rule of" \
        " before, two copies were told apart in %s of families of 3 blocks\n", model,
        found ? found " are" : "none is", families, text, told_before \
        > (out "/finding.txt")
}
