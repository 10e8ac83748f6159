# bias.gp - measured ÷ predicted: a row for each kind of prediction, from bias.awk's
# files.

top = 92
step = 24
y(r) = 1 - (top + step * (r - 0.5)) / real(height)
set datafile separator ","
set label 1 finding at screen 20.0 / width, screen 1 - 26.0 / height font headline \
    tc rgb ink
set label 2 foot at screen 20.0 / width, screen 14.0 / height font "DejaVu Sans,11" \
    tc rgb faint
set key off
set lmargin at screen 200.0 / width
set rmargin at screen 1 - 300.0 / width
set tmargin at screen 1 - real(top) / height
set bmargin at screen 1 - (top + step * real(rows)) / height
set logscale x
set xrange [0.2:5]
set yrange [rows + 0.5:0.5]
set xtics ("1/5" 0.2, "1/2" 0.5, "as predicted" 1, "2" 2, "5" 5) scale 0 tc rgb faint
unset ytics
set border 1 lc rgb faint
set arrow 1 from 1, graph 0 to 1, graph 1 nohead lc rgb faint lw 1
within(x) = x < 0.2 ? 0.2 : x > 5 ? 5 : x
plot data."/bias-rows.csv" skip 1 using (1):1:(within($3)):(within($4)):($1 - 0.36): \
        ($1 + 0.36) with boxxyerror fs solid 1 noborder fc rgb "#e8e8e8", \
    "" skip 1 using (0.2):1:2 with labels right noenhanced offset -1, 0 tc rgb ink, \
    "" skip 1 using (5):1:5 with labels left offset 1, 0 tc rgb faint, \
    for [m in models] data."/bias.csv" skip 1 \
        using (strcol(2) eq m && $4 == 0 ? within($3) : NaN):1 \
        with points pt point(m) ps 0.7 lc rgb colour(m), \
    for [m in models] data."/bias.csv" skip 1 \
        using (strcol(2) eq m && $4 == 1 ? within($3) : NaN):1 \
        with points pt hollow(m) ps 0.7 lc rgb colour(m), \
    data."/bias.csv" skip 1 using (strcol(2) eq "-" ? within($3) : NaN):1 \
        with points pt 7 ps 0.7 lc rgb ink
