# judge.awk - cores: how many times as many jobs are done on all cores as on one.
#
# Measured: jobs a second on 1, 2, … cores; speed-ups are taken within a block.
# Theory: what the model's own formula gives for one core, divided by what it gives for N.
#   And jobs share nothing, so the scalability law's α (what only one can do at a time)
#   and β (what agreeing costs) are near 0.
# Rival: one core does it all, or all cores do; sharing alone explains the rest.
# Refuted if the interval of the speed-up is 15 % off, of α above 0.05, of β above 0.01.

file == "predictions.csv" { predicted[field("model"), field("cores")] = field("speedup") }
file == "job.csv" {
    fib = field("fib"); ns = field("ns"); clients = field("clients"); crew = field("crew")
}
file == "runs.csv" {
    m = field("model")
    n = field("cores")
    disturbed = field("invalid") ~ /foreign/
    add("rate " m " " n, field("jobs_per_s") > 0 ? field("jobs_per_s") : "", disturbed,
        field("block"))
    add("busy " m " " n, field("server_cores"))
    spoilt += disturbed
    runs++
    known[n] = 1
    blocks = field("block") > blocks ? field("block") : blocks
    cores = n > cores ? n : cores
}

# The samples "times MODEL N".
function compare_cores(m,    n, key) {
    for (n = 1; n <= cores; n++) {
        key = "times " m " " n
        add_ratios(key, "rate " m " " n, "rate " m " 1")
        median_of(key)
    }
    compare(most, m, key)
}

function judge(m,    p, key, text) {
    p = predicted[m, cores]
    key = "times " m " " cores
    text = sprintf("%s × as many jobs on %d cores", three(p), cores)
    if (!count[key]) {
        say("not measured", m, text " (" why[m] ")")
        return
    }
    against(p > 1 ? "one core does it all" : "all cores", p > 1 ? 1 : cores)
    verdict("speed-up", m, v, key, p, 0.85 * p, 1.15 * p,
        sprintf("%s, measured %s", text, three(v[key, "mid"])))
}

function report(m,    n, key, busy) {
    for (n = 1; n <= cores; n++) {
        key = "times " m " " n
        busy = middle_of("busy " m " " n)
        if (!count[key])
            continue
        point(1, m, n, sprintf("%.4f", v[key, "mid"]), !fair[key])
        point(2, m, n, sprintf("%.4f", busy), !fair[key])
        printf "%s,%d,%.3f,%.3f,%.3f,%s,%.2f\n", m, n, v[key, "mid"], v[key, "low"],
            v[key, "high"], predicted[m, n], busy > table_csv
    }
    bar(m, v[key, "mid"])
    if (!count[key])
        return
    printf "| **%s** | %s | %s | %.2f | %s\n", m, interval(key),
        predicted[m, cores] == "" ? "–" : three(predicted[m, cores]), busy,
        law_in_table(m, key) > table_md
    shaky += !fair[key]
}

# Which models gain most from all cores and which least, each with all that are like them.
function find(    best, worst, text, differs) {
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
    print "model,cores,measured,low,high,predicted,busy" > table_csv
    head(sprintf("| | speed-up on %d cores | predicted | cores kept busy | α | β |",
        cores))
    bar("label", sprintf("jobs on %d core%s, as times those on one", cores,
        cores == 1 ? "" : "s"))
    lines_begin()
    for (n = 1; n <= cores; n++)
        if (known[n]) {
            point(1, "=perfect", n, n)
            point(2, "=perfect", n, n)
        }
    for (i = 1; i <= models; i++) {
        compare_cores(model[i])
        fit_law(model[i])
        report(model[i])
        if (cores > 1 && predicted[model[i], cores] != "")
            judge(model[i])
    }
    for (i = 1; i <= models; i++)
        if (predicted[model[i], cores] > 1) {
            judge_law(model[i], "α", "%.3f", 0.05)
            judge_law(model[i], "β", "%.4f", 0.01)
        }
    tell_law()
    tell_reasons(" skipped: ")
    printf "\nOne job, `cpu:%d`, takes %.2f ms; %d clients, crews of %d. %s %d of" \
        " %d runs were disturbed by others; where a model has no other, nothing is" \
        " decided.\n", fib, ns / 1e6, clients, crew, levels(), spoilt,
        runs > table_md
    print find() > finding_txt
}
