# shellcheck shell=bash
# accounts.sh - CPU time, memory, tasks and descriptors, as the kernel accounts for them.
#
#   process_tree PID              the process and all that descend from it
#   server_tasks                  threads and processes of the server and its children
#   server_memory                 their memory in KiB
#   server_descriptors            their open descriptors
#   server_ticks                  their clock ticks, and those of children that are gone
#   cpu_ns PID                    CPU time of it and of all that descend from it and live,
#                                 in ns: for a short run a tick is too coarse
#   read_busy_ticks               sets BUSY_TICKS, those of our cores, for all processes
#   kernel_memory                 what the kernel holds for all of this machine, in KiB
#   measure_connection_end        sets END_KIB, what of that one end of a connection takes

# It starts no process: there may be a thousand to look at.
process_tree() {
    local task child children
    echo "$1"
    for task in /proc/"$1"/task/*/children; do
        read -ra children <"$task" || true
        for child in "${children[@]}"; do
            process_tree "$child"
        done
    done 2>/dev/null
}

server_tasks() {
    local pid threads=()
    for pid in $(process_tree "$SERVER"); do
        threads+=(/proc/"$pid"/task/*)
    done
    echo ${#threads[@]}
}

# Pss counts a page that n processes share as an n-th of it.
server_memory() {
    local pid maps=()
    for pid in $(process_tree "$SERVER"); do
        maps+=(/proc/"$pid"/smaps_rollup)
    done
    { cat "${maps[@]}" 2>/dev/null || true; } |
        mawk '$1 == "Pss:" { sum += $2 } END { print sum + 0 }'
}

server_descriptors() {
    local pid open=()
    for pid in $(process_tree "$SERVER"); do
        open+=(/proc/"$pid"/fd/*)
    done
    echo ${#open[@]}
}

server_ticks() {
    local pid
    for pid in $(process_tree "$SERVER"); do
        cat "/proc/$pid/stat" 2>/dev/null || true
    done | mawk '{ sub(/.*\) /, ""); sum += $12 + $13 + $14 + $15 } END { print sum + 0 }'
}

# The first figure of each thread's schedstat: see the kernel's Documentation/scheduler.
cpu_ns() {
    local pid tasks=()
    for pid in $(process_tree "$1"); do
        tasks+=(/proc/"$pid"/task/*/schedstat)
    done
    { cat "${tasks[@]}" 2>/dev/null || true; } |
        mawk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# Since boot. It starts no process, which would be counted too.
# shellcheck disable=SC2034  # the idle ones are skipped
read_busy_ticks() {
    local name user nice system idle iowait irq softirq steal rest
    BUSY_TICKS=0
    while read -r name user nice system idle iowait irq softirq steal rest; do
        [[ $name == cpu* ]] || break
        [[ " ${CPUS[*]/#/cpu} " != *" $name "* ]] ||
            BUSY_TICKS=$((BUSY_TICKS + user + nice + system + irq + softirq + steal))
    done </proc/stat
}

# Slabs (sockets, files, tasks), kernel stacks, page tables, and what lies in TCP's
# buffers. It is charged to no process, so a server's part is what it grows by when
# clients come, and what it shrinks by when all have gone. Where the two differ, others
# have changed it in the meantime.
kernel_memory() {
    sed -n 's/^TCP: .* mem \([0-9]*\)$/TCP: \1/p' /proc/net/sockstat /proc/net/sockstat6 |
        cat /proc/meminfo - |
        mawk -v page="$(getconf PAGESIZE)" '
            $1 ~ /^(Slab|KernelStack|PageTables):$/ { sum += $2 }
            $1 == "TCP:" { sum += $2 * page / 1024 }
            END { printf "%d\n", sum }'
}

# The clients' ends are on this machine, too, and no part of what the server costs. Empty
# if others disturb it ten times.
# shellcheck disable=SC2034
measure_connection_end() {
    local before with tries=10
    END_KIB=
    while [ -z "$END_KIB" ] && [ $((tries -= 1)) -ge 0 ]; do
        before=$(kernel_memory)
        hold_connections 2000 pairs
        with=$(kernel_memory)
        kill_client
        sleep 0.1
        END_KIB=$(mawk -v grown=$((with - before)) \
            -v shrunk=$((with - $(kernel_memory))) -v ends=$((2 * HELD)) 'BEGIN {
                if (ends && shrunk > 0.7 * grown && grown > 0.7 * shrunk)
                    printf "%.3f", grown / ends
            }')
    done
}
