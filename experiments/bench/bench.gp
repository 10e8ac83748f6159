# bench.gp - six panels of bars: what each model costs beside bare sockets.

rows = words(contenders)
who(i) = word(contenders, i)
hue(m) = m eq "bare" ? "#8A8A8A" : colour(m)
letters(m) = m eq "bare" ? faint : lettering(m)

load data."/texts.gp"

x(px) = px / real(width)
y(px) = 1 - px / real(height)
tall = (height - 100) / 3
left(side) = side == 1 ? 120 : 660
span = 340

panels = "rate64 cost64 rate16k cost16k fanout idle"
array titles[6] = ["64-byte echo: messages/s ÷ bare echo", \
    "64-byte echo: server CPU µs a message", \
    "16 KiB echo: messages/s ÷ bare echo", "16 KiB echo: server CPU µs a message", \
    "20 rooms of 50: million deliveries a CPU-second", \
    "silent clients: KiB each (+ the kernel's)"]
array line[6] = [1, NaN, 1, NaN, real(send), NaN]

set multiplot
set label 1 finding at screen x(20), screen y(26) font headline tc rgb ink
set yrange [rows + 0.6:0.4]
unset ytics
unset key
set border 1
set grid xtics noytics

do for [p = 1:6] {
    name = word(panels, p)
    side = (p - 1) % 2 + 1
    top = 118 + ((p - 1) / 2) * tall
    set lmargin at screen x(left(side))
    set rmargin at screen x(left(side) + span)
    set tmargin at screen y(top)
    set bmargin at screen y(top + tall - 74)
    set label 2 titles[p] at screen x(left(side)), screen y(top - 25) \
        font "DejaVu Sans:Bold,12" tc rgb ink
    do for [i = 1:rows] {
        caption = who(i) eq "bare" ? (p > 4 ? "" : "bare echo") : who(i)
        set label 10 + i caption at screen x(left(side) - 10), first i right \
            tc rgb letters(who(i))
        beside = value(sprintf("text_%s_%d", name, i))
        set label 100 + i beside at screen x(left(side) + span + 8), first i left \
            font (beside eq "skipped" ? "DejaVu Sans,11" : "DejaVu Sans:Bold,12") \
                tc rgb letters(who(i))
    }
    most = value("most_".name)
    least = value("least_".name)
    if (line[p] == line[p] && line[p] > most) { most = line[p] }
    if (line[p] == line[p] && line[p] < least) { least = line[p] }
    if (p > 4) {
        set logscale x
        set xrange [10 ** floor(log10(least * 0.8)):most * 1.1]
        set xtics auto
        base = 10 ** floor(log10(least * 0.8))
    } else {
        unset logscale x
        set xrange [0:most * 1.05]
        base = 0
    }
    if (line[p] == line[p]) {
        dashes = p == 5 ? 2 : 1
        set arrow 1 from line[p], 0.4 to line[p], rows + 0.6 nohead front lc rgb "black" \
            lw 1.5 dt dashes
        set label 3 (p == 5 ? "one send(2) each" : "bare echo") at line[p], 0.15 center \
            font "DejaVu Sans,10" tc rgb faint
    }
    plot for [i = 1:rows] data."/bars.dat" index name \
            using (base):(i):(base):($1 == i ? $2 : NaN):(i - 0.36):(i + 0.36) \
            with boxxyerror lc rgb hue(who(i)), \
        data."/dots.dat" index name using 2:1 with points pt 7 ps 0.8 lc rgb "white", \
        "" index name using 2:1:($3 == 0 ? 7 : 6) with points pt variable ps 0.5 \
            lc rgb "black"
    unset label
    unset arrow
}
unset multiplot
