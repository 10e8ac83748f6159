# judge.awk - the table, the verdicts and the finding of cpu-vs-io, from its CSV files.

BEGIN {
    tolerance = 0.15            # of the prediction; more, and it did not hold
    disturbed["cpu"] = 0.10     # of the machine was somebody else's: not fair to a
    disturbed["wait"] = 0.50    # computation, and half of it not even to a wait
    unsteady = 0.30             # is the longest lone job over the shortest, less one
    kinds[1] = "cpu"; kinds[2] = "wait"
    verb["cpu"] = "computing"; verb["wait"] = "waiting"
}

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "machine.csv" { cores = $2 }
FNR == 1 { next }

file == "predictions.csv" {
    if (!known[$1]++)
        model[++models] = $1
    crew[$1] = $3
    theory[$1, $2] = $NF
    formula[$1, $2] = $0        # it has commas, and so stands in quotes
    gsub(/^[^"]*"|"[^"]*$/, "", formula[$1, $2])
}

file == "missing.csv" { why[$1] = substr($0, length($1) + 2) }

file == "await.csv" { await[$2, ++awaits[$2]] = $5 / $4 }

file == "runs.csv" {
    n = $5
    spec[$3] = $4
    one[$3, ++ones[$3]] = $6
    run[++runs] = $0
}

# A run is no fair one if others had the machine during the ten, or if the lone jobs
# around it, the unit of it all, took now long and now short. What the model itself wastes
# is never an excuse.
function sift(    i, f, bad) {
    print "repetition,model,kind,one_ns,ratio,disturbed" > (out "/judged.csv")
    for (i = 1; i <= runs; i++) {
        split(run[i], f, ",")
        bad = f[8] > disturbed[f[3]] || f[9] > unsteady
        if (bad)
            unfair[f[2], f[3], ++unfairs[f[2], f[3]]] = f[7] / f[6]
        else {
            fair[f[2], f[3], ++fairs[f[2], f[3]]] = f[7] / f[6]
            in_block(fair, f[2] SUBSEP f[3], f[1], f[7] / f[6])
        }
        all[f[2], f[3]]++
        printf "%s,%s,%s,%s,%.4f,%d\n", f[1], f[2], f[3], f[6], f[7] / f[6],
            bad > (out "/judged.csv")
    }
}

# Sets middle, low and high, and all of it in seen[m, kind]: of a model's fair runs, or of
# the others, which decide nothing, if none was fair.
function summarize(m, kind,    k, a, count) {
    count = fairs[m, kind] ? fairs[m, kind] : unfairs[m, kind]
    for (k = 1; k <= count; k++)
        a[k] = fairs[m, kind] ? fair[m, kind, k] : unfair[m, kind, k]
    if (!count)
        return 0
    summary(a, count, seen, m SUBSEP kind)
    seen[m, kind, "spoilt"] = !fairs[m, kind]
    middle = seen[m, kind, "mid"]
    low = seen[m, kind, "low"]
    high = seen[m, kind, "high"]
    return 1
}

# Sets state: what became of a prediction. Its rival takes a computation for a wait, or a
# wait for a computation; where the model does one thing at a time, all cores for one.
function judge(m, kind,    p, other, text) {
    p = theory[m, kind]
    if (!summarize(m, kind))
        state = "not measured"
    else if (p == "")
        state = "no prediction"
    else {
        other = theory[m, kind == "cpu" ? "wait" : "cpu"]
        if (other == p)
            other = kind == "cpu" ? n / cores : 1
        if (other != p)
            against(sprintf("%s, %s", kind == "cpu" ? "as if it waited" : \
                "as if it computed", three(other)), other)
        text = sprintf("%-9s predicted %s, measured %.2f jobs' time", verb[kind],
            predicted(m, kind), middle)
        if (unfairs[m, kind])
            text = text sprintf(" (%d of %d runs disturbed)", unfairs[m, kind],
                all[m, kind])
        state = verdict(kind, m, seen, m SUBSEP kind, p, p * (1 - tolerance),
            p * (1 + tolerance), text)
        judged[kind]++
        held[kind] += state == "held"
    }
    if (state == "not measured" || state == "no prediction")
        printf "%-13s %-10s %-9s %s\n", state, m, verb[kind],
            state == "not measured" ? why[m] : \
            sprintf("measured %.2f jobs' time", middle) > (out "/verdicts.txt")
}

function percent(x) {
    x = sprintf("%+.0f %%", x * 100)
    return x ~ /^[-+]0 / ? "±0 %" : x
}

function predicted(m, kind) {
    if (formula[m, kind] == theory[m, kind])
        return theory[m, kind]
    return formula[m, kind] " = " theory[m, kind]
}

function for_csv(m, kind) {
    if (state == "not measured")
        return sprintf("%s,%s,%s,%s,,,,,%s", m, kind, crew[m], theory[m, kind], state)
    return sprintf("%s,%s,%s,%s,%.5f,%.5f,%.5f,%d,%s,%d", m, kind, crew[m],
        theory[m, kind], middle, low, high, unfairs[m, kind], state, fairs[m, kind])
}

function for_report(m, kind,    seen) {
    if (state == "not measured")
        return " – | – | not measured |"
    seen = sprintf("%.2f", middle)
    if (low < high)
        seen = seen sprintf(" (%.2f … %.2f)", low, high)
    if (state == "no prediction")
        return " " seen " | – | – |"
    return sprintf(" %s | %s | %s, %s%s |", seen, theory[m, kind],
        in_table(state), percent(middle / theory[m, kind] - 1),
        unfairs[m, kind] ? " \\*" : "")
}

function awaited(m,    k, a, x) {
    for (k = 1; k <= awaits[m]; k++)
        a[k] = await[m, k]
    if (!awaits[m])
        return "–"
    x = median(a, awaits[m])
    return sprintf(x < 10 ? "%.1f×" : "%.0f×", x)
}

# The best and the worst, each with all that are alike; the title is what was seen.
function title(kind,    i, k, m, s, text) {
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (!summarize(m, kind))
            continue
        s[m, "mid"] = middle
        for (k = 1; k <= fair["blocks"]; k++)
            if ((m, kind, "in", k) in fair)
                in_block(s, m, k, fair[m, kind, "in", k])
    }
    text = span(model, models, s, "")
    return text == "" ? " could not be measured" : " take " text " jobs' time"
}

function one_job(kind,    k, a, ms) {
    for (k = 1; k <= ones[kind]; k++)
        a[k] = one[kind, k]
    ms = median(a, ones[kind]) / 1e6
    printf "%s,%s,%.3f\n", kind, spec[kind], ms > (out "/jobs.csv")
    return sprintf("`%s` takes %.1f ms", spec[kind], ms)
}

END {
    sift()
    table = out "/table.md"
    printf "label,until all of %d are answered, in jobs\047 time\n", n > (out "/bars.csv")
    print "model,kind,crew,predicted,measured,low,high,disturbed,verdict,fair" \
        > (out "/table.csv")
    print "| model | computing: total ÷ one job | theory | verdict" \
        " | waiting: total ÷ one job | theory | verdict | awaited |" > table
    print "|---|---|---|---|---|---|---|---|" > table
    for (i = 1; i <= models; i++) {
        m = model[i]
        row = sprintf("| **%s**%s |", m, crew[m] ? ", crew of " crew[m] : "")
        for (k = 1; k <= 2; k++) {
            judge(m, kinds[k])
            print for_csv(m, kinds[k]) > (out "/table.csv")
            row = row for_report(m, kinds[k])
            noted += unfairs[m, kinds[k]]
            printf "%s %s,%s\n", m, verb[kinds[k]],
                (state == "not measured" ? "" : middle) > (out "/bars.csv")
        }
        print row " " awaited(m) " |" > table
    }
    if (n)
        printf "\nOne lone job: %s, %s. %d clients, %d cores. %s\n",
            one_job("cpu"), one_job("wait"), n, cores, levels() > table
    if (noted)
        printf "\n\\* %d of %d runs were disturbed: others had over %.0f %% of the" \
            " machine (waits: %.0f %%), or the lone jobs around the ten differed by" \
            " over %.0f %%. They are drawn hollow. Where a model has no other" \
            " its prediction is undecided.\n", noted, runs,
            disturbed["cpu"] * 100, disturbed["wait"] * 100, unsteady * 100 > table
    for (m in why)
        printf "\n%s skipped: %s\n", m, why[m] > table
    printf "%s; within %.0f %%: computing %d of %d, waiting %d of %d\n",
        tally("predictions"), tolerance * 100, held["cpu"], judged["cpu"], held["wait"],
        judged["wait"] > (out "/verdicts.txt")
    printf "%d waits at once%s\n%d computations at once%s\n", n, title("wait"), n,
        title("cpu") > (out "/finding.txt")
}
