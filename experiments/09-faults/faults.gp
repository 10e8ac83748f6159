# faults.gp - a matrix: models down, faults across, what the witnesses got in each cell.

rows = words(shown)
y(px) = 1 - px / real(height)

set label 1 finding at screen 20.0 / width, screen y(26) font headline tc rgb ink
set label 2 "above: what the two who talk noticed · below: was a newcomer served " \
    ."afterwards, or is the server dead?" \
    at screen 20.0 / width, screen y(height - 18) font "DejaVu Sans,11" tc rgb faint
set lmargin at screen 130.0 / width
set rmargin at screen 1 - 20.0 / width
set tmargin at screen y(124)
set bmargin at screen y(height - 44)
set xrange [0.5:5.5]
set yrange [rows + 0.5:0.5]
unset border
unset tics
unset grid
unset key
array fault[5] = ["reset", "half a request", "crowd", "killed worker", "crash in a job"]
do for [c = 1:5] {
    set label 10 + c fault[c] at c, graph 1 center offset 0, 0.8 \
        font "DejaVu Sans:Bold,12" tc rgb ink
}
do for [r = 1:rows] {
    set label 20 + r word(shown, r) at 0.42, r right font "DejaVu Sans:Bold,12" \
        tc rgb lettering(word(shown, r))
}
cells = data."/cells.dat"
hue(state) = state eq "none" ? 0xEEEEEE : state eq "hurt" ? 0xC44E00 : \
    state eq "well" ? 0x00805D : 0xA87400
written(state) = state eq "none" ? 0x666666 : 0xFFFFFF
plot cells using 2:1:($2 - 0.46):($2 + 0.46):($1 - 0.42):($1 + 0.42):(hue(strcol(3))) \
        with boxxyerror lc rgb variable, \
    "" using 2:($1 - 0.12):4:(written(strcol(3))) with labels \
        font "DejaVu Sans:Bold,13" tc rgb variable, \
    "" using 2:($1 + 0.2):5:(written(strcol(3))) with labels \
        font "DejaVu Sans,10" tc rgb variable
