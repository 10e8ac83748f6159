# shellcheck shell=bash
# repetition.sh - how often all is measured.
#
#   repetitions STEPS LEAST [MOST FILE.csv OF WHAT WIDTH]
#                                 begins; a repetition has STEPS steps (see progress.sh)
#   while another_repetition; do ... done         REPETITION is its number
#
# There are LEAST of them. If MOST is more than that, they go on until what was measured
# is known well enough, but no longer than MOST. Well enough is: for each OF, say "model",
# the interval of the values of WHAT, say "cpu_ns / messages", is no wider than that part
# of its median. What decides is how wide the intervals are, never on which side of what:
# to stop as soon as a difference shows is how to find one where there is none.

repetitions() {
    STEPS_EACH=$1 LEAST=$2 MOST=${3:-$2} NARROW=("${@:4}")
    REPETITION=0
    steps_begin $((STEPS_EACH * LEAST))
}

another_repetition() {
    if [ "$REPETITION" -ge "$LEAST" ]; then
        if [ "$REPETITION" -ge "$MOST" ] || narrow_enough "${NARROW[@]}"; then
            return 1
        fi
        more_steps "$STEPS_EACH"
    fi
    REPETITION=$((REPETITION + 1))
}

# Empty values do not count; of fewer than six runs nothing is known well enough.
narrow_enough() {
    local file=$OUT/data/$1
    mawk -F, -v width="$4" -f "$ROOT/experiments/stats.awk" -f <(
        with_columns "$file" "FNR > 1 && (VALUE = $3) != \"\" {
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
