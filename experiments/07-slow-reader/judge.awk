# judge.awk - slow-reader: what one member that stops reading costs itself and others.
#
# Measured: when it is closed, how much the server grows, what another member hears.
# Theory: the kernel's buffers fill, K bytes, then the server's, to the bound of B; so it
#   is closed with 1013 after (K + B) / rate, and is seen to be half a look later. The
#   server keeps about B for it. The others notice nothing.
# Rival: the kernel takes nothing; the server keeps all that is said; all wait.
# Refuted if it is closed 30 % off or with another code, if the server grows by more than
#   2 B, or if another hears under 90 %, loses something, or hears a silence of 100 ms.

BEGIN {
    off_time = 0.3              # of the predicted time
    sampled = 40                # ms between two looks at the server
    kept = 2                    # times the bound, at most
    off_heard = 0.1             # of what was said
    silence = 100               # ms without a delivery
}

# Rounded down: 99.97 % is not all.
function percent(x) { return int(x * 1000) / 10 }

# If `failed`, something else was not as predicted.
function judge_it(kind, m, key, y, least, most, text, failed) {
    if (failed) {
        v[key, "low"] = v[key, "high"] = 1e9
        v[key, "mid"] = ""
    }
    verdict(kind, m, v, key, y, least, most, text)
}

function judge_closing(m, when) {
    against(sprintf("without the kernel\047s buffers, %.0f", machine["bound"] / flow),
        machine["bound"] / flow)
    judge_it("closed", m, "closed " m, predicted, predicted * (1 - off_time),
        predicted * (1 + off_time),
        sprintf("%s, predicted 1013 after %.0f ms", when == 1e9 ? "was not closed" : \
            sprintf("closed%s after %.0f ms",
                not_told[m] ? ", but not told 1013" : " with 1013", when), predicted),
        not_told[m] || when == 1e9)
}

function judge_memory(m,    bound) {
    bound = machine["bound"] / 1024
    against(sprintf("all that was said, %.0f", spoken), spoken)
    judge_it("kept", m, "grown " m, bound, bound - sampled * flow / 1024, bound * kept,
        sprintf("the server grew by %.0f KiB, predicted %.0f for a client that does not" \
            " read", median_of("grown " m), bound))
}

# The worst of the runs.
function judge_others(m, when, gap, least) {
    single(gap, v, "gap " m, !fair["silence " m])
    against(sprintf("all wait until it is closed, %.0f", when), when)
    judge_it("others", m, "gap " m, silence, "", silence,
        sprintf("another member heard %s %% of what was said, %d lost, no silence" \
            " longer than %.1f ms", percent(least), lost[m], gap),
        least <= 1 - off_heard || lost[m])
}

function judge(m,    when, least, gap, told) {
    gather(m)
    if (!count["closed " m]) {
        skip(m, why[m])
        bar(m)
        return
    }
    when = median_of("closed " m)
    least = quantile("heard " m, 0)
    gap = quantile("silence " m, 1)
    predicted = (machine["bound"] + kernel[m]) / flow + sampled / 2
    judge_closing(m, when)
    judge_memory(m)
    judge_others(m, when, gap, least)
    told = when == 1e9 ? "never" : quantile("closed " m, 1) < 1e9 ? \
        shown("closed " m, "%.0f") : sprintf("%.0f", when)
    printf "| **%s** | %s | %.0f | %s | %s %%, %.1f ms | %s%s |\n", m, told, predicted,
        shown("grown " m, "%.0f"), percent(least), gap, said[m],
        fair["closed " m] ? "" : " \\*" > table_md
    add("all closings", when == 1e9 ? "" : when)
    add("all silences", gap)
    add("all heard", least)
    when = when == 1e9 ? "" : sprintf("%.1f", when)
    printf "%s,%s,%.1f,%.0f,%.4f,%.2f,%d\n", m, when, predicted, middle_of("grown " m),
        least, gap, !fair["closed " m] > table_csv
    bar(m, when)
    noted += !fair["closed " m]
}

function find() {
    if (!count["all heard"]) {
        print "Nothing could be measured" > finding_txt
        return
    }
    printf "One member stops reading: %d of %d models close it%s\nAnother member" \
        " hears %s that is said, and no silence longer than %.1f ms\n",
        count["all closings"], count["all heard"], !count["all closings"] ? "" : \
        sprintf(", after %.0f to %.0f ms", quantile("all closings", 0),
            quantile("all closings", 1)), quantile("all heard", 0) == 1 ? "all" : \
        "at least " percent(quantile("all heard", 0)) " % of all",
        quantile("all silences", 1) > finding_txt
}

END {
    flow = machine["rate"] * machine["size"] / 1e3          # bytes a ms
    print "model,closed_ms,predicted_ms,grown_kib,heard_share,silence_ms,disturbed" \
        > table_csv
    head("| | closed after, ms | theory | the server grew by, KiB | others heard," \
        " longest silence | closed, memory, others |")
    bar("label", "time until the slow reader is closed, ms")
    for (i = 1; i <= models; i++)
        judge(model[i])
    printf "\n%d messages of %d KiB a second, `--max-output %d`. What others" \
        " heard is the worst of the runs. %s\n", machine["rate"],
        machine["size"] / 1024, machine["bound"], levels() > table_md
    if (noted)
        print "\n\\* others were at work on the machine in every run, which" \
            " decides nothing." > table_md
    print tally("predictions") > verdicts_txt
    find()
}
