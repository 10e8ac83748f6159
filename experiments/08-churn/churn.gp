# churn.gp - four panels of bars: how many come and go a second, and what each costs.

rows = words(models)
load data."/bars.gp"

x(px) = px / real(width)
y(px) = 1 - px / real(height)
tall = (height - 110) / 2.0
left(column) = column == 1 ? 120 : 650
span = 360
protocols = "http ws"
values = "rate cost"
array says[4] = ["HTTP: requests a second, each on a new connection", \
    "HTTP: CPU µs a connection, logarithmic", \
    "WebSocket: connections a second, a message on each", \
    "WebSocket: CPU µs a connection, logarithmic"]

set multiplot
set label 1 finding at screen x(20), screen y(26) font headline tc rgb ink
set label 2 \
    "dots: every run, hollow if disturbed or the client was slow · bar: the median of " \
        ."the filled ones, if there are any · upright line: predicted" \
    at screen x(20), screen y(height - 14) font "DejaVu Sans,11" tc rgb faint
set yrange [rows + 0.6:0.4]
set key off
unset ytics
set border 1
set grid xtics noytics

do for [panel = 1:4] {
    protocol = word(protocols, (panel + 1) / 2)
    column = (panel - 1) % 2 + 1
    what = word(values, column)
    top = 96 + ((panel - 1) / 2) * tall
    set lmargin at screen x(left(column))
    set rmargin at screen x(left(column) + span)
    set tmargin at screen y(top)
    set bmargin at screen y(top + tall - 70)
    set label 3 says[panel] at screen x(left(column)), screen y(top - 16) font \
        "DejaVu Sans:Bold,12" tc rgb ink
    most = real(value("top_".what))
    if (what eq "cost") {
        base = 10 ** floor(log10(low_cost * 0.9))
        set logscale x
        set xrange [base:most * 1.2]
        set xtics autofreq
    } else {
        base = 0
        unset logscale x
        set xrange [0:most * 1.04]
        step = 10 ** floor(log10(most / 4))
        set xtics most / 4 <= 2 * step ? 2 * step : most / 4 <= 5 * step ? 5 * step : \
            10 * step
    }
    do for [i = 1:rows] {
        m = word(models, i)
        figure = value(sprintf("%s_%s_%d", what, protocol, i))
        beside = figure == figure ? sprintf("%.0f", figure) : "skipped"
        if (column == 1) {
            set label 10 + i m at screen x(left(1) - 10), first i right font \
                "DejaVu Sans:Bold,12" tc rgb lettering(m)
        }
        set label 100 + i beside at screen x(left(column) + span + 10), first i left \
            font "DejaVu Sans:Bold,12" tc rgb lettering(m)
        if (figure == figure) {
            set object 10 + i rectangle from base, i - 0.34 to figure, i + 0.34 \
                fc rgb colour(m) fs solid 0.85 noborder
        }
        if (what eq "cost") {
            theory = value(sprintf("theory_%s_%d", protocol, i))
            if (theory == theory) {
                set arrow 10 + i from theory, i - 0.46 to theory, i + 0.46 nohead front \
                    lc rgb "black" lw 3
            }
        }
    }
    plot data."/dots.dat" index protocol." ".what using 2:1 with points pt 7 ps 0.9 \
        lc rgb "white", \
        "" index protocol." ".what using 2:1:($3 == 0 ? 7 : 6) with points pt variable \
            ps 0.6 lc rgb "black"
    unset label
    unset object
    unset arrow
}
unset multiplot
