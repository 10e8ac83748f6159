# loads.awk - what each model answered, and in what time, at each load. Leaves, of a load
# rho and a model, these samples:
#   rate rho MODEL       messages offered a second
#   answered rho MODEL   and answered
#   p50 rho MODEL, tail rho MODEL    the time from coming to being answered, ns
#   cost MODEL           the server's CPU time per message, ns
# and load[MODEL, 1..loads[MODEL]], overload[MODEL], the largest; servers[MODEL], how many
# messages it does at full speed, and at_once[MODEL] in all; overhead[MODEL], what a
# message takes besides its cost, ns; turns, how often a model was measured; and
# place[seed, 1..arrivals[seed]], when messages came.

BEGIN { late = 0.2 }            # of a time: what it may have been sent late by

file == "lone.csv" {
    servers[$1] = field("times") == "" ? "" : int(1000 / field("times") + 0.5)
    at_once[$1] = field("at_once") != "" ? field("at_once") : \
        servers[$1] > 1 ? field("seats") : 1        # older data have the seats only
    if (at_once[$1] < servers[$1])
        at_once[$1] = servers[$1]
    add("cost " $1, field("cost_us") * 1e3)
    add("service " $1, field("service_ns"))
    if (count["cost " $1] > turns)
        turns = count["cost " $1]
}

file == "arrivals.csv" {
    if (!arrivals[$1]++)
        seeds[++seeds_told] = $1
    place[$1, arrivals[$1]] = field("place")
}

file == "points.csv" {
    m = field("model")
    rho = field("rho")
    key = rho " " m
    if (!(("rate " key) in count))
        load[m, ++loads[m]] = rho
    if (rho > overload[m])
        overload[m] = rho
    add("rate " key, field("rate"))
    rules = field("invalid")
    gsub("lag", "", rules)
    i = ++runs[m]
    load_of[m, i] = rho
    broken[m, i] = rules ~ /[a-z]/
    rate[m, i] = field("rate")
    lag[m, i] = field("lag_ns")
    time["p50", m, i] = field("p50_ns")
    time["tail", m, i] = field("tail_ns")
    gsub("rate|unsent", "", rules)      # that is what an overload does
    add("answered " key, field("answered"), rules ~ /[a-z]/)
}

# The median of all runs of a model at a load.
function usual(name, m, rho,    i, a, n) {
    for (i = 1; i <= runs[m]; i++)
        if (load_of[m, i] == rho && time[name, m, i] != "")
            a[++n] = time[name, m, i]
    return n ? median(a, n) : ""
}

# That messages were sent late spoils a time, which began when they were due, where it is
# much beside what is usual at a load: the client holds it against the run's own time, and
# there only the long ones pass.
function add_time(name, m, i) {
    odd[name, m, i] = broken[m, i] || lag[m, i] >= late * usual(name, m, load_of[m, i])
    add(name " " load_of[m, i] " " m, time[name, m, i], odd[name, m, i])
}

END {
    tail = substr(machine["tail"], 2) / 100
    for (j = 1; j <= models; j++) {
        m = model[j]
        overhead[m] = middle_of("service " m) - middle_of("cost " m)
        if (overhead[m] < 0)
            overhead[m] = 0
        for (i = 1; i <= runs[m]; i++) {
            add_time("p50", m, i)
            add_time("tail", m, i)
        }
    }
}
