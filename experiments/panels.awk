# panels.awk - turns what a judge has written for panels() in lib/charts.sh into what
# panels.gp reads: panels.gp with the texts, and panels.dat with blocks of numbers.

function number(x) { return x == "" ? "NaN" : x }

FNR == 1 { file = FILENAME; sub(".*/", "", file); next }
file == "panels.csv" {
    panel[$1] = ++panels
    title[panels] = $2
    wide[panels] = $3 == "log"
}
file == "rows.csv" { row[$1] = ++rows; name[rows] = $1; like[rows] = $2 }
file == "bars.csv" {
    p = panel[$1]
    bars[p] = bars[p] row[$2] " " number($3) "\n"
    if ($5 != "")
        marks[p] = marks[p] row[$2] - 0.46 " " $5 "\n"
    if ($3 == "")
        inside[p, row[$2]] = $4
    else
        text[p, row[$2]] = $4
    if ($3 != "" && length($4) > longest)
        longest = length($4)
    reach($3)
    reach($5)
}
file == "dots.csv" {
    p = panel[$1]
    dots[p] = dots[p] row[$2] " " $3 " " $4 + 0 "\n"
    reach($3)
}

function reach(x) {
    if (x == "" || wide[p] && x <= 0)
        return
    if (!(p in most) || x > most[p]) most[p] = x + 0
    if (!(p in least) || x < least[p]) least[p] = x + 0
}

function block(what, p, lines) {
    printf "# %s %d\n%s\n\n", what, p,
        lines == "" ? "1 NaN 0\n" : lines > (out "/panels.dat")
}

END {
    gp = out "/panels.gp"
    printf "panels = %d\nrows = %d\nlongest = %d\n", panels, rows, longest > gp
    printf "array title[%d]\narray wide[%d]\narray least[%d]\narray most[%d]\n",
        panels, panels, panels, panels > gp
    printf "array row[%d]\narray like[%d]\narray beside[%d]\narray inside[%d]\n",
        rows, rows, rows * panels, rows * panels > gp
    for (i = 1; i <= rows; i++)
        printf "row[%d] = \"%s\"\nlike[%d] = \"%s\"\n", i, name[i], i, like[i] > gp
    for (p = 1; p <= panels; p++) {
        printf "title[%d] = \"%s\"\nwide[%d] = %d\nleast[%d] = %g\nmost[%d] = %g\n",
            p, title[p], p, wide[p], p, p in least ? least[p] : 1,
            p, p in most ? most[p] : 1 > gp
        for (i = 1; i <= rows; i++)
            printf "beside[%d] = \"%s\"\ninside[%d] = \"%s\"\n", (p - 1) * rows + i,
                text[p, i], (p - 1) * rows + i, inside[p, i] > gp
        block("bars", p, bars[p])
        block("marks", p, marks[p])
        block("dots", p, dots[p])
    }
}
