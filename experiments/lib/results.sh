# shellcheck shell=bash
# results.sh - what a result carries with it, and its report.
#
#   command_line                  the command that repeats this run
#   built compiler|tree           what make has recorded of the programs
#   environment                   which machine, which code, which limits: a table
#   skipped_models                those that the machine can't run, and why
#   report_page                   README.md with what was seen put in before "How to read"

command_line() {
    local line="make ${TARGET:-experiments}" name value
    for name in ONLY MODELS QUICK FULL PAPER BLOCKS; do
        if [ -n "${!name:-}" ]; then
            value=${!name}
            if [[ $value == *' '* ]]; then
                value="\"$value\""
            fi
            line+=" $name=$value"
        fi
    done
    echo "$line"
}

built() {
    local said
    said=$(sed -n "s/^$1 //p" "$BIN/.built" 2>/dev/null) || true
    echo "${said:-not recorded}"
}

# shellcheck disable=SC2119
environment() {
    cat <<END
| | |
|---|---|
| command | \`$(command_line)\` |
| machine | $(sed -n 's/^model name[^:]*: //p; T; q' /proc/cpuinfo), $CORES cores, \
$(mawk '/^MemTotal/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo) GiB |
| hardware | $(virtual) |
| cores used | $CORES of $(getconf _NPROCESSORS_ONLN) |
| clock | $(clock) |
| interrupts | $(interrupts) |
| system | $(sed -n 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release), $(uname -sr) |
| limits | $(ulimit -n) descriptors a process, $(ulimit -u) processes |
| built by | $(built compiler) |
| drawn by | $(gnuplot --version) |
| code | $(built tree) |
| load before | $(cut -d ' ' -f 1 /proc/loadavg) |
| date | $(date -u +%FT%RZ) |
END
}

skipped_models() {
    [ -e "$OUT/data/skipped.txt" ] || return 0
    echo
    sed 's/^\([^:]*\): /**\1** was skipped here: it /; s/$/  /' "$OUT/data/skipped.txt"
}

report_page() {
    local readme=$ROOT/experiments/$EXPERIMENT/README.md chart
    sed '/^## How to read/,$d' "$readme"
    echo "## What was seen"
    echo
    sed 's/^/**/; s/$/**  /' "$OUT/finding.txt"
    echo
    for chart in "$OUT"/*.png; do
        if [[ $(basename "$chart") != *-* ]]; then
            echo "![$(head -n 1 "$OUT/finding.txt")]($(basename "$chart"))"
            echo
        fi
    done
    sed -n '/^## How to read/,$p' "$readme"
    printf '\n## Table\n\n'
    cat "$OUT/table.md"
    skipped_models
    printf '\n## Verdicts\n\n```\n'
    cat "$OUT/verdicts.txt"
    printf '```\n\n## Made by\n\n'
    cat "$OUT/environment.md"
}
