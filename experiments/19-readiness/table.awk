# table.awk - the table, the lines of the chart and the finding of readiness, with what
# judge.awk has judged.

function begin_tables(    i, text) {
    for (i = 1; i <= sizes; i++)
        text = text (i == 1 ? " CPU µs, alone |" : sprintf(" beside %d |", size[i] - 1))
    for (i = 1; i <= readies; i++)
        text = text (i == 1 ? " system calls, one ready |" : sprintf(" %d |", ready[i]))
    head("| | asks |" text " beside them, calls |")
    print "model,us_alone,us_beside,silent,times,calls,ready" > table_csv
    lines_begin()
    bar("label", sprintf("CPU per message beside %d silent clients, µs", common() - 1))
}

function measured(n, m) { return count["us " n " " m] > 0 }

# The largest number of clients that all could be measured with.
function common(    i, j, n, all) {
    n = 1
    for (i = 2; i <= sizes; i++) {
        all = 1
        for (j = 1; j <= models; j++)
            if (measured(1, model[j]) && !measured(size[i], model[j]))
                all = 0
        n = all ? size[i] : n
    }
    return n
}

function cell(key) { return median_of(key) == "" ? "–" : interval(key) }

function report(m,    i, n, text) {
    bar(m, middle_of("us " common() " " m))
    if (!measured(1, m)) {
        skip(m, why[m, 1])
        return
    }
    for (i = 1; i <= sizes; i++)
        text = text " " cell("us " size[i] " " m) " |"
    for (i = 1; i <= readies; i++)
        text = text ((m, ready[i]) in calls ? \
            " " three(calls[m, ready[i]]) " |" : " – |")
    printf "| **%s** | %s |%s %s |\n", m, asks[m] == "" ? "of those ready" : \
        asks[m] " about all", text, said[m] > table_md
    n = largest[m]
    printf "%s,%.3f,%.3f,%d,%s,%s,%s\n", m, middle_of("us 1 " m),
        middle_of("us " n " " m), n - 1, three(times(m)),
        most_ready[m] == "" ? "" : calls[m, most_ready[m]], most_ready[m] > table_csv
}

# How many times as much as alone, with the largest number; within each block.
function times(m,    key) {
    key = "times " m
    if (!count[key])
        add_ratios(key, "us " largest[m] " " m, "us 1 " m)
    return middle_of(key)
}

function draw(m,    i, n, e) {
    for (i = 1; i <= sizes; i++) {
        n = size[i]
        if (measured(n, m))
            point(1, m, n, sprintf("%.4f", middle_of("us " n " " m)),
                !fair["us " n " " m])
    }
    for (i = 1; i <= readies; i++)
        if ((m, ready[i]) in calls)
            point(2, m, ready[i], calls[m, ready[i]])
}

# The theory's line ends where the model's does.
function draw_theory(m,    i, n, e) {
    if (asks[m] == "" || !measured(1, m))
        return
    for (i = 1; i <= sizes; i++) {
        n = size[i]
        e = n == 1 ? middle_of("us 1 " m) : middle_of("predicted " n " " m)
        if (e != "")
            point(1, "=a + b N: " asks[m], n, sprintf("%.4f", e))
    }
}

function tell_reasons_below(    i, j) {
    for (i = 1; i <= models; i++) {
        for (j = 2; j <= sizes; j++)
            if (why[model[i], size[j]] != "")
                printf "\n%s, %d clients: %s\n", model[i], size[j],
                    why[model[i], size[j]] > table_md
        if (why[model[i], "calls"] != "")
            printf "\n%s, system calls: skipped: %s\n", model[i],
                why[model[i], "calls"] > table_md
    }
}

# "3.41 µs": what a bare call takes for each that it is asked about.
function tell_price(call,    key, n) {
    n = largest["bare " call]
    if (n < 2)
        return
    key = "price " call
    for (r = 1; r <= blocks; r++)
        if (((n " bare " call), r) in us && (("1 bare " call), r) in us)
            add(key, (us[n " bare " call, r] - us["1 bare " call, r]) / (n - 1), 0, r)
    printf "\nA bare %s(2) that is asked about %d sockets takes %s ns for each.\n", call,
        n, three(1e3 * middle_of(key)) > table_md
}

# What a message costs beside silent clients, for the title: the models that ask about all
# by name, the others as a range.
function finding(    i, m, x, all, names, flat, low, high, silent) {
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (!measured(1, m) || largest[m] < 2)
            continue
        x = times(m)
        if (asks[m] != "") {
            all = also(all, costs(three(x), m, largest[m] - 1))
            continue
        }
        low = !flat || x < low ? x : low
        high = !flat || x > high ? x : high
        silent = largest[m] - 1 > silent ? largest[m] - 1 : silent
        flat++
        names = also(names, m)
    }
    if (flat)
        all = also(all, costs(range(low, high), flat > 3 ? flat " others" : names,
            silent))
    print all == "" ? "Nothing could be measured" : "A message costs " all > finding_txt
    few_calls()
}

# The first says more than the others; as many as were told last are not told again.
function costs(x, who, silent,    text) {
    text = x (told ? " in " : " times as much in ") who
    if (silent != told)
        text = text " beside " silent (told ? "" : " silent clients")
    told = silent
    return text
}

function range(low, high) {
    return three(low) (three(low) == three(high) ? "" : "–" three(high))
}

# And the least and the most system calls of a message with the most ready at once.
function few_calls(    i, m, n, least, most) {
    n = ready[readies]
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (!((m, n) in calls))
            continue
        if (least == "" || calls[m, n] < calls[least, n])
            least = m
        if (most == "" || calls[m, n] > calls[most, n])
            most = m
    }
    if (least == "" || n < 2)
        return
    printf "With %d ready at once it takes %s system calls, alone %s\n", n,
        three(calls[least, n]) == three(calls[most, n]) ? three(calls[most, n]) : \
        three(calls[least, n]) " (" least ") to " three(calls[most, n]) " (" most ")",
        range(calls[least, 1], calls[most, 1]) > finding_txt
}

# What stands below the chart: the price, and who is missing.
function foot(    i, m, text) {
    text = "dashed: predicted from a bare call"
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (asks[m] == "select" && largest[m] > 1 && largest[m] < largest["bare poll"])
            text = text " · " m " ends before descriptor 1024: its sets have no more bits"
    }
    print text > (data "foot.txt")
}

END {
    begin_tables()
    for (i = 1; i <= models; i++) {
        judge(model[i])
        report(model[i])
        draw(model[i])
    }
    for (i = 1; i <= models; i++)
        draw_theory(model[i])
    tell_price("poll")
    tell_price("select")
    print "\n" levels() > table_md
    tell_reasons_below()
    print tally("predictions") > verdicts_txt
    finding()
    foot()
}
