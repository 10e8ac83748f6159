# bars.gp - how long ten clients take in each model, in jobs' time, beside the theory.

rows = words(shown)
name(i) = word(shown, i)
load data."/cells.gp"

x(px) = px / real(width)
y(px) = 1 - px / real(height)
left(kind) = kind eq "cpu" ? 120 : 620
span = 400

most = longest_dot

set multiplot
set label 1 finding at screen x(20), screen y(26) font headline tc rgb ink
set label 2 "computing: ".cpu at screen x(left("cpu")), screen y(88) \
    font "DejaVu Sans:Bold,13" tc rgb ink
set label 3 "waiting: ".wait at screen x(left("wait")), screen y(88) \
    font "DejaVu Sans:Bold,13" tc rgb ink
foot = height - 20
set label 4 "bar and figure: the median · dots: every run, hollow if others disturbed " \
    ."it · upright line: the model's formula" \
    at screen x(120), screen y(foot) tc rgb ink

set xrange [0:most * 1.04]
set yrange [rows + 0.6:0.4]
set tmargin at screen y(102)
set bmargin at screen y(height - 92)
unset ytics
unset key
set border 1
set grid xtics noytics
apart = most > 40 ? 10 : most > 24 ? 5 : most > 12 ? 2 : 1
set xtics apart
set xlabel "all answered after so many jobs' time" tc rgb faint

do for [kind in "cpu wait"] {
    set lmargin at screen x(left(kind))
    set rmargin at screen x(left(kind) + span)
    do for [i = 1:rows] {
        m = name(i)
        measured = value(sprintf("measured_%d_%s", nth(m, models), kind))
        theory = value(sprintf("theory_%d_%s", nth(m, models), kind))
        total = value(sprintf("total_%d_%s", nth(m, models), kind))
        set object 10 + i rectangle from 0, i - 0.34 to total, i + 0.34 fc rgb colour(m) \
            fs solid 0.85 noborder
        if (kind eq "cpu") {
            set label 10 + i m at -0.02 * most, i right font "DejaVu Sans:Bold,13" \
                tc rgb lettering(m)
        }
        set label 100 + i measured at most * 1.06, i left font "DejaVu Sans:Bold,13" \
            tc rgb lettering(m)
        if (theory == theory) {
            set arrow 10 + i from theory, i - 0.46 to theory, i + 0.46 nohead front \
                lc rgb "black" lw 3
        }
    }
    plot for [i = 1:rows] data."/dots.dat" index name(i)." ".kind using 1:(i) \
            with points pt 7 ps 0.9 lc rgb "white", \
        for [i = 1:rows] "" index name(i)." ".kind \
            using 1:(i):($2 == 0 ? 7 : $2 == 1 ? 6 : 0) \
            with points pt variable ps 0.6 lc rgb "black"
    unset label
    unset object
    unset arrow
}
unset multiplot
