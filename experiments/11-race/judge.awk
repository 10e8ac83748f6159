# judge.awk - the table, the verdicts and the finding of race, from its CSV file.

BEGIN {
    kinds = split("threads,threads with a lock,threads with an atomic," \
        "coroutines that yield in between,coroutines that yield after", kind, ",")
    split("thread,thread,thread,coroutine,coroutine", like, ",")
}

FNR == 1 { next }
{
    runs[$2]++
    lost[$2, runs[$2]] = $4
    each[$2, runs[$2]] = $6 / $5
    who = $3
    of[$2] = $5
}

# Sets middle, low and high of a kind's values, and the least and the most of all.
function summarize(x, k,    i, a) {
    for (i = 1; i <= runs[k]; i++)
        a[i] = x[k, i]
    summary(a, runs[k], seen, k)
    low = seen[k, "low"]
    high = seen[k, "high"]
    middle = seen[k, "mid"]
    least = a[1]
    most = a[runs[k]]
}

function percent(x) {
    return x == 0 ? "0 %" : x < 0.001 ? "under 0.1 %" : sprintf("%.1f %%", 100 * x)
}

function predicted(k) {
    return k == "threads" ? "some" : k ~ /in between/ ? of[k] * (who - 1) / who : 0
}

# What is predicted is a number, for each and every run, so no interval will do: from the
# least to the most; or that it is not 0.
function judge(k,    wanted) {
    wanted = predicted(k)
    summarize(lost, k)
    seen[k, "low"] = least
    seen[k, "high"] = most
    seen[k, "runs"] = 0
    if (wanted == "some")
        against("an addition is one step: none", 0)
    else
        against(wanted ? "none" : "as many as without", wanted ? 0 : of[k] / 2)
    verdict(k, "", seen, k, wanted == "some" ? 0 : wanted, wanted == "some" ? 1 : wanted,
        wanted == "some" ? "" : wanted, sprintf("%s: lose %s of %d additions, measured" \
        " %s", k, wanted == "some" ? "some in every run" : wanted == 0 ? "none" : \
        "(k - 1)/k = " wanted, of[k], least == most ? least " in every run" : \
        least " … " most))
}

# Lock and plain addition of the same repetition.
function judge_price(    i, a, n) {
    for (i = 1; i <= runs["threads"]; i++)
        a[++n] = each["threads with a lock", i] / each["threads", i]
    summary(a, n, seen, "lock")
    against("nothing, if nobody waits", 1)
    verdict("lock", "", seen, "lock", 2, 2, "",
        "the lock costs at least 2 × a plain addition, measured " \
        three(seen["lock", "mid"]))
}

END {
    data = out "/data/"
    print "panel,title,scale\nlost,lost of all additions in %,\ntime,ns an addition,log" \
        > (data "panels.csv")
    print "row,model" > (data "rows.csv")
    print "panel,row,value,text,mark" > (data "bars.csv")
    print "panel,row,value,odd" > (data "dots.csv")
    print "| | of | lost | the runs | predicted | ns an addition |\n" \
        "|---|---|---|---|---|---|" > (out "/table.md")
    print "kind,measured,least,most,predicted,ns" > (out "/table.csv")
    print "label,lost of all additions, %" > (out "/bars.csv")
    for (i = 1; i <= kinds; i++) {
        k = kind[i]
        if (!runs[k])
            continue
        print k "," like[i] > (data "rows.csv")
        judge(k)
        wanted = predicted(k)
        share[k] = middle / of[k]
        printf "lost,%s,%.6f,%s,%s\n", k, 100 * share[k], percent(share[k]),
            wanted == "some" ? "" : 100 * wanted / of[k] > (data "bars.csv")
        for (j = 1; j <= runs[k]; j++) {
            printf "lost,%s,%.6f,0\n", k, 100 * lost[k, j] / of[k] > (data "dots.csv")
            printf "time,%s,%.4f,0\n", k, each[k, j] > (data "dots.csv")
        }
        printf "%s,%.3f\n", k, 100 * share[k] > (out "/bars.csv")
        row = sprintf("| %s | %d | %s | %d … %d | %s |", k, of[k], percent(share[k]),
            least, most, wanted)
        printf "%s,%.0f,%.0f,%.0f,%s,", k, middle, least, most,
            wanted > (out "/table.csv")
        summarize(each, k)
        printf "%s %s (%s … %s) |\n", row, three(middle), three(low),
            three(high) > (out "/table.md")
        printf "%.3f\n", middle > (out "/table.csv")
        printf "time,%s,%.4f,%s,\n", k, middle, in_time(middle) > (data "bars.csv")
        if (share[k] == 0) safe++
    }
    printf "\n%d adders. %s\n", who, levels() > (out "/table.md")
    judge_price()
    printf "Without a lock %d threads lose %s of their additions, coroutines that yield" \
        " in between %s\n%d of %d ways to add lose none\n", who,
        percent(share["threads"]), percent(share["coroutines that yield in between"]),
        safe, kinds > (out "/finding.txt")
}
