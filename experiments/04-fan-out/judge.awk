# judge.awk - the table, the verdicts and the finding of fan-out, from its CSV files.
#
# What is measured is x[name, model, members, 1..count[...]]. A run counts if the client
# held it to be valid; others only where there is none such, and they decide nothing.

BEGIN {
    near = 1.5                  # the cost at the largest size: so many times off, at most
    around = 1.25               # the last delivery's time
    apart = 2                   # a woken receiver costs so many times what a loop's does
}

FNR == 1 { file = FILENAME; sub(".*/", "", file) }
file == "models.txt" { model[++models] = $1; next }
file == "machine.csv" { machine[$1] = $2; next }
FNR == 1 { next }
file == "missing.csv" && index(why[$1], substr($0, length($1) + 2)) == 0 {
    why[$1] = why[$1] (why[$1] ? "; " : "") substr($0, length($1) + 2)
}
file == "tasks.csv" { per_member[$1] = $3 / $2; tasks[$1] = $3 }

file == "runs.csv" {
    m = $2
    size = $3
    if (!((m, size) in seen)) {
        seen[m, size] = 1
        sizes[m, ++how_many[m]] = size
    }
    odd = $10 != ""
    add("cost", $6 / $5 / 1e3)
    add("switches", $7 / $5)
    add("last", $8 / 1e3)
    add("client", $9 / $5 / 1e3)
}

function add(name, value,    k) {
    if (!odd && !fair[name, m, size]++)
        count[name, m, size] = 0
    if (!odd || !fair[name, m, size]) {
        x[name, m, size, ++count[name, m, size]] = value
        of[name, m, size, count[name, m, size]] = $1
    }
}

function middle(name, m, size,    k, a) {
    for (k = 1; k <= count[name, m, size]; k++)
        a[k] = x[name, m, size, k]
    summary(a, count[name, m, size], seen, name SUBSEP m SUBSEP size)
    seen[name, m, size, "spoilt"] = !fair[name, m, size]
    return seen[name, m, size, "mid"]
}

# For the title: what a delivery costs in the largest room.
function keep(m, u,    k) {
    dearness[m, "mid"] = middle("cost", m, u)
    for (k = 1; k <= count["cost", m, u]; k++)
        in_block(dearness, m, of["cost", m, u, k], x["cost", m, u, k])
}

# What the table says of it, with its interval.
function told(name, m, size, form, unit,    k, a) {
    for (k = 1; k <= count[name, m, size]; k++)
        a[k] = x[name, m, size, k] / unit
    k = count[name, m, size]
    return sprintf(form, median(a, k)) within(a, k, form)
}

# Of the threads and processes that a delivery needs, how many are not at work already:
# one for each member, or, where they are fewer, each of them once a message.
function wakes(m, size) { return per_member[m] >= 1 ? 1 : tasks[m] / size }

# Judges what was measured of a room, x[name, m, u], beside y; form tells both.
function judge_it(kind, m, name, u, y, least, most, form,    state) {
    state = verdict(kind, m, seen, name SUBSEP m SUBSEP u, y, least, most,
        sprintf(u " members: " form, middle(name, m, u), y))
    states[m] = states[m] (states[m] ? ", " : "") in_table(state)
}

# A message costs a + b for each member: from two sizes the third. The rival knows no a.
function judge_line(m,    s, t, u, a, b, predicted) {
    s = sizes[m, 1]
    t = sizes[m, int((how_many[m] + 1) / 2)]
    u = sizes[m, how_many[m]]
    b = (middle("cost", m, t) * t - middle("cost", m, s) * s) / (t - s)
    a = (middle("cost", m, s) - b) * s
    predicted = b + a / u
    against(sprintf("as in a room of %d, %.1f", s, middle("cost", m, s)),
        middle("cost", m, s))
    judge_it("line", m, "cost", u, predicted, predicted / near, predicted * near,
        "a delivery costs %.1f µs, a + b·" u " from fewer members gives %.1f")
}

function judge_wakes(m,    u, w) {
    u = sizes[m, how_many[m]]
    w = wakes(m, u)
    against(w < 0.5 ? "one each" : "none", w < 0.5)
    judge_it("wakes", m, "switches", u, w < 0.05 ? 0 : w, w < 0.05 ? "" : w / 2,
        2 * w + 0.5, "%.2f switches a delivery, predicted %.2f")
}

# Beside the cheapest loop in the same repetition.
function judge_woken(m,    u, k, l, a, n) {
    u = sizes[m, how_many[m]]
    if (wakes(m, u) < 1 || thrifty == "")
        return
    for (k = 1; k <= count["cost", m, u]; k++)
        for (l = 1; l <= count["cost", thrifty, u]; l++)
            if (of["cost", m, u, k] == of["cost", thrifty, u, l])
                a[++n] = x["cost", m, u, k] / x["cost", thrifty, u, l]
    if (!n)
        return
    summary(a, n, seen, "woken" SUBSEP m)
    seen["woken", m, "spoilt"] = !fair["cost", m, u] || !fair["cost", thrifty, u]
    against("as much", 1)
    states[m] = states[m] ", " in_table(verdict("woken", m, seen, "woken" SUBSEP m, apart,
        apart, "", sprintf("%d members: %.1f times a delivery in %s, predicted at least" \
        " %g", u, seen["woken", m, "mid"], thrifty, apart)))
}

# One task and the client take turns, so the last has heard when both have done with all.
# Of several tasks some work beside each other and the client, but no more of them than
# there are cores. In parts of that sum, c and d being those of the same run.
function judge_last(m,    u, hands, k, a, b, n, sum, text) {
    u = sizes[m, how_many[m]]
    hands = per_member[m] >= 1 ? u : tasks[m]
    hands = hands > machine["cores"] ? machine["cores"] : hands
    for (k = 1; k <= count["last", m, u]; k++) {
        sum = x["cost", m, u, k] + x["client", m, u, k]
        a[++n] = x["last", m, u, k] / u / sum
        b[n] = x["cost", m, u, k] / hands / sum
        b[n] = b[n] < 1 / machine["cores"] ? 1 / machine["cores"] : b[n]
    }
    summary(a, n, seen, "turns" SUBSEP m)
    seen["turns", m, "spoilt"] = !fair["cost", m, u]
    b[1] = median(b, n)
    sum = u * (middle("cost", m, u) + middle("client", m, u)) / 1e3
    text = sprintf("%d members: the last hears after %.2f ms, predicted ", u,
        middle("last", m, u) / 1e3)
    against(sprintf("all beside each other, %.2f ms", b[1] * sum), b[1])
    if (hands > 1) {
        as_a_range()
        k = verdict("last of many", m, seen, "turns" SUBSEP m, middle_of_range(b[1], 1),
            b[1], 1, text sprintf("%.2f to M (c + d) = %.2f", b[1] * sum, sum))
    } else
        k = verdict("last", m, seen, "turns" SUBSEP m, 1, 1 / around, around,
            text sprintf("M (c + d) = %.2f", sum))
    states[m] = states[m] ", " in_table(k)
}

function report(m,    u, k) {
    if (!how_many[m]) {
        printf "| **%s** | skipped: %s | | | | |\n", m, why[m] > table
        printf "%-13s %-10s %s\n", "not measured", m, why[m] > (out "/verdicts.txt")
        return
    }
    for (k = 1; k <= how_many[m]; k++) {
        u = sizes[m, k]
        printf "1,%s,%d,%.4f,%d\n2,%s,%d,%.4f,%d\n", m, u, middle("cost", m, u),
            !fair["cost", m, u], m, u, middle("last", m, u) / 1e3,
                !fair["cost", m, u] > (out "/lines.csv")
        printf "%s,%d,%.3f,%.3f,%.1f,%.3f,%s\n", m, u, middle("cost", m, u),
            middle("switches", m, u), middle("last", m, u), middle("client", m, u),
            fair["cost", m, u] ? "" : "disturbed" > (out "/table.csv")
    }
    if (how_many[m] >= 3)
        judge_line(m)
    judge_wakes(m)
    judge_woken(m)
    judge_last(m)
    printf "| **%s** | %s | %s | %s | %s | %s |\n", m,
        told("cost", m, sizes[m, 1], "%.1f", 1), told("cost", m, u, "%.1f", 1),
        told("switches", m, u, "%.2f", 1), told("last", m, u, "%.2f", 1e3),
        states[m] > table
    if (!fair["cost", m, u])
        invalid = invalid (noted++ ? ", " : "") m
    taking++
}

END {
    table = out "/table.md"
    most = 0
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (!how_many[m])
            continue
        u = sizes[m, how_many[m]]
        c = middle("cost", m, u)
        most = u > most ? u : most
        least_size = sizes[m, 1]
        if (wakes(m, u) < 0.5 && (thrifty == "" || c < cheapest)) {
            thrifty = m
            cheapest = c
        }
    }
    print "label,CPU of a delivery in a room of " most ", µs" > (out "/bars.csv")
    for (i = 1; i <= models; i++) {
        m = model[i]
        u = sizes[m, how_many[m]]
        if (most && u == most)
            keep(m, u)
        printf "%s,%s\n", m, (m, "mid") in dearness ? dearness[m, "mid"] : "" \
            > (out "/bars.csv")
    }
    print "panel,model,x,y,odd" > (out "/lines.csv")
    print "model,members,us_per_delivery,switches_per_delivery,last_us," \
        "client_us_per_delivery,note" > (out "/table.csv")
    printf "| | CPU µs a delivery, %d members | %d members | switches a delivery |" \
        " last hears after, ms | line, wakes, woken, last |\n|---|---|---|---|---|---|\n",
        least_size, most > table
    for (i = 1; i <= models; i++)
        report(model[i])
    printf "\nOne bare `send(2)` takes %.1f µs here. %s\n",
        1e6 / machine["sends"], levels() > table
    if (noted)
        printf "\nThe load client held no run of %d models at their largest size to be" \
            " valid. Such points are hollow, and decide nothing.\n",
            noted > table
    print tally("predictions") > (out "/verdicts.txt")
    if (most) {
        printf "1,=one send(2),%d,%.4f,0\n1,=one send(2),%d,%.4f,0\n", least_size,
            1e6 / machine["sends"], most, 1e6 / machine["sends"] > (out "/lines.csv")
        printf "In a room of %d, a delivery costs %s of CPU\n", most,
            span(model, models, dearness, " µs") > (out "/finding.txt")
        if (noted)
            printf "No run of that size was valid in %s\n",
                (noted > 4 ? noted " of " taking " models" : invalid) \
                > (out "/finding.txt")
    } else
        print "Nothing could be measured" > (out "/finding.txt")
}
