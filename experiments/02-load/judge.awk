# judge.awk - load: where latency explodes as the offered rate grows.
#
# Measured: a message's CPU time S, one after the other; messages answered a second under
#   overload; the p50 at half load, and the tail at a load of 0.7.
# Theory: c servers answer c / S a second, the knee. Below it messages queue because they
#   come at random: queue.awk plays the same arrivals for c servers that need S each.
# Rival: of the knee, another number of servers; of the times the textbooks' M/M/c, for
#   which some messages are longer than others, at random.
# Refuted if the knee is 20 % off, the p50 25 %, the tail 25 %, or nearer to the rival.

BEGIN {
    off_knee = 0.2              # of the predicted rate
    off_half = 0.25             # of the predicted p50 at half load
    off_tail = 1.25             # times, at the load where a queue is the rule; 2, if it
                                # is not known which messages came when
    half = 0.5
    queues = 0.7
}

function ms(ns) { return sprintf("%.2f ms", ns / 1e6) }

function time_at(m, rho, p) {
    return overhead[m] + cost * percentile_of_play(rho, c, at_once[m], p)
}

function against_random(m, rho, p,    y) {
    y = overhead[m] + cost * percentile_of_random(rho, c, p)
    against(sprintf("M/M/%d, %s", c, ms(y)), y)
}

# Each judges a prediction, and returns the table's cell.

function judge_knee(m,    key, knee, other) {
    key = "answered " overload[m] " " m
    knee = c * 1e9 / cost
    if (median_of(key) == "")
        return not_judged(m, "no overload")
    other = c == 1 ? machine["cores"] : 1
    if (other != c)
        against(sprintf("%d at a time, %.0f", other, knee * other / c), knee * other / c)
    return cell(verdict("knee", m, v, key, knee, knee * (1 - off_knee),
        knee * (1 + off_knee), sprintf("answers at most %.0f a second, predicted" \
        " %d ÷ %s = %.0f", v[key, "mid"], c, ms(cost), knee)))
}

function judge_half(m,    key, y) {
    key = "p50 " half " " m
    if (median_of(key) == "")
        return not_judged(m, "no p50 at half load")
    y = time_at(m, half, 0.5)
    against_random(m, half, 0.5)
    return cell(verdict("p50", m, v, key, y, y * (1 - off_half), y * (1 + off_half),
        "p50 at half load " ms(v[key, "mid"]) ", predicted " ms(y)))
}

function judge_tail(m,    key, y) {
    key = "tail " queues " " m
    if (median_of(key) == "")
        return not_judged(m, "no " machine["tail"] " at load " queues)
    y = time_at(m, queues, tail)
    against_random(m, queues, tail)
    return cell(verdict("tail", m, v, key, y, y / off_tail, y * off_tail,
        machine["tail"] " at load " queues " " ms(v[key, "mid"]) ", predicted " ms(y)))
}

function cell(state) { return " " in_table(state) " |" }

function not_judged(m, text) {
    say("not measured", m, text)
    return " – |"
}

# c and cost are those of the model that is judged.
function judge(m,    cells) {
    c = servers[m]
    cost = middle_of("cost " m)
    if (c == "") {
        say("no prediction", m, ms(cost) " a message, and it says nothing of many")
        printf "| **%s** | no prediction | %s | | | | | | |\n", m, ms(cost) > table_md
        return
    }
    cells = judge_knee(m)
    cells = cells judge_half(m)
    report(m, cells judge_tail(m))
}

END {
    if (!seeds_told)
        off_tail = 2
    begin_tables()
    for (i = 1; i <= models; i++)
        if (count["cost " model[i]]) {
            draw(model[i])
            judge(model[i])
        } else
            absent(model[i])
    printf "\nEach message is `cpu:%d`, and comes at a random time. %d cores, of which" \
        " the client has its part. %s\n", machine["fib"], machine["cores"],
        (turns > 1 ? "Medians of " turns " runs, each with a server of its own, and" \
            " " levels() : "One run of each.") > table_md
    tell_reasons(": ")
    print tally("predictions") > verdicts_txt
    find()
}
