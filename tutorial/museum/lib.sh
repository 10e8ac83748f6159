# shellcheck shell=bash
# lib.sh - what the exhibits share. Sourced by run, by tests/museum and by each catch.
#
# An exhibit is a folder here:
#   README.md     what people write, what happens, what shows it, and the corrected lines
#   broken.patch  today's code plus one mistake; or corrected.patch, if today's code
#                 has it
#   catch         looks for the mistake in the programs under $BIN and prints what the
#                 tool says; ends with 1 if it is there, with 0 if not, with 3 if this
#                 machine lacks the tool. Its line "# builds:" names the programs, and a
#                 sanitizer if it wants one
# shellcheck source=experiments/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../experiments/lib.sh"

MUSEUM=$ROOT/tutorial/museum
PATIENCE=5                              # seconds until an answer counts as none

# ---- for run and the test ----

exhibits() {
    local folder
    for folder in "$MUSEUM"/*/; do
        basename "$folder"
    done
}

# What the exhibit's patch makes of today's code: broken, or corrected.
patch_of() {
    basename "$(echo "$MUSEUM/$1"/*.patch)" .patch
}

# lay_over EXHIBIT TREE [OPTION...]: patches the code in that tree. What is around must be
# as it was, too: a line put into other company may be another mistake, or none.
lay_over() {
    local patch
    patch=tutorial/museum/$1/$(patch_of "$1").patch
    patch -d "$2" -p1 -s -f -F0 --no-backup-if-mismatch "${@:3}" <"$ROOT/$patch" && return
    cat >&2 <<END
$patch does not apply any more: the lines beneath it have changed.
Change the code by hand in a clean checkout, and keep that: git diff >$patch
END
    return 1
}

# block EXHIBIT HEADING: the lines of the first block under that heading of its README.md,
# less those that say "...".
block() {
    mawk -v heading="## $2" '
        /^## / { under = $0 == heading; next }
        under && /^```/ { if (inside++) exit; next }
        under && inside && !/^ *\.\.\.$/' "$MUSEUM/$1/README.md"
}

# ---- for catch: what a test says ----

# conformance TRIAL MODEL: one trial of the suite, put to the model under $BIN.
conformance() {
    CASE=$1 run_client "$ROOT/bin/conformance" "$2"
}

# said PATTERN: prints what the last program said that matches.
said() {
    cat "$SCRATCH/out" "$SCRATCH/err" | grep -aE -e "$1"
}

# ---- for catch: what a server does ----

# serve PROGRAM [OPTION...]
serve() {
    start_server "$1" --quiet "${@:2}" || die "$1: $WHY" 2
}

# with_strace [OPTION...]: what serve() starts next runs under it.
with_strace() {
    strace -o /dev/null true 2>/dev/null ||
        die "there is no strace, or it may not trace here" 3
    UNDER=(strace -D -f "$@")
}

# traced CALLS PROGRAM [OPTION...]: serves, and strace writes down those calls.
traced() {
    with_strace -s 16 -o "$SCRATCH/calls" -e "trace=$1"
    serve "${@:2}"
}

# called PATTERN: prints the calls that match.
called() {
    sed -E 's/^[0-9]+ +//' "$SCRATCH/calls" | grep -aE -e "$1"
}

# called_soon PATTERN: waits until strace, which may lag behind, has written such a call.
called_soon() {
    local tries=$((10 * PATIENCE))
    until called "$1" >/dev/null || [ $((tries -= 1)) -lt 0 ]; do
        sleep 0.1
    done
}

# call [TEXT...]: a connection to the server, on which that is said, as printf has it.
# Sets LINE, its descriptor.
call() {
    local IFS=
    exec {LINE}<>"/dev/tcp/127.0.0.1/$PORT"
    # shellcheck disable=SC2059  # a format: \r, \n, \0
    printf "$*" >&"$LINE"
}

# Asks for the least there is.
ask() {
    call 'GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n'
}

# shake_hands [TEXT...]: asks for the room x, and says that at once.
shake_hands() {
    call 'GET /relay/x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n' \
        'Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' \
        'Sec-WebSocket-Key: cmVsYXlyYWNlIHJ1bnMhIQ==\r\n\r\n' "$@"
}

# Is there an answer on LINE? Sets ANSWER, its first words.
# shellcheck disable=SC2034  # for the caller
answered() {
    read -r -t "$PATIENCE" ANSWER <&"$LINE" 2>/dev/null
}

hang_up() {
    exec {LINE}>&-
}
