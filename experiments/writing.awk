# writing.awk - what a judge writes besides its verdicts: the table, the finding, and the
# rows that the charts are drawn from. Verdicts are written by verdict(), in verdict.awk.
#
# Files to print to, all under the folder `out`:
#   table_md, table_csv    the table, for readers and for programs
#   finding_txt            the chart's title: what was seen, one or two lines
#   bars_csv, lines_csv    see bar() and point()
#   data                   the folder of what the charts read, with a slash

BEGIN {
    table_md = out "/table.md"
    table_csv = out "/table.csv"
    finding_txt = out "/finding.txt"
    bars_csv = out "/bars.csv"
    lines_csv = out "/lines.csv"
    data = out "/data/"
}

# Begins a table: "| | CPU | p99 |". Sets columns, how many it has.
function head(text,    rule) {
    columns = gsub(/\|/, "|", text) - 1
    rule = sprintf("%*s", columns, "")
    gsub(/ /, "---|", rule)
    print text "\n|" rule > table_md
}

# A model that was not measured: a row that says why, and no bar.
function skip(m, reason,    rest) {
    rest = sprintf("%*s", columns - 2, "")
    gsub(/ /, " |", rest)
    say("not measured", m, reason)
    printf "| **%s** | skipped: %s |%s\n", m, reason, rest > table_md
}

# Below the table, for each model that has a reason.
function tell_reasons(text,    i) {
    for (i = 1; i <= models; i++)
        if (why[model[i]] != "")
            printf "\n%s%s%s\n", model[i], text, why[model[i]] > table_md
}

# "epoll, thread": another name in a list.
function also(names, name) { return names (names == "" ? "" : ", ") name }

# Such a list as a title has it: of more than four only how many they are.
function few(names,    n, part) {
    n = split(names, part, ", ")
    return n > 4 ? n " models" : names
}

# ---- charts ----

# A model's key figure. The first call has the heading: what it is, and its unit.
function bar(label, value) { print label "," value > bars_csv }

# Lines, see lines.awk: call lines_begin() first. An odd point is hollow.
function lines_begin() { print "panel,model,x,y,odd" > lines_csv }

function point(panel, name, x, y, odd) {
    printf "%s,%s,%s,%s,%d\n", panel, name, x, y, odd > lines_csv
}

# Panels of bars, see panels() in lib/charts.sh: call panels_begin() first.
function panels_begin() {
    print "panel,title,scale" > (data "panels.csv")
    print "row,model" > (data "rows.csv")
    print "panel,row,value,text,mark" > (data "bars.csv")
    print "panel,row,value,odd" > (data "dots.csv")
}

function panel(name, title, scale) {
    print name "," title "," scale > (data "panels.csv")
}

# like is the model whose colour the row has.
function panel_row(name, like) { print name "," like > (data "rows.csv") }

# Without a value the text takes the bar's place; mark is what was predicted.
function panel_bar(name, row, value, text, mark) {
    print name "," row "," value "," plain(text) "," mark > (data "bars.csv")
}

function panel_dot(name, row, value, odd) {
    printf "%s,%s,%s,%d\n", name, row, value, odd > (data "dots.csv")
}

# Every sample of a key is a dot.
function panel_dots(name, row, key, form,    k) {
    for (k = 1; k <= count[key]; k++)
        panel_dot(name, row, sprintf(form, sample[key, k]), bad[key, k])
}
