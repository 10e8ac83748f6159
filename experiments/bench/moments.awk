# moments.awk - what was measured of each contender, moment by moment. Leaves these
# samples of a contender, a model or "bare":
#   us SCENARIO WHO           the server's CPU time of a message, µs
#   client SCENARIO WHO       how many cores the client used
#   rate SCENARIO bare WHO    messages a second, ÷ the bare echo's of the same pair
#   cost SCENARIO bare WHO    CPU time of a message, ÷ the bare echo's
#   rate SCENARIO epoll WHO   and these, ÷ epoll's in the same block; cost, too
#   deliveries WHO            a CPU-second
#   times WHO                 the same, ÷ what one send(2) each would allow
#   idle WHO, kernel WHO      KiB a silent client, the processes' and the kernel's
#   sends                     send(2) a CPU-second
# The samples of one block have their moment in common: only together they are one more.
# So a sample is a block's mean, and "each KEY" has what it is made of.
#
# In a closed loop one side or the other is always at work, so if neither had its core for
# `busy` of the time, somebody else had it. (The load client's own rules do not serve
# here: with both cores busy by intent it is a bottleneck, as its column tells, and what
# the kernel does for packets looks foreign.)

BEGIN {
    busy = 0.85
    missing_keys = 2
    scenarios = split("echo64 crowd sixteen binary16k echo16k", scenario, " ")
}

function note(key, value, disturbed, repetition) {
    keys[key]
    add("each " key, value, disturbed, repetition)
}

file == "sends.csv" {
    sends[$1] = field("sends_per_cpu_s")
    note("sends", sends[$1], 0, $1)
}
file == "idle.csv" {
    n = field("connections")
    held_open[$2] = n
    note("idle " $2, (field("after_kib") - field("before_kib")) / (n ? n : 1), 0, $1)
    note("kernel " $2, in_kernel(field("kernel_before"), field("kernel"),
        field("kernel_after"), n, field("end")), 0, $1)
}

# Of a pair, two rows: beside is the pair's name.
file == "runs.csv" {
    s = field("scenario")
    who = field("contender")
    pair = $1 SUBSEP s SUBSEP field("beside") SUBSEP field("turn")
    side = who == "bare" ? "bare" : "own"
    rate[pair, side] = field("messages_per_s")
    cost[pair, side] = field("us_per_message")
    odd = s != "fanout" && field("server_cores") < busy && field("client_cores") < busy
    spoilt[pair] += odd
    spoils += odd
    blocks = $1 > blocks ? $1 : blocks
    if (s == "fanout") {
        deliveries = field("deliveries") / (field("server_ns") / 1e9)
        note("deliveries " who, deliveries, odd, $1)
        note("times " who, deliveries / sends[$1], odd, $1)
    } else {
        note("us " s " " who, field("us_per_message"), odd, $1)
        note("client " s " " who, field("client_cores"), odd, $1)
    }
}

# Of both pairs of a block; base is "bare" or another model.
function note_ratios(s, m, base,    b, t, mine, its) {
    for (b = 1; b <= blocks; b++)
        for (t = 1; t <= 2; t++) {
            mine = b SUBSEP s SUBSEP m SUBSEP t
            its = b SUBSEP s SUBSEP base SUBSEP t
            if (!whole(mine) || base != "bare" && !whole(its))
                continue
            note("rate " s " " base " " m, beside(rate, mine) / \
                (base == "bare" ? 1 : beside(rate, its)), spoilt[mine] || spoilt[its], b)
            note("cost " s " " base " " m, beside(cost, mine) / \
                (base == "bare" ? 1 : beside(cost, its)), spoilt[mine] || spoilt[its], b)
        }
}

function whole(pair) { return (pair, "own") in rate && (pair, "bare") in rate }
function beside(what, pair) { return what[pair, "own"] / what[pair, "bare"] }

function add_means(key,    each, k, b, sum, n) {
    each = "each " key
    for (k = 1; k <= count[each]; k++)
        if (counts(each, k)) {
            sum[block[each, k]] += sample[each, k]
            n[block[each, k]]++
        }
    for (b in sum)
        add(key, sum[b] / n[b], !fair[each], b)
}

END {
    for (i = 1; i <= models; i++)
        for (k = 1; k <= scenarios; k++) {
            note_ratios(scenario[k], model[i], "bare")
            note_ratios(scenario[k], model[i], "epoll")
        }
    for (key in keys)
        add_means(key)
}
