# judge.awk - churn: what it costs the server that a client comes and goes.
#
# Measured: CPU time of a connection, by HTTP and by WebSocket.
# Theory: all models pay the same to accept, answer and close. A process or a thread made
#   for each client has its price besides, a process also its page faults, and each sleep
#   the waking. The prices were measured one by one; what all pay is the median of the
#   models that make nothing, without the one that is judged.
# Rival: nothing is paid for what is made.
# Refuted if the interval is off by more than a factor of 2, or nearer to the rival.

BEGIN {
    near = 2
    protocols = split("http ws", protocol, " ")
}

# Each time that a model goes to sleep, somebody has to wake it. A loop that many call at
# the same time sleeps once for several of them.
function sleeping(p, m) { return middle_of("sleeps " p " " m) * price("sleep") }

# What all pay: sets fair_base, by how many models it is known from undisturbed runs.
function base(p, but,    i, key, a, n) {
    fair_base = 0
    for (i = 1; i <= models; i++) {
        key = "cost " p " " model[i]
        if (model[i] != but && count[key] && newborn(p, model[i]) == "neither") {
            a[++n] = middle_of(key) - sleeping(p, model[i])
            fair_base += fair[key] > 0
        }
    }
    return n ? median(a, n) : ""
}

# Returns what is predicted, or "" if there is no model to compare with. Judges it in µs.
function judge(p, m, made,    key, b, z, faults, predicted, text) {
    key = "cost " p " " m
    b = base(p, m)
    median_of(key)
    if (!fair_base)
        v[key, "spoilt"] = 1
    if (b == "" || made != "neither" && !count["price " made]) {
        say("no prediction", m, sprintf("%-4s %.0f µs a connection; no model to compare" \
            " with", p, v[key, "mid"]))
        return ""
    }
    z = sleeping(p, m)
    faults = made == "process" ? middle_of("faults " p " " m) : 0
    predicted = b + z + price(made) + faults * price("page")
    text = sprintf("%.0f, as where nothing is made", b)
    if (made != "neither" || z)
        text = sprintf("%.0f%s%s%s = %.0f", b, z ? sprintf(" and %.2f sleeps at %.1f",
            middle_of("sleeps " p " " m), price("sleep")) : "", made == "neither" ? "" : \
            sprintf(" and a %s for %.0f", made, price(made)), faults ? \
            sprintf(" and %.0f pages at %.1f", faults, price("page")) : "", predicted)
    if (made != "neither")
        against(sprintf("as where nothing is made, %.0f", b + z), b + z)
    state = in_table(verdict("cost " p, m, v, key, predicted, predicted / near,
        predicted * near, sprintf("%-4s %.0f µs a connection, predicted %s", p,
        v[key, "mid"], text)))
    return predicted
}

# The table says which figure is of one run, and which of none that was undisturbed.
function cell(key) {
    noted += !fair[key]
    return " " shown(key, "%.0f") (fair[key] == 1 && count[key] > 1 ? " (one run)" : "") \
        (fair[key] ? "" : " \\*") " |"
}

function report(p, m,    key, k, made, predicted, rate) {
    key = "cost " p " " m
    rate = "rate " p " " m
    if (!count[key]) {
        say("not measured", m, sprintf("%-4s %s", p, why[m]))
        return " – | – | – |"
    }
    made = newborn(p, m)
    state = "–"
    predicted = judge(p, m, made)
    for (k = 1; k <= count[key]; k++)
        printf "%s,%s,%.1f,%d,%.2f,%d\n", p, m, sample[rate, k], bad[rate, k],
            sample[key, k], bad[key, k] > (out "/dots.csv")
    printf "%s,%s,%.3f,%.3f,%s,%s\n", p, m, middle_of(rate), v[key, "mid"], predicted,
        made > table_csv
    return cell(rate) cell(key) " " state " |"
}

END {
    print "protocol,model,per_s,us_each,predicted_us,made" > table_csv
    print "protocol,model,per_s,rate_odd,us_each,cost_odd" > (out "/dots.csv")
    head("| | http: connections a second | CPU µs each | theory" \
        " | ws: connections a second | CPU µs each | theory |")
    bar("label", "CPU of a connection with one HTTP request, µs")
    for (i = 1; i <= models; i++)
        undisturbed += fair["cost http " model[i]] > 0
    for (i = 1; i <= models; i++) {
        m = model[i]
        row = ""
        for (k = 1; k <= protocols; k++)
            row = row report(protocol[k], m)
        printf "| **%s** |%s\n", m, row > table_md
        if (fair["cost http " m] || !undisturbed)
            compare(costs, m, "cost http " m)
        bar(m, middle_of("cost http " m))
    }
    printf "\nTo make a process that ends at once takes %.0f µs here, a thread %.0f µs;" \
        " a page that a process has to get for itself %.1f µs.\n\n%s\n",
        price("process"), price("thread"), price("page"), levels() > table_md
    if (noted)
        printf "\n\\* others had over %.0f %% of the machine, or the client was busy" \
            " for over %.0f %% of a core and may be what was slow. Hollow points; they" \
            " decide nothing.\n", disturbed * 100, ceiling * 100 > table_md
    tell_reasons(": a run failed: ")
    printf "%s; within a factor of %g\n", tally("predictions"), near > verdicts_txt
    text = span(model, models, costs, " µs")
    print text == "" ? "Nothing could be measured" : \
        "CPU to come and go, with one HTTP request: " text > finding_txt
    if (text != "" && !undisturbed)
        print "Others were at work in every run: these figures are not to be relied on" \
            > finding_txt
}
