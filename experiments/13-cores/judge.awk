# judge.awk - the table, the verdicts and the finding of cores, from its CSV files.
# Speed-ups are taken within a block.

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
FNR == 1 { next }
file == "predictions.csv" { predicted[$1, $2] = $3 }
file == "missing.csv" { why[$1] = $2 }
file == "job.csv" { fib = $1; ns = $2; clients = $3; crew = $4 }
file == "runs.csv" {
    rate[$1, $2, $3] = $4
    busy[$1, $2, $3] = $5
    odd[$1, $2, $3] = $7 ~ /foreign/
    spoilt += odd[$1, $2, $3]
    runs++
    known[$3] = 1
    blocks = $1 > blocks ? $1 : blocks
    cores = $3 > cores ? $3 : cores
}

# ratio[model,cores,block], a block's speed-up. Where others disturbed a block it counts
# only if a model has no other with so many cores; then it is not fair[model,cores].
function compare(m, n,    b, bad, a, count) {
    for (b = 1; b <= blocks; b++)
        if (rate[b, m, 1] && rate[b, m, n])
            fair[m, n] += !odd[b, m, 1] && !odd[b, m, n]
    for (b = 1; b <= blocks; b++) {
        bad = odd[b, m, 1] || odd[b, m, n]
        if (rate[b, m, 1] && rate[b, m, n] && (!bad || !fair[m, n])) {
            a[++count] = ratio[m, n, b] = rate[b, m, n] / rate[b, m, 1]
            if (n == cores && !bad)
                in_block(most, m, b, ratio[m, n, b])
        }
    }
    if (count)
        summary(a, count, times, m SUBSEP n)
    if (count && n == cores)
        summary(a, count, most, m)
}

# From so many of the blocks, by least squares: S = N / (1 + α(N-1) + βN(N-1)) is the same
# as N/S - 1 = α(N-1) + βN(N-1), and there neither is below 0. Sets alpha and beta; false
# if the blocks do not tell them apart.
function fit(m, drawn,    i, n, x, y, z, xx, xy, yy, xz, yz, apart) {
    for (i = 1; i <= blocks; i++)
        for (n = 2; n <= cores; n++)
            if ((m, n, drawn[i]) in ratio) {
                x = n - 1
                y = n * x
                z = n / ratio[m, n, drawn[i]] - 1
                xx += x * x; xy += x * y; yy += y * y; xz += x * z; yz += y * z
            }
    apart = xx * yy - xy * xy
    if (apart <= 1e-9 * xx * yy)
        return 0
    alpha = (xz * yy - yz * xy) / apart
    beta = (yz * xx - xz * xy) / apart
    if (alpha >= 0 && beta >= 0)
        return 1
    alpha = xz > 0 ? xz / xx : 0        # one alone, whichever explains more
    beta = yz > 0 ? yz / yy : 0
    if (alpha * xz < beta * yz)
        alpha = 0
    else
        beta = 0
    return 1
}

# The law's α and β of a model into law[]: from all blocks, with the interval of what each
# block alone comes to.
function fit_law(m,    i, b, drawn, many_alpha, many_beta, count) {
    for (b = 1; b <= blocks; b++) {
        for (i = 1; i <= blocks; i++)
            drawn[i] = b
        if (fit(m, drawn)) {
            many_alpha[++count] = alpha
            many_beta[count] = beta
        }
    }
    for (i = 1; i <= blocks; i++)
        drawn[i] = i
    if (!count || !fit(m, drawn))
        return
    law[m, "α"] = alpha
    law[m, "β"] = beta
    summary(many_alpha, count, law, m SUBSEP "α")
    summary(many_beta, count, law, m SUBSEP "β")
}

function used_cores(m, n,    b, a, count) {
    for (b = 1; b <= blocks; b++)
        if ((b, m, n) in busy)
            a[++count] = busy[b, m, n]
    return median(a, count)
}

function say(state, m, text) {
    printf "%-13s %-10s %s\n", state, m, text > (out "/verdicts.txt")
}

function judge(m,    p, text) {
    p = predicted[m, cores]
    if (p == "")
        return
    text = sprintf("%s × as many jobs on %d cores", three(p), cores)
    if (!((m, "mid") in most))
        say("not measured", m, text " (" why[m] ")")
    else {
        most[m, "spoilt"] = !fair[m, cores]
        against(p > 1 ? "one core does it all" : "all cores", p > 1 ? 1 : cores)
        verdict("speed-up", m, most, m, p, 0.85 * p, 1.15 * p,
            sprintf("%s, measured %s", text, three(most[m, "mid"])))
    }
}

function judge_law(m, what, form, bound,    n, all_fair) {
    if (!((m, what) in law))
        return
    all_fair = 1
    for (n = 2; n <= cores; n++)
        if (known[n] && !fair[m, n])
            all_fair = 0
    law[m, what, "mid"] = law[m, what]
    law[m, what, "spoilt"] = !all_fair
    against("nothing but sharing", 1)
    verdict(what, m, law, m SUBSEP what, bound, "", bound,
        sprintf("%s below %s, fitted %s", what, bound, fitted(m, what, form)))
}

function fitted(m, what, form) {
    return sprintf(form " (" form " … " form ")", law[m, what], law[m, what, "low"],
        law[m, what, "high"])
}

# Two cores tell no more than a sum.
function law_in_table(m) {
    if ((m, "α") in law)
        return fitted(m, "α", "%.3f") " | " fitted(m, "β", "%.4f") " |"
    if (cores == 2 && predicted[m, 2] > 1)
        return sprintf("α + 2β = %.2f (%.2f … %.2f) | |", 2 / most[m, "mid"] - 1,
            2 / most[m, "high"] - 1, 2 / most[m, "low"] - 1)
    return "– | – |"
}

function report(m,    n, name) {
    for (n = 1; n <= cores; n++) {
        name = m SUBSEP n
        if (!known[n] || !((name, "mid") in times))
            continue
        printf "1,%s,%d,%.4f,%d\n2,%s,%d,%.4f,%d\n", m, n, times[name, "mid"],
            !fair[m, n], m, n, used_cores(m, n), !fair[m, n] > (out "/lines.csv")
        printf "%s,%d,%.3f,%.3f,%.3f,%s,%.2f\n", m, n, times[name, "mid"],
            times[name, "low"], times[name, "high"], predicted[m, n],
            used_cores(m, n) > (out "/table.csv")
    }
    printf "%s,%s\n", m, most[m, "mid"] > (out "/bars.csv")
    if (!((m, "mid") in most))
        return
    printf "| **%s** | %s (%s … %s) | %s | %.2f | %s\n", m, three(most[m, "mid"]),
        three(most[m, "low"]), three(most[m, "high"]),
        predicted[m, cores] == "" ? "–" : three(predicted[m, cores]),
        used_cores(m, cores), law_in_table(m) > (out "/table.md")
    shaky += !fair[m, cores]
}

# Who gains most from all cores and who least, each with all that are like them.
function finding(    best, worst, text, differs) {
    best = extreme(model, models, most, -1)
    worst = extreme(model, models, most, 1)
    if (best == "")
        return "Nothing could be measured"
    if (cores == 1)
        return "There is only one core: what more would do, this machine cannot tell"
    text = cores " cores instead of one: " group(best, model, models, most,
        " times as many jobs")
    tell_apart(best, model, models, most, differs, 1)
    if (differs[worst])
        text = text "\nand " group(worst, model, models, most, " times as many")
    return text (shaky ? sprintf("; %d models had no undisturbed run", shaky) : "")
}

END {
    print "panel,model,x,y,odd" > (out "/lines.csv")
    print "model,cores,measured,low,high,predicted,busy" > (out "/table.csv")
    printf "label,jobs on %d core%s, as times those on one\n", cores,
        cores == 1 ? "" : "s" > (out "/bars.csv")
    printf "| | speed-up on %d cores | predicted | cores kept busy | α | β |\n" \
        "|---|---|---|---|---|---|\n", cores > (out "/table.md")
    for (n = 1; n <= cores; n++)
        if (known[n])
            printf "1,=perfect,%d,%d,0\n2,=perfect,%d,%d,0\n", n, n, n,
                n > (out "/lines.csv")
    for (i = 1; i <= models; i++) {
        for (n = 1; n <= cores; n++)
            compare(model[i], n)
        fit_law(model[i])
        report(model[i])
        if (cores > 1)
            judge(model[i])
    }
    for (i = 1; i <= models; i++)
        if (predicted[model[i], cores] > 1) {
            judge_law(model[i], "α", "%.3f", 0.05)
            judge_law(model[i], "β", "%.4f", 0.01)
        }
    if (cores < 2)
        say("not measured", "", "there is only one core")
    if (cores == 2)
        printf "%-13s α and β of the scalability law: 2 numbers of cores do not tell" \
            " them apart; α + 2β is in the table\n",
            "not measured" > (out "/verdicts.txt")
    for (m in why)
        printf "\n%s skipped: %s\n", m, why[m] > (out "/table.md")
    printf "\nOne job, `cpu:%d`, takes %.2f ms; %d clients, crews of %d. %s %d of" \
        " %d runs were disturbed by others; where a model has no other, nothing is" \
        " decided.\n", fib, ns / 1e6, clients, crew, levels(), spoilt,
        runs > (out "/table.md")
    print finding() > (out "/finding.txt")
}
