# judge.awk - blocking-call: how long others wait while one job sleeps, naps, computes,
# asks a library, or a server that is waited for in steps.
#
# Measured: bystanders come at fixed times; the longest wait of a run, in parts of the job
#   that it fell into.
# Theory: 1, all of the job, if the job holds the only thread, and 0 if there is another:
#   f(2) - 1, where f is the model's own formula. A library that blocks in poll(2) stalls
#   coroutine, unless poll(2) is our own and parks in the hub.
# Rival: the opposite.
# Refuted if the interval of the longest waits is a fifth of the job's time away from it.

BEGIN {
    tolerance = 0.2             # of the job's time; the first comes within a twentieth
    kinds = split("sleep nap cpu", kind, " ")
    verb["sleep"] = "sleeps"; verb["nap"] = "naps"; verb["cpu"] = "computes"
    verb["library"] = "asks SQLite"; verb["steps"] = "fetches"
    split("", told)
    for (k in kind)
        told[kind[k]]
}

# Older data have three kinds, and models alone.
file == "predictions.csv" {
    theory[$1, $2] = field("waits")
    if (!($2 in told))
        kind[++kinds] = $2
    told[$2]
    if ($1 ~ /-poll$/)
        extra[++extras] = $1
}

function does(kind) {
    return kind == "steps" && machine["source"] == "postgres" ? "asks PostgreSQL" : \
        verb[kind]
}

function judge(m, kind,    key, y, text, state) {
    key = "share " m " " kind
    y = theory[m, kind]
    text = m in why ? why[m] : "no run was finished"
    if (median_of(key) != "")
        text = sprintf("usually others waited %.2f of that time, at most %.1f ms",
            v[key, "mid"], longest[m, kind])
    if (count[key] && y != "") {
        against(y ? "no wait" : "all wait", !y)
        return verdict(kind, m, v, key, y, y - tolerance, y + tolerance,
            sprintf("one %-9s predicted %s wait, %s", does(kind) ":", y ? y : "no", text))
    }
    state = count[key] ? "no prediction" : "not measured"
    say(state, m, sprintf("one %-9s %s", does(kind) ":", text))
    return state
}

# A cell of the table.
function report(m, kind,    state, ms) {
    ms = "ms " m " " kind
    longest[m, kind] = quantile(ms, 1)
    state = judge(m, kind)
    if (kind == "nap")
        bar(m, count[ms] ? sprintf("%.4f", longest[m, kind]) : "")
    if (!count[ms]) {
        printf "%s,%s,%s,,,,,%s\n", m, kind, theory[m, kind], state > table_csv
        return " – |"
    }
    printf "%s,%s,%s,%.3f,%.4f,%.1f,%.4f,%s\n", m, kind, theory[m, kind],
        middle_of("share " m " " kind), longest[m, kind], middle_of("job " kind),
        quantile("all " m " " kind, 0.99), state > table_csv
    noted += !fair[ms]
    return sprintf(" %.1f ms; usually %s%s, %s |", longest[m, kind], shown(ms, "%.1f"),
        fair[ms] ? "" : " \\*", in_table(state))
}

# The title: what a nap does, and to whom.
function find(    i, m, stalls, names, most) {
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (!count["ms " m " nap"])
            continue
        stalls = middle_of("share " m " nap") > 0.5
        names[stalls] = also(names[stalls], m)
        if (longest[m, "nap"] > most[stalls])
            most[stalls] = longest[m, "nap"]
    }
    if (1 in names)
        printf "One client naps %.0f ms, and in %s all others wait: up to %.0f ms\n",
            middle_of("job nap"), few(names[1]), most[1] > finding_txt
    if (0 in names)
        printf "%s %s: nobody waits longer than %.1f ms\n", 1 in names ? "In" : \
            "One client naps, and in", few(names[0]), most[0] > finding_txt
    if (names[0] names[1] == "")
        print "Nothing could be measured" > finding_txt
}

# coroutine with a library that blocks in poll(2), as libc has it and as we do: one kind.
function report_poll(m,    k, row) {
    for (k = 1; k <= kinds; k++)
        if (kind[k] == "steps")
            row = row report(m, kind[k])
        else {
            row = row " as coroutine |"
            printf "%s,%s,,,,,,\n", m, kind[k] > table_csv
        }
    printf "| coroutine, %s |%s\n", m == "libc-poll" ? "a library blocks in poll(2)" : \
        "the same, and poll(2) is ours", row > table_md
}

function heading(    k, text) {
    text = "| longest wait of a bystander |"
    for (k = 1; k <= kinds; k++)
        text = text " one " does(kind[k]) " |"
    return text
}

function tell_queries() {
    return kinds == 3 ? "" : sprintf(", a query of SQLite %.0f ms, and one %s %.0f ms",
        middle_of("job library"), machine["source"] == "postgres" ? "of PostgreSQL" : \
        "that is fetched from an upstream, for there was no PostgreSQL here,",
        middle_of("job steps"))
}

END {
    print "model,kind,predicted,share,longest_ms,job_ms,p99_ms,verdict" > table_csv
    head(heading())
    bar("label", "longest wait of a bystander while one client naps, ms")
    for (i = 1; i <= models; i++) {
        row = ""
        for (k = 1; k <= kinds; k++)
            row = row report(model[i], kind[k])
        printf "| **%s** |%s\n", model[i], row > table_md
    }
    for (i = 1; i <= extras; i++)
        report_poll(extra[i])
    printf "\nThe longest wait of all runs; then what a run\047s longest usually is:" \
        " their median, and its interval. The sleep took %.0f ms, the nap %.0f" \
        " ms, the computation %.0f ms%s. A prediction held if all of the interval is" \
        " within %.0f %% of the job\047s time from it. %s\n", middle_of("job sleep"),
        middle_of("job nap"), middle_of("job cpu"), tell_queries(), tolerance * 100,
        levels() > table_md
    if (noted)
        print "\n\\* others were at work on the machine in every run; drawn hollow." \
            > table_md
    tell_reasons(": a run failed: ")
    printf "%s; within %.0f %% of the job's time\n", tally("predictions"),
        tolerance * 100 > verdicts_txt
    find()
}
