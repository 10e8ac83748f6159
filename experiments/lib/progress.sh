# shellcheck shell=bash
# progress.sh - what a run says while it goes on, and how large it is.
#
#   die MESSAGE [STATUS]          ends the script
#   steps_begin N, step TEXT, more_steps N, steps_end      the progress line
#   pick QUICK STANDARD FULL      the value that fits the size asked for
#   ms_per_model QUICK STANDARD FULL     one model's part of that many seconds

die() {
    echo "$EXPERIMENT: $1" >&2
    exit "${2:-1}"
}

# On a terminal the line is written over; in a log each step has a line. When
# experiments/run calls, PART says which experiment of how many this is, EXPECTED how many
# seconds it should take, and LATER how many the others will.
steps_begin() { STEPS=$1 STEP=0 BEGAN=$SECONDS; }

more_steps() { STEPS=$((STEPS + $1)); }

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

pick() {
    if [ -n "${QUICK:-}" ]; then
        echo "$1"
    elif [ -n "${FULL:-}" ]; then
        echo "$3"
    else
        echo "$2"
    fi
}

# More models take no more time.
ms_per_model() {
    echo $(($(pick "$@") * 1000 / $(measured_models | wc -l)))
}
