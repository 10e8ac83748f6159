# shellcheck shell=bash
# lib.sh - what the ladder's scripts share. Sourced by them, never run.

set -euo pipefail
export LC_ALL=C.UTF-8

HERE=$(cd "$(dirname "$0")" && pwd)
ROOT=$(cd "$HERE/../.." && pwd)

die() {
    echo "$(basename "$0"): $1" >&2
    exit 2
}

# Every model there is, the familiar order first (style.gp), then others by name. A student's
# model joins by being a file with a main().
models() {
    {
        sed -n 's/^familiar *= *"\(.*\)"$/\1/p' "$ROOT/experiments/style.gp" | tr ' ' '\n'
        sed -s -n '/^int main(/F' "$ROOT"/models/*.c | sed 's,.*/,,; s/\.c$//'
    } | awk -v root="$ROOT" '!seen[$0]++ && !system("test -e " root "/models/" $0 ".c")'
}

parts() {
    awk -f "$HERE/parts.awk" "$ROOT/models/$1.c"
}
