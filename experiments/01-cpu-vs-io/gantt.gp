# gantt.gp - a panel per model and kind of work, in it a bar per request: grey until it is
# served, coloured while it is.

rows = words(shown)
name(i) = word(shown, i)
load data."/cells.gp"

# Pixels from the left and from the top, as screen coordinates.
x(px) = px / real(width)
y(px) = 1 - px / real(height)
head = 104
panel = (height - head - 86) / rows         # and between two of them:
gap = rows > 1 ? 20 : 0
top(i) = head + (i - 1) * panel
bottom(i) = top(i) + panel - gap
left(kind) = kind eq "cpu" ? 120 : 620
span = 400

# The same scale in every chart.
most = longest_bar

set multiplot
set label 1 finding at screen x(20), screen y(26) font headline tc rgb ink
set label 2 "computing: ".cpu at screen x(left("cpu")), screen y(88) \
    font "DejaVu Sans:Bold,13" tc rgb ink
set label 3 "waiting: ".wait at screen x(left("wait")), screen y(88) \
    font "DejaVu Sans:Bold,13" tc rgb ink

# What the colours say, at the foot; the same colours stand beside it.
foot = height - 18
set object 1 rectangle from screen x(120), screen y(foot + 6) to screen x(146), \
    screen y(foot - 6) fc rgb waiting fs solid noborder
set label 4 "asked, nobody serves it yet" at screen x(154), screen y(foot) tc rgb ink
set object 2 rectangle from screen x(390), screen y(foot + 6) to screen x(416), \
    screen y(foot - 6) fc rgb colour(name(1)) fs solid noborder
set label 5 "its job is being done" at screen x(424), screen y(foot) tc rgb ink
set arrow 1 from screen x(620), screen y(foot + 7) to screen x(620), screen y(foot - 7) \
    nohead lc rgb "black" lw 1.5 dt (4, 3)
set label 6 "the formula's end: ".clients." clients, ".cores." cores" \
    at screen x(630), screen y(foot) tc rgb ink

set xrange [0:most * 1.04]
set yrange [10.8:0.2]
apart = most > 40 ? 10 : most > 24 ? 5 : most > 12 ? 2 : 1
set xtics apart format "" nomirror
unset ytics
unset key
set border 1
set grid xtics noytics

do for [i = 1:rows] {
    m = name(i)
    do for [kind in "cpu wait"] {
        measured = value(sprintf("measured_%d_%s", nth(m, models), kind))
        theory = value(sprintf("theory_%d_%s", nth(m, models), kind))
        set lmargin at screen x(left(kind))
        set rmargin at screen x(left(kind) + span)
        set tmargin at screen y(top(i))
        set bmargin at screen y(bottom(i))
        if (i == rows) {
            set format x "%g"
            set xlabel "jobs' time since the first client asked" tc rgb faint
        }
        if (kind eq "cpu") {
            set label 10 m at screen x(108), screen y((top(i) + bottom(i)) / 2) right \
                font "DejaVu Sans:Bold,13" tc rgb lettering(m)
        }
        set label 11 measured \
            at screen x(left(kind) + span + 8), screen y((top(i) + bottom(i)) / 2) left \
            font "DejaVu Sans:Bold,13" tc rgb lettering(m)
        if (theory == theory) {
            set arrow 10 from theory, 0.2 to theory, 10.8 nohead front lc rgb "black" \
                lw 1.5 dt (4, 3)
        } else {
            unset arrow 10
        }
        plot data."/requests.dat" index m." ".kind \
                using (0):1:2:3:($1 - 0.38):($1 + 0.38) with boxxyerror lc rgb waiting, \
            "" index m." ".kind \
                using (0):1:3:4:($1 - 0.38):($1 + 0.38) with boxxyerror lc rgb colour(m)
        do for [k = 1:6] { unset label k }
        unset object
        unset arrow 1
        unset label 10
        unset xlabel
    }
}
unset multiplot
