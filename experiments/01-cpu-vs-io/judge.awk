# judge.awk - cpu-vs-io: what ten clients at once cost, beside what each model predicts.
#
# Measured: until when ten clients have their answers, in the time that a lone one waits;
#   the ten compute, or the ten wait.
# Theory: the model's own formula, with a crew of W and C cores: n for one at a time,
#   ceil(n / min(W, C)) and ceil(n / W) for a crew, n / C and 1 for a task each.
# Rival: it computes as if it waited, or waits as if it computed; where the model does one
#   thing at a time, it uses all cores, or waits for all at once.
# Refuted if the interval is 15 % off.

BEGIN {
    tolerance = 0.15
    kinds = split("cpu wait", kind_of, " ")
    verb["cpu"] = "computing"; verb["wait"] = "waiting"
}

# Sets state: what became of a prediction.
function judge(m, kind,    key, p, rival, text) {
    key = kind " " m
    p = theory[m, kind]
    state = "not measured"
    if (median_of(key) != "")
        state = "no prediction"
    if (state == "not measured" || p == "") {
        say(state, m, sprintf("%-9s %s", verb[kind], state == "not measured" ? why[m] : \
            sprintf("measured %.2f jobs' time", v[key, "mid"])))
        return
    }
    rival = theory[m, kind == "cpu" ? "wait" : "cpu"]
    if (rival == p)
        rival = kind == "cpu" ? n / machine["cores"] : 1
    if (rival != p)
        against(sprintf("%s, %s", kind == "cpu" ? "as if it waited" : "as if it computed",
            three(rival)), rival)
    text = sprintf("%-9s predicted %s, measured %.2f jobs' time", verb[kind],
        formula[m, kind] == p ? p : formula[m, kind] " = " p, v[key, "mid"])
    if (disturbed_runs(key))
        text = text sprintf(" (%d of %d runs disturbed)", disturbed_runs(key), count[key])
    state = verdict(kind, m, v, key, p, p * (1 - tolerance), p * (1 + tolerance), text)
    judged[kind]++
    held[kind] += state == "held"
}

function disturbed_runs(key) { return count[key] - fair[key] }

function percent(x) {
    x = sprintf("%+.0f %%", x * 100)
    return x ~ /^[-+]0 / ? "±0 %" : x
}

# Judges it; returns the table's cells.
function report(m, kind,    key, p) {
    key = kind " " m
    p = theory[m, kind]
    judge(m, kind)
    bar(m " " verb[kind], v[key, "mid"])
    printf "%s,%s,%s,%s,", m, kind, crew[m], p > table_csv
    if (state == "not measured") {
        print ",,,," state > table_csv
        return " – | – | not measured |"
    }
    printf "%.5f,%.5f,%.5f,%d,%s,%d\n", v[key, "mid"], v[key, "low"], v[key, "high"],
        disturbed_runs(key), state, fair[key] > table_csv
    text = " " sprintf("%.2f", v[key, "mid"]) (v[key, "low"] < v[key, "high"] ? \
        sprintf(" (%.2f … %.2f)", v[key, "low"], v[key, "high"]) : "")
    if (state == "no prediction")
        return text " | – | – |"
    return text " | " p " | " in_table(state) ", " percent(v[key, "mid"] / p - 1) \
        (disturbed_runs(key) ? " \\*" : "") " |"
}

function awaited(m,    x) {
    x = middle_of("await " m)
    return x == "" ? "–" : sprintf(x < 10 ? "%.1f×" : "%.0f×", x)
}

# The best and the worst, each with all that are alike; the title is what was seen.
function title(kind,    i, s, text) {
    for (i = 1; i <= models; i++)
        compare(s, model[i], kind " " model[i])
    text = span(model, models, s, "")
    return text == "" ? " could not be measured" : " take " text " jobs' time"
}

function one_job(kind,    ms) {
    ms = middle_of("one " kind) / 1e6
    printf "%s,%s,%.3f\n", kind, spec[kind], ms > (out "/jobs.csv")
    return sprintf("`%s` takes %.1f ms", spec[kind], ms)
}

END {
    print "model,kind,crew,predicted,measured,low,high,disturbed,verdict,fair" > table_csv
    head("| model | computing: total ÷ one job | theory | verdict" \
        " | waiting: total ÷ one job | theory | verdict | awaited |")
    bar("label", "until all of " n + 0 " are answered, in jobs\047 time")
    for (i = 1; i <= models; i++) {
        m = model[i]
        row = ""
        for (k = 1; k <= kinds; k++)
            row = row report(m, kind_of[k])
        printf "| **%s**%s |%s %s |\n", m, crew[m] ? ", crew of " crew[m] : "", row,
            awaited(m) > table_md
    }
    if (n)
        printf "\nOne lone job: %s, %s. %d clients, %d cores. %s\n", one_job("cpu"),
            one_job("wait"), n, machine["cores"], levels() > table_md
    if (noted)
        printf "\n\\* %d of %d runs were disturbed: others had over %.0f %% of the" \
            " machine (waits: %.0f %%), or the lone jobs around the ten differed by" \
            " over %.0f %%. They are drawn hollow. Where a model has no other" \
            " its prediction is undecided.\n", noted, runs,
            disturbed["cpu"] * 100, disturbed["wait"] * 100, unsteady * 100 > table_md
    tell_reasons(" skipped: ")
    printf "%s; within %.0f %%: computing %d of %d, waiting %d of %d\n",
        tally("predictions"), tolerance * 100, held["cpu"], judged["cpu"], held["wait"],
        judged["wait"] > verdicts_txt
    printf "%d waits at once%s\n%d computations at once%s\n", n, title("wait"), n,
        title("cpu") > finding_txt
}
