# overload.gp - for each model two panels: goodput second by second under overload, and
# after a stall.

load data."/texts.gp"
count = words(models)

x(px) = px / real(width)
y(px) = 1 - px / real(height)
left(p) = 76 + (p - 1) * 526
span = 470
high(i) = 136 + (i - 1) * 270
tall = 180

cases = "none queue wait storm storm_queue storm_once"
hue(k) = word("#D55E00 #0072B2 #009E73 #D55E00 #0072B2 #666666", k)
name(k) = k == 1 ? "no bound" : k == 2 ? sprintf("a queue of %d", queue) : \
    k == 3 ? sprintf("a wait of %d ms at most", wait) : \
    k == 4 ? sprintf("%d retries, no bound", tries) : \
    k == 5 ? sprintf("%d retries, a queue of %d", tries, queue) : "no retries, no bound"
index_of(m, k) = m." ".word(cases, k)

set multiplot
set label 1 finding at screen x(20), screen y(26) font headline tc rgb ink
set label 2 "answers in time in each second, in parts of the capacity · dashed: λ, " \
    ."what is asked for · grey: the server stands still" \
    at screen x(20), screen y(height - 14) font "DejaVu Sans,11" tc rgb faint
set yrange [0:(top > 1.7 ? top : 1.7) * 1.05]
set ytics 0.5
set format y "%g"
set xlabel "seconds" tc rgb faint offset 0, 0.7
set xtics 1

do for [i = 1:count] {
    m = word(models, i)
    why = value(sprintf("why_%d", i))
    do for [p = 1:2] {
        set lmargin at screen x(left(p))
        set rmargin at screen x(left(p) + span)
        set tmargin at screen y(high(i))
        set bmargin at screen y(high(i) + tall)
        set xrange [0:(p == 1 ? long : longer)]
        asked = p == 1 ? overload : stalled
        set label 3 sprintf(p == 1 ? "%s · λ = %g" : "%s · λ = %g, and a stall", \
            m, asked) at screen x(left(p)), screen y(high(i) - 34) \
            font "DejaVu Sans:Bold,12" tc rgb ink
        set key at screen x(left(p) + span), screen y(high(i) - 8) right bottom \
            horizontal samplen 1.4 font "DejaVu Sans,10"
        if (p == 2) {
            set object 1 rectangle from before, graph 0 to before + stall, graph 1 \
                fc rgb waiting fs solid 0.6 noborder behind
        }
        first = 3 * p - 2
        if (why eq "") {
            plot for [k = first:first + 2] data."/goodput.dat" index index_of(m, k) \
                    using 1:2 with histeps lw 1.8 lc rgb hue(k) title name(k), \
                for [k = first:first + 2] "" index index_of(m, k) \
                    using 1:2:3 with points pt variable ps 0.8 lc rgb hue(k) notitle, \
                asked with lines lw 1.2 dt 2 lc rgb "black" notitle
        } else {
            set label 4 why at graph 0.5, graph 0.5 center noenhanced \
                font "DejaVu Sans,9" tc rgb faint
            plot NaN notitle
        }
        unset label
        unset object
    }
}
unset multiplot
