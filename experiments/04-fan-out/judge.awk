# judge.awk - the table, the verdicts and the finding of fan-out, from its CSV files.
#
# What is measured is x[name, model, members, 1..count[...]]. A run counts if the client
# held it to be valid; others only where there is none such, and then nothing is refuted.

BEGIN {
    near = 1.5                  # the cost at the largest size: so many times off, at most
    around = 2                  # the last delivery's time
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
    if (!odd || !fair[name, m, size])
        x[name, m, size, ++count[name, m, size]] = value
}

function middle(name, m, size,    k, a) {
    for (k = 1; k <= count[name, m, size]; k++)
        a[k] = x[name, m, size, k]
    return median(a, count[name, m, size])
}

# For the title: what a delivery costs in the largest room.
function keep(m, u,    k, a) {
    for (k = 1; k <= count["cost", m, u]; k++)
        a[k] = x["cost", m, u, k]
    summary(a, count["cost", m, u], dearness, m)
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

# x was measured, y predicted; form tells both.
function verdict(m, x, y, least, most, form,    state, bad, k) {
    bad = 0
    for (k = 1; k <= how_many[m]; k++)
        bad += !fair["cost", m, sizes[m, k]]
    state = (least == "" || x >= least) && (most == "" || x <= most) ? "held" : \
        bad ? "undecided" : "DID NOT HOLD"
    printf "%-13s %-10s " form "%s\n", state, m, x, y,
        tolerated(x, y, least, most) > (out "/verdicts.txt")
    states[m] = states[m] (states[m] ? ", " : "") in_table(state)
    held += state == "held"
    judged++
    undecided += state == "undecided"
}

# A message costs a + b for each member: from two sizes the third.
function judge_line(m,    s, t, u, a, b, predicted, measured) {
    s = sizes[m, 1]
    t = sizes[m, int((how_many[m] + 1) / 2)]
    u = sizes[m, how_many[m]]
    b = (middle("cost", m, t) * t - middle("cost", m, s) * s) / (t - s)
    a = (middle("cost", m, s) - b) * s
    predicted = b + a / u
    measured = middle("cost", m, u)
    verdict(m, measured, predicted, predicted / near, predicted * near,
        u " members: a delivery costs %.1f µs, a + b·" u " from fewer members gives" \
        " %.1f")
}

function judge_wakes(m,    u, w, s) {
    u = sizes[m, how_many[m]]
    w = wakes(m, u)
    s = middle("switches", m, u)
    verdict(m, s, w, w / 2, 2 * w + 0.5,
        u " members: %.2f switches a delivery, predicted %.2f")
}

function judge_woken(m,    u) {
    u = sizes[m, how_many[m]]
    if (wakes(m, u) < 1 || thrifty == "")
        return
    verdict(m, middle("cost", m, u) / cheapest, apart, apart, "",
        u " members: %.1f times a delivery in " thrifty ", predicted at least %g")
}

# Server and client share the cores, and a loop has but one.
function last_predicted(m, u,    c, hands) {
    c = middle("cost", m, u)
    hands = per_member[m] >= 1 ? u : tasks[m]
    if (hands > machine["cores"])
        hands = machine["cores"]
    both = (c + middle("client", m, u)) / machine["cores"]
    return u * (c / hands > both ? c / hands : both)
}

function judge_last(m,    u, p, l) {
    u = sizes[m, how_many[m]]
    p = last_predicted(m, u) / 1e3
    l = middle("last", m, u) / 1e3
    verdict(m, l, p, p / around, p * around,
        u " members: the last hears after %.2f ms, predicted %.2f")
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
    printf "\nOne bare `send(2)` takes %.1f µs here. In parentheses the median\047s" \
        " 95 %% interval.\n", 1e6 / machine["sends"] > table
    if (noted)
        printf "\nThe load client held no run of %d models at their largest size to be" \
            " valid. Such points are hollow, and a model that has one is not refuted.\n",
            noted > table
    printf "%d of %d predictions held%s\n", held, judged, undecided ? "; " undecided \
        " undecided, since the client held its runs to be invalid" : "" \
        > (out "/verdicts.txt")
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
