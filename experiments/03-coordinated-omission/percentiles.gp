# percentiles.gp - a panel per model: how long which part of the messages took, in both
# loops.

load data."/texts.gp"
count = words(models)
rows = (count + 3) / 4

x(px) = px / real(width)
y(px) = 1 - px / real(height)
head = 100
tall = (height - head - 40) / real(rows)
left(i) = 70 + ((i - 1) % 4) * 258
top(i) = head + ((i - 1) / 4) * tall
span = 232

# Of an open loop: the stall's share is s / T, and those that came later in it wait less.
open(s, inverse) = s - time / inverse > 0 ? s - time / inverse : NaN
# Of a closed loop: nobody sends but whom it caught, so of its messages that part waits.
closed(s, part, inverse) = inverse > 1 / part ? s : NaN
# Runs that are disturbed, and those that are not.
odd(y) = column(3) == 1 ? y : NaN
fair(y) = column(3) == 0 ? y : NaN
pale(m) = "#90".colour(m)[2:*]

set multiplot
set label 1 finding at screen x(20), screen y(26) font headline tc rgb ink
several = runs == 1 ? "" : sprintf(" · %d runs each", runs)
set label 2 "full: open loop, from the due time · circles: from the write · thin: " \
    ."closed loop · dashed, dotted: their theory · pale: disturbed".several \
    at screen x(20), screen y(height - 14) font "DejaVu Sans,11" tc rgb faint
set key off
set logscale xy
set xrange [1:right * 1.2]
set yrange [0.02:500]
set samples 400
set xtics ("50 %%" 2, "90 %%" 10, "99 %%" 100, "99.9 %%" 1000, "99.99 %%" 10000) \
    font "DejaVu Sans,10"
set ytics (0.1, 1, 10, 100)

do for [i = 1:count] {
    m = word(models, i)
    set lmargin at screen x(left(i))
    set rmargin at screen x(left(i) + span)
    set tmargin at screen y(top(i))
    set bmargin at screen y(top(i) + tall - 66)
    set format y ((i - 1) % 4 == 0 ? "%g ms" : "")
    set label 3 m at screen x(left(i)), screen y(top(i) - 12) \
        font "DejaVu Sans:Bold,13" tc rgb lettering(m)
    stall = value(sprintf("stall_%d", i))
    part = value(sprintf("hit_%d", i))
    if (stall == stall) {
        set arrow 1 from 1 / part, graph 0 to 1 / part, stall nohead lw 1.3 \
            dt 3 lc rgb "black"
        plot data."/curves.dat" index m." open" using 1:(odd($2)) with lines lw 2.4 \
            lc rgb pale(m), \
            "" index m." open" using 1:(fair($2)) with lines lw 2.4 lc rgb colour(m), \
            "" index m." closed" using 1:(odd($2)) with lines lw 1 lc rgb pale(m), \
            "" index m." closed" using 1:(fair($2)) with lines lw 1 lc rgb colour(m), \
            "" index m." service" using 1:2 with points pt 7 ps 0.9 lc rgb "white", \
            "" index m." service" using 1:(odd($2)) with points pt 6 ps 0.8 \
                lc rgb pale(m), \
            "" index m." service" using 1:(fair($2)) with points pt 6 ps 0.8 \
                lc rgb colour(m), \
            open(stall, x) with lines lw 1.3 dt 2 lc rgb "black", \
            closed(stall, part, x) with lines lw 1.3 dt 3 lc rgb "black"
    } else {
        set label 4 value(sprintf("why_%d", i)) at graph 0.5, graph 0.5 center \
            noenhanced font "DejaVu Sans,9" tc rgb faint
        plot NaN
    }
    unset label
    unset arrow
}
unset multiplot
