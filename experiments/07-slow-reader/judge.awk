# judge.awk - the table, the verdicts and the finding of slow-reader, from its CSV files.
# Times in ms since the member stopped reading.

BEGIN {
    off_time = 0.3              # of the predicted time
    sampled = 40                # ms between two looks at the server
    kept = 2                    # times the bound, at most
    off_heard = 0.1             # of what was said
    silence = 100               # ms without a delivery
    foreign = 10                # percent of the machine that others had, at most
}

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
file == "machine.csv" { machine[$1] = $2; next }
FNR == 1 { next }
file == "missing.csv" { why[$1] = substr($0, length($1) + 2) }
file == "runs.csv" {
    run[++runs] = $1 SUBSEP $2
    lost[$1, $2] = $3
    odd[$1, $2] = $5 > foreign || $6 ~ /client/
}
file == "members.csv" && $3 == "kernel" { kernel[$1, $2] = $4 }
file == "members.csv" && $3 == "stopped" { stopped[$1, $2] = $4 }
file == "members.csv" && $3 == "told" { told[$1, $2] = $4 }
file == "members.csv" && $3 == "silence" { silent[$1, $2] = $4 / 1e3 }
file == "members.csv" && $3 == "heard" { heard[$1, $2, ++windows[$1, $2]] = $4 " " $5 }
file == "server.csv" { sample[$1, $2, ++samples[$1, $2]] = $3 " " $4 " " $5 }

# One run: sets closed, after so many ms (or none); grown, KiB; share, of what was said
# the other heard after the stop; said, how much that was, KiB.
function look(r, m,    i, f, t, base, base_closed, bytes, from, until) {
    closed = base = base_closed = ""
    grown = bytes = 0
    for (i = 1; i <= samples[r, m]; i++) {
        split(sample[r, m, i], f, " ")
        t = (f[1] - stopped[r, m]) / 1e3
        if (t < 0 || base == "") {
            base = f[2]
            base_closed = f[3]
        }
        if (t >= 0 && f[2] - base > grown)
            grown = f[2] - base
        if (closed == "" && f[3] != "" && f[3] > base_closed)
            closed = t
        printf "%s,memory,%.1f,%.3f\n", m, t, f[2] / 1024 > (out "/series.csv")
    }
    from = until = ""
    for (i = 1; i <= windows[r, m]; i++) {
        split(heard[r, m, i], f, " ")
        t = (f[1] - stopped[r, m]) / 1e3
        printf "%s,heard,%.1f,%.1f\n", m, t + 12.5,
            f[2] / machine["size"] / 0.025 > (out "/series.csv")
        if (t < 0)
            continue
        from = from == "" ? t : from
        until = t + 25
        bytes += f[2]
    }
    share = until <= from ? 0 : \
        bytes / ((until - from) / 1e3 * machine["rate"] * machine["size"])
    share = share > 1 ? 1 : share       # frames have heads, too
    said = (until - from) / 1e3 * machine["rate"] * machine["size"] / 1024
}

# Rounded down: 99.97 % is not all.
function percent(x) { return int(x * 1000) / 10 }

# Judges seen["now"]; failed says that something else was not as predicted.
function judge_it(kind, m, y, least, most, text, failed) {
    if (failed) {
        seen["now", "low"] = seen["now", "high"] = 1e9
        seen["now", "mid"] = ""
    }
    states = states (states ? ", " : "") \
        in_table(verdict(kind, m, seen, "now", y, least, most, text))
}

# Of a model's runs, or those that nobody disturbed, if there are any: the medians, and
# what the other member heard at worst.
function judge(m,    i, f, n, a, b, least, gap, fair, codes, losses, predicted, when,
        flow, x) {
    for (i = 1; i <= runs; i++) {
        split(run[i], f, SUBSEP)
        fair += f[2] == m && !odd[run[i]]
    }
    for (i = 1; i <= runs; i++) {
        split(run[i], f, SUBSEP)
        if (f[2] != m || (fair && odd[run[i]]))
            continue
        look(f[1], m)
        n++
        a[n] = closed == "" ? 1e9 : closed
        b[n] = grown
        least = n == 1 || share < least ? share : least
        gap = silent[run[i]] > gap ? silent[run[i]] : gap
        codes = codes (told[run[i]] == 1013 ? "" : " " told[run[i]])
        losses += lost[run[i]]
        predicted = (machine["bound"] + kernel[run[i]]) / \
            (machine["rate"] * machine["size"]) * 1e3 + sampled / 2
    }
    if (!n) {
        printf "%-13s %-10s %s\n", "not measured", m, why[m] > (out "/verdicts.txt")
        printf "| **%s** | skipped: %s | | | | |\n", m, why[m] > table
        print m "," > (out "/bars.csv")
        return
    }
    states = ""
    summary(a, n, seen, "now")
    seen["now", "spoilt"] = !fair
    when = seen["now", "mid"]
    flow = machine["rate"] * machine["size"] / 1e3          # bytes a ms
    against(sprintf("without the kernel\047s buffers, %.0f", machine["bound"] / flow),
        machine["bound"] / flow)
    judge_it("closed", m, predicted, predicted * (1 - off_time),
        predicted * (1 + off_time),
        sprintf("%s, predicted 1013 after %.0f ms", when == 1e9 ? "was not closed" : \
            sprintf("closed%s after %.0f ms",
                codes == "" ? " with 1013" : ", but not told 1013", when), predicted),
        codes != "" || when == 1e9)
    summary(b, n, seen, "now")
    x = machine["bound"] / 1024
    against(sprintf("all that was said, %.0f", said), said)
    judge_it("kept", m, x, x - sampled * flow / 1024, x * kept,
        sprintf("the server grew by %.0f KiB, predicted %.0f for a client that does not" \
            " read", seen["now", "mid"], x))
    single(gap, seen, "now", !fair)
    against(sprintf("all wait until it is closed, %.0f", when), when)
    judge_it("others", m, silence, "", silence,
        sprintf("another member heard %s %% of what was said, %d lost, no silence" \
            " longer than %.1f ms", percent(least), losses, gap),
        least <= 1 - off_heard || losses)
    printf "| **%s** | %s | %.0f | %.0f%s | %s %%, %.1f ms | %s%s |\n", m,
        when == 1e9 ? "never" : \
        sprintf("%.0f", when) (a[n] < 1e9 ? within(a, n, "%.0f") : ""),
        predicted, median(b, n), within(b, n, "%.0f"), percent(least), gap,
        states, fair ? "" : " \\*" > table
    printf "%s,%s,%.1f,%.0f,%.4f,%.2f,%d\n", m, when == 1e9 ? "" : sprintf("%.1f", when),
        predicted, median(b, n), least, gap, !fair > (out "/table.csv")
    printf "%s,%s\n", m, when == 1e9 ? "" : sprintf("%.1f", when) > (out "/bars.csv")
    noted += !fair
    if (when != 1e9) {
        closings++
        early = early == "" || when < early ? when : early
        late = when > late ? when : late
    }
    quietest = gap > quietest ? gap : quietest
    worst = worst == "" || least < worst ? least : worst
    taking++
}

END {
    table = out "/table.md"
    print "label,time until the slow reader is closed, ms" > (out "/bars.csv")
    print "model,closed_ms,predicted_ms,grown_kib,heard_share,silence_ms,disturbed" \
        > (out "/table.csv")
    print "model,what,ms,value" > (out "/series.csv")
    print "| | closed after, ms | theory | the server grew by, KiB | others heard," \
        " longest silence | closed, memory, others |\n|---|---|---|---|---|---|" > table
    for (i = 1; i <= models; i++)
        judge(model[i])
    printf "\n%d messages of %d KiB a second, `--max-output %d`. What others" \
        " heard is the worst of the runs. %s\n", machine["rate"],
        machine["size"] / 1024, machine["bound"], levels() > table
    if (noted)
        print "\n\\* others were at work on the machine in every run, which" \
            " decides nothing." > table
    print tally("predictions") > (out "/verdicts.txt")
    if (!taking)
        print "Nothing could be measured" > (out "/finding.txt")
    else
        printf "One member stops reading: %d of %d models close it%s\nAnother member" \
            " hears %s that is said, and no silence longer than %.1f ms\n", closings,
            taking, closings ? sprintf(", after %.0f to %.0f ms", early, late) : "",
            worst == 1 ? "all" : "at least " percent(worst) " % of all",
            quietest > (out "/finding.txt")
}
