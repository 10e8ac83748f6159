# shellcheck shell=bash
# load.sh - runs the load client against the server, and reads its report.
#
#   run_load URL [OPTION...]      start_load and wait_for_load
#   start_load URL [OPTION...]
#   wait_for_load                 sets FIGURES; false if it failed or lost something
#   interrupt_load                ends it before its time, and waits
#   figures NAME...               prints those figures with commas between
#   calibrate MS                  finds a job that takes MS; sets FIB and FIB_NS
#
# A figure's name is its path in the report: .server.cpu_ns. It is empty where the report
# has none. Besides there are
#   invalid      the names of the rules that the run broke: the load client itself thinks
#                it invalid. It is kept, and the judge decides
#   failures     connections that failed or were refused
#   voluntary    the server's voluntary switches
#   busy_ticks   how many clock ticks our cores were busy during the run

declare -A FIGURES=()

run_load() {
    start_load "$@"
    wait_for_load
}

interrupt_load() {
    signal INT "$CLIENT"
    wait_for_load
}

start_load() {
    rm -f "$SCRATCH/json"
    read_busy_ticks
    LOAD_TICKS=$BUSY_TICKS LOAD_BEGAN=${EPOCHREALTIME/./}
    start_client "$BIN/load" --quiet --json "$SCRATCH/json" --server-pid "$SERVER" "$@"
}

wait_for_load() {
    local status=0 name figure busy
    wait_for_client || status=$?
    read_busy_ticks
    busy=$((BUSY_TICKS - LOAD_TICKS))
    FIGURES=([busy_ticks]=$busy)
    if [ -s "$SCRATCH/json" ]; then
        while IFS='=' read -r name figure; do
            FIGURES[$name]=$figure
        done < <(jq -r --argjson cores "$CORES" --argjson busy "$busy" \
            --argjson us $((${EPOCHREALTIME/./} - LOAD_BEGAN)) "$REPORT" "$SCRATCH/json")
    fi
    WHY=${WHY:-${FIGURES[why]:-}}
    [[ $status == @(0|4|130) ]] && [ "${FIGURES[.messages]:-0}" -gt 0 ]
}

# All figures, a line each: .server.cpu_ns=81234. jq takes longer to begin than to read,
# so it is asked once. In a short run the load client cannot tell that others were at
# work; the ticks around it can: over a fifth of the machine, beyond what it takes to
# start.
# shellcheck disable=SC2016  # the dollars are jq's
REPORT='"invalid=" + ([.invalid[].rule] + if .server.cpu_ns and
            $busy - 3 - (.server.cpu_ns + .client.cpu_ns) / 1e7 > 0.2 * $us / 1e4 * $cores
        then ["foreign"] else [] end | unique | join("+")),
    "why=" + ([.errors[].first, (.answers // {} | .[].first // empty)][0] //
        if .lost > 0 then "\(.lost) were lost"
        else "nothing came back in time" end | split("\n")[0]),
    "failures=\(([.errors[].count] | add // 0) + .refused)",
    "voluntary=" +
        (.server | if .switches then "\(.switches - .involuntary)" else "" end),
    (paths(numbers) as $at | ".\($at | join("."))=\(getpath($at))")'

figures() {
    local name line=
    for name; do
        line+=,${FIGURES[$name]:-}
    done
    echo "${line#,}"
}

# The job is cpu:FIB, and its time the shortest of lone ones, as any model does them.
# shellcheck disable=SC2034
calibrate() {
    local first
    first=$(measured_models | sed -n 1p)
    FIB=27
    if ! start_server "$first" --quiet || ! time_job; then
        die "bin/$first: $WHY"
    fi
    FIB=$(mawk -v ns="$FIB_NS" -v ms="$1" \
        'BEGIN { printf "%.0f", 27 + log(ms * 1e6 / ns) / log((1 + sqrt(5)) / 2) }')
    time_job || die "bin/$first: $WHY"
    stop_server
}

time_job() {
    run_load "http://127.0.0.1:$PORT/job/cpu:$FIB" -n 5 &&
        FIB_NS=$(figures .service_ns.min)
}
