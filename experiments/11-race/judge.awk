# judge.awk - race: how many additions are lost, beside how many have to be.
#
# Measured: several adders add to one number; what is missing in the end, and the time.
# Theory: an addition reads, adds and writes. Threads interleave these steps, so some are
#   lost; with a lock or an atomic none. Of k coroutines that yield in between, k - 1 of k
#   additions are lost, exactly; of those that yield after it, none.
# Rival: an addition is one step, or the order of steps changes nothing.
# Refuted by a single run that does otherwise: what is exact needs no interval. And the
#   lock costs at least 2 × a plain addition, or it would be free.

BEGIN {
    kinds = split("threads,threads with a lock,threads with an atomic," \
        "coroutines that yield in between,coroutines that yield after", kind, ",")
    split("thread,thread,thread,coroutine,coroutine", like, ",")
}

{
    k = field("kind")
    adders = field("who")
    of[k] = field("of")
    add("lost " k, field("lost"), 0, field("repetition"))
    add("ns " k, field("ns") / of[k], 0, field("repetition"))
}

function percent(x) {
    return x == 0 ? "0 %" : x < 0.001 ? "under 0.1 %" : sprintf("%.1f %%", 100 * x)
}

function predicted(k) {
    return k == "threads" ? "some" : k ~ /in between/ ? of[k] * (adders - 1) / adders : 0
}

# All runs count, so the "interval" is from the least to the most of them.
function judge_lost(k,    key, wanted, a, n, some) {
    key = "lost " k
    wanted = predicted(k)
    some = wanted == "some"
    n = those(key, a)
    median_of(key)
    sort(a, n)
    v[key, "low"] = a[1]
    v[key, "high"] = a[n]
    v[key, "runs"] = 0
    if (some)
        against("an addition is one step: none", 0)
    else
        against(wanted ? "none" : "as many as without", wanted ? 0 : of[k] / 2)
    verdict(k, "", v, key, some ? 0 : wanted, some ? 1 : wanted, some ? "" : wanted,
        sprintf("%s: lose %s of %d additions, measured %s", k, some ? \
        "some in every run" : wanted == 0 ? "none" : "(k - 1)/k = " wanted, of[k],
        a[1] == a[n] ? a[1] " in every run" : a[1] " … " a[n]))
}

function judge_price() {
    add_ratios("lock", "ns threads with a lock", "ns threads")
    median_of("lock")
    against("nothing, if nobody waits", 1)
    verdict("lock", "", v, "lock", 2, 2, "",
        "the lock costs at least 2 × a plain addition, measured " three(v["lock", "mid"]))
}

function report(k, like,    lost, time, wanted, i) {
    lost = "lost " k
    time = "ns " k
    wanted = predicted(k)
    share[k] = v[lost, "mid"] / of[k]
    safe += share[k] == 0
    median_of(time)
    panel_row(k, like)
    panel_bar("lost", k, sprintf("%.6f", 100 * share[k]), percent(share[k]),
        wanted == "some" ? "" : 100 * wanted / of[k])
    panel_bar("time", k, sprintf("%.4f", v[time, "mid"]), in_time(v[time, "mid"]))
    for (i = 1; i <= count[lost]; i++) {
        panel_dot("lost", k, sprintf("%.6f", 100 * sample[lost, i] / of[k]))
        panel_dot("time", k, sprintf("%.4f", sample[time, i]))
    }
    bar(k, sprintf("%.3f", 100 * share[k]))
    printf "| %s | %d | %s | %d … %d | %s | %s (%s … %s) |\n", k, of[k],
        percent(share[k]), v[lost, "low"], v[lost, "high"], wanted,
        three(v[time, "mid"]), three(v[time, "low"]), three(v[time, "high"]) > table_md
    printf "%s,%.0f,%.0f,%.0f,%s,%.3f\n", k, v[lost, "mid"], v[lost, "low"],
        v[lost, "high"], wanted, v[time, "mid"] > table_csv
}

END {
    panels_begin()
    panel("lost", "lost of all additions in %")
    panel("time", "ns an addition", "log")
    head("| | of | lost | the runs | predicted | ns an addition |")
    print "kind,measured,least,most,predicted,ns" > table_csv
    bar("label", "lost of all additions, %")
    for (i = 1; i <= kinds; i++)
        if (kind[i] in of) {
            judge_lost(kind[i])
            report(kind[i], like[i])
        }
    printf "\n%d adders. %s\n", adders, levels() > table_md
    judge_price()
    printf "Without a lock %d threads lose %s of their additions, coroutines that yield" \
        " in between %s\n%d of %d ways to add lose none\n", adders,
        percent(share["threads"]), percent(share["coroutines that yield in between"]),
        safe, kinds > finding_txt
}
