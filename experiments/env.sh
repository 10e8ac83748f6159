# shellcheck shell=bash
# env.sh - makes the surroundings known: what comes out must not depend on who calls.
# Every script sources it before anything else; it is never run.
#
# A script begins with "#!/bin/bash -p", so that bash takes no function, no option and no
# start-up file from the caller. The rest is done here:
#   - we are in the top folder of the tree, and paths are relative to it: its name, and
#     where the caller was, do not matter
#   - of the caller's variables those are left that KNOWN names; a script that needs more
#     names them in KEEP before it sources this
#   - a switch (QUICK, FULL, ...) is 1 or empty
#   - descriptors 0, 1 and 2 are open; the umask is 022; numbers and letters are those of
#     C.UTF-8; commands come from folders that are absolute
#   - when the script ends, by itself or by a signal, the function that LEAVING names is
#     called, whatever the script has started ends, and what LITTER names is removed
# Bad surroundings that cannot be helped get one line and status 2.

set -euo pipefail
set +o posix
SWITCHES="QUICK FULL PAPER FRESH LONG"
KNOWN="PATH HOME USER LOGNAME TMPDIR PWD OLDPWD SHLVL LD_LIBRARY_PATH MAKEFLAGS MAKELEVEL
    TERM COLUMNS LINES NO_COLOR PAGER LESS ASAN_OPTIONS TSAN_OPTIONS $SWITCHES
    BIN OUT EXPERIMENT TARGET ONLY MODELS BLOCKS PART EXPECTED LATER
    COMPILE MODEL GRADE MAX_CPU MAX_CALLS MAX_MEMORY MAX_IDLE STEPS TALLY MATRIX CASE SEED
    JOBS LOAD_SECONDS FUZZ_SECONDS FUZZER NODE_PATH CC CFLAGS SANITIZE PG_URL RELAY_PG
    ${KEEP:-}"
LEAVING=:
LITTER=()

refuse() {
    echo "${0##*/}: $1" >&2
    exit 2
}

# ---- what is made known ----

only_known_variables() {
    local name
    for name in $(compgen -e); do
        [[ " ${KNOWN//$'\n'/ } " == *" $name "* ]] ||
            unset "$name" 2>/dev/null || export -n "${name?}"
    done
    export LC_ALL=C.UTF-8 HOME=${HOME:-/dev/null}
}

# What the caller has that is absolute, and then where the system keeps its commands.
absolute_path() {
    local IFS=: part found=
    for part in ${PATH:-} /usr/local/bin /usr/bin /bin /usr/local/sbin /usr/sbin /sbin; do
        [[ $part != /* || :$found: == *:"$part":* ]] || found+=${found:+:}$part
    done
    export PATH=$found
}

open_descriptors() {
    [ -e /proc/self/fd/0 ] || exec </dev/null
    [ -e /proc/self/fd/1 ] || exec >/dev/null
    [ -e /proc/self/fd/2 ] || exec 2>/dev/null
}

# What the caller has named from where it was becomes absolute, and what is in the tree,
# relative. Sets HERE, the script's own folder.
to_the_top() {
    local name from=$PWD top=${BASH_SOURCE[0]%/*}/..
    unset CDPATH
    TMPDIR=${TMPDIR:-/tmp}
    HERE=$(cd -P -- "$(dirname -- "$0")" && pwd)
    cd -P -- "$top" || exit 2
    HERE=.${HERE#"$PWD"}
    [[ $PWD != *$'\n'* ]] || refuse "a folder's name has a line's end: move the tree"
    [[ $TMPDIR == /* ]] || TMPDIR=$from/$TMPDIR
    for name in BIN OUT; do
        if [[ -n ${!name:-} && ${!name} != /* && $from != "$PWD" ]]; then
            printf -v "$name" %s "$from/${!name}"
        fi
        [[ ${!name:-} != "$PWD"/* ]] || printf -v "$name" %s ".${!name#"$PWD"}"
    done
    [[ -d $TMPDIR && -w $TMPDIR ]] ||
        refuse "TMPDIR=$TMPDIR is no folder that can be written: set another, or none"
    export TMPDIR
}

switches() {
    local name
    for name in $SWITCHES; do
        case ${!name:-} in
        1 | [Yy][Ee][Ss]) printf -v "$name" 1 ;;
        '' | 0 | [Nn][Oo]) unset "$name" ;;
        *) refuse "$name=${!name}: it is 1, for yes, or 0" ;;
        esac
    done
    [[ ${BLOCKS:-1} =~ ^[1-9][0-9]{0,3}$ ]] ||
        refuse "BLOCKS=$BLOCKS: it is a number, and at least 1"
}

# ---- what the caller's home would change ----

jq() { HOME=/dev/null command jq "$@"; }
gnuplot() { HOME=/dev/null command gnuplot -d "$@"; }

# git is told which repository is meant: the one around ours has another commit, and one
# that belongs to somebody else is not refused.
git() {
    HOME=/dev/null GIT_CONFIG_NOSYSTEM=1 command git --git-dir=.git --work-tree=. "$@"
}

# Colours and lines that are written over are for a terminal that can do so.
on_terminal() { [ -t "$1" ] && [ "${TERM:-dumb}" != dumb ]; }

# A file's address for a browser, whatever its name.
file_url() {
    jq -rn --arg file "$1" '"file://" + ($file | split("/") | map(@uri) | join("/"))'
}

# ---- the models of this house ----

# known_models: those for which style.gp has a row, in its order, a line each. A row
# without a file is of a model that is still to come.
known_models() {
    local name
    sed -nE '/^.familiar/,/^END/s/^([a-z][a-z0-9_]*) .*/\1/p' experiments/style.gp |
        while read -r name; do
            [ ! -e "models/$name.c" ] || echo "$name"
        done
}

# ---- what we may use ----

# cores: the kernel's numbers of the cores that this process may use, a line each: those
# of its affinity mask, but no more than the CPU time of its cgroup is worth.
cores() {
    local word list part most
    while read -r word list; do
        [ "$word" != Cpus_allowed_list: ] || break
    done </proc/self/status
    most=$(quota /sys/fs/cgroup /proc/self/cgroup)
    for part in ${list//,/ }; do
        seq "${part%-*}" "${part#*-}"
    done | sed "${most:+1,$most}!d"
}

# quota FILESYSTEM CGROUPS: how many cores' time the least of our cgroups has, in whole
# cores and at least one; nothing where there is no bound. cgroups(7), versions 2 and 1.
quota() {
    local id names path least='' most period
    while IFS=: read -r id names path; do
        case $id,$names, in
        0,,) id=$1 ;;
        *,cpu,*) id=$1/$names ;;
        *) continue ;;
        esac
        while :; do
            most=max
            if [ -e "$id$path/cpu.max" ]; then
                read -r most period <"$id$path/cpu.max" || true
            elif [ -e "$id$path/cpu.cfs_quota_us" ]; then
                read -r most <"$id$path/cpu.cfs_quota_us" || true
                read -r period <"$id$path/cpu.cfs_period_us" || true
            fi
            if [[ $most =~ ^[1-9][0-9]*$ ]]; then
                most=$((most < period ? 1 : most / period))
                [[ -n $least && $least -le $most ]] || least=$most
            fi
            [[ $path == */* ]] || break
            path=${path%/*}
        done
    done <"$2"
    echo "$least"
}

# ---- ending ----

# scratch: makes SCRATCH, a folder of our own. A signal may come in between: what is to be
# removed has its name before it is made.
scratch() {
    SCRATCH=$(mktemp -u "$TMPDIR/relayrace.XXXXXX") || exit 2
    LITTER+=("$SCRATCH")
    mkdir -m 700 "$SCRATCH" || exit 2
}

# beneath PID: who descends from it, each as "pid started". It starts no process.
beneath() {
    local child children stat
    for children in /proc/"$1"/task/*/children; do
        read -ra children <"$children" || true
        for child in "${children[@]}"; do
            { read -r stat </proc/"$child"/stat; } 2>/dev/null || continue
            read -ra stat <<<"${stat##*) }"
            echo "$child ${stat[19]}"
            beneath "$child"
        done
    done 2>/dev/null
}

# end_all SIGNAL TRIES: to all who descend from us, and waits for a while. True if they
# are gone. A number that another process has by now is not touched.
end_all() {
    local me=$BASHPID tries=$2 pid left
    local -a all
    mapfile -t all < <(beneath "$me")
    for pid in "${all[@]}"; do
        ! still_there "$pid" || kill -"$1" "${pid% *}"
    done 2>/dev/null
    for ((; tries > 0; tries--)); do
        left=
        for pid in "${all[@]}"; do
            ! still_there "$pid" || left=yes
        done
        [ -n "$left" ] || return 0
        sleep 0.01
    done
    return 1
}

# still_there "PID STARTED": whether that process still does anything.
still_there() {
    local stat
    { read -r stat <"/proc/${1% *}/stat"; } 2>/dev/null || return 1
    read -ra stat <<<"${stat##*) }"
    [ "${stat[0]}" != Z ] && [ "${stat[19]}" = "${1#* }" ]
}

# From now on this shell, which may be a subshell, clears up when it ends.
clear_up_at_the_end() {
    LEAVER=$BASHPID
    trap leave EXIT
}

# A child that is ended before it has become another program still has our trap. Nothing
# that fails here keeps the rest from being done: a word to a terminal that is gone, say.
leave() {
    local status=$?
    [ "$BASHPID" = "$LEAVER" ] || return
    set +eu
    trap '' HUP INT TERM PIPE
    "$LEAVING"
    end_all TERM 500 || end_all KILL 100
    rm -rf "${LITTER[@]}"
    exit "$status"
}

only_known_variables
absolute_path
open_descriptors
to_the_top
switches
umask 022
clear_up_at_the_end
