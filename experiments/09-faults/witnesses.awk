# witnesses.awk - what the two that talk saw of a fault, and the newcomer after it: the
# worst of the repetitions, by k, model SUBSEP fault:
#   runs[k], served[k], dead[k]   how often; a newcomer was served; the server was dead
#   witnesses[k], cut[k], least_cut[k]    how many talk; the most and least cut off
#   due[k], lost[k]               messages of the worst repetition
#   processes[k], looked[k]       the server's; did anyone look whether it was dead

file == "runs.csv" {
    k = field("model") SUBSEP field("fault")
    runs[k]++
    processes[k] = field("processes")
    witnesses[k] = field("witnesses")
    cut_off = field("cut")
    missing = field("due") - field("got")
    if (cut_off > cut[k])
        cut[k] = cut_off
    least_cut[k] = runs[k] == 1 || cut_off < least_cut[k] ? cut_off : least_cut[k]
    if (runs[k] == 1 || missing > lost[k]) {
        lost[k] = missing
        due[k] = field("due")
    }
    served[k] += field("served")
    dead[k] += field("dead")
    looked[k] = field("dead") != ""     # whether the server was; older data do not know
}

# What the two saw. A client that is cut off sends no more: what was lost besides says
# nothing.
function noticed(k) {
    return cut[k] ? cut[k] " of " witnesses[k] " cut off" : \
        lost[k] > 0 ? lost[k] " of " due[k] " lost" : \
        dead[k] ? "untouched until they left" : "untouched"
}

function unhurt(k) { return cut[k] == 0 && lost[k] <= 0 }

function newcomer(k) {
    return (dead[k] ? "server dead, " : "") "newcomer " \
        (served[k] == runs[k] ? "served" : !served[k] ? "not served" : \
        "served " served[k] " times of " runs[k])
}

function seen_of(k) {
    return noticed(k) (unhurt(k) ? ", all " due[k] " heard" : "") "; " newcomer(k)
}
