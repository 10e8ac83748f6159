# judge.awk - fan-out: what a delivery costs as a room grows.
#
# Measured, in rooms of several sizes: the server's CPU time and switches of a delivery,
#   the client's CPU time, and when the last member hears a message.
# Theory: a message costs a + b M in a room of M, so what a delivery costs in the largest
#   room follows from two smaller ones. Every task behind the members is woken once for
#   it; where each has its own, a delivery costs at least twice a loop's. With one task,
#   client and server take turns: the last hears after M (c + d).
# Rivals: as in the smallest room; none is woken, or all; waking is free; all work beside
#   each other.
# Refuted if an interval lies outside what is allowed below.

BEGIN {
    near = 1.5                  # times off, at most: the cost at the largest size
    around = 1.25               # the last delivery's time
    apart = 2                   # times what a loop's costs: a receiver that is woken
}

# What a delivery costs in a room of that size, µs.
function each(m, members) { return middle_of("cost " members " " m) }

# From the smallest and a middle size the largest.
function judge_line(m,    s, t, u, a, b, predicted) {
    s = size[m, 1]
    t = size[m, int((sizes[m] + 1) / 2)]
    u = largest[m]
    b = (each(m, t) * t - each(m, s) * s) / (t - s)
    a = (each(m, s) - b) * s
    predicted = b + a / u
    against(sprintf("as in a room of %d, %.1f", s, each(m, s)), each(m, s))
    verdict("line", m, v, "cost " u " " m, predicted, predicted / near, predicted * near,
        sprintf("%s members: a delivery costs %.1f µs, a + b·%s from fewer members" \
            " gives %.1f", u, each(m, u), u, predicted))
}

function judge_wakes(m,    w, y, key) {
    w = wakes(m)
    y = w < 0.05 ? 0 : w
    key = "switches " largest[m] " " m
    against(w < 0.5 ? "one each" : "none", w < 0.5)
    verdict("wakes", m, v, key, y, y ? w / 2 : "", 2 * w + 0.5,
        sprintf("%s members: %.2f switches a delivery, predicted %.2f", largest[m],
            median_of(key), y))
}

# Beside the cheapest loop in the same repetition.
function judge_woken(m,    u, key) {
    u = largest[m]
    key = "woken " m
    add_ratios(key, "cost " u " " m, "cost " u " " thrifty, "that count")
    if (wakes(m) < 1 || median_of(key) == "")
        return
    against("as much", 1)
    verdict("woken", m, v, key, apart, apart, "",
        sprintf("%d members: %.1f times a delivery in %s, predicted at least %g", u,
            v[key, "mid"], thrifty, apart))
}

# In parts of M (c + d). Of several tasks some work beside each other and the client.
function judge_last(m,    u, key, all, beside, text) {
    u = largest[m]
    key = u " " m
    all = u * (each(m, u) + middle_of("client " key)) / 1e3
    beside = middle_of("beside " key)
    text = sprintf("%d members: the last hears after %.2f ms, predicted ", u,
        middle_of("last " key) / 1e3)
    median_of("turns " key)
    against(sprintf("all beside each other, %.2f ms", beside * all), beside)
    if (hands(m, u) > 1) {
        as_a_range()
        verdict("last of many", m, v, "turns " key, middle_of_range(beside, 1), beside, 1,
            text sprintf("%.2f to M (c + d) = %.2f", beside * all, all))
    } else
        verdict("last", m, v, "turns " key, 1, 1 / around, around,
            text sprintf("M (c + d) = %.2f", all))
}

function report(m,    key) {
    tell_sizes(m)
    if (sizes[m] >= 3)
        judge_line(m)
    judge_wakes(m)
    judge_woken(m)
    judge_last(m)
    key = largest[m] " " m
    printf "| **%s** | %s | %s | %s | %s | %s |\n", m,
        shown("cost " size[m, 1] " " m, "%.1f"), shown("cost " key, "%.1f"),
        shown("switches " key, "%.2f"), shown("last " key, "%.2f", 1e3),
        said[m] > table_md
    noted += !fair["cost " key]
    if (!fair["cost " key])
        invalid = also(invalid, m)
}

END {
    head(sprintf("| | CPU µs a delivery, %d members | %d members | switches a delivery" \
        " | last hears after, ms | line, wakes, woken, last |", smallest, most))
    bar("label", "CPU of a delivery in a room of " most + 0 ", µs")
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (sizes[m])
            report(m)
        else
            skip(m, why[m])
        bar(m, (m, "mid") in costs ? costs[m, "mid"] : "")
    }
    printf "\nOne bare `send(2)` takes %.1f µs here. %s\n",
        1e6 / machine["sends"], levels() > table_md
    if (noted)
        printf "\nThe load client held no run of %d models at their largest size to be" \
            " valid. Such points are hollow, and decide nothing.\n", noted > table_md
    print tally("predictions") > verdicts_txt
    tell_bare_send()
    text = span(model, models, costs, " µs")
    print text == "" ? "Nothing could be measured" : \
        "In a room of " most ", a delivery costs " text " of CPU" > finding_txt
    if (noted)
        printf "No run of that size was valid in %s\n",
            (noted > 4 ? noted " of " taking " models" : invalid) > finding_txt
}
