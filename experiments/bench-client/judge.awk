# judge.awk - bench-client: is the load client fast, cheap and punctual enough?
#
# Measured: requests a second and CPU time of the client beside wrk's, both driving the
#   same bare echo; CPU a message beside the epoll model's, both on one core; how late it
#   sends; how long it takes to open ten thousand connections.
# Goals, not theories, so without a rival: at least wrk's rate; less CPU than the epoll
#   model; below 100 µs late in the median; ten thousand connections in under 2 s. One is
#   missed if the whole interval is on the other side.

BEGIN {
    names = split("tcp http wrk ws alone burst room", contender, " ")
    drawn = 4                   # of them; the others are not requests with an answer each
    split("load tcp://;load http://;wrk http://;load ws:// (epoll);" \
        "both on one core;so, 16 in a write;so, heard by 8", label, ";")
    busy = 0.85                 # of a core: one of them, or both of one
}

file == "runs.csv" {
    b = field("block")
    c = field("contender")
    client = field("client_us")
    server = field("server_us")
    shared = c ~ /^(alone|burst|room)$/
    server_cores = server * field("messages_per_s") / 1e6
    disturbed = shared ? field("client_cores") + server_cores < busy : \
        field("client_cores") < busy && server_cores < busy
    spoils += disturbed
    add("rate " c, field("messages_per_s") / 1e3, disturbed, b)
    add("client " c, client, disturbed, b)
    add("cores " c, field("client_cores"), disturbed, b)
    add("server " c, server, disturbed, b)
    if (shared)
        add_both_ways(c, b, client, server, disturbed)
}
file == "lag.csv" {
    add("pacing", field("p50_ns") / 1e3, field("invalid") ~ /foreign/)
    add("late", field("p99_ns") / 1e3, field("invalid") ~ /foreign/)
}
file == "opening.csv" {
    add("opening", field("seconds"), field("invalid") ~ /foreign/)
    open = field("open")
}

# Each block has two rows of these, one for each core: the cost is that of both.
function add_both_ways(c, b, client, server, disturbed) {
    if ((c, b) in ours)
        add(c, (ours[c, b] + client) / (theirs[c, b] + server),
            disturbed || worse[c, b], b)
    ours[c, b] = client
    theirs[c, b] = server
    worse[c, b] = disturbed
}

function goal(key, text, wanted, below) {
    if (median_of(key) == "")
        say("not measured", "", text ": " why[key])
    else
        verdict("goal", "", v, key, wanted, below ? "" : wanted, below ? wanted : "",
            sprintf("%s: %s %g, measured %s", text, below ? "below" : "at least", wanted,
                three(v[key, "mid"])))
}

function report(c, name) {
    if (!count["rate " c]) {
        printf "| **%s** | not measured: %s | | | |\n", name, why[c] > table_md
        return
    }
    printf "| **%s** | %s | %s | %s | %s |\n", name, shown("rate " c, "%.1f"),
        shown("client " c, "%.2f"), shown("cores " c, "%.2f"),
        shown("server " c, "%.2f") > table_md
    printf "%s,%.4f,%.4f,%.4f,%.4f\n", c, middle_of("rate " c), middle_of("client " c),
        middle_of("cores " c), middle_of("server " c) > table_csv
}

function draw_panel(name, title,    i, key, value) {
    panel(name, title)
    for (i = 1; i <= drawn; i++) {
        key = name " " contender[i]
        value = count[key] ? sprintf("%.4f", middle_of(key)) : ""
        panel_bar(name, label[i], value, value == "" ? "not measured" : \
            sprintf("%.3g", middle_of(key)))
        panel_dots(name, label[i], key, "%.4f")
        if (name == "rate") {
            panel_row(label[i], contender[i] == "ws" ? "epoll" : "")
            bar(label[i], value)
        }
    }
}

END {
    add_ratios("wrk", "rate tcp", "rate wrk")
    print "contender,thousand_per_s,client_us,client_cores,server_us" > table_csv
    head("| | thousand requests a second | client: CPU µs each | of a core |" \
        " server: CPU µs each |")
    for (i = 1; i <= names; i++)
        report(contender[i], label[i])
    printf "\nPacing, 10,000 messages a second: sent late by %s µs in the median, %s µs" \
        " in the p99. %d connections were open after %s s.\n", shown("pacing", "%.0f"),
        shown("late", "%.0f"), open, shown("opening", "%.2f") > table_md
    if (spoils)
        printf "\n%d runs were disturbed: neither side had its core, nor both together" \
            " their one, for %.0f %% of the time. They are drawn hollow, and count only" \
            " where there is no other.\n", spoils, busy * 100 > table_md

    goal("wrk", "load's requests a second over tcp:// ÷ wrk's over http://", 1)
    goal("alone", "load's CPU a message ÷ the epoll model's", 1, "below")
    goal("burst", "the same, sixteen messages in a write", 1, "below")
    goal("room", "the same, a message heard by eight", 1, "below")
    goal("pacing", "µs that load sends late, in the median", 100, "below")
    goal("opening", "seconds to open 10,000 connections", 2, "below")
    print tally("goals") > verdicts_txt

    panels_begin()
    bar("label", "thousand requests a second")
    draw_panel("rate", "thousand requests a second")
    draw_panel("client", "client: CPU µs each")
    printf "The load client%s\n%s\n", count["wrk"] ? sprintf(" makes %.2f times wrk's" \
        " requests a second", v["wrk", "mid"]) : ", without wrk beside it",
        counted("goals") > finding_txt
}
