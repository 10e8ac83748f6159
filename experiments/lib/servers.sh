# shellcheck shell=bash
# servers.sh - starts and stops servers and clients; nothing of ours outlives us.
#
#   guard                         call it before any of the others
#   start_server PROGRAM [OPTION...]          sets SERVER and PORT
#   start_model MODEL SEATS [OPTION...]       the same; SEATS is for a model with a crew
#   stop_server
#   freeze_server SECONDS         stops it with all its children for a while, then lets it
#                                 go on. Sets FROZEN, for how many ns
#   thaw_server                   lets it go on; clean_up() does so, too
#   start_client COMMAND...       sets CLIENT; its output is in $SCRATCH/out and err
#   wait_for_client               false if it failed
#   run_client COMMAND...         both
#   hold_connections N URL        silent ones, until kill_client; sets HELD
#   kill_client
#   in_parallel FUNCTION...       where nothing is timed; wait_for_parallel waits for all
#   alive PID, signal NAME PID    of a process that this shell has started

guard() {
    PARALLEL=() LITTER=() STILL=() LEAVING=clean_up
    scratch
    clear_up_at_the_end                 # this may be a subshell
}

clean_up() {
    local pid
    thaw_server
    for pid in "${PARALLEL[@]}"; do
        signal TERM "$pid"
    done
    wait_for_parallel
    kill_client
    stop_server
}

# The shell is asked, not the kernel: it reaps its children by itself, and then a stranger
# may have the number.
alive() { [[ $'\n'$(jobs -rp)$'\n' == *$'\n'$1$'\n'* ]]; }
signal() { ! alive "$2" || kill -"$1" "$2" 2>/dev/null || true; }

# In a shell of its own, which has a server and a client of its own.
in_parallel() {
    (guard && "$@") &
    PARALLEL+=($!)
}

wait_for_parallel() {
    [ ${#PARALLEL[@]} -eq 0 ] || wait "${PARALLEL[@]}" || true
    PARALLEL=()
}

# ---- servers ----

# On a free port. False, and WHY says why, if it did not come up.
start_server() {
    local program=$1 line=''
    shift
    rm -f "$SCRATCH/stdout"
    mkfifo "$SCRATCH/stdout"
    ${SERVER_CORE:+taskset -c "$SERVER_CORE"} "${UNDER[@]}" "$BIN/$program" --port 0 \
        "$@" </dev/null >"$SCRATCH/stdout" 2>"$SCRATCH/stderr" &
    SERVER=$!
    read -r -t 10 line <"$SCRATCH/stdout" || true
    PORT=${line##*:}
    if ! [[ $PORT =~ ^[0-9]+$ ]]; then
        stop_server
        WHY=$(head -n 1 "$SCRATCH/stderr")
        WHY=${WHY:-did not come up}
        return 1
    fi
}

start_model() {
    local crew
    read -ra crew <<<"$(crew_options "$1" "$2")"
    start_server "$1" --quiet "${crew[@]}" "${@:3}"
}

# By force if it has not gone after three seconds.
stop_server() {
    local late=$((SECONDS + 4))
    [ -n "$SERVER" ] || return 0
    signal TERM "$SERVER"
    while alive "$SERVER"; do
        if [ "$SECONDS" -ge "$late" ]; then
            signal KILL "$SERVER"
            break
        fi
        sleep 0.005
    done
    wait "$SERVER" 2>/dev/null || true
    SERVER=
}

# shellcheck disable=SC2034  # FROZEN is for the caller
freeze_server() {
    local began
    mapfile -t STILL < <(process_tree "$SERVER")
    began=${EPOCHREALTIME/./}
    kill -STOP "${STILL[@]}"
    sleep "$1"
    thaw_server
    FROZEN=$(((${EPOCHREALTIME/./} - began) * 1000))
}

# A stopped process does not hear SIGTERM either.
thaw_server() {
    [ ${#STILL[@]} -eq 0 ] || kill -CONT "${STILL[@]}" 2>/dev/null || true
    STILL=()
}

# ---- clients ----

# In the background, so that a signal still reaches us.
start_client() {
    ${CLIENT_CORE:+taskset -c "$CLIENT_CORE"} "${CLIENT_UNDER[@]}" "$@" \
        </dev/null >"$SCRATCH/out" 2>"$SCRATCH/err" &
    CLIENT=$!
}

# WHY is its last word.
wait_for_client() {
    local status=0
    wait "$CLIENT" || status=$?
    CLIENT=
    WHY=
    [ ! -s "$SCRATCH/err" ] || WHY=$(tail -n 1 "$SCRATCH/err")
    return "$status"
}

run_client() {
    start_client "$@"
    wait_for_client
}

# WHY says why, if they are fewer than N.
hold_connections() {
    local line=''
    rm -f "$SCRATCH/held"
    mkfifo "$SCRATCH/held"
    ${CLIENT_CORE:+taskset -c "$CLIENT_CORE"} "$BIN/hold" "$1" "$2" \
        </dev/null >"$SCRATCH/held" 2>"$SCRATCH/err" &
    CLIENT=$!
    read -r -t 120 line <"$SCRATCH/held" || true
    HELD=$(sed -n 's/^hold: \([0-9]*\) open$/\1/p' <<<"$line")
    HELD=${HELD:-0}
    WHY=$(tail -n 1 "$SCRATCH/err")
}

kill_client() {
    [ -n "$CLIENT" ] || return 0
    signal KILL "$CLIENT"
    wait "$CLIENT" 2>/dev/null || true
    CLIENT=
}
