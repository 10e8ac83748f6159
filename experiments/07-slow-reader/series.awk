# series.awk - what became of one run after a member stopped reading. Leaves, of the runs
# of a model that count, these samples:
#   closed MODEL    after how many ms it was closed; 1e9: never
#   grown MODEL     by how many KiB the server grew
#   heard MODEL     what part of all that was said another member heard from then on
#   silence MODEL   the longest time without a delivery, ms
# and not_told[MODEL], in how many runs the close had another code than 1013, lost[MODEL],
# kernel[MODEL], what the kernel takes, and spoken, how much was said, KiB. data/all.dat
# is for the chart. Times are in ms since the member stopped.

BEGIN {
    foreign = 10                # percent of the machine that others had, at most
    print "model,what,ms,value" > (out "/data/all.dat")
}

file == "runs.csv" {
    id = $1 SUBSEP $2
    run[$2, ++runs[$2]] = id
    losses[id] = field("lost")
    odd[id] = field("others") > foreign || field("invalid") ~ /client/
    undisturbed[$2] += !odd[id]
}
file == "members.csv" && $3 != "heard" { was[$1, $2, $3] = $4 }
file == "members.csv" && $3 == "heard" { window[$1, $2, ++windows[$1, $2]] = $4 " " $5 }
file == "server.csv" { looked[$1, $2, ++looks[$1, $2]] = $3 " " $4 " " $5 }

function gather(m,    i, id) {
    for (i = 1; i <= runs[m]; i++) {
        id = run[m, i]
        if (odd[id] && undisturbed[m])
            continue
        look_at_server(id, m)
        look_at_others(id, m)
        add("silence " m, was[id, "silence"] / 1e3, odd[id])
        not_told[m] += was[id, "told"] != 1013
        lost[m] += losses[id]
        kernel[m] = was[id, "kernel"]
    }
}

# Before the stop there may be no look at the server: then the first one after it.
function look_at_server(id, m,    i, f, t, base, closed_before, grown, closed) {
    closed = 1e9
    base = ""
    for (i = 1; i <= looks[id]; i++) {
        split(looked[id, i], f, " ")
        t = (f[1] - was[id, "stopped"]) / 1e3
        if (t < 0 || base == "") {
            base = f[2]
            closed_before = f[3]
        }
        if (t >= 0 && f[2] - base > grown)
            grown = f[2] - base
        if (closed == 1e9 && f[3] != "" && f[3] > closed_before)
            closed = t
        printf "%s,memory,%.1f,%.3f\n", m, t, f[2] / 1024 > (out "/data/all.dat")
    }
    add("closed " m, closed, odd[id])
    add("grown " m, grown + 0, odd[id])
}

# What they heard was counted in windows of 25 ms.
function look_at_others(id, m,    i, f, t, from, until, bytes, share) {
    from = until = ""
    for (i = 1; i <= windows[id]; i++) {
        split(window[id, i], f, " ")
        t = (f[1] - was[id, "stopped"]) / 1e3
        printf "%s,heard,%.1f,%.1f\n", m, t + 12.5,
            f[2] / machine["size"] / 0.025 > (out "/data/all.dat")
        if (t < 0)
            continue
        from = from == "" ? t : from
        until = t + 25
        bytes += f[2]
    }
    spoken = (until - from) / 1e3 * machine["rate"] * machine["size"] / 1024
    share = until <= from ? 0 : \
        bytes / ((until - from) / 1e3 * machine["rate"] * machine["size"])
    add("heard " m, share > 1 ? 1 : share, odd[id])         # frames have heads, too
}
