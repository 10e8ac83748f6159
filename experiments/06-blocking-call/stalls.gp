# stalls.gp - a row per model, a column per job: how long bystanders waited, by when
# they came. draw sets names, kinds and does_steps.

rows = words(names)
columns = words(kinds)
name(i) = word(names, i)
is_poll(m) = strstrt(m, "-poll") > 0
like(m) = is_poll(m) ? "coroutine" : m
shown(m) = m eq "libc-poll" ? "libc's poll(2)" : m eq "own-poll" ? "our poll(2)" : m
load data."/texts.gp"

x(px) = px / real(width)
y(px) = 1 - px / real(height)
head = 116
panel = (height - head - 54) / real(rows)
top(i) = head + (i - 1) * panel
middle(i) = top(i) + (panel - 16) / 2
does_sleep = "sleeps"
does_nap = "naps"
does_cpu = "computes"
does_library = "asks SQLite"
caption = columns > 3 ? "one %s, %.0f ms" : "one client %s %.0f ms"
pitch = (width - 164) / real(columns)
left(k) = 160 + (k - 1) * pitch
span = pitch - 20
ceiling = most > 1.2 ? most : 1.2

set multiplot
set label 1 finding at screen x(20), screen y(26) font headline tc rgb ink
set label 2 "their waits, in the job's time; hollow: others were at work on the machine" \
    at screen x(left(1)), screen y(height - 14) font "DejaVu Sans,11" tc rgb faint
set xrange [-0.25:1.25]
set yrange [0:ceiling]
set key off
set border 3
set grid noxtics ytics

do for [i = 1:rows] {
    m = name(i)
    do for [column = 1:columns] {
        kind = word(kinds, column)
        set lmargin at screen x(left(column))
        set rmargin at screen x(left(column) + span)
        set tmargin at screen y(top(i))
        set bmargin at screen y(top(i) + panel - 16)
        set xtics ("" 0, "" 1)
        set ytics ("" 0, "" 1)
        if (i == rows) { set xtics ("it begins" 0, "it is done" 1) }
        if (column == 1) {
            set ytics ("0" 0, "1" 1)
            set label 3 shown(m) at screen x(left(1) - 34), screen y(middle(i)) right \
                font "DejaVu Sans:Bold,13" tc rgb lettering(like(m))
        }
        if (i == 1) {
            set label 4 sprintf(caption, value("does_".kind), value("took_".kind)) \
                at screen x(left(column)), screen y(head - 18) \
                font "DejaVu Sans:Bold,12" tc rgb ink
        }
        beside = value(sprintf("longest_%d_%s", i, kind))
        set label 5 beside at first 1.22, first ceiling * 0.84 right \
            font "DejaVu Sans:Bold,12" tc rgb lettering(like(m))
        set object 1 rectangle from 0, 0 to 1, ceiling fc rgb "#EFEFEF" fs solid \
            noborder behind
        plot data."/waits.dat" index m." ".kind using 1:2 with impulses lw 1.5 \
            lc rgb colour(like(m)), \
            "" index m." ".kind using 1:($3 == 0 ? NaN : $2) with points pt 7 ps 0.55 \
                lc rgb "white", \
            "" index m." ".kind using 1:2:($3 == 0 ? 7 : 6) with points pt variable \
                ps 0.45 lc rgb colour(like(m))
        unset label
        unset object
    }
}
unset multiplot
