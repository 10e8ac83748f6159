# judge.awk - the table, the verdicts and the finding of cores, from its CSV files.
# Speed-ups are taken within a block.

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
FNR == 1 { next }
file == "predictions.csv" { predicted[$1, $2] = $3 }
file == "missing.csv" { why[$1] = $2 }
file == "usl.csv" {
    alpha[$1] = $2; alpha_error[$1] = $3
    beta[$1] = $4; beta_error[$1] = $5
}
file == "job.csv" { fib = $1; ns = $2; clients = $3; crew = $4 }
file == "runs.csv" {
    if (!known[$3]++)
        sizes++
    rate[$1, $2, $3] = $4
    busy[$1, $2, $3] = $5
    odd[$1, $2, $3] = $7 ~ /foreign/
    spoilt += odd[$1, $2, $3]
    runs++
    blocks = $1 > blocks ? $1 : blocks
    cores = $3 > cores ? $3 : cores
}

# Sets middle, low and high of a model's speed-up on n cores, and fair, how many of the
# blocks nobody disturbed. Others count only where there is no such.
function speedup(m, n,    b, k, a, count, bad, interval, used) {
    fair = 0
    for (b = 1; b <= blocks; b++)
        if (rate[b, m, 1] && rate[b, m, n])
            fair += !odd[b, m, 1] && !odd[b, m, n]
    for (b = 1; b <= blocks; b++) {
        bad = odd[b, m, 1] || odd[b, m, n]
        if (rate[b, m, 1] && rate[b, m, n] && (!bad || !fair))
            a[++used] = rate[b, m, n] / rate[b, m, 1]
    }
    if (!used)
        return 0
    bootstrap(a, used, interval)
    middle = median(a, used)
    low = interval["low"]
    high = interval["high"]
    return 1
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

function judge(m,    p) {
    p = predicted[m, cores]
    if (p == "")
        return
    text = sprintf("%s × as many jobs on %d cores", three(p), cores)
    if (cores == 1)
        say("not measured", m, "there is only one core")
    else if (!speedup(m, cores))
        say("not measured", m, text " (" why[m] ")")
    else
        say(fair ? settled(low, high, 0.85 * p, 1.15 * p) : "undecided", m,
            sprintf("%s, measured %s (%s … %s)%s", text, three(middle), three(low),
                three(high), fair ? "" : ", disturbed by others"))
}

# α and β have to be below these, their errors counted.
function judge_law(m) {
    if (alpha[m] == "")
        return
    say(settled(alpha[m] - 2 * alpha_error[m], alpha[m] + 2 * alpha_error[m], "", 0.05),
        m, sprintf("α below 0.05, fitted %.3f ± %.3f", alpha[m], alpha_error[m]))
    say(settled(beta[m] - 2 * beta_error[m], beta[m] + 2 * beta_error[m], "", 0.01),
        m, sprintf("β below 0.01, fitted %.4f ± %.4f", beta[m], beta_error[m]))
}

function law(m) {
    if (alpha[m] != "")
        return sprintf("%.3f ± %.3f | %.4f ± %.4f |", alpha[m], alpha_error[m],
            beta[m], beta_error[m])
    if (cores == 2 && speedup(m, 2) && predicted[m, 2] > 1)
        return sprintf("α + 2β = %.2f (%.2f … %.2f) | |", 2 / middle - 1,
            2 / high - 1, 2 / low - 1)
    return "– | – |"
}

END {
    print "panel,model,x,y,odd" > (out "/lines.csv")
    print "model,cores,measured,low,high,predicted,busy" > (out "/table.csv")
    printf "| | speed-up on %d cores | predicted | cores kept busy | α | β |\n" \
        "|---|---|---|---|---|---|\n", cores > (out "/table.md")
    for (n = 1; n <= cores; n++)
        if (known[n])
            printf "1,=perfect,%d,%d,0\n2,=perfect,%d,%d,0\n", n, n, n,
                n > (out "/lines.csv")
    for (i = 1; i <= models; i++) {
        m = model[i]
        for (n = 1; n <= cores; n++)
            if (known[n] && speedup(m, n)) {
                printf "1,%s,%d,%.4f,%d\n2,%s,%d,%.4f,%d\n", m, n, middle, !fair, m, n,
                    used_cores(m, n), !fair > (out "/lines.csv")
                printf "%s,%d,%.3f,%.3f,%.3f,%s,%.2f\n", m, n, middle, low, high,
                    predicted[m, n], used_cores(m, n) > (out "/table.csv")
            }
        if (speedup(m, cores)) {
            row = sprintf("| **%s** | %s (%s … %s) | %s | %.2f |", m, three(middle),
                three(low), three(high),
                predicted[m, cores] == "" ? "–" : three(predicted[m, cores]),
                used_cores(m, cores))
            print row " " law(m) > (out "/table.md")
            if (best == "" || middle > most) { best = m; most = middle }
            flat += middle < 1.2
            shaky += !fair
        }
        judge(m)
    }
    for (i = 1; i <= models; i++)
        if (predicted[model[i], cores] > 1)
            judge_law(model[i])
    if (sizes < 3)
        printf "%-13s α and β of the scalability law: %d number%s of cores do not tell" \
            " them apart; α + 2β is in the table\n", "not measured", sizes,
            sizes == 1 ? "" : "s" > (out "/verdicts.txt")
    for (m in why)
        printf "\n%s took no part: %s\n", m, why[m] > (out "/table.md")
    printf "\nOne job, `cpu:%d`, takes %.2f ms; %d clients, crews of %d. %d of %d runs" \
        " were disturbed by others; they count only where a model has no other.\n",
        fib, ns / 1e6, clients, crew, spoilt, runs > (out "/table.md")
    printf "With %d cores instead of one %s does %s times as much\n%d of %d models make" \
        " nothing of the other%s%s\n", cores, best, three(most), flat, models,
        (cores > 2 ? "s" : ""),
        shaky ? sprintf("; %d had no undisturbed run", shaky) : "" > (out "/finding.txt")
}
