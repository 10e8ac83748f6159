# judge.awk - @NAME@: how many answers a second a closed loop gets.
#
# Measured: the answers a second of N clients that wait S for each and then rest for R.
# Theory: Little's law, N / (S + R).
# Rival: N / S, as if nobody rested.
# Refuted if the whole interval of the runs lies more than 15 % off.

BEGIN { off = 0.15 }

file == "runs.csv" {
    add(field("model"), field("per_s"), field("invalid") != "", field("repetition"))
    clients[field("model")] = field("clients")
}

function report(m,    n, predicted, rate) {
    panel_row(m, m)
    rate = median_of(m)
    if (rate == "") {
        skip(m, why[m])
        panel_bar("rate", m, "", "not measured")
        return
    }
    n = clients[m]
    predicted = n * 1000 / (machine["wait"] + machine["rest"])
    against("nobody rests", n * 1000 / machine["wait"])
    verdict("rate", m, v, m, predicted, (1 - off) * predicted, (1 + off) * predicted,
        sprintf("%.0f answers a second, N / (S + R) = %.0f", rate, predicted))
    printf "| **%s** | %d | %s | %.0f | %s |\n", m, n, shown(m, "%.0f"), predicted,
        said[m] > table_md
    printf "%s,%d,%.1f,%.1f\n", m, n, rate, predicted > table_csv
    panel_bar("rate", m, rate, sprintf("%.0f", rate), predicted)
    panel_dots("rate", m, m, "%.1f")
}

END {
    head("| | clients | answers a second | predicted | |")
    print "model,clients,measured,predicted" > table_csv
    bar("label", "answers a second")
    panels_begin()
    panel("rate", "answers a second · all clients together")
    for (i = 1; i <= models; i++) {
        report(model[i])
        bar(model[i], v[model[i], "mid"])
    }
    print "\n" levels() > table_md
    print tally("predictions") > verdicts_txt
    printf "Little's law for waits of %d ms and rests of %d: %s\n", machine["wait"],
        machine["rest"], counted("predictions") > finding_txt
}
