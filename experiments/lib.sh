# shellcheck shell=bash
# lib.sh - what the experiments share. Sourced by each of their scripts, never run.
#
# An experiment is a folder with three scripts, called in this order by experiments/run:
#   measure  runs servers and clients, and writes what it saw as CSV into $OUT/data
#   judge    reads only $OUT/data; writes table.md, table.csv, verdicts.txt, finding.txt
#            and bars.csv, a key figure of each model: "label,WHAT IT IS, UNIT", and then
#            a line each, "epoll,12.3"; without a figure for who was not measured
#   draw     reads what the two have written; writes *.svg and *.png
# and a README.md: the question, the prediction, how to read the charts. Judging is apart
# from measuring, so that a verdict can be tried with any data. One more script is called
# by the tests only:
#   contradict  rewrites $OUT/data so that no prediction holds: then no verdict may say so

# shellcheck source=experiments/env.sh
. "$(dirname "${BASH_SOURCE[0]}")/env.sh"

ROOT=.                                  # we are there: see env.sh
BIN=${BIN:-$ROOT/bin}
EXPERIMENT=${EXPERIMENT:-$(basename "$HERE")}
OUT=${OUT:-$ROOT/results/$EXPERIMENT}
CREW=4                                  # a crew's size, as in the published comparison
mapfile -t CPUS < <(cores)              # the kernel's numbers of those we may use
CORES=${#CPUS[@]}
# shellcheck disable=SC2034  # the rules of evidence, for judges
RULES=(-f "$ROOT/experiments/stats.awk" -f "$ROOT/experiments/verdict.awk")
UNDER=()                                # start() puts it before the server's command
SCRATCH=
BESIDE=()
SERVER=
CLIENT=

# ---- telling ----

die() {
    echo "$EXPERIMENT: $1" >&2
    exit "${2:-1}"
}

# The progress line: on a terminal it is written over, in a log each step has its own.
# When experiments/run calls, PART says which experiment of how many this is, EXPECTED how
# many seconds it should take and LATER how many the others will.
steps_begin() {
    STEPS=$1 STEP=0 BEGAN=$SECONDS
}

step() {
    local left=${EXPECTED:-} line
    if [ "$STEP" -gt 0 ]; then
        left=$(((SECONDS - BEGAN) * (STEPS - STEP) / STEP))
    fi
    STEP=$((STEP + 1))
    line="${PART:+$PART  }$EXPERIMENT  $STEP of $STEPS  $1"
    if [ -n "$left" ]; then
        line+="  about $left s left"
        [ "${LATER:-0}" -eq 0 ] || line+=", $(((left + LATER + 59) / 60)) min for all"
    fi
    if on_terminal 2; then
        printf '\r\033[K%s' "$line" >&2
    else
        printf '%s\n' "$line" >&2
    fi
}

steps_end() {
    if on_terminal 2; then
        printf '\r\033[K' >&2
    fi
}

# ---- sizes ----

# pick QUICK STANDARD FULL: the one that fits what was asked for.
pick() {
    if [ -n "${QUICK:-}" ]; then
        echo "$1"
    elif [ -n "${FULL:-}" ]; then
        echo "$3"
    else
        echo "$2"
    fi
}

# share QUICK STANDARD FULL: of so many seconds for all models, one model's part in ms; so
# more models take no more time.
share() {
    echo $(($(pick "$@") * 1000 / $(measured_models | wc -l)))
}

# The command that repeats this run.
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

# ---- cores ----

# Server and client each get a core of their own, if there are two.
pin() {
    SERVER_CORE=${CPUS[0]}
    CLIENT_CORE=${CPUS[1]:-${CPUS[0]}}
}

need_cores() {
    [ "$CORES" -ge "$1" ] ||
        die "needs $1 cores, but may use $CORES: see taskset -p and its cgroup" 2
}

# ---- models ----

# Every model there is, or those asked for with MODELS="epoll thread"; the familiar order
# first (style.gp), then the others by name. A student's model joins by being a file.
models() {
    local familiar wanted found name
    familiar=$(sed -n 's/^familiar *= *"\(.*\)"$/\1/p' "$ROOT/experiments/style.gp")
    found=$(cd "$ROOT/models" && grep -ls '^int main(' -- *.c |
        sed 's/\.c$//' | tr '\n' ' ')
    wanted=${MODELS:-$found}
    for name in $wanted; do
        [[ " $found " == *" $name "* ]] || die "there is no models/$name.c: see MODELS=" 2
        [ -x "$BIN/$name" ] || die "bin/$name is not built: run make" 2
    done
    for name in $familiar $found; do
        if [[ " ${wanted//$'\n'/ } " == *" $name "* ]]; then
            echo "$name"
        fi
    done | mawk '!seen[$0]++'
}

# The models of a measurement, as it wrote them down; they need not be there any more.
measured_models() {
    cat "$OUT/data/models.txt"
}

# Prints the options that give a model its crew, or nothing if it has none.
crew() {
    if [[ $("$BIN/$1" --help) == *--workers* ]]; then
        echo "--workers ${2:-$CREW}"
    fi
}

# formula MODEL cpu|wait|nap: what the model's opening comment predicts, in jobs' time:
#  * Predicts: cpu ceil(n/min(W,C)), wait ceil(n/W)
# A nap holds a thread as a computation does, but no core; a model in which it is
# otherwise says so with a third part: , nap 1
formula() {
    local line nap=''
    line=$(sed -n 's, *\*/$,,; s,^ \* Predicts: *,,p; T; q' "$ROOT/models/$1.c")
    [[ $line == cpu\ *,\ wait\ * ]] || return 0
    if [[ $line == *,\ nap\ * ]]; then
        nap=${line##*, nap } line=${line%, nap *}
    fi
    case $2 in
    cpu) line=${line%, wait *} && echo "${line#cpu }" ;;
    wait) echo "${line##*, wait }" ;;
    nap) line=${line%, wait *} && line=${line#cpu } && echo "${nap:-${line//C/1e9}}" ;;
    esac
}

# evaluate FORMULA n W: its value with C cores. Nothing but arithmetic is let through.
evaluate() {
    [[ $1 =~ ^([-+*/().,\ 0-9]|n|W|C|ceil|min|max|1e9)+$ ]] || return 1
    mawk -v n="$2" -v W="$3" -v C="$CORES" '
        function ceil(x) { return int(x) + (x > int(x)) }
        function min(a, b) { return a < b ? a : b }
        function max(a, b) { return a > b ? a : b }
        BEGIN { printf "%.6g\n", '"$1"' }' 2>/dev/null
}

# seats MODEL N: how many of N clients it serves at the same time, by its own account: all
# whose waits take one wait's time. A crew has CREW seats.
seats() {
    local text crew
    text=$(formula "$1" wait)
    crew=$(crew "$1")
    if [ -n "$crew" ]; then
        echo $(($2 < CREW ? $2 : CREW))
    elif [ "$(evaluate "${text:-1}" "$2" 1)" != 1 ]; then
        echo 1
    else
        echo "$2"
    fi
}

# ---- processes ----

# Call once, before start() or run(): whatever happens, nothing of ours outlives us.
guard() {
    BESIDE=() LITTER=() LEAVING=clean_up
    scratch
    clear_up_at_the_end                 # this may be a subshell
}

clean_up() {
    local pid
    for pid in "${BESIDE[@]}"; do
        signal TERM "$pid"
    done
    together
    release
    stop
}

# alive PID: whether a process that this shell has started still runs. The shell is asked,
# not the kernel: it takes leave of the dead by itself, and then a stranger may have the
# number. For the same reason signal NAME PID is how to send them anything.
alive() { [[ $'\n'$(jobs -rp)$'\n' == *$'\n'$1$'\n'* ]]; }
signal() { ! alive "$2" || kill -"$1" "$2" 2>/dev/null || true; }

# beside FUNCTION [ARGUMENT...]: in a shell of its own, with a server and a client of its
# own, beside others; together() waits for all. Only where nothing is timed.
beside() {
    (guard && "$@") &
    BESIDE+=($!)
}

together() {
    [ ${#BESIDE[@]} -eq 0 ] || wait "${BESIDE[@]}" || true
    BESIDE=()
}

# start PROGRAM [OPTION...]: a server on a free port. Sets SERVER, its pid, and PORT;
# false, and WHY says why, if it did not come up.
start() {
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
        stop
        WHY=$(head -n 1 "$SCRATCH/stderr")
        WHY=${WHY:-did not come up}
        return 1
    fi
}

# Stops the server; by force if it has not gone after three seconds.
stop() {
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

# Begins to run a client, and finish() waits for it; meanwhile a signal reaches us.
begin() {
    ${CLIENT_CORE:+taskset -c "$CLIENT_CORE"} "$@" \
        </dev/null >"$SCRATCH/out" 2>"$SCRATCH/err" &
    CLIENT=$!
}

# Sets WHY if it failed.
finish() {
    local status=0
    wait "$CLIENT" || status=$?
    CLIENT=
    WHY=
    [ ! -s "$SCRATCH/err" ] || WHY=$(tail -n 1 "$SCRATCH/err")
    return "$status"
}

run() {
    begin "$@"
    finish
}

# Opens so many silent connections to URL, if it can, and keeps them until release(). Sets
# OPEN, how many they are, and WHY, if they are fewer.
hold() {
    local line=''
    rm -f "$SCRATCH/held"
    mkfifo "$SCRATCH/held"
    ${CLIENT_CORE:+taskset -c "$CLIENT_CORE"} "$BIN/hold" "$1" "$2" \
        </dev/null >"$SCRATCH/held" 2>"$SCRATCH/err" &
    CLIENT=$!
    read -r -t 120 line <"$SCRATCH/held" || true
    OPEN=$(sed -n 's/^hold: \([0-9]*\) open$/\1/p' <<<"$line")
    OPEN=${OPEN:-0}
    WHY=$(tail -n 1 "$SCRATCH/err")
}

release() {
    [ -n "$CLIENT" ] || return 0
    signal KILL "$CLIENT"
    wait "$CLIENT" 2>/dev/null || true
    CLIENT=
}

# ---- the load client ----

# load URL [OPTION...]: runs bin/load against the server; told() has its report. False if
# it failed or lost something, and WHY says why. A measurement that the client itself
# holds to be INVALID is kept, with the broken rules' names in INVALID: the judge decides.
load() {
    load_begin "$@"
    load_finish
}

# What begins so and ends when we say so has no use for -d.
load_end() {
    signal INT "$CLIENT"
    load_finish
}

load_begin() {
    rm -f "$SCRATCH/json"
    busy
    FROM=$BUSY BEGUN=${EPOCHREALTIME/./}
    begin "$BIN/load" --quiet --json "$SCRATCH/json" --server-pid "$SERVER" "$@"
}

# shellcheck disable=SC2034  # INVALID is for the caller
load_finish() {
    local status=0 name figure
    finish || status=$?
    busy
    TOLD=()
    if [ -s "$SCRATCH/json" ]; then
        while IFS='=' read -r name figure; do
            TOLD[$name]=$figure
        done < <(jq -r --argjson cores "$CORES" --argjson busy $((BUSY - FROM)) \
            --argjson us $((${EPOCHREALTIME/./} - BEGUN)) "$REPORT" "$SCRATCH/json")
    fi
    INVALID=${TOLD[rules]:-}
    WHY=${WHY:-${TOLD[why]:-}}
    [[ $status == @(0|4|130) ]] && [ "${TOLD[.messages]:-0}" -gt 0 ]
}

# Its figures, a line each: .server.cpu_ns=81234. jq takes longer to begin than to
# read, so it is asked for all at once; what it has no figure for is missing. Before
# them the broken rules' names, and what went wrong. Of short runs load cannot tell who
# else was at work; the ticks around it do: over a fifth of the machine, beyond what it
# takes to start.
# shellcheck disable=SC2016  # the dollars are jq's
REPORT='"rules=" + ([.invalid[].rule] + if .server.cpu_ns and
            $busy - 3 - (.server.cpu_ns + .client.cpu_ns) / 1e7 > 0.2 * $us / 1e4 * $cores
        then ["foreign"] else [] end | unique | join("+")),
    "why=" + ([.errors[].first, (.answers // {} | .[].first // empty)][0] //
        if .lost > 0 then "\(.lost) were lost"
        else "nothing came back in time" end | split("\n")[0]),
    "failures=\(([.errors[].count] | add // 0) + .refused)",
    "voluntary=" +
        (.server | if .switches then "\(.switches - .involuntary)" else "" end),
    (paths(numbers) as $at | ".\($at | join("."))=\(getpath($at))")'
declare -A TOLD=()

# told NAME...: its figures of these names, with commas between; empty where it has none.
told() {
    local name line=
    for name; do
        line+=,${TOLD[$name]:-}
    done
    echo "${line#,}"
}

# calibrate MS: finds FIB, whose cpu:FIB takes about so many ms here, and FIB_NS, which is
# how long: the shortest of lone ones, as any model does them.
# shellcheck disable=SC2034  # for the caller
calibrate() {
    local first
    first=$(measured_models | sed -n 1p)
    FIB=27
    if ! start "$first" --quiet || ! lone_job; then
        die "bin/$first: $WHY"
    fi
    FIB=$(mawk -v ns="$FIB_NS" -v ms="$1" \
        'BEGIN { printf "%.0f", 27 + log(ms * 1e6 / ns) / log((1 + sqrt(5)) / 2) }')
    lone_job || die "bin/$first: $WHY"
    stop
}

lone_job() {
    load "http://127.0.0.1:$PORT/job/cpu:$FIB" -n 5 && FIB_NS=$(told .service_ns.min)
}

# ---- what the results carry with them ----

# Is the machine a virtual one? What a guest does by its host's leave (waking another
# core, a page fault, here and there a system call) costs it many times as much. Says so
# from systemd-detect-virt (TOOL), or from what processor (CPUINFO) and firmware (VENDOR)
# say.
# shellcheck disable=SC2119,SC2120  # a test gives it others
virtual() {
    local kind='' vendor=''
    if command -v "${1:-systemd-detect-virt}" >/dev/null; then
        kind=$("${1:-systemd-detect-virt}" --vm 2>/dev/null || true)
        kind=${kind#none}
    elif grep -qsw hypervisor "${2:-/proc/cpuinfo}"; then
        kind='by its processor'
    else
        read -r vendor 2>/dev/null <"${3:-/sys/class/dmi/id/sys_vendor}" || true
        [[ ! $vendor =~ (QEMU|VMware|Xen|innotek|Parallels|Bochs|Amazon|Google) ]] ||
            kind=$vendor
    fi
    [ -n "$kind" ] || { echo 'no virtual machine, as far as it says' && return; }
    echo "a virtual machine ($kind)"
}

# built compiler|tree: what make has recorded of the programs.
built() {
    local said
    said=$(sed -n "s/^$1 //p" "$BIN/.built" 2>/dev/null) || true
    echo "${said:-not recorded}"
}

# How fast the cores are meant to run: the governor, and whether they may go beyond their
# nominal clock for a while. Both make a core that has rested another core. A guest is
# mostly told neither.
# shellcheck disable=SC2120
clock() {
    local at=${1:-/sys/devices/system/cpu} governor turbo
    governor=$(cat "$at"/cpu*/cpufreq/scaling_governor 2>/dev/null | sort -u |
        paste -sd +) || true
    turbo=$(cat "$at/cpufreq/boost" 2>/dev/null) ||
        turbo=$(tr 01 10 2>/dev/null <"$at/intel_pstate/no_turbo") || turbo=
    case $turbo in
    0) turbo=off ;;
    1) turbo=on ;;
    *) turbo='not known' ;;
    esac
    echo "governor ${governor:-not known}, turbo $turbo"
}

# Whose time an interrupt is: its own (then "irq" and "softirq" of /proc/stat are exact),
# or that of whoever it interrupts. The kernel's configuration says so, where it can be
# read.
# shellcheck disable=SC2120
interrupts() {
    local config=${1:-/boot/config-$(uname -r)} said
    said=$(zcat -f "$config" /proc/config.gz 2>/dev/null |
        grep -m 1 CONFIG_IRQ_TIME_ACCOUNTING) || true
    case $said in
    *=y) echo 'have their own account' ;;
    *'is not set') echo 'are charged to whoever they interrupt' ;;
    *) echo 'it is not known whose time they are' ;;
    esac
}

# Which machine, which code, which limits.
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

# The report: README.md with what was seen put in before "How to read".
page() {
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
    printf '\n## Verdicts\n\n```\n'
    cat "$OUT/verdicts.txt"
    printf '```\n\n## Made by\n\n'
    cat "$OUT/environment.md"
}

# ---- whose time it was ----

# A process and all that descend from it. It starts none itself: there may be a thousand.
family() {
    local task child children
    echo "$1"
    for task in /proc/"$1"/task/*/children; do
        read -ra children <"$task" || true
        for child in "${children[@]}"; do
            family "$child"
        done
    done 2>/dev/null
}

# How many threads they have, altogether.
tasks() {
    local pid threads=()
    for pid in $(family "$SERVER"); do
        threads+=(/proc/"$pid"/task/*)
    done
    echo ${#threads[@]}
}

# The memory of the server and its children in KiB: Pss counts a page that n processes
# share as an n-th of it.
memory() {
    local pid maps=()
    for pid in $(family "$SERVER"); do
        maps+=(/proc/"$pid"/smaps_rollup)
    done
    { cat "${maps[@]}" 2>/dev/null || true; } |
        mawk '$1 == "Pss:" { sum += $2 } END { print sum + 0 }'
}

# What the kernel holds for everybody on this machine, in KiB: slabs (sockets, files,
# tasks), kernel stacks, page tables, and what lies in TCP's buffers. It is charged to
# nobody, so a server's part is what it grows by when clients come, and what it shrinks by
# when all has gone. Where the two differ, others have changed it meanwhile.
kernel_memory() {
    sed -n 's/^TCP: .* mem \([0-9]*\)$/TCP: \1/p' /proc/net/sockstat /proc/net/sockstat6 |
        cat /proc/meminfo - |
        mawk -v page="$(getconf PAGESIZE)" '
            $1 ~ /^(Slab|KernelStack|PageTables):$/ { sum += $2 }
            $1 == "TCP:" { sum += $2 * page / 1024 }
            END { printf "%d\n", sum }'
}

# Sets END, what the kernel takes for one end of a bare connection, in KiB: the clients'
# ends are on this machine, too, and no part of what the server costs. Empty if others
# disturb it ten times.
# shellcheck disable=SC2034  # END is for the caller
measure_end() {
    local before with tries=10
    END=
    while [ -z "$END" ] && [ $((tries -= 1)) -ge 0 ]; do
        before=$(kernel_memory)
        hold 2000 pairs
        with=$(kernel_memory)
        release
        sleep 0.1
        END=$(mawk -v grown=$((with - before)) -v shrunk=$((with - $(kernel_memory))) \
            -v ends=$((2 * OPEN)) 'BEGIN {
                if (ends && shrunk > 0.7 * grown && grown > 0.7 * shrunk)
                    printf "%.3f", grown / ends
            }')
    done
}

# How many descriptors they have open, altogether.
descriptors() {
    local pid open=()
    for pid in $(family "$SERVER"); do
        open+=(/proc/"$pid"/fd/*)
    done
    echo ${#open[@]}
}

# Sets BUSY: the clock ticks that our cores together were busy since boot, whoever had
# them. It starts no process, which would be counted too.
# shellcheck disable=SC2034  # BUSY is for the caller, the idle ones are skipped
busy() {
    local name user nice system idle iowait irq softirq steal rest
    BUSY=0
    while read -r name user nice system idle iowait irq softirq steal rest; do
        [[ $name == cpu* ]] || break
        [[ " ${CPUS[*]/#/cpu} " != *" $name "* ]] ||
            BUSY=$((BUSY + user + nice + system + irq + softirq + steal))
    done </proc/stat
}

# Prints the server's part of them: of its processes, and of those it has had.
server_ticks() {
    local pid
    for pid in $(family "$SERVER"); do
        cat "/proc/$pid/stat" 2>/dev/null || true
    done | mawk '{ sub(/.*\) /, ""); sum += $12 + $13 + $14 + $15 } END { print sum + 0 }'
}

# ---- how often ----

# columns FILE.csv PROGRAM: the program with $3 for the name of the third column.
columns() {
    local names i program=$2
    IFS=, read -ra names <"$1"
    for i in "${!names[@]}"; do
        program=$(sed -E "s/\b${names[i]}\b/\$$((i + 1))/g" <<<"$program")
    done
    echo "$program"
}

# narrow FILE.csv OF WHAT WIDTH: is what was measured known well enough? For each OF, say
# "model", the interval of the values of WHAT, "cpu_ns / messages", is no wider than that
# part of its median. Empty values do not count; of less than six runs nothing is known
# well enough.
narrow() {
    local file=$OUT/data/$1
    mawk -F, -v width="$4" -f "$ROOT/experiments/stats.awk" -f <(
        columns "$file" "FNR > 1 && (VALUE = $3) != \"\" {
            KEY = $2
            KEYS[KEY]
            VALUES[KEY, ++COUNT[KEY]] = VALUE
        }"
        echo 'END {
            for (k in KEYS) {
                known++
                split("", a)
                for (i = 1; i <= COUNT[k]; i++)
                    a[i] = VALUES[k, i]
                summary(a, COUNT[k], s, "it")
                wide = s["it", "high"] - s["it", "low"] > width * s["it", "mid"]
                if (wide || COUNT[k] < 6)
                    exit 1
            }
            exit !known
        }') "$file"
}

# another DONE LEAST MOST FILE.csv OF WHAT WIDTH: is one more repetition wanted? At least
# LEAST; then as many as it takes to be narrow(), but no more than MOST. What decides is
# how wide the intervals are, never on which side of what: to stop as soon as a difference
# shows is how to find one where there is none.
another() {
    local made=$1 least=$2 most=$3
    shift 3
    if [ "$made" -ge "$least" ]; then
        if [ "$made" -ge "$most" ] || narrow "$@"; then
            return 1
        fi
        STEPS=$((STEPS + $(measured_models | wc -l)))
    fi
}

# ---- contradicting ----

# turn FILE.csv 'total_ns *= 3; others = 0': rewrites measured data, each row but the
# heading, where the columns have their names from. So an experiment's script `contradict`
# makes data that its judge must not take for what was predicted.
turn() {
    local file=$OUT/data/$1 program
    program=$(columns "$file" "$2")
    mawk -F, -v OFS=, -v CONVFMT=%.17g -v OFMT=%.17g "NR > 1 { $program } 1" "$file" \
        >"$file.turned"
    mv "$file.turned" "$file"
}

# ---- drawing ----

# chart FILE.gp NAME WIDTH HEIGHT [VARIABLE=TEXT...]: NAME.svg and NAME.png under $OUT.
# The gnuplot file finds the variables set, and `models`, `width` and `height`.
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

# gnuplot writes a group for each change of its pen, mostly empty; and no fallback font.
slim() {
    sed -i -z -E 's/[ \t]*<g [^>]*>\n?[ \t]*<\/g>\n//g
        s/ stroke-linecap="butt" stroke-linejoin="miter"//g
        s/rgb\( *([0-9]+), *([0-9]+), *([0-9]+)\)/rgb(\1,\2,\3)/g
        s/font-family="[^"]*"/font-family="DejaVu Sans, Verdana, sans-serif"/g' "$1"
}

# lines LOGS: makes of $OUT/lines.csv what lines.gp draws; see lines.awk.
lines() {
    rm -f "$OUT/data/lines.dat"
    mawk -v data="$OUT/data" -v logs="$1" -f "$ROOT/experiments/lines.awk" \
        "$OUT/lines.csv"
}

# ticks FACTOR: which x of $OUT/lines.csv an axis names: round ones, each a FACTOR-th of
# the next or less, so that their names do not overlap.
ticks() {
    mawk -F, 'FNR > 1 { print $3 }' "$OUT/lines.csv" | sort -nru |
        mawk -v factor="$1" '
            /^[1-9]0*$/ && (!last || $1 * factor <= last) { print last = $1 }' |
        paste -sd ,
}

draw_as() {
    gnuplot -e "set terminal $1 enhanced; set output '${OUT//\'/\'\'}/$name.$2'; $set" \
        -e "models = '$(measured_models | tr '\n' ' ')'" \
        -e "set loadpath '$ROOT/experiments'; load 'style.gp'" \
        "$ROOT/experiments/$script" ||
        die "gnuplot could not draw $name.$2"
}

# panels NAME NOTE [MARGIN]: a chart of panels with horizontal bars, from what the judge
# has written into $OUT/data (texts have no commas, an empty field is nothing):
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
