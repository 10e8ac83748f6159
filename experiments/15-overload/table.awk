# table.awk - overload: the table, the finding, and what the chart is drawn from.

function begin_tables() {
    head("| | asked for, of the capacity | in time in the last second, of what is" \
        " possible | given up | refused | asked again |")
    print "model,case,asked,good,gave_up,refused,retried" > table_csv
    bar("label", "answers in time in the last second, part of what is possible")
    print "model,case,second,share,odd" > (out "/seconds.csv")
    print "model,why" > (out "/absent.csv")
}

function asked(c) { return is_storm(c) ? machine["stalled"] : machine["overload"] }

function tell_seconds(m, c,    s, key) {
    for (s = 0; s < seconds_of(c); s++) {
        key = "second " s " " c " " m
        if (count[key])
            printf "%s,%s,%d,%.4f,%d\n", m, c, s, middle_of(key), !fair[key] \
                > (out "/seconds.csv")
    }
}

function report(m,    i, c, key) {
    printf "| **%s**, alone %s, so %s a second | | | | | |\n", m,
        in_time(middle_of("alone " m)),
        three(machine["lines"] * 1e9 / middle_of("alone " m)) > table_md
    for (i = 1; i <= kinds; i++) {
        c = kind[i]
        key = c " " m
        if (!count["good " key])
            continue
        printf "| %s | %s | %s | %s | %s | %s |\n", title(c), three(asked(c)),
            shown("good " key, "%.2f"), shown("gave up " key, "%.0f"),
            shown("refused " key, "%.0f"), shown("retried " key, "%.0f") > table_md
        printf "%s,%s,%s,%.4f,%.0f,%.0f,%.0f\n", m, c, asked(c), middle_of("good " key),
            middle_of("gave up " key), middle_of("refused " key),
            middle_of("retried " key) > table_csv
        bar(plain(m ": " title(c)), sprintf("%.4f", middle_of("good " key)))
        tell_seconds(m, c)
    }
}

# An empty row for the page where nothing was measured of anybody.
function end_tables(    i) {
    for (i = 1; i <= models; i++)
        if (!count["good none " model[i]] && !count["good storm " model[i]]) {
            bar(model[i])
            print model[i] "," plain(why[model[i]]) > (out "/absent.csv")
        }
    printf "\nThe database is %s, with %d line%s%s. Users wait for %d ms.%s\n\n%s\n",
        machine["source"], machine["lines"], machine["lines"] == 1 ? "" : "s",
        machine["source"] == "SQLite" ? " and a query that computes (" \
        machine["without"] ")" : " and a query that waits", machine["patience"],
        machine["stall"] ? sprintf(" The server stood still for %s s.",
        machine["stall"]) : "", levels() > table_md
    if (spoilt)
        printf "\n%d of %d runs were disturbed: the client was late or busy, or others" \
            " had the machine. Where there is no other, the prediction is" \
            " undecided.\n", spoilt, runs > table_md
    tell_reasons(": ")
}

# The middle of all models, in percent.
function percent(c,    i, a, n) {
    for (i = 1; i <= models; i++)
        if (count["good " c " " model[i]])
            a[++n] = middle_of("good " c " " model[i])
    return n ? sprintf("%.0f %%", 100 * median(a, n)) : "–"
}

function find() {
    if (percent("none") == "–" && percent("storm") == "–") {
        print "Nothing could be measured" > finding_txt
        return
    }
    printf "Asked for %s times what it can do, a server ends up at %s of its capacity;" \
        " with a queue of %d, at %s\nAfter a stall, with %d retries, it serves %s of" \
        " what it is asked for in time; with that queue, %s\n", machine["overload"],
        percent("none"), machine["queue"], percent("queue"), machine["tries"],
        percent("storm"), percent("storm_queue") > finding_txt
}
