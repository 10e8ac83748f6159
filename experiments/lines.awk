# lines.awk - from panel,model,x,y,odd to what lines.gp draws.
#
#   mawk -v data=DIR -v logs="xy y" -v tall=352 ...
#
# `logs` has for each panel which of its axes are logarithmic, or "-"; `tall` is how many
# pixels a panel has for the names at its lines' ends, 18 for each. A "model" that
# begins with = is a theory, and what follows is its name. Writes lines.dat, a block for
# each line, and lines.gp: the ranges, where each line ends, and where the names stand,
# well apart. Without any row there is no panel.

BEGIN { FS = ","; split(logs, log_of, " ") }
FNR == 1 { next }

{
    if (!(($1, $2) in count))
        line[++lines] = $1 SUBSEP $2
    panels = $1 > panels ? $1 : panels
    row[$1, $2, ++count[$1, $2]] = $3 " " $4 " " ($5 + 0)
    if (!($1 in least_x)) {
        least_x[$1] = most_x[$1] = $3
        least[$1] = most[$1] = $4
    }
    if ($3 < least_x[$1]) least_x[$1] = $3
    if ($3 > most_x[$1]) most_x[$1] = $3
    if ($4 < least[$1]) least[$1] = $4
    if ($4 > most[$1]) most[$1] = $4
    end[$1, $2] = $4
    end_x[$1, $2] = $3
}

function height(p, y,    low, high) {
    low = low_of(p)
    high = high_of(p)
    if (is_log(p, "y"))
        return (log(y) - log(low)) / (log(high) - log(low))
    return (y - low) / (high - low)
}

function is_log(p, axis) { return index(log_of[p], axis) > 0 }
function low_of(p) { return is_log(p, "y") ? least[p] / 1.3 : 0 }
function high_of(p) {
    return is_log(p, "y") ? most[p] * 1.3 : most[p] > 0 ? most[p] * 1.08 : 1
}

# An axis on which there is one number alone goes a little beyond it.
function low_x(p) { return least_x[p] < most_x[p] ? least_x[p] : wider(p, -1) }
function high_x(p) { return least_x[p] < most_x[p] ? most_x[p] : wider(p, 1) }
function wider(p, way) {
    return is_log(p, "x") ? most_x[p] * 2 ^ way : most_x[p] + way / 2
}

# Pushes a panel's names apart, each of two as far as the other, and back inside it.
function place(p,    i, j, n, x, at, who, gap, rounds, push) {
    gap = 18.3 / tall
    for (i = 1; i <= lines; i++) {
        split(line[i], f, SUBSEP)
        if (f[1] != p)
            continue
        x = height(p, end[p, f[2]])
        for (j = n++; j > 0 && at[j] > x; j--) {
            at[j + 1] = at[j]
            who[j + 1] = who[j]
        }
        at[j + 1] = x
        who[j + 1] = f[2]
    }
    for (rounds = 1; rounds <= 1000; rounds++)
        for (i = 1; i <= n; i++) {
            push = (gap - (at[i] - at[i - 1])) / 2
            if (i > 1 && push > 0) {
                at[i] += push
                at[i - 1] -= push
            }
            if (at[i] < gap / 2) at[i] = gap / 2
            if (at[i] > 1) at[i] = 1
        }
    for (i = 1; i <= n; i++)
        stands[p, who[i]] = at[i]
}

# 1, 2, 5, 10 ... of what the axis shows; only powers of ten where that would be many, and
# more where it would be few.
function ticks(low, high,    k, text, mantissa, i, count) {
    count = split(high / low > 2000 ? "1" : high / low > 8 ? "1 2 5" : \
        "1 1.5 2 3 4 5 6 8", mantissa, " ")
    for (k = -9; k <= 12; k++)
        for (i = 1; i <= count; i++)
            if (mantissa[i] * 10 ^ k >= low && mantissa[i] * 10 ^ k <= high)
                text = text (text ? ", " : "") sprintf("%g", mantissa[i] * 10 ^ k)
    return text
}

END {
    for (p = 1; p <= panels; p++) {
        place(p)
        printf "log_%d = \"%s\"\nleast_%d = %g\nmost_%d = %g\nlow_%d = %g\n" \
            "high_%d = %g\n", p, log_of[p], p, low_x(p), p, high_x(p), p, low_of(p),
            p, high_of(p) > (data "/lines.gp")
        if (is_log(p, "y"))
            printf "yticks_%d = \"%s\"\n", p,
                ticks(low_of(p), high_of(p)) > (data "/lines.gp")
        drawn = 0
        for (i = 1; i <= lines; i++) {
            split(line[i], f, SUBSEP)
            if (f[1] != p)
                continue
            drawn++
            at = "_" p "_" drawn " ="
            printf "name%s \"%s\"\nat%s %.4f\nx%s %.9g\ny%s %.9g\n", at, f[2],
                at, stands[p, f[2]], at, end_x[p, f[2]], at, end[p, f[2]] \
                > (data "/lines.gp")
            printf "# %d %d\n", p, drawn > (data "/lines.dat")
            for (j = 1; j <= count[f[1], f[2]]; j++)
                print row[f[1], f[2], j] > (data "/lines.dat")
            print "\n" > (data "/lines.dat")
        }
        printf "drawn_%d = %d\n", p, drawn > (data "/lines.gp")
    }
    printf "panels = %d\n", panels > (data "/lines.gp")
}
