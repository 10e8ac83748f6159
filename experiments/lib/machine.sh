# shellcheck shell=bash
# machine.sh - what machine this is, and its cores.
#
#   pin_cores                     server and client get a core each, if there are two;
#                                 sets SERVER_CORE and CLIENT_CORE
#   need_cores N                  ends the script where we may use fewer
#   virtual, clock, interrupts    say what of it changes figures

# shellcheck disable=SC2034
pin_cores() {
    SERVER_CORE=${CPUS[0]}
    CLIENT_CORE=${CPUS[1]:-${CPUS[0]}}
}

need_cores() {
    [ "$CORES" -ge "$1" ] ||
        die "needs $1 cores, but may use $CORES: see taskset -p and its cgroup" 2
}

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
# or that of the process it interrupts. The kernel's configuration says so, where it can
# be read.
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
