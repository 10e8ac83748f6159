# table.awk - the card itself: the table, the panels of the chart, and the title.

function begin_tables() {
    panels_begin()
    panel("one", "CPU µs per message: one client")
    panel("many", sprintf("CPU µs per message: %d clients", many))
    panel("sleeps", sprintf("sleeps a message: %d clients", many))
    panel("calls", "system calls a message: one client")
    panel("silent", "KiB a silent client (+ the kernel\047s)", "log")
    panel("lines", "lines of code with helpers (dot: its own)")
    if (instructions_counted)
        panel("instructions", "instructions a message: one client")
    print "model,measured,low,high,clients" > table_csv
    bar("label", "CPU of a message with one client, µs")
    head(sprintf("| | CPU µs, one client | CPU µs, %d clients | sleeps, one" \
        " | sleeps, %d | pushed aside, %d | instructions | bytes in, out" \
        " | system calls | KiB silent | KiB silent, kernel | lines | with helpers |", \
        many, many, many))
}

# A panel's bar; if it was not measured, its place says why.
function draw_bar(name, m, value, text, mark, reason) {
    panel_bar(name, m, value, value == "" ? "skipped: " reason : text,
        value == "" ? "" : mark)
}

function draw_samples(name, m, key, mark, reason,    middle) {
    middle = median_of(key)
    draw_bar(name, m, middle, three(middle), mark, reason)
    panel_dots(name, m, key, "%s")
}

function draw(m,    code, n) {
    panel_row(m, m)
    draw_samples("one", m, "us 1 " m, "", why[m, 1])
    draw_samples("many", m, "us " many " " m, "", why[m, many])
    draw_samples("sleeps", m, "sleeps " many " " m, tasks[m] > 1 ? 1 : "", why[m, many])
    n = more[m] ? calls(m) : ""
    draw_bar("calls", m, n, three(n), foretold[m], why[m, "calls"])
    if (instructions_counted)
        draw_bar("instructions", m, instructions[m], sprintf("%.0f", instructions[m]), "",
            why[m, "instructions"])
    draw_bar("silent", m, silent[m], three(silent[m]) \
        (kernel[m] == "" ? "" : " + " three(kernel[m])), "", why[m, "silent"])
    code = with[m] == "" ? lines[m] : with[m]
    panel_bar("lines", m, code, code)
    panel_dot("lines", m, lines[m])
}

function cell(key) { return median_of(key) == "" ? "–" : interval(key) }

function or_none(x, text) { return x == "" ? "–" : text }

function report(m,    key) {
    key = "us 1 " m
    printf "| **%s** | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %d | %s |\n", m,
        cell(key), cell("us " many " " m), cell("sleeps 1 " m),
        cell("sleeps " many " " m), cell("pushed " many " " m),
        or_none(instructions[m], sprintf("%.0f", instructions[m])),
        or_none(more[m], each(m, "bytes in") ", " each(m, "bytes out")), listed(m),
        or_none(silent[m], three(silent[m])), or_none(kernel[m], three(kernel[m])),
        lines[m], or_none(with[m], with[m]) > table_md
    if (count[key])
        printf "%s,%.3f,%.3f,%.3f,1\n", m, v[key, "mid"], v[key, "low"],
            v[key, "high"] > table_csv
    bar(m, middle_of(key))
}

function tell_token() {
    if (!count["us token"])
        return
    median_of("us token")
    median_of("us stranger")
    printf "\nA token of %d bytes, checked once for a request or an upgrade: %s µs;" \
        " a stranger\047s: %s µs.\n", token_bytes, interval("us token"),
        interval("us stranger") > table_md
}

function tell_skipped(    i, j, n, what) {
    n = split(many " silent calls instructions", what, " ")
    for (i = 1; i <= models; i++)
        for (j = 1; j <= n; j++)
            if (why[model[i], what[j]] != "")
                printf "\n%s, %s: skipped: %s\n", model[i],
                    what[j] == many ? many " clients" : what[j],
                    why[model[i], what[j]] > table_md
}

# What a message costs in each model, for the title.
function costs(clients,    i, key, s, spoilt_ones, text) {
    for (i = 1; i <= models; i++) {
        key = "us " clients " " model[i]
        compare(s, model[i], key)
        spoilt_ones += count[key] && !fair[key]
    }
    text = span(model, models, s, " µs")
    return text (spoilt_ones ? "; " spoilt_ones " models had no undisturbed run" : "")
}
