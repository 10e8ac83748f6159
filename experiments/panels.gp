# panels.gp - panels of bars beside each other, a row for each model (or whatever there
# is to compare). panels() in lib/charts.sh calls it and says how what a judge writes
# gets here.

x(px) = px / real(width)
y(px) = 1 - px / real(height)
load data."/panels.gp"

across = panels < 2 ? 1 : 2
tall = 24 * rows
cell = (width - 20 - margin) / across
left(p) = margin + 20 + ((p - 1) % across) * cell
span = cell - (longest > 8 ? 24 + 9.5 * longest : 100)  # what stands beside a bar
head = 70 + 20 * lines
top(p) = head + int((p - 1) / across) * (tall + 92)
hues = ""
do for [r = 1:rows] { hues = hues." ".(strlen(like[r]) ? colour(like[r]) : faint) }
hue(i) = word(hues, i)
letters(i) = strlen(like[i]) ? lettering(like[i]) : faint

set multiplot
set label 1 finding at screen x(20), screen y(26) font headline tc rgb ink
foot = height - 18
set label 4 note at screen x(20), screen y(foot) font "DejaVu Sans,11" tc rgb faint
set yrange [rows + 0.6:0.4]
unset ytics
unset key
set border 1
set grid xtics noytics

do for [p = 1:panels] {
    set lmargin at screen x(left(p))
    set rmargin at screen x(left(p) + span)
    set tmargin at screen y(top(p))
    set bmargin at screen y(top(p) + tall)
    set label 2 title[p] at screen x(left(p)), screen y(top(p) - 17) \
        font "DejaVu Sans:Bold,12" tc rgb ink
    do for [i = 1:rows] {
        if (p % across == 1 || across == 1) {
            set label 10 + i row[i] at screen x(left(p) - 10), first i right \
                tc rgb letters(i)
        }
        set label 100 + i beside[(p - 1) * rows + i] at screen x(left(p) + span + 8), \
            first i left font "DejaVu Sans:Bold,11" tc rgb letters(i)
        set label 200 + i inside[(p - 1) * rows + i] at screen x(left(p) + 6), first i \
            left font "DejaVu Sans,10" tc rgb faint
    }
    if (wide[p]) {
        set logscale x
        base = 10 ** floor(log10(least[p] * 0.8))
        set xrange [base:most[p] * 1.3]
        set xtics auto
        set format x "10^{%L}"
    } else {
        unset logscale x
        base = 0
        set xrange [0:most[p] > 0 ? most[p] * 1.05 : 1]
        set xtics auto
        set format x "%g"
    }
    plot for [i = 1:rows] data."/panels.dat" index "bars ".p \
            using (base):(i):(base):($1 == i ? $2 : NaN):(i - 0.36):(i + 0.36) \
            with boxxyerror lc rgb hue(i), \
        "" index "marks ".p using 2:1:(0):(0.92) with vectors nohead lc rgb "black" \
            lw 3, \
        "" index "dots ".p using 2:1 with points pt 7 ps 0.8 lc rgb "white", \
        "" index "dots ".p using 2:1:($3 == 0 ? 7 : 6) with points pt variable ps 0.5 \
            lc rgb "black"
    unset label
}
unset multiplot
