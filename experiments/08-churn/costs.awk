# costs.awk - what a connection cost, from the accounts of the server or of the machine.
# Leaves these samples of a protocol p and a model:
#   rate p MODEL      connections a second; disturbed too if the client was busy itself
#   cost p MODEL      CPU time each, µs
#   born p MODEL      processes and threads made for each
#   faults p MODEL    page faults each
#   sleeps p MODEL    how often the server went to sleep for each
# and "price NAME", what birth.c has asked for a process, thread, page or sleep, µs;
# kind[MODEL], process or thread: what is there beside silent clients.

BEGIN {
    headless["machine.csv"] = headless["births.csv"] = 1
    disturbed = 0.10            # of the machine was others'
    ceiling = 0.8               # of a core: the client may be what was slow
}

file == "machine.csv" { cores = $1; hertz = $2 }
file == "births.csv" { add("price " $1, $2) }
file == "kinds.csv" { kind[$1] = $2 }

# A process that has gone is in nobody's account: then the cost is all that the machine
# did meanwhile, less the client's part, and what others did before and after is told.
file == "runs.csv" {
    connections = field("connections")
    if (field("server_ns") != "" &&
            !(kind[$2] == "process" && field("born") / connections > 0.5)) {
        cost = field("server_ns") / 1e3 / connections
        odd = field("invalid") ~ /foreign/
    } else {
        others = field("others") / hertz / (field("others_us") / 1e6 * cores)
        cost = (field("ticks") / hertz * 1e6 - field("client_ns") / 1e3) / connections
        odd = others > disturbed || cost <= 0
    }
    key = $3 " " $2
    add("rate " key, field("per_s"), odd || field("client_cores") > ceiling, $1)
    add("cost " key, cost, odd, $1)
    add("born " key, field("born") / connections, odd, $1)
    add("faults " key, field("faults") / connections, odd, $1)
    if (field("sleeps") != "" && kind[$2] != "process")     # those of children are lost
        add("sleeps " key, field("sleeps") / connections, odd, $1)
}

function price(what) { return middle_of("price " what) + 0 }

# What it makes for each connection. Which of the two is known from silent clients,
# whether, from the kernel's count of all that were made.
function newborn(p, m) { return middle_of("born " p " " m) > 0.5 ? kind[m] : "neither" }
