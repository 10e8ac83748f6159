# shellcheck shell=bash
# judge.sh - how an experiment's judge is run.
#
#   judge NAME...                 the folder's programs among the names (*.awk), with what
#                                 all judges share, read the others: files in $OUT/data.
#                                 Of a name that ends in ? there may be no file: older
#                                 data have none
#
# What they share: stats.awk is arithmetic, verdict.awk the rules of evidence, samples.awk
# reads the rows, writing.awk writes the table and what charts are drawn from.

judge() {
    local name programs=() files=()
    for name in stats verdict samples writing; do
        programs+=(-f "$ROOT/experiments/$name.awk")
    done
    for name; do
        case $name in
        *.awk) programs+=(-f "$HERE/$name") ;;
        *\?) [ ! -e "$OUT/data/${name%\?}" ] || files+=("$OUT/data/${name%\?}") ;;
        *) files+=("$OUT/data/$name") ;;
        esac
    done
    mawk -F, -v out="$OUT" "${programs[@]}" "${files[@]}"
}
