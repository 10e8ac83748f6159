# shellcheck shell=bash
# lib.sh - what the ladder's scripts share. Sourced by them, never run.

# shellcheck source=experiments/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../experiments/env.sh"
ROOT=.                          # we are there: see env.sh

die() {
    echo "$(basename "$0"): $1" >&2
    exit 2
}

# Every model there is, the familiar order first (style.gp), then others by name. A
# student's model joins by being a file with a main().
models() {
    local found name
    found=$(cd "$ROOT/models" && grep -ls '^int main(' -- *.c |
        sed 's/\.c$//' | paste -sd ' ')
    for name in $(known_models) $found; do
        if [[ " $found " == *" $name "* ]]; then
            echo "$name"
        fi
    done | mawk '!seen[$0]++'
}

parts() {
    mawk -f "$HERE/parts.awk" "$ROOT/models/$1.c"
}
