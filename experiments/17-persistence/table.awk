# table.awk - the table, the lines of the chart and the finding of persistence, with what
# judge.awk has judged.

# All numbers of lines of a query: "1 · 8 · 64".
function all_sizes(q,    i, text) {
    for (i = 1; i <= sizes[q]; i++)
        text = text (i == 1 ? "" : " · ") size[q, i]
    return text
}

function heading(q) {
    return q == "point" ? "a point query" : q == "sqlite" ? \
        "SQLite, " three(alone(q) * 1e3) " ms" : q " ms"
}

function begin_tables(    i, text) {
    for (i = 1; i <= queries; i++)
        text = text sprintf(" %s%s, over %s lines |", i == 1 ? "a second: " : "",
            heading(query[i]), all_sizes(query[i]))
    head("| |" text " CPU µs of a point query: server, all | |")
    text = ""
    for (i = 1; i <= queries; i++)
        text = text " " (query[i] == "sqlite" ? "" : what_lines_allow(query[i])) " |"
    if (queries)
        print "| *k / S* |" text " | |" > table_md
    print "model,query,lines,clients,per_s,allowed,capacity,server_us,all_us,bound" \
        > table_csv
    lines_begin()
    bar("label", "queries of 3 ms a second over 8 lines")
}

function what_lines_allow(q,    i, text) {
    for (i = 1; i <= sizes[q]; i++)
        text = text (i == 1 ? "" : " · ") three(allowed(q, size[q, i]))
    return text
}

function told_rates(m, q,    i, key, text) {
    for (i = 1; i <= sizes[q]; i++) {
        key = "per_s " q " " size[q, i] " " m
        text = text (i == 1 ? "" : " · ") (count[key] ? three(middle_of(key)) : "–")
    }
    return text
}

function report(m,    i, text, key) {
    bar(m, middle_of("per_s 3 8 " m))
    for (i = 1; i <= queries; i++)
        text = text " " told_rates(m, query[i]) " |"
    key = "point " size["point", sizes["point"]] " " m
    printf "| **%s** |%s %s, %s | %s |\n", m, text,
        count["all " key] ? three(middle_of("server " key) * 1e6) : "–",
        count["all " key] ? three(middle_of("all " key) * 1e6) : "–",
        said[m] > table_md
    for (i = 1; i <= queries; i++)
        rows(m, query[i])
}

# table.csv, and the points of the chart.
function rows(m, q,    i, k, cell, odd, cpu) {
    for (i = 1; i <= sizes[q]; i++) {
        k = size[q, i]
        cell = q " " k " " m
        if (!count["per_s " cell])
            continue
        cpu = capacity(m, q, size[q, i > 1 ? i - 1 : i])
        printf "%s,%s,%d,%d,%.1f,%.1f,%.1f,%.2f,%.2f,%s\n", m, q, k, clients[cell],
            middle_of("per_s " cell), allowed(q, k), cpu,
            middle_of("server " cell) * 1e6, middle_of("all " cell) * 1e6,
            q == "sqlite" ? "" : bound(m, q, i) > table_csv
        odd = !fair["per_s " cell]
        if (q == "point")
            point(2, m, k, sprintf("%.1f", middle_of("per_s " cell)), odd)
        if (q == "sqlite")
            point(3, m, k, sprintf("%.1f", middle_of("per_s " cell)), odd)
    }
}

# The first panel: all queries that wait, by what the lines allow.
function draw_waits(m,    i, j, n, x, at, y, q, cell) {
    for (j = 1; j <= queries; j++) {
        q = query[j]
        for (i = 1; q != "point" && q != "sqlite" && i <= sizes[q]; i++) {
            cell = q " " size[q, i] " " m
            if (!count["per_s " cell])
                continue
            x = allowed(q, size[q, i])
            at[++n] = x
            y[x] = sprintf("%.1f", middle_of("per_s " cell))
            odd_at[m, x] = !fair["per_s " cell]
            least = least == "" || x < least ? x : least
            most = x > most ? x : most
        }
    }
    sort(at, n)
    for (i = 1; i <= n; i++)
        point(1, m, sprintf("%.1f", at[i]), y[at[i]], odd_at[m, at[i]])
}

function draw_theory(    i, k) {
    if (most) {
        point(1, "=k / S", sprintf("%.1f", least), sprintf("%.1f", least))
        point(1, "=k / S", sprintf("%.1f", most), sprintf("%.1f", most))
    }
    for (i = 1; i <= sizes["sqlite"]; i++) {
        k = size["sqlite", i]
        point(3, "=1 / S", k, sprintf("%.1f", allowed("sqlite", 1)))
        point(3, "=min(k; C) / S", k, sprintf("%.1f", allowed("sqlite",
            k < machine["cores"] ? k : machine["cores"])))
    }
}

# "2540 to 2610": of one cell, over those models of which it is asked.
function from_to(cell, kind,    i, m, x, low, high) {
    for (i = 1; i <= askeds; i++) {
        m = asked[i]
        x = middle_of("per_s " cell " " m)
        if (x == "" || kind == 1 && tasks[m] > 1 || kind == 2 && tasks[m] == 1)
            continue
        low = low == "" || x < low ? x : low
        high = x > high ? x : high
    }
    return low == "" ? "–" : three(low) == three(high) ? three(low) : \
        three(low) "–" three(high)
}

function finding(    k) {
    if (!queries) {
        print "Nothing could be measured" > finding_txt
        return
    }
    printf "Over 8 lines queries of 3 ms are answered at %s a second, async or not:" \
        " k / S = %s\n", from_to("3 8"), three(allowed(3, 8)) > finding_txt
    k = size["point", sizes["point"]]
    printf "Point queries over %d: %s, the CPU is full", k,
        from_to("point " k) > finding_txt
    k = size["sqlite", sizes["sqlite"]]
    printf "; SQLite, %s ms: %s in a loop, else %s\n", three(alone("sqlite") * 1e3),
        from_to("sqlite " k, 1), from_to("sqlite " k, 2) > finding_txt
}

# What was behind the servers, for table, chart and verdicts.
function tell_source(    text) {
    text = machine["source"] == "postgres" ? \
        "PostgreSQL: a point query through an index, and one that only waits" : \
        "clerks that are asked by HTTP stand for the lines of a database (" \
        machine["without"] ")"
    print text > (data "foot.txt")
    printf "\nBehind the servers: %s.", text > table_md
    if (machine["source"] != "postgres")
        printf " A fetch costs more CPU time than a query of a database, since each has" \
            " a connection of its own; what lines allow is the same law." > table_md
    print "" > table_md
}

END {
    in_order()
    choose_beside()
    begin_tables()
    for (i = 1; i <= askeds; i++) {
        judge(asked[i])
        report(asked[i])
        draw_waits(asked[i])
    }
    for (i = 1; i <= models; i++)
        if (!(model[i] in tasks)) {
            skip(model[i], why[model[i]])
            bar(model[i])
        }
    draw_theory()
    tell_source()
    print "\n" levels() > table_md
    for (i = 1; i <= askeds; i++)
        if (why[asked[i]] != "")
            printf "\n%s: %s\n", asked[i], why[asked[i]] > table_md
    print tally("predictions") > verdicts_txt
    finding()
}
