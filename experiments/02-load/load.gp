# load.gp - a panel per model: response times against the offered rate, on common scales.

load data."/texts.gp"
count = words(models)
rows = (count + 3) / 4

x(px) = px / real(width)
y(px) = 1 - px / real(height)
head = 100
tall = (height - head - 40) / real(rows)
left(i) = 92 + ((i - 1) % 4) * 252
top(i) = head + ((i - 1) / 4) * tall
span = 225

set multiplot
set label 1 finding at screen x(20), screen y(26) font headline tc rgb ink
set label 2 \
    "lower line: p50 · upper line: ".tail." · dashed: theory · upright: c servers can " \
        ."do no more · hollow: the run, or this time of it, is invalid" \
    at screen x(20), screen y(height - 14) font "DejaVu Sans,11" tc rgb faint
set key off
set logscale y
set xrange [0:right * 1.03]
set yrange [low / 1.4:top * 1.5]
step = 10 ** floor(log10(right / 3.5))
apart = right / 3.5 <= 2 * step ? 2 * step : right / 3.5 <= 5 * step ? 5 * step \
    : 10 * step
set xtics apart

do for [i = 1:count] {
    m = word(models, i)
    set lmargin at screen x(left(i))
    set rmargin at screen x(left(i) + span)
    set tmargin at screen y(top(i))
    set bmargin at screen y(top(i) + tall - 66)
    set format y ((i - 1) % 4 == 0 ? "%g ms" : "")
    set format x (i + 4 > count ? "%g" : "")
    if (i + 4 > count) { set xlabel "offered, messages a second" \
        offset 0, 0.4 tc rgb faint }
    set label 3 m at screen x(left(i)), screen y(top(i) - 12) \
        font "DejaVu Sans:Bold,13" tc rgb lettering(m)
    knee = value(sprintf("knee_%d", i))
    servers = value(sprintf("servers_%d", i))
    if (knee == knee) {
        set arrow 1 from knee, graph 0 to knee, graph 1 nohead lc rgb "#999999" lw 1.2
        set label 4 "c = ".servers at screen x(left(i) + span), screen y(top(i) - 12) \
            right font "DejaVu Sans,11" tc rgb faint
    }
    set label 5 value(sprintf("why_%d", i)) at graph 0.5, graph 0.5 center noenhanced \
        font "DejaVu Sans,9" tc rgb faint
    plot data."/theory.dat" index m using 1:2 with lines lw 1.3 dt 2 lc rgb "black", \
        "" index m using 1:3 with lines lw 1.3 dt 2 lc rgb "black", \
        for [p = 2:3] data."/medians.dat" index m using 1:p with lines lw 1.6 \
            lc rgb colour(m), \
        for [p = 2:3] data."/points.dat" index m using 1:p with points pt 7 ps 0.8 \
            lc rgb "white", \
        for [p = 2:3] "" index m using 1:p:(column(p + 2) == 0 ? 7 : 6) with points pt \
            variable ps 0.7 lc rgb colour(m)
    unset label
    unset arrow
    unset xlabel
}
unset multiplot
