# slow.gp - a row per model: deliveries to another member, and the server's memory, over
# time.

rows = words(models)
load data."/texts.gp"

x(px) = px / real(width)
y(px) = 1 - px / real(height)
head = 116
panel = (height - head - 62) / real(rows)
top(i) = head + (i - 1) * panel
left(column) = column == 1 ? 170 : 660
span = 400
array says[2] = ["another member hears, messages a second", \
    "the server's own memory, MiB"]

noted = ""
do for [i = 1:rows] {
    if (value(sprintf("disturbed_%d", i))) {
        noted = " · *: others were at work on the machine in every run"
    }
}

set multiplot
set label 1 finding at screen x(20), screen y(26) font headline tc rgb ink
set label 2 \
    "grey: one member does not read, and is not yet closed · dashed: when it should be" \
    ." closed".noted at screen x(20), screen y(height - 14) font "DejaVu Sans,11" \
        tc rgb faint
set key off
set border 3
set xrange [from:until]
set grid noxtics ytics

do for [i = 1:rows] {
    m = word(models, i)
    closed = value(sprintf("closed_%d", i))
    theory = value(sprintf("theory_%d", i))
    part = value(sprintf("takes_part_%d", i))
    do for [column = 1:2] {
        ceiling = column == 2 ? most_memory * 1.15 : most_heard > rate * 1.6 ? \
            most_heard * 1.05 : rate * 1.6
        set yrange [0:ceiling]
        if (column == 1) { set ytics (0, int(rate)) } else {
            apart = most_memory > 2 ? 2 : most_memory > 1 ? 1 : \
                most_memory > 0.4 ? 0.5 : 0.1
            set ytics apart
        }
        set lmargin at screen x(left(column))
        set rmargin at screen x(left(column) + span)
        set tmargin at screen y(top(i))
        set bmargin at screen y(top(i) + panel - 18)
        if (i < rows) { set format x "" } else {
            set format x "%g"
            set xlabel "ms since it stopped reading" offset 0, 0.4 tc rgb faint
        }
        if (i == 1) {
            set label 3 says[column] at screen x(left(column)), screen y(head - 18) \
                font "DejaVu Sans:Bold,12" tc rgb ink
        }
        if (column == 1) {
            star = value(sprintf("disturbed_%d", i)) ? "*" : ""
            set label 4 m.star at screen x(left(1) - 56), \
                screen y(top(i) + (panel - 18) / 2) \
                right font "DejaVu Sans:Bold,13" tc rgb lettering(m)
        }
        if (!part) {
            set label 5 "skipped:\n".value(sprintf("why_%d", i)) \
                at graph 0.02, graph 0.6 left font "DejaVu Sans,10" \
                tc rgb faint
        } else {
            end = closed == closed ? closed : until
            set object 1 rectangle from 0, 0 to end, ceiling fc rgb "#EFEFEF" fs solid \
                noborder behind
            set arrow 1 from theory, 0 to theory, ceiling nohead lc rgb "black" lw 1.2 \
                dt 2
            beside = closed == closed ? sprintf("closed after %.0f ms", closed) : \
                "not closed"
            # Memory grows and stays: above it is free before, below it afterwards.
            if (column == 2 && end - from < 0.55 * (until - from)) {
                set label 5 beside at graph 0.98, graph 0.2 right \
                    font "DejaVu Sans:Bold,11" tc rgb lettering(m)
            }
            if (column == 2 && end - from >= 0.55 * (until - from)) {
                set label 5 beside at graph 0.02, graph 0.84 left \
                    font "DejaVu Sans:Bold,11" tc rgb lettering(m)
            }
        }
        plot data."/series.dat" index m.(column == 1 ? " heard" : " memory") using 1:2 \
            with lines lw 2 lc rgb colour(m)
        unset label
        unset object
        unset arrow
        unset xlabel
    }
}
unset multiplot
