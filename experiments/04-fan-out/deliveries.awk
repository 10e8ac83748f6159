# deliveries.awk - what a delivery cost, by the size of the room. Leaves, of a room of M
# members of a model, these samples:
#   cost M MODEL       the server's CPU time, µs
#   client M MODEL     the client's
#   switches M MODEL   context switches of the server
#   last M MODEL       when the last member had heard, µs after the message was sent
#   turns M MODEL      the same, in parts of M (cost + client) of the same run
#   beside M MODEL     what that would be if all worked beside each other
# and size[MODEL, 1..sizes[MODEL]], largest[MODEL], most and smallest, of all; taking, how
# many models were measured; thrifty, the loop whose deliveries cost least.

BEGIN {
    print "model,members,us_per_delivery,switches_per_delivery,last_us," \
        "client_us_per_delivery,note" > table_csv
    lines_begin()
}

file == "tasks.csv" {
    tasks[$1] = field("tasks")
    per_member[$1] = field("tasks") / field("members")
}

file == "runs.csv" {
    m = field("model")
    members = field("members")
    k = members " " m
    if (!(("cost " k) in count)) {
        size[m, ++sizes[m]] = members
        largest[m] = members
    }
    odd = field("invalid") != ""
    cost = field("server_ns") / field("deliveries") / 1e3
    client = field("client_ns") / field("deliveries") / 1e3
    last = field("last_ns") / 1e3
    beside = cost / hands(m, members) / (cost + client)
    add("cost " k, cost, odd, $1)
    add("client " k, client, odd, $1)
    add("switches " k, field("switches") / field("deliveries"), odd, $1)
    add("last " k, last, odd, $1)
    add("turns " k, last / members / (cost + client), odd, $1)
    add("beside " k, beside < 1 / machine["cores"] ? 1 / machine["cores"] : beside, odd,
        $1)
}

# How many tasks can work beside each other: not more than there are cores.
function hands(m, members,    n) {
    n = per_member[m] >= 1 ? members : tasks[m]
    return n > machine["cores"] ? machine["cores"] : n
}

# Of the threads and processes that a delivery needs, how many are not at work already:
# one for each member, or, where they are fewer, each of them once a message.
function wakes(m) { return per_member[m] >= 1 ? 1 : tasks[m] / largest[m] }

END {
    for (i = 1; i <= models; i++) {
        m = model[i]
        if (!sizes[m])
            continue
        taking++
        most = largest[m] > most ? largest[m] : most
        smallest = size[m, 1]
        cost = middle_of("cost " largest[m] " " m)
        if (wakes(m) < 0.5 && (thrifty == "" || cost < cheapest)) {
            thrifty = m
            cheapest = cost
        }
    }
}

# The rows of the chart and of table.csv; and into costs[], for the title, what a delivery
# costs in the largest room.
function tell_sizes(m,    i, key, cost, last, odd) {
    for (i = 1; i <= sizes[m]; i++) {
        key = size[m, i] " " m
        cost = median_of("cost " key)
        last = middle_of("last " key)
        odd = !fair["cost " key]
        point(1, m, size[m, i], sprintf("%.4f", cost), odd)
        point(2, m, size[m, i], sprintf("%.4f", last / 1e3), odd)
        printf "%s,%d,%.3f,%.3f,%.1f,%.3f,%s\n", m, size[m, i], cost,
            middle_of("switches " key), last, middle_of("client " key),
            odd ? "disturbed" : "" > table_csv
    }
    if (largest[m] == most)
        compare(costs, m, "cost " most " " m, "spoilt, too")
}

function tell_bare_send(    us) {
    if (!most)
        return
    us = sprintf("%.4f", 1e6 / machine["sends"])
    point(1, "=one send(2)", smallest, us)
    point(1, "=one send(2)", most, us)
}
