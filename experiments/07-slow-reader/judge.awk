# judge.awk - the table, the verdicts and the finding of slow-reader, from its CSV files.
# Times in ms since the member stopped reading.

BEGIN {
    off_time = 0.3              # of the predicted time
    sampled = 40                # ms between two looks at the server
    kept = 2                    # times the bound, at most
    off_heard = 0.1             # of what was said
    silence = 100               # ms without a delivery
}

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
file == "machine.csv" { machine[$1] = $2; next }
FNR == 1 { next }
file == "missing.csv" { why[$1] = substr($0, length($1) + 2) }
file == "runs.csv" {
    run[++runs] = $1 SUBSEP $2
    lost[$1, $2] = $3
    odd[$1, $2] = $5 ~ /foreign|client/
}
file == "members.csv" && $3 == "kernel" { kernel[$1, $2] = $4 }
file == "members.csv" && $3 == "stopped" { stopped[$1, $2] = $4 }
file == "members.csv" && $3 == "told" { told[$1, $2] = $4 }
file == "members.csv" && $3 == "heard" { heard[$1, $2, ++windows[$1, $2]] = $4 " " $5 }
file == "server.csv" { sample[$1, $2, ++samples[$1, $2]] = $3 " " $4 " " $5 }

# One run: sets closed, after so many ms (or none); grown, KiB; share, of what was said
# the other heard after the stop; gap, the longest silence, in ms.
function look(r, m,    i, f, t, base, base_closed, bytes, first, last, quiet) {
    closed = base = base_closed = ""
    grown = bytes = quiet = 0
    gap = 25                    # they are counted in windows
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
    first = last = ""
    for (i = 1; i <= windows[r, m]; i++) {
        split(heard[r, m, i], f, " ")
        t = (f[1] - stopped[r, m]) / 1e3
        printf "%s,heard,%.1f,%.1f\n", m, t + 12.5,
            f[2] / machine["size"] / 0.025 > (out "/series.csv")
        if (t < 0)
            continue
        first = first == "" ? t : first
        last = t + 25
        bytes += f[2]
        quiet = f[2] ? 0 : quiet + 25
        gap = quiet + 25 > gap ? quiet + 25 : gap
    }
    share = last <= first ? 0 : \
        bytes / ((last - first) / 1e3 * machine["rate"] * machine["size"])
}

function verdict(m, ok, spoilt, text,    state) {
    state = ok ? "held" : spoilt ? "undecided" : "DID NOT HOLD"
    printf "%-13s %-10s %s\n", state, m, text > (out "/verdicts.txt")
    judged++
    held += state == "held"
    undecided += state == "undecided"
    states = states (states ? ", " : "") in_table(state)
}

# The medians of a model's runs; of those that nobody disturbed, if there are any.
function judge(m,    i, f, n, a, b, c, d, fair, codes, losses, predicted, when) {
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
        c[n] = share
        d[n] = gap
        codes = codes (told[run[i]] == 1013 ? "" : " " told[run[i]])
        losses += lost[run[i]]
        predicted = (machine["bound"] + kernel[run[i]]) / \
            (machine["rate"] * machine["size"]) * 1e3
    }
    if (!n) {
        printf "%-13s %-10s %s\n", "not measured", m, why[m] > (out "/verdicts.txt")
        printf "| **%s** | took no part: %s | | | | |\n", m, why[m] > table
        return
    }
    states = ""
    when = median(a, n)
    verdict(m, codes == "" && when < predicted * (1 + off_time) + sampled &&
        when > predicted * (1 - off_time), !fair,
        sprintf("%s, predicted 1013 after %.0f ms", when == 1e9 ? "was not closed" : \
            sprintf("closed%s after %.0f ms",
                codes == "" ? " with 1013" : ", but not told 1013", when), predicted))
    verdict(m, median(b, n) <= kept * machine["bound"] / 1024, 0,
        sprintf("the server grew by %.0f KiB, predicted at most %.0f for who does not" \
            " read", median(b, n), kept * machine["bound"] / 1024))
    verdict(m, median(c, n) > 1 - off_heard && median(d, n) <= silence && !losses, !fair,
        sprintf("another member heard %.0f %% of what was said, %d lost, no silence" \
            " longer than %.0f ms", median(c, n) * 100, losses, median(d, n)))
    printf "| **%s** | %s | %.0f | %.0f%s | %.0f %%, %.0f ms | %s%s |\n", m,
        when == 1e9 ? "never" : \
        sprintf("%.0f", when) (a[n] < 1e9 ? within(a, n, "%.0f") : ""),
        predicted, median(b, n), within(b, n, "%.0f"), median(c, n) * 100, median(d, n),
        states, fair ? "" : " \\*" > table
    printf "%s,%s,%.1f,%.0f,%.3f,%.0f\n", m, when == 1e9 ? "" : sprintf("%.1f", when),
        predicted, median(b, n), median(c, n), median(d, n) > (out "/table.csv")
    noted += !fair
    if (when != 1e9) {
        closings++
        early = early == "" || when < early ? when : early
        late = when > late ? when : late
    }
    quietest = median(d, n) > quietest ? median(d, n) : quietest
    worst = worst == "" || median(c, n) < worst ? median(c, n) : worst
    taking++
}

END {
    table = out "/table.md"
    print "model,closed_ms,predicted_ms,grown_kib,heard_share,silence_ms" \
        > (out "/table.csv")
    print "model,what,ms,value" > (out "/series.csv")
    print "| | closed after, ms | theory | the server grew by, KiB | others heard," \
        " longest silence | closed, memory, others |\n|---|---|---|---|---|---|" > table
    for (i = 1; i <= models; i++)
        judge(model[i])
    printf "\n%d messages of %d KiB a second, `--max-output %d`.\n", machine["rate"],
        machine["size"] / 1024,
        machine["bound"] > table
    if (noted)
        print "\n\\* others were at work on the machine in every run: what does not" \
            " hold there is undecided." > table
    printf "%d of %d predictions held%s\n", held, judged, undecided ? "; " undecided \
        " undecided, since others had the machine" : "" > (out "/verdicts.txt")
    if (!taking)
        print "Nothing could be measured" > (out "/finding.txt")
    else
        printf "One member stops reading: %d of %d models close it, after %.0f to %.0f" \
            " ms\nAnother member hears at least %.0f %% of what is said, and no silence" \
            " longer than %.0f ms\n", closings, taking, early, late, worst * 100,
            quietest > (out "/finding.txt")
}
