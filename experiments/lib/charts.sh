# shellcheck shell=bash
# charts.sh - draws with gnuplot: NAME.svg and NAME.png under $OUT.
#
#   chart FILE.gp NAME WIDTH HEIGHT [VARIABLE=TEXT...]
#                                 FILE.gp finds these variables set, and `models`, `width`
#                                 and `height`
#   panels NAME NOTE [MARGIN]     panels of horizontal bars
#   line_data LOGS                makes of $OUT/lines.csv what lines.gp draws: lines.awk.
#                                 Sets HEIGHT, the chart's, with room for all names
#   axis_ticks FACTOR             which x of $OUT/lines.csv an axis names

chart() {
    local script=$1 name=$2 width=$3 height=$4 pair
    local set="width = $3; height = $4; "
    shift 4
    # shellcheck disable=SC2001  # a backslash before each of three characters
    for pair in "$@"; do
        set+="${pair%%=*} = \"$(sed 's/[\\"`]/\\&/g' <<<"${pair#*=}")\"; "
    done
    draw_as "svg size $width,$height font 'DejaVu Sans,12' background '#ffffff'" svg &
    draw_as "pngcairo size $((2 * width)),$((2 * height)) fontscale 2 linewidth 2 \
        pointscale 2 font 'DejaVu Sans,12' background '#ffffff'" png
    wait $!
    slim "$OUT/$name.svg"
}

draw_as() {
    gnuplot -e "set terminal $1 enhanced; set output '${OUT//\'/\'\'}/$name.$2'; $set" \
        -e "models = '$(measured_models | tr '\n' ' ')'" \
        -e "set loadpath '$ROOT/experiments'; load 'style.gp'" \
        "$ROOT/experiments/$script" ||
        die "gnuplot could not draw $name.$2"
}

# gnuplot writes a group for each change of its pen, mostly empty; and no fallback font.
# And it gives the plots of a chart with more than 26 panels the same names.
slim() {
    sed -i -z -E 's/ id="gnuplot_plot_[0-9]+[a-z]?"//g
        s/[ \t]*<g [^>]*>\n?[ \t]*<\/g>\n//g
        s/ stroke-linecap="butt" stroke-linejoin="miter"//g
        s/rgb\( *([0-9]+), *([0-9]+), *([0-9]+)\)/rgb(\1,\2,\3)/g
        s/font-family="[^"]*"/font-family="DejaVu Sans, Verdana, sans-serif"/g' "$1"
}

# A panel is high enough for its lines' names, one below the other at their ends; above it
# and below it are 208 pixels for the rest.
# shellcheck disable=SC2034  # HEIGHT is for the caller
line_data() {
    local tall
    tall=$(mawk -F, 'FNR > 1 && !seen[$1, $2]++ && ++names[$1] > most { most++ }
        END { print (most * 19 > 352 ? most * 19 : 352) }' "$OUT/lines.csv")
    HEIGHT=$((tall + 208))
    rm -f "$OUT/data/lines.dat"
    mawk -v data="$OUT/data" -v logs="$1" -v tall="$tall" \
        -f "$ROOT/experiments/lines.awk" "$OUT/lines.csv"
}

# Round ones, each a FACTOR-th of the next or less, so that their names do not overlap.
axis_ticks() {
    mawk -F, 'FNR > 1 { print $3 }' "$OUT/lines.csv" | sort -nru |
        mawk -v factor="$1" '
            /^[1-9]0*$/ && (!last || $1 * factor <= last) { print last = $1 }' |
        paste -sd ,
}

# From what the judge has written into $OUT/data (texts have no commas, an empty field is
# nothing):
#   panels.csv  panel,title,scale             scale is log or empty
#   rows.csv    row,model                     the model whose colour it has
#   bars.csv    panel,row,value,text,mark     what stands beside it (if there is no value,
#                                             in its place), what was predicted
#   dots.csv    panel,row,value,odd           each run; an odd one is hollow
# MARGIN pixels are for the rows' names.
panels() {
    local data=$OUT/data rows lines deep
    rows=$(($(wc -l <"$data/rows.csv") - 1))
    lines=$(wc -l <"$OUT/finding.txt")
    deep=$(wc -l <"$data/panels.csv")   # with the heading; two panels stand side by side
    deep=$((deep / 2))
    mawk -F, -v out="$data" -f "$ROOT/experiments/panels.awk" \
        "$data/panels.csv" "$data/rows.csv" "$data/bars.csv" "$data/dots.csv"
    echo "margin = ${3:-110}; lines = $lines" >>"$data/panels.gp"
    chart panels.gp "$1" 1100 $((60 + 20 * lines + deep * (24 * rows + 92))) \
        "data=$data" "note=$2" "finding=$(cat "$OUT/finding.txt")"
}
