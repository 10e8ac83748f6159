# lines.gp - panels side by side, a line for each model with its name at the end. From
# what lines.awk has written; title_1, across_1, up_1, ticks_1: what stands at the first
# panel.

load data."/lines.gp"

x(px) = px / real(width)
y(px) = 1 - px / real(height)
room = (width - 20) / real(panels > 0 ? panels : 1)
left(p) = 20 + (p - 1) * room + 72
span = room - 72 - 104
is_theory(m) = m[1:1] eq "="
dashes(m) = is_theory(m) ? 2 : dash(m)
hue(m) = is_theory(m) ? "#555555" : colour(m)
letters(m) = is_theory(m) ? "#555555" : lettering(m)
mark(m, odd) = is_theory(m) ? 0 : odd > 0 ? hollow(m) : point(m)

set multiplot
set label 1 finding at screen x(20), screen y(26) font headline tc rgb ink
set label 2 foot at screen x(20), screen y(height - 14) font "DejaVu Sans,11" tc rgb faint
set key off
set tmargin at screen y(124)
set bmargin at screen y(height - 84)

if (panels == 0) {
    unset border
    unset tics
    set label 3 "no model was measured" at screen 0.5, screen 0.5 center font headline \
        tc rgb faint
    plot [0:1] [0:1] NaN
}
do for [p = 1:panels] {
    logs = value(sprintf("log_%d", p))
    unset logscale
    if (strstrt(logs, "x")) { set logscale x }
    if (strstrt(logs, "y")) { set logscale y }
    least = value(sprintf("least_%d", p))
    most = value(sprintf("most_%d", p))
    set xrange [least:most]
    set yrange [value(sprintf("low_%d", p)):value(sprintf("high_%d", p))]
    set lmargin at screen x(left(p))
    set rmargin at screen x(left(p) + span)
    set xlabel value(sprintf("across_%d", p)) tc rgb faint
    set ytics auto
    if (exists(sprintf("yticks_%d", p))) { \
        eval "set ytics (".value(sprintf("yticks_%d", p)).")" }
    set format y value(sprintf("up_%d", p))
    if (exists(sprintf("ticks_%d", p))) { \
        eval "set xtics (".value(sprintf("ticks_%d", p)).")" }
    set label 3 value(sprintf("title_%d", p)) at screen x(left(p) - 56), screen y(102) \
        font "DejaVu Sans:Bold,12" tc rgb ink
    count = value(sprintf("drawn_%d", p))
    do for [i = 1:count] {
        m = value(sprintf("name_%d_%d", p, i))
        shown = is_theory(m) ? m[2:*] : m
        beside = value(sprintf("at_%d_%d", p, i))
        set arrow 10 + i from value(sprintf("x_%d_%d", p, i)), \
            value(sprintf("y_%d_%d", p, i)) \
            to screen x(left(p) + span + 9), graph beside nohead dt 3 lc rgb hue(m) lw 0.8
        set label 10 + i shown at screen x(left(p) + span + 12), graph beside left \
            font (is_theory(m) ? "DejaVu Sans,10" : "DejaVu Sans:Bold,11") \
                tc rgb letters(m)
    }
    if (exists("wall")) {
        set arrow 1 from real(wall), graph 0 to real(wall), graph 1 nohead \
            dt 3 lc rgb faint lw 1
    }
    if (exists("wall") && p == int(wall_panel)) {
        set label 4 wall_name at real(wall), graph 0.97 right offset -0.6, 0 noenhanced \
            font "DejaVu Sans,9" tc rgb faint
    }
    line(i) = value(sprintf("name_%d_%d", p, i))
    plot for [i = 1:count] data."/lines.dat" index sprintf("%d %d", p, i) using 1:2 \
            with lines lw 1.6 dt dashes(line(i)) \
            lc rgb hue(line(i)), \
        for [i = 1:count] "" index sprintf("%d %d", p, i) using \
            1:(is_theory(line(i)) ? NaN : $2) with points pt 7 ps 0.9 lc rgb "white", \
        for [i = 1:count] "" index sprintf("%d %d", p, i) using \
            1:(is_theory(line(i)) ? NaN : $2):(mark(line(i), $3)) \
                with points pt variable ps 0.8 lc rgb hue(line(i))
    unset label
    unset arrow
}
unset multiplot
