# judge.awk - the table, the verdicts and the finding of cost-card, from its CSV files.

BEGIN {
    usual["read"] = usual["readv"] = usual["recvfrom"] = usual["recvmsg"] = 1
    usual["write"] = usual["writev"] = usual["sendto"] = usual["sendmsg"] = 1
    usual["poll"] = usual["ppoll"] = usual["select"] = usual["pselect6"] = 1
    usual["epoll_wait"] = usual["epoll_pwait"] = usual["epoll_pwait2"] = 1
}

FNR == 1 { file = FILENAME; sub(".*/", "", file); next }

file == "models.csv" {
    model[++models] = $1
    lines[$1] = $2
    tasks[$1] = $3
    size = $4
    many = $5
    with[$1] = $6               # older data have none
}
file == "missing.csv" { why[$1, $2] = substr($0, length($1 $2) + 3) }
# Of two numbers of messages; their order is that in which the passes came to an end.
file == "instructions.csv" {
    if ($1 in other_count)
        instructions[$1] = ($3 - other_count[$1]) / ($2 - other_messages[$1])
    other_messages[$1] = $2
    other_count[$1] = $3
    counted_any = 1
}

file == "silent.csv" {
    silent[$1] = ($4 - $3) / ($2 ? $2 : 1)
    kernel[$1] = in_kernel($5, $6, $7, $2, $8)
}

# The rows of the smaller number of messages come first.
file == "calls.csv" {
    if (!(($1, "messages") in call) || $2 < call[$1, "messages"])
        call[$1, "messages"] = $2
    if ($2 == call[$1, "messages"])
        call[$1, $3] -= $4
    else {
        call[$1, $3] += $4
        more[$1] = $2
    }
    if (!seen[$3]++)
        name[++names] = $3
}

file == "runs.csv" {
    odd = $8 ~ /foreign/
    add("us", $2, $3, $5, 1e3 * $4, odd)
    add("sleeps", $2, $3, $6, $4, 0)    # neighbours cost time, but make nobody sleep more
    add("pushed", $2, $3, $7, $4, odd)
    spoilt += odd
    runs++
}

# Nothing, if a task has ended and taken its account along.
function add(what, m, clients, value, messages, odd,    k) {
    if (value == "")
        return
    k = what SUBSEP m SUBSEP clients
    x[k, ++count[k]] = value / messages
    hollow[k, count[k]] = odd
    block[k, count[k]] = $1
    fair[k] += !odd
}

# Sets middle, low and high; an odd run counts only where there is no other.
function summarize(what, m, clients,    k, i, n, a) {
    k = what SUBSEP m SUBSEP clients
    for (i = 1; i <= count[k]; i++)
        if (!hollow[k, i] || !fair[k])
            a[++n] = x[k, i]
    if (!n)
        return 0
    summary(a, n, seen, "now")
    seen["now", "spoilt"] = !fair[k]
    middle = seen["now", "mid"]
    low = seen["now", "low"]
    high = seen["now", "high"]
    return 1
}

# What a message costs in each model, for the title.
function costs(clients,    i, j, k, m, s, bad, text) {
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (!summarize("us", m, clients))
            continue
        s[m, "mid"] = middle
        k = "us" SUBSEP m SUBSEP clients
        for (j = 1; j <= count[k]; j++)
            if (!hollow[k, j])
                in_block(s, m, block[k, j], x[k, j])
        bad += !fair["us", m, clients]
    }
    text = span(model, models, s, " µs")
    return text (bad ? "; " bad " models had no undisturbed run" : "")
}

# What one more message adds.
function each(m, what) {
    if (!((m, what) in call) || !more[m])
        return 0
    return call[m, what] / (more[m] - call[m, "messages"])
}

function say(state, m, text) {
    printf "%-13s %-10s %s\n", state, m, text > (out "/verdicts.txt")
}

function judge_bytes(m,    i, o, both) {
    i = each(m, "bytes in")
    o = each(m, "bytes out")
    both = 2 * size + 8
    text = sprintf("bytes a message: %d in, %d out", size + 6, size + 2)
    if (!more[m]) {
        say("not measured", m, text " (" why[m, "calls"] ")")
        return
    }
    single(i + o, seen, "now")
    against("without a mask", both - 4)
    verdict("bytes", m, seen, "now", both, both, both,
        sprintf("%s, measured %.4g and %.4g", text, i, o))
}

# Sets total, and others: how many of them neither read, write nor wait.
function sum_calls(m,    i) {
    total = others = 0
    for (i = 1; i <= names; i++)
        if (name[i] !~ /^bytes/ && each(m, name[i]) > 0.02) {
            total += each(m, name[i])
            if (!(name[i] in usual))
                others += each(m, name[i])
        }
}

function judge_calls(m) {
    if (!more[m]) {
        say("not measured", m, "3 system calls a message (" why[m, "calls"] ")")
        return
    }
    sum_calls(m)
    single(total, seen, "now")
    if (others >= 0.1)                  # as many as predicted, but not those
        seen["now", "low"] = seen["now", "high"] = 1e9
    against("a wait before the write, too", 4)
    verdict("calls", m, seen, "now", 3, 2.9, 3.1,
        sprintf("3 system calls a message, measured %.2f: %s", total, listed(m)))
}

# From least to most sleeps a message.
function judge_sleeps(m, clients, least, most, text) {
    text = sprintf("%s with %d client%s", text, clients, clients == 1 ? "" : "s")
    if (!summarize("sleeps", m, clients))
        say("not measured", m, text " (" why[m, clients] ")")
    else {
        if (!least)
            against("one each", 1)
        else if (clients == 1)
            against("none", 0)
        else
            against("one for all", 1 / clients)
        verdict("sleeps", m, seen, "now", least ? 1 : most, least ? least : "", most,
            sprintf("%s, measured %s", text, three(middle)))
    }
}

function cell(what, m, clients) {
    if (!summarize(what, m, clients))
        return "–"
    return sprintf("%s (%s … %s)", three(middle), three(low), three(high))
}

function bar(panel, m, value, text, mark) {
    printf "%s,%s,%s,%s,%s\n", panel, m, value, text, mark > (data "bars.csv")
}

# Its place says why.
function absent(panel, m, reason) {
    gsub(/,/, ";", reason)
    bar(panel, m, "", "skipped: " reason, "")
}

function bars_of(panel, what, m, clients, mark,    k, i) {
    k = what SUBSEP m SUBSEP clients
    if (!summarize(what, m, clients)) {
        absent(panel, m, why[m, clients])
        return
    }
    bar(panel, m, middle, three(middle), mark)
    for (i = 1; i <= count[k]; i++)
        printf "%s,%s,%s,%d\n", panel, m, x[k, i], hollow[k, i] > (data "dots.csv")
}

# By name, the most frequent first.
function listed(m,    i, best, done, text) {
    for (;;) {
        best = ""
        for (i = 1; i <= names; i++)
            if (name[i] !~ /^bytes/ && !(name[i] in done) && each(m, name[i]) > 0.02 &&
                    (best == "" || each(m, name[i]) > each(m, best)))
                best = name[i]
        if (best == "")
            return text == "" ? "–" : text
        done[best] = 1
        text = text sprintf("%s%s %.2f", text == "" ? "" : ", ", best, each(m, best))
    }
}

END {
    data = out "/data/"
    printf "panel,title,scale\none,CPU µs a message: one client,\n" \
        "many,CPU µs a message: %d clients,\nsleeps,sleeps a message: %d clients,\n" \
        "calls,system calls a message: one client,\nsilent," \
        "KiB a silent client (+ the kernel\047s),log\n" \
        "lines,lines of code with helpers (dot: its own),\n", many,
        many > (data "panels.csv")
    if (counted_any)
        print "instructions,instructions a message: one client," > (data "panels.csv")
    print "row,model" > (data "rows.csv")
    print "panel,row,value,text,mark" > (data "bars.csv")
    print "panel,row,value,odd" > (data "dots.csv")
    print "model,measured,low,high,clients" > (out "/table.csv")
    print "label,CPU of a message with one client, µs" > (out "/bars.csv")
    printf "| | CPU µs, one client | CPU µs, %d clients | sleeps, one | sleeps, %d |" \
        " pushed aside, %d | instructions | bytes in, out | system calls | KiB silent |" \
        " KiB silent, kernel | lines | with helpers |\n" \
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n", many, many,
        many > (out "/table.md")
    for (i = 1; i <= models; i++) {
        m = model[i]
        print m "," m > (data "rows.csv")
        bars_of("one", "us", m, 1, "")
        bars_of("many", "us", m, many, "")
        bars_of("sleeps", "sleeps", m, many, tasks[m] > 1 ? 1 : "")
        sum_calls(m)
        if (more[m])
            bar("calls", m, total, three(total), 3)
        else
            absent("calls", m, why[m, "calls"])
        if (m in instructions)
            bar("instructions", m, instructions[m], sprintf("%.0f", instructions[m]), "")
        else if (counted_any)
            absent("instructions", m, why[m, "instructions"])
        if (m in silent)
            bar("silent", m, silent[m], three(silent[m]) \
                (kernel[m] == "" ? "" : " + " three(kernel[m])), "")
        else
            absent("silent", m, why[m, "silent"])
        code = with[m] == "" ? lines[m] : with[m]
        bar("lines", m, code, code, "")
        printf "lines,%s,%d,0\n", m, lines[m] > (data "dots.csv")
        printf "| **%s** | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %d | %s |\n",
            m, cell("us", m, 1), cell("us", m, many), cell("sleeps", m, 1),
            cell("sleeps", m, many), cell("pushed", m, many),
            m in instructions ? sprintf("%.0f", instructions[m]) : "–",
            more[m] ? each(m, "bytes in") ", " each(m, "bytes out") : "–", listed(m),
            m in silent ? three(silent[m]) : "–",
            kernel[m] == "" ? "–" : three(kernel[m]), lines[m],
            with[m] == "" ? "–" : with[m] > (out "/table.md")
        measured = summarize("us", m, 1)
        if (measured)
            printf "%s,%.3f,%.3f,%.3f,1\n", m, middle, low, high > (out "/table.csv")
        printf "%s,%s\n", m, measured ? middle : "" > (out "/bars.csv")
        judge_bytes(m)
        judge_calls(m)
        judge_sleeps(m, 1, 0.9, 1.1, "1 sleep a message")
        if (tasks[m] > 1)
            judge_sleeps(m, many, 0.75, 1.25, "1 sleep a message")
        else if (tasks[m] != "" )
            judge_sleeps(m, many, 0, 0.5, "at most 1/2 sleep a message")
    }
    for (i = 1; i <= models; i++) {
        m = model[i]
        n = split(many " silent calls instructions", what, " ")
        for (j = 1; j <= n; j++)
            if ((m, what[j]) in why)
                printf "\n%s, %s: skipped: %s\n", m,
                    what[j] == many ? many " clients" : what[j],
                    why[m, what[j]] > (out "/table.md")
    }
    printf "\n%s %d of %d runs were disturbed by others; where a model has no other," \
        " nothing is decided.\n", levels(), spoilt, runs > (out "/table.md")
    text = costs(1)
    if (text == "")
        print "Nothing could be measured" > (out "/finding.txt")
    else
        print "CPU of a message with one client: " text > (out "/finding.txt")
    text = costs(many)
    if (text != "")
        printf "With %d clients: %s\n", many, text > (out "/finding.txt")
}
