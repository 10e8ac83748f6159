# shellcheck shell=bash
# data.sh - the files in $OUT/data: CSV, with a heading that names the columns.
#
#   begin_measuring               guard(), the folder, and the models in models.txt; those
#                                 that can't run here, and why, in skipped.txt
#   with_columns FILE.csv PROGRAM the awk program, with $3 for the third column's name
#   rewrite FILE.csv PROGRAM      changes each row of measured data: 'total_ns *= 3'

begin_measuring() {
    guard
    mkdir -p "$OUT/data"
    models >"$OUT/data/models.txt"
    unfit_models >"$OUT/data/skipped.txt"
    [ -s "$OUT/data/skipped.txt" ] || rm "$OUT/data/skipped.txt"
}

with_columns() {
    local names i program=$2
    IFS=, read -ra names <"$1"
    for i in "${!names[@]}"; do
        program=$(sed -E "s/\b${names[i]}\b/\$$((i + 1))/g" <<<"$program")
    done
    echo "$program"
}

# So an experiment's script `contradict` makes data that its judge must not take for what
# was predicted.
rewrite() {
    local file=$OUT/data/$1 program
    program=$(with_columns "$file" "$2")
    mawk -F, -v OFS=, -v CONVFMT=%.17g -v OFMT=%.17g "NR > 1 { $program } 1" "$file" \
        >"$file.rewritten"
    mv "$file.rewritten" "$file"
}
