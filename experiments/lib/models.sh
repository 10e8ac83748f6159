# shellcheck shell=bash
# models.sh - which models there are, and what each predicts of itself.
#
#   models                        those that $EXPERIMENT measures, one on each line
#   unfit_models                  those that this machine can't run, each as "uring: why"
#   unfit MODEL                   why it can't run that one; nothing if it can
#   measured_models               those that were measured, by $OUT/data/models.txt
#   crew_options MODEL [WORKERS]  the options that give it a crew; nothing if it has none
#   workers MODEL                 its crew's size; nothing if it has none
#   formula MODEL cpu|wait|nap|beside     what its opening comment predicts
#   claim MODEL NAME              what else it says of itself: Asks, Calls, Needs; mostly
#                                 nothing
#   wait_beside MODEL sleep|nap|cpu       how long somebody else waits, in jobs' time
#   evaluate FORMULA n W          a formula's value
#   seats MODEL N                 how many of N clients it serves at the same time

# Those asked for with MODELS="epoll thread"; MODELS=all is every one. If none is named,
# those by which the experiment makes its point. The house's order first (style.gp), then
# the others by name. A model that can't run here is left out.
models() {
    local wanted unfit name left=''
    wanted=$(wanted_models) || return
    unfit=$'\n'$(unfit_models)
    for name in $wanted; do
        [[ $unfit != *$'\n'"$name: "* ]] || continue
        left=yes
        echo "$name"
    done
    [ -n "$left" ] || die "no model is left:${unfit//$'\n'/ }" 3
}

unfit_models() {
    local wanted name reason
    wanted=$(wanted_models) || return
    for name in $wanted; do
        reason=$(unfit "$name")
        [ -z "$reason" ] || echo "$name: $reason"
    done
}

# It needs something (" * Needs: io_uring"), and says that it isn't there when it is
# started: "uring: cannot run here: ...", which it does before it listens.
unfit() {
    local said='' line pid
    [ -n "$(claim "$1" Needs)" ] || return 0
    exec {line}< <(exec "$BIN/$1" --port 0 --quiet 2>&1 </dev/null)
    pid=$!
    read -r -t 10 -u "$line" said || true
    exec {line}<&-
    kill "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    [[ $said != *": cannot run here: "* ]] || echo "${said#*: }"
}

wanted_models() {
    local wanted found name
    found=$(cd "$ROOT/models" && grep -ls '^int main(' -- *.c |
        sed 's/\.c$//' | tr '\n' ' ')
    case ${MODELS:-} in
    '') wanted=$(by_default "$EXPERIMENT" "$found") ;;
    all) wanted=$found ;;
    *) wanted=$MODELS ;;
    esac
    for name in $wanted; do
        [[ " $found " == *" $name "* ]] || die "there is no models/$name.c: see MODELS=" 2
        [ -x "$BIN/$name" ] || die "bin/$name is not built: run make" 2
    done
    for name in $(known_models) $found; do
        if [[ " ${wanted//$'\n'/ } " == *" $name "* ]]; then
            echo "$name"
        fi
    done | mawk '!seen[$0]++'
}

# by_default EXPERIMENT "FOUND...": those that its README.md names,
#   **Models.** By default naive, fork and epoll: why it is these.
# as far as there are such; all, if it names none. A model that is not of this house, a
# student's, is always among them: it joins by being a file.
by_default() {
    local named ours name shown=
    named=$(mawk -v RS= 'sub(/^\*\*Models\.\*\* By default /, "") {
            sub(/:.*/, "")
            gsub(/\n/, " ")
            gsub(/,| and /, " ")
            print
        }' "$ROOT/experiments/$1/README.md" 2>/dev/null) || true
    ours=$(known_models | paste -sd ' ')
    for name in $2; do
        if [[ -z $named || " $named " == *" $name "* || " $ours " != *" $name "* ]]; then
            shown+=" $name"
        fi
    done
    echo "${shown:-$2}"
}

# As the measurement wrote them down; the files may be gone by now.
measured_models() {
    cat "$OUT/data/models.txt"
}

crew_options() {
    if [[ $("$BIN/$1" --help) == *--workers* ]]; then
        echo "--workers ${2:-$CREW}"
    fi
}

# W in a formula: of a crew, or of a loop's helpers, as many as it has by itself.
workers() {
    local crew helpers='s/.*--helpers N .*\(([0-9]+)\)$/\1/p'
    crew=$(crew_options "$1")
    [ -n "$crew" ] || crew=$("$BIN/$1" --help | sed -nE "$helpers")
    echo "${crew##* }"
}

# In the time of one job:
#  * Predicts: cpu ceil(n/min(W,C)), wait ceil(n/W)
# A nap holds a thread as a computation does, but no core; a model in which it is
# otherwise says so with a third part: , nap 1. One that is asked for something else at
# the same moment waits as long as a second job would add, unless a last part says how
# many jobs' time it is: , beside 0
formula() {
    local line nap='' beside=''
    line=$(sed -n 's, *\*/$,,; s,^ \* Predicts: *,,p; T; q' "$ROOT/models/$1.c")
    [[ $line == cpu\ *,\ wait\ * ]] || return 0
    if [[ $line == *,\ beside\ * ]]; then
        beside=${line##*, beside } line=${line%, beside *}
    fi
    if [[ $line == *,\ nap\ * ]]; then
        nap=${line##*, nap } line=${line%, nap *}
    fi
    case $2 in
    cpu) line=${line%, wait *} && echo "${line#cpu }" ;;
    wait) echo "${line##*, wait }" ;;
    nap) line=${line%, wait *} && line=${line#cpu } && echo "${nap:-${line//C/1e9}}" ;;
    beside) echo "$beside" ;;
    esac
}

# A formula: what a second client needs beyond the first's time, and so a bystander waits;
# or what the model says itself of jobs that hold a thread.
wait_beside() {
    local text=''
    [ "$2" = sleep ] || text=$(formula "$1" beside)
    if [ -n "$text" ]; then
        echo "$text"
    else
        text=$(formula "$1" "$([ "$2" = sleep ] && echo wait || echo "$2")")
        echo "${text:+($text)-1}"
    fi
}

#  * Asks: poll about all      the kernel, before each turn; none of it: of those ready
#  * Calls: 2 + 1/n            system calls per message, of n clients ready at once
claim() {
    sed -n "s, *\\*/\$,,; s,^ \\* $2: *,,p; T; q" "$ROOT/models/$1.c"
}

# With C cores. Nothing but arithmetic is let through.
evaluate() {
    [[ $1 =~ ^([-+*/().,\ 0-9]|n|W|C|ceil|min|max|1e9)+$ ]] || return 1
    mawk -v n="$2" -v W="$3" -v C="$CORES" '
        function ceil(x) { return int(x) + (x > int(x)) }
        function min(a, b) { return a < b ? a : b }
        function max(a, b) { return a > b ? a : b }
        BEGIN { printf "%.6g\n", '"$1"' }' 2>/dev/null
}

# By its own account: all clients whose waits take one wait's time. A crew has CREW seats.
seats() {
    local text
    text=$(formula "$1" wait)
    if [ -n "$(crew_options "$1")" ]; then
        echo $(($2 < CREW ? $2 : CREW))
    elif [ "$(evaluate "${text:-1}" "$2" 1)" != 1 ]; then
        echo 1
    else
        echo "$2"
    fi
}
