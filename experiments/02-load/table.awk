# table.awk - the table, the chart's rows and the finding of load.

function begin_tables() {
    print "model,servers,cost_us,answered_per_s,knee_per_s,p50_half_ns,tail_ns" \
        > table_csv
    print "model,rate,p50_ns,tail_ns,odd_p50,odd_tail" > (out "/points.csv")
    print "model,rate,p50_ns,tail_ns" > (out "/medians.csv")
    print "model,rate,p50_ns,tail_ns" > (out "/theory.csv")
    print "model,servers,rate" > (out "/knees.csv")
    print "model,why" > (out "/absent.csv")
    bar("label", "answered at most, messages a second")
    head(sprintf("| | servers | CPU a message | answers at most, a second | p50 at half" \
        " load | %s at load %g | knee | half | tail |", machine["tail"], queues))
}

function absent(m) {
    skip(m, why[m])
    bar(m)
    print m "," why[m] > (out "/absent.csv")
}

# For the charts: every run, with each of its times judged by itself; the medians; the
# theory where it has a mean; and a bar.
function draw(m,    i, j, key, rho) {
    c = servers[m]
    cost = middle_of("cost " m)
    for (i = 1; i <= runs[m]; i++)
        printf "%s,%s,%s,%s,%d,%d\n", m, rate[m, i], time["p50", m, i],
            time["tail", m, i], odd["p50", m, i], odd["tail", m, i] > (out "/points.csv")
    for (j = 1; j <= loads[m]; j++) {
        key = load[m, j] " " m
        printf "%s,%s,%s,%s\n", m, median_of("rate " key), median_of("p50 " key),
            median_of("tail " key) > (out "/medians.csv")
    }
    bar(m, middle_of("answered " overload[m] " " m))
    if (c == "")
        return
    printf "%s,%d,%.0f\n", m, c, c * 1e9 / cost > (out "/knees.csv")
    for (rho = 0.1; rho < 0.975; rho += rho < 0.75 ? 0.1 : 0.04)
        printf "%s,%.1f,%.0f,%.0f\n", m, rho * c * 1e9 / cost, time_at(m, rho, 0.5),
            time_at(m, rho, tail) > (out "/theory.csv")
}

function shown_ms(key,    a, n) {
    n = those(key, a, 1e6)
    return n ? sprintf("%.2f ms", median(a, n)) within(a, n, "%.2f") : "–"
}

function report(m, cells,    reached, p50_half, tail_at) {
    reached = "answered " overload[m] " " m
    p50_half = "p50 " half " " m
    tail_at = "tail " queues " " m
    printf "%s,%d,%.1f,%s,%.0f,%s,%s\n", m, c, cost / 1e3, middle_of(reached),
        c * 1e9 / cost, middle_of(p50_half), middle_of(tail_at) > table_csv
    printf "| **%s** | %d | %s | %s | %s | %s |%s\n", m, c, shown_ms("cost " m),
        shown(reached, "%.0f"), shown_ms(p50_half), shown_ms(tail_at), cells > table_md
    if (fair[reached])
        add("all knees " c, middle_of(reached))
    if (fair[tail_at])
        add("all tails", middle_of(tail_at))
}

# From where to where the models lie.
function range(key, scale,    from, to) {
    from = sprintf("%.0f", quantile(key, 0) / scale)
    to = sprintf("%.0f", quantile(key, 1) / scale)
    return from == to ? from : from " to " to
}

# What is spoilt is not told here; the models by how many messages they do at a time.
function find(    n, text) {
    for (n = 1; n <= 1000; n++)
        if (("all knees " n) in count) {
            text = text (text == "" ? "" : "; ") (n == 1 ? "One" : n) " at a time, " \
                (text == "" ? "at most " : "") range("all knees " n, 1) \
                (text == "" ? " messages a second are answered" : "")
        }
    print text == "" ? "Of no model was an overload measured undisturbed" : \
        text > finding_txt
    print (count["all tails"] ? "At a load of " queues " the " machine["tail"] \
        " is already " range("all tails", 1e6) " ms; " : "") counted("predictions") \
        > finding_txt
}
